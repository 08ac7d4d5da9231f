"""Many accounts: plugins from a list, run side by side by Dagster into one set of tables."""

from __future__ import annotations

import json
import sys
from collections import ChainMap
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from shutil import copy
from threading import Thread
from uuid import uuid4

import dagster as dg
import partitions
import pytest
from conftest import REPOSITORY
from expected import calls, differences, legs, with_moments
from loaded import call_rows, leg_rows
from many import with_accounts

from accounts.retention import dangers
from sandbox import Fault, Sandbox

NAMES = ("north", "south-east", "west")
NOW = "2026-03-15T15:00:00Z"
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
    copy(REPOSITORY / "accounts" / "dagster.yaml", home)
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


def test_side_by_side(many, home, instance, sandboxes, database):
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
    # The table as the tap makes it is one that the alerts can read.
    assert dangers(many.environment["TARGET_POSTGRES_SQLALCHEMY_URL"]) == []
    listed = many.meltano("state", "list")
    for name in NAMES:
        assert f"prod:tap-ringcentral--{name}-to-target-postgres" in listed


def test_schedule(definitions, instance):
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
    assert "still under way" in skipped


def add_run(instance, name, status):
    """Add a run of an account to those that Dagster knows."""
    tags = {"dagster/partition": name}
    run = dg.DagsterRun(job_name="read_accounts", run_id=str(uuid4()), tags=tags, status=status)
    instance.add_run(run)


RETENTION = """CREATE SCHEMA tap_ringcentral; CREATE TABLE tap_ringcentral.retention (
    "accountId" text, kind text, "checkedAt" timestamp, waiting bigint, "inDanger" boolean,
    "nextToExpire" timestamp, "gapFrom" timestamp, "gapTo" timestamp)"""
SAFE = "('1', 'callLog', '2026-03-15 02:00', 0, false, '2027-01-01', NULL, NULL)"
DANGER = "('1', 'callLog', '2026-03-15 01:00', 3, true, '2026-03-20', '2025-01-01', '2025-02-01')"
WORDS = (
    "account 1, callLog: RingCentral forgets the next on 2026-03-20; 3 wait to be archived; "
    "lost: 2025-01-01 to 2025-02-01"
)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "there is no table retention: select the stream `retention` in meltano.yml"),
        ([SAFE], ""),
        ([DANGER], WORDS),
        ([SAFE, DANGER], ""),
        ([DANGER, DANGER.replace("'1'", "'2'")], f"{WORDS}; {WORDS.replace('1,', '2,', 1)}"),
    ],
    ids=["no table", "safe", "danger", "the newest row counts", "two accounts"],
)
def test_alert_on_retention(definitions, instance, database, monkeypatch, rows, said):
    """What is in danger fails the daily check, and the webhook is told which account and what."""
    with database.connect() as connection:
        if rows is not None:
            connection.execute(RETENTION)
            connection.execute(f"INSERT INTO tap_ringcentral.retention VALUES {','.join(rows)}")  # noqa: S608 - rows from above
    job = definitions.get_job("check_retention")
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert result.success == (not said)
    (check,) = result.get_asset_check_evaluations()
    assert (check.description or "") == said
    if not said:
        return
    with webhook() as (url, told):
        monkeypatch.setenv("ACCOUNTS_ALERTS", url)
        context = dg.build_run_status_sensor_context(
            "alert", result.get_run_failure_event(), instance, result.dagster_run
        )
        definitions.get_sensor_def("alert")(context.for_run_failure())
    ((key, text),) = told[0].items()
    assert key == "text"
    assert text.startswith("check_retention")
    assert said in text
