"""The views of sql/, on PostgreSQL and on DuckDB: what a call log says in the words of analysts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conversations import conversations
from loaded import settings

from sandbox import Habits, Sandbox

SQL = Path(__file__).parents[2] / "sql"
VIEWS = (SQL / "views.sql").read_text()
NOW = "2026-03-15T15:00:00Z"
START = datetime(2026, 3, 15, 10, tzinfo=timezone.utc)


def leg(result: str, after: int = 0, duration: int = 0, **fields: Any) -> dict[str, Any]:
    begin = (START + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"result": result, "startTime": begin, "duration": duration, "type": "Voice", **fields}


def record(result: str, *legs: dict[str, Any], duration: int = 0, **fields: Any) -> dict[str, Any]:
    first = leg(result, 0, duration, master=True, legType="Accept")
    return {
        "direction": "Inbound", "type": "Voice", "action": "Phone Call", "result": result,
        "duration": duration, "legs": [first, *legs], **fields,
    }  # fmt: skip


def queue(*results: str) -> list[dict[str, Any]]:
    """Return the records of members whose phones a queue rang for 20 s each, all at once."""
    rang = leg("Missed", 5, 20, legType="FindMe")
    found = leg("Accepted", 25, 100, legType="RingDirectly")
    waited = leg("Accepted", 2, 23, legType="Hunting", action="Hunting")
    return [
        record(one, waited, found, duration=125)
        if one == "Accepted"
        else record(one, waited, rang, duration=25)
        for one in results
    ]


# Of each conversation its records, and what is to be said of it.
CASES = {
    "answered": (
        [record("Accepted", leg("Accepted", 12, 60, legType="RingDirectly"), duration=72)],
        {"response": "Answered", "result": "Completed", "ringSeconds": 12, "talkSeconds": 60},
    ),
    "without-further-legs": (
        [record("Accepted", duration=45)],
        {"result": "Completed", "ringSeconds": None, "talkSeconds": 45, "transfers": 0},
    ),
    "whose-own-leg-comes-last": (
        [
            {
                **record("Accepted", duration=72),
                "legs": [leg("Accepted", 12, 60), leg("Accepted", 0, 72, master=True)],
            }
        ],
        {"ringSeconds": 12, "talkSeconds": 60},
    ),
    "in-older-words": (
        [record("Call accepted", leg("Call accepted", 3, 30), duration=33)],
        {"answered": True, "ringSeconds": 3, "talkSeconds": 30},
    ),
    "three-members-miss-it-and-one-answers": (
        queue("Missed", "Missed", "Missed", "Accepted"),
        {"result": "Completed", "records": 4, "ringSeconds": 25, "talkSeconds": 100},
    ),
    "queue-that-nobody-answers": (
        queue("Missed", "Missed"),
        {"response": "NotAnswered", "result": "Missed", "records": 2, "talkSeconds": 0},
    ),
    "abandoned-in-a-queue": (
        [*queue("Missed"), record("Abandoned", duration=9)],
        {"result": "Abandoned", "abandoned": True, "voicemail": False, "ringSeconds": None},
    ),
    "missed-as-the-caller-hung-up": (
        [record("Missed", duration=9, reason="Hang Up")],
        {"result": "Abandoned", "abandoned": True},
    ),
    "voicemail": (
        [record("Missed", duration=20), record("Voicemail", duration=50)],
        {"result": "Voicemail", "voicemail": True, "abandoned": False, "talkSeconds": 0},
    ),
    "hung-up-while-speaking-to-voicemail": (
        [record("Voicemail", duration=50, reason="Hang Up")],
        {"result": "Voicemail", "abandoned": False},
    ),
    "answered-while-another-went-to-voicemail": (
        [record("Voicemail", duration=5), record("Accepted", duration=30)],
        {"result": "Completed", "voicemail": False, "talkSeconds": 30},
    ),
    "transferred": (
        [
            record(
                "Accepted",
                leg("Accepted", 5, 30, legType="RingDirectly"),
                leg("Call connected", 40, 60, legType="TransferCall", action="Transfer"),
                duration=100,
            ),
            record("Accepted", leg("Accepted", 40, 60, action="Transfer"), duration=60),
        ],
        {"result": "Completed", "ringSeconds": 5, "talkSeconds": 95, "transfers": 1},
    ),
    "transferred-to-another-session": (
        [record("Accepted", duration=20, transferTarget={"telephonySessionId": "s-2"})],
        {"transfers": 1},
    ),
    "outbound-and-connected": (
        [record("Call connected", leg("Call connected", 8, 30), duration=38, direction="Outbound")],
        {"response": "Connected", "result": "Completed", "talkSeconds": 30},
    ),
    "outbound-that-nobody-took": (
        [record("Hang Up", duration=7, direction="Outbound", reason="Hang Up")],
        {"response": "NotConnected", "result": "Unknown", "abandoned": False},
    ),
    "blocked": (
        [record("Blocked", duration=1, reason="Number Blocked")],
        {"response": "NotAnswered", "result": "Unknown"},
    ),
}


class Postgres:
    """The views in PostgreSQL."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.target = ("target-postgres", settings(database))

    def execute(self, text: str) -> None:
        """Run statements, some of which may not stand in a transaction."""
        with self.database.connect() as connection:
            connection.autocommit = True
            for one in text.split(";\n"):
                connection.execute(one)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what a query gives."""
        with self.database.connect() as connection:
            cursor = connection.execute(query)
            names = [column.name for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]


class DuckDB:
    """The views in DuckDB."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.target = ("target-duckdb", {"TARGET_DUCKDB_FILEPATH": str(file)})

    def execute(self, text: str) -> None:
        """Run statements."""
        with duckdb.connect(str(self.file)) as connection:
            connection.execute(text)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what a query gives."""
        with duckdb.connect(str(self.file)) as connection:
            cursor = connection.execute(query)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A warehouse that was loaded twice: in between a call was deleted, and one lost its legs.

    Attributes:
        warehouse: where it was loaded.
        calls: what RingCentral shows now.
    """

    warehouse: Postgres | DuckDB
    calls: list[dict[str, Any]]

    def rows(self, what: str) -> list[dict[str, Any]]:
        """Return all rows of a view or table."""
        return self.warehouse.rows(f"SELECT * FROM tap_ringcentral.{what}")  # noqa: S608 - names from below


@pytest.fixture(scope="module", params=["postgres", "duckdb"])
def loaded(request, installed, server, tmp_path_factory):
    """Load an account with each case as a conversation."""
    folder = tmp_path_factory.mktemp(request.param)
    warehouse = Postgres(server) if request.param == "postgres" else DuckDB(folder / "c.duckdb")
    if request.param == "postgres":
        warehouse.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")
    target, environment = warehouse.target
    habits = Habits(deleted_records="sparse")
    with Sandbox(calls=300, days=10, now=NOW, running=False, habits=habits) as account:
        project = installed.logged_in(account, folder)
        for name, (records, _) in CASES.items():
            for fields in records:
                account.add_call(start_time=START, **{**fields, "telephonySessionId": name})
        many = record(
            "Accepted", leg("Accepted", 1, 500), leg("Accepted", 1, 900, action="Transfer")
        )
        gone = account.add_call(start_time=START, **many, telephonySessionId="deleted")
        shrunk = account.add_call(start_time=START, **many, telephonySessionId="shrunk")
        project.meltano("run", "tap-ringcentral", target, **environment)
        warehouse.execute(VIEWS)
        account.delete_call(gone)
        account.change_call(shrunk, **record("Accepted", leg("Accepted", 3, 30)))
        project.meltano("run", "tap-ringcentral", target, **environment)
        warehouse.execute(VIEWS)
        calls = [one for one in account.truth(level="account") if not one.get("deleted")]
        return Loaded(warehouse, calls)


def test_each_case_is_told_in_words(loaded):
    """One row for each conversation, however many records it left, in Business Analytics' words."""
    found = {row["telephonySessionId"]: row for row in loaded.rows("calls")}
    for name, (_, expected) in CASES.items():
        actual = {column: found[name][column] for column in expected}
        assert actual == expected, name


def test_a_deleted_call_and_lost_legs_are_gone(loaded):
    """A tombstone takes a call out of all views, and legs that a call lost do not count."""
    found = {row["telephonySessionId"]: row for row in loaded.rows("calls")}
    assert "deleted" not in found
    shrunk = found["shrunk"]
    assert (shrunk["ringSeconds"], shrunk["talkSeconds"], shrunk["transfers"]) == (3, 30, 0)


def test_every_conversation_is_told_as_its_records_do(loaded):
    """Every column of every conversation of the account equals what its records say."""
    expected = conversations(loaded.calls)
    actual = {row.pop("telephonySessionId"): row for row in loaded.rows("calls")}
    assert actual.keys() == expected.keys()
    for session, row in actual.items():
        del row["accountId"]
        for column in ("ringSeconds", "talkSeconds"):
            row[column] = row[column] and round(row[column], 6)
        assert row == expected[session], session
    for column, words in (
        ("result", {"Completed", "Voicemail", "Abandoned", "Missed", "Unknown"}),
        ("response", {"Answered", "NotAnswered", "Connected", "NotConnected"}),
    ):
        assert {row[column] for row in actual.values()} == words
    # The account's own calls, not only the hand-made ones, take part in each of these.
    rows = [row for session, row in actual.items() if session not in CASES]
    for column in ("voicemail", "abandoned", "transfers", "ringSeconds"):
        assert any(row[column] for row in rows), column
    assert any(row["records"] > 2 for row in rows)


def test_current_calls_and_legs_are_the_truth(loaded):
    """Without the deleted call, and without the legs that a call no longer has."""
    assert {row["id"] for row in loaded.rows("current_calls")} == {c["id"] for c in loaded.calls}
    legs = loaded.rows("current_legs")
    assert len(legs) == sum(len(one["legs"]) for one in loaded.calls)
    assert len(loaded.rows("call_legs")) > len(legs)


def test_postgres_finds_calls_by_time(server):
    """The indexes are used, and may be made while a load is under way, and again."""
    database = Postgres(server)
    text = 'accountId" VARCHAR, "startTime" TIMESTAMP, "telephonySessionId" VARCHAR)'
    database.execute(
        "DROP SCHEMA IF EXISTS tap_ringcentral CASCADE;\nCREATE SCHEMA tap_ringcentral"
    )
    database.execute(f'CREATE TABLE tap_ringcentral.call_log ("{text}')
    for _ in range(2):
        database.execute((SQL / "postgres_indexes.sql").read_text())
    with server.connect() as connection:
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            "EXPLAIN SELECT * FROM tap_ringcentral.call_log WHERE \"accountId\" = '1' "
            "AND \"startTime\" > '2026-03-01'"
        ).fetchall()
    assert "call_log_start_time" in str(plan)
