"""Many accounts: plugins from a list, run side by side by Dagster into one set of tables."""

from __future__ import annotations

import json
import sys
from collections import ChainMap
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from shutil import copy
from threading import Thread
from uuid import uuid4

import dagster as dg
import duckdb
import partitions
import pytest
from expected import calls, differences, legs, with_moments
from fixtures import ROOT
from loaded import call_rows, leg_rows
from many import with_accounts

from accounts.retention import UNKNOWN, NoRetentionError, attention
from sandbox import APP_PERMISSIONS, Fault, Sandbox

pytestmark = pytest.mark.prove

NAMES = ("north", "south-east", "west")
NOW = "2026-03-15T15:00:00Z"
MESSAGES = {
    "voiceMailAndFax", "voiceMailAndFaxFiles", "deletedVoiceMailAndFax", "textMessages",
}  # fmt: skip
TICK = datetime(2026, 3, 15, 16, tzinfo=timezone.utc)


@contextmanager
def webhook():
    """Take alerts: yield an address, and a list of what was sent there."""
    told = []

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self):
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Taker) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", told
        server.shutdown()


@pytest.fixture
def sandboxes():
    """An account for each name, with ids of calls of their own."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                Sandbox(seed=seed, calls=200, days=10, now=NOW, running=False)
            )
            for seed, name in enumerate(NAMES, 11)
        }


@pytest.fixture
def many(installed, sandboxes, database, tmp_path):
    """A Meltano project with a plugin for each account."""
    return with_accounts(installed, tmp_path, sandboxes, database, ACCOUNTS_PAUSE="1")


@pytest.fixture
def home(tmp_path):
    """The folder of a Dagster instance, with the configuration that is shipped."""
    home = tmp_path / "dagster"
    home.mkdir()
    copy(ROOT / "accounts" / "dagster.yaml", home)
    return home


@pytest.fixture
def instance(home):
    """A Dagster instance of its own."""
    with dg.DagsterInstance.from_config(str(home)) as instance:
        yield instance


@pytest.fixture
def definitions(many, monkeypatch):
    """What the Dagster project defines, loaded in the Meltano project's environment."""
    for name, value in many.environment.items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("accounts.definitions", None)
    return import_module("accounts.definitions").defs.get_repository_def()


def test_accounts_are_read_side_by_side(many, home, instance, sandboxes, database):
    """All accounts arrive in one set of tables, though one fails at first and is tried again.

    A login that RingCentral refuses is not tried again, and does not hold up the others.
    """
    # Their databases are made before: two runs cannot do that at once.
    assert not instance.get_runs_count()
    many.meltano("state", "list")
    fault = sandboxes["south-east"].fail(Fault("status", on="/call-log", status=400))
    wrong = {**many.environment, "TAP_RINGCENTRAL__WEST_JWT": "wrong"}
    ended = partitions.read(NAMES, home, wrong)

    succeeded = {name: one["succeeded"] for name, one in ended.items()}
    assert succeeded == {"north": True, "south-east": True, "west": False}, ended
    assert fault.struck == 1
    assert ended["south-east"]["retries"] >= 1
    assert ended["west"]["retries"] == 0
    assert len(sandboxes["west"].requests_to("/oauth/token")) == 1
    (failure,) = ended["west"]["failures"]
    assert "RingCentral refused the login" in failure

    assert partitions.read(["west"], home, many.environment)["west"]["succeeded"]
    truths = [(one.truth(), one.account_id) for one in sandboxes.values()]
    for actual, expected in (
        (call_rows(database), [calls(*truth) for truth in truths]),
        (leg_rows(database), [legs(*truth) for truth in truths]),
    ):
        assert not differences(actual, with_moments(dict(ChainMap(*expected))))
    assert not any(one.rejected for one in sandboxes.values())
    # The table as the tap makes it is one that the alerts can read: messages are not selected.
    found = attention(many.environment["TARGET_POSTGRES_SQLALCHEMY_URL"], silent_days=100_000)
    unknown = [one for one in found if one.state == UNKNOWN]
    assert {one.account_id for one in unknown} == {one.account_id for one in sandboxes.values()}
    assert {one.kind for one in unknown} == MESSAGES
    listed = many.meltano("state", "list")
    for name in NAMES:
        assert f"prod:tap-ringcentral--{name}-to-target-postgres" in listed


def test_a_tick_starts_no_account_that_still_runs(definitions, instance):
    """Each tick starts a run for each account whose last one is over, and for no other."""
    schedule = definitions.get_schedule_def("each_account")

    def asked():
        with dg.build_schedule_context(
            instance, repository_def=definitions, scheduled_execution_time=TICK
        ) as context:
            tick = schedule.evaluate_tick(context)
        return [one.partition_key for one in tick.run_requests], tick.skip_message

    assert asked() == (list(NAMES), None)
    add_run(instance, "north", dg.DagsterRunStatus.STARTED)
    add_run(instance, "west", dg.DagsterRunStatus.NOT_STARTED)
    add_run(instance, "south-east", dg.DagsterRunStatus.FAILURE)
    assert asked() == (["south-east"], None)
    add_run(instance, "south-east", dg.DagsterRunStatus.STARTING)
    started, skipped = asked()
    assert not started
    assert "still running" in skipped


def add_run(instance, name, status):
    """Add a run of an account to those that Dagster knows."""
    tags = {"dagster/partition": name}
    run = dg.DagsterRun(job_name="read_accounts", run_id=str(uuid4()), tags=tags, status=status)
    instance.add_run(run)


RETENTION = """CREATE SCHEMA tap_ringcentral; CREATE TABLE tap_ringcentral.retention (
    "accountId" varchar, kind varchar, "checkedAt" timestamp, waiting bigint, "inDanger" boolean,
    reason varchar, "keptForDays" numeric, "nextToExpire" timestamp, "gapFrom" timestamp,
    "gapTo" timestamp)"""
NOW_UTC = "timezone('UTC', now())"


def row(
    account: str = "1",
    kind: str = "callLog",
    *,
    days: float = 0,
    waiting: int | None = 0,
    danger: bool | None = False,
    reason: str | None = None,
    kept: int | None = 90,
    expires: float | None = 80,
    gap: tuple[str, str] | None = None,
) -> str:
    """Return a row as SQL: of a run so many days ago, with the next to expire in so many days."""
    when = f"{NOW_UTC} - INTERVAL '{days} days'"
    following = "NULL" if expires is None else f"{NOW_UTC} + INTERVAL '{expires} days'"
    texts = ["NULL" if one is None else f"'{one}'" for one in (reason, *(gap or (None, None)))]
    numbers = ["NULL" if one is None else str(one).lower() for one in (waiting, danger, kept)]
    return (
        f"('{account}', '{kind}', {when}, {numbers[0]}, {numbers[1]}, {texts[0]}, {numbers[2]}, "
        f"{following}, {texts[1]}, {texts[2]})"
    )


def day(days: float) -> str:
    return f"{datetime.now(timezone.utc) + timedelta(days=days):%Y-%m-%d}"


def unknown(account: str = "1") -> str:
    return row(account, "voiceMailAndFax", waiting=None, danger=None, reason="nobody", expires=None)


CASES = {
    "safe": ([row(), row(kind="textMessages", kept=None, expires=None)], []),
    "danger": (
        [row(danger=True, waiting=3, reason="3 not archived", expires=5)],
        [
            (
                "1",
                "callLog",
                "danger",
                f"RingCentral starts to delete unarchived data on {day(5)}; 3 not archived",
            )
        ],
    ),
    "the newest row counts": ([row(), row(danger=True, days=1, reason="old")], []),
    "two accounts": (
        [row("1", danger=True, reason="x"), row("2", danger=True, reason="y"), row("3")],
        [("1", "callLog", "danger", "x"), ("2", "callLog", "danger", "y")],
    ),
    "the next expires within a week": (
        [row(expires=6)],
        [("1", "callLog", "danger", f"RingCentral starts to delete unarchived data on {day(6)}")],
    ),
    "what is kept for a week is not in danger all the time": ([row(kept=7, expires=6)], []),
    "it has expired since the last run": (
        [row(expires=-3, days=1)],
        [
            (
                "1",
                "callLog",
                "danger",
                f"RingCentral has been deleting unarchived data since {day(-3)}",
            )
        ],
    ),
    "runs stopped": (
        [row(days=100)],
        [("1", None, "stopped", "no run since")],
    ),
    "a run a day ago is one": ([row(days=1.9)], []),
    "what is not known is not fine": (
        [unknown(), row(waiting=None, reason="no number")],
        [
            ("1", "callLog", "unknown", "no number"),
            ("1", "voiceMailAndFax", "unknown", "nobody"),
        ],
    ),
    "lost": (
        [row(gap=("2026-01-01", "2026-02-01")), row(gap=("2026-01-01", "2026-02-01"), days=20)],
        [("1", "callLog", "lost", "2026-01-01 to 2026-02-01 was deleted before it was archived")],
    ),
    "lost long ago": (
        [row(gap=("2026-01-01", "2026-02-01")), row(gap=("2026-01-01", "2026-02-01"), days=40)],
        [],
    ),
    "a row of an older version": (
        [row(danger=True, waiting=4)],
        [("1", "callLog", "danger", "4 not archived")],
    ),
    "one that says nothing more": (
        [row(danger=True)],
        [("1", "callLog", "danger", "see the log of the run at ")],
    ),
}


def fill(connection, rows: list[str]) -> None:
    connection.execute(RETENTION)
    connection.execute(f"INSERT INTO tap_ringcentral.retention VALUES {','.join(rows)}")  # noqa: S608 - rows from above


@pytest.mark.parametrize("engine", ["postgres", "duckdb"])
@pytest.mark.parametrize("name", CASES)
def test_the_documented_query_names_what_needs_attention(request, engine, name):
    """The query, as it stands in the file, on both databases that it says it is for."""
    rows, expected = CASES[name]
    query = (ROOT / "accounts" / "retention.sql").read_text()
    if engine == "postgres":
        database = request.getfixturevalue("database")
        with database.connect() as connection:
            fill(connection, rows)
            found = connection.execute(query).fetchall()
    else:
        with duckdb.connect() as connection:
            fill(connection, rows)
            found = connection.execute(query).fetchall()
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one[:3] == other[:3]
        assert one[3].startswith(other[3])


def test_how_long_runs_may_be_silent_can_be_set(database):
    """Runs that come once a week have not stopped after two days."""
    with database.connect() as connection:
        fill(connection, [row(days=6)])
    url = url_of(database)
    assert [one.state for one in attention(url)] == ["stopped"]
    assert attention(url, silent_days=8) == []


def test_a_table_that_cannot_be_asked_is_named(database):
    """With what to do about it."""
    with pytest.raises(NoRetentionError, match="there is no table retention: select the stream"):
        attention(url_of(database))
    with database.connect() as connection:
        connection.execute(RETENTION.replace("reason varchar, ", ""))
    with pytest.raises(NoRetentionError, match="is from an older version: run the tap once"):
        attention(url_of(database))
    with pytest.raises(NoRetentionError, match="the database cannot be reached"):
        attention("postgresql://127.0.0.1:1/none")


def url_of(database) -> str:
    return (
        f"postgresql+psycopg://{database.user}:{database.password}@{database.host}:"
        f"{database.port}/{database.name}"
    )


@pytest.fixture
def tick(definitions, instance, monkeypatch):
    """Let the sensor look at what there is, as Dagster does each minute; return what it told."""
    cursor = [None]

    def run() -> list[str]:
        with webhook() as (url, told):
            monkeypatch.setenv("ACCOUNTS_ALERTS", url)
            context = dg.build_sensor_context(
                instance, cursor=cursor[0], repository_def=definitions
            )
            definitions.get_sensor_def("alert").evaluate_tick(context)
            cursor[0] = context.cursor
        return [line for one in told for line in one["text"].splitlines()]

    return run


def test_an_alert_comes_once_and_is_called_off(definitions, instance, database, tick):
    """What begins is told once, not each day; and when it is over, that is told once."""
    check = definitions.get_job("check_retention")

    def checked() -> bool:
        result = check.execute_in_process(instance=instance, raise_on_error=False)
        return result.success

    def becomes(rows: list[str]) -> None:
        with database.connect() as connection:
            connection.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")
            fill(connection, rows)

    assert tick() == []
    assert not checked()
    missing = "there is no table retention: select the stream `retention` in meltano.yml"
    assert tick() == [f"check_retention: {missing}"]
    assert tick() == []

    becomes([row(danger=True, reason="three wait"), row("2", gap=("2026-01-01", "2026-02-01"))])
    assert not checked()
    lost = "2026-01-01 to 2026-02-01 was deleted before it was archived"
    assert tick() == [
        "account 1, callLog, danger: three wait",
        f"account 2, callLog, lost: {lost}",
        "check_retention: resolved",
    ]
    becomes([row(danger=True, reason="two wait"), row("2")])
    assert not checked()
    assert tick() == []

    # While the table cannot be queried, nothing is resolved.
    with database.connect() as connection:
        connection.execute("DROP SCHEMA tap_ringcentral CASCADE")
    assert not checked()
    assert tick() == [f"check_retention: {missing}"]

    becomes([row(), unknown()])
    # What is not known is said, and fails no run.
    assert checked()
    assert tick() == [
        "account 1, voiceMailAndFax, unknown: nobody",
        "account 1, callLog, danger: resolved",
        "check_retention: resolved",
    ]
    becomes([row()])
    assert checked()
    assert tick() == ["account 1, voiceMailAndFax, unknown: resolved"]


def test_a_failed_run_is_told_in_the_words_of_the_tap(definitions, instance, sandboxes, tick):
    """Once, however often it fails; and once more when it has succeeded."""
    job = definitions.get_job("read_accounts")

    def runs() -> bool:
        result = job.execute_in_process(
            instance=instance, partition_key="north", raise_on_error=False
        )
        return result.success

    sandboxes["north"].set_permissions(app=[])
    assert not runs()
    (line,) = tick()
    assert line.startswith("run of north: ")
    assert "the app lacks the permission ReadCallLog" in line
    assert "dagster" not in line
    assert "Failure" not in line
    assert not runs()
    assert tick() == []
    # One that was asked to end says nothing of either.
    add_run(instance, "north", dg.DagsterRunStatus.CANCELED)
    assert tick() == []
    sandboxes["north"].set_permissions(app=APP_PERMISSIONS)
    assert runs()
    assert tick() == ["run of north: resolved"]


def test_what_the_webhook_did_not_take_is_told_by_the_next_tick(
    definitions, instance, tick, monkeypatch
):
    """Nothing is lost while it is away."""
    add_run(instance, "west", dg.DagsterRunStatus.FAILURE)
    monkeypatch.setenv("ACCOUNTS_ALERTS", "http://127.0.0.1:1/secret")
    context = dg.build_sensor_context(instance, repository_def=definitions)
    with pytest.raises(ConnectionError, match=r"did not accept the alert \(ConnectionError\)$"):
        definitions.get_sensor_def("alert").evaluate_tick(context)
    assert context.cursor is None
    assert tick() == ["run of west: it ended without an error message, as if it was killed"]
