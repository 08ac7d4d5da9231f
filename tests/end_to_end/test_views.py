"""The views of sql/, on PostgreSQL and on DuckDB: what a call log says in the words of analysts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pytest
from loaded import settings

from sandbox import Habits, Sandbox

SQL = Path(__file__).parents[2] / "sql"
VIEWS = (SQL / "views.sql").read_text()
NOW = "2026-03-15T15:00:00Z"
START = datetime(2026, 3, 15, 10, tzinfo=timezone.utc)
ANSWERED = ("Accepted", "Call connected", "Answered Elsewhere")


def leg(result: str, after: int = 0, duration: int = 0, **fields: Any) -> dict[str, Any]:
    begin = (START + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"result": result, "startTime": begin, "duration": duration, "type": "Voice", **fields}


def record(result: str, *legs: dict[str, Any], duration: int = 0, **fields: Any) -> dict[str, Any]:
    first = leg(result, 0, duration, master=True, legType="Accept")
    return {
        "direction": "Inbound", "type": "Voice", "action": "Phone Call", "result": result,
        "duration": duration, "legs": [first, *legs], **fields,
    }  # fmt: skip


# Of each conversation its records, and what is to be said of it.
CASES = {
    "answered": (
        [record("Accepted", leg("Accepted", 12, 60, legType="RingDirectly"), duration=72)],
        {"outcome": "Answered", "ringSeconds": 12, "talkSeconds": 60, "transfers": 0},
    ),
    "without-further-legs": (
        [record("Accepted", duration=45)],
        {"outcome": "Answered", "ringSeconds": None, "talkSeconds": 45},
    ),
    "queue": (
        [
            record("Missed", leg("Missed", 0, 20, legType="FindMe"), duration=20),
            record("Missed", leg("Missed", 0, 20, legType="FindMe"), duration=20),
            record("Missed", leg("Missed", 0, 20, legType="FindMe"), duration=20),
            record("Accepted", leg("Accepted", 25, 100, legType="Hunting"), duration=125),
        ],
        {"outcome": "Answered", "records": 4, "ringSeconds": 25, "talkSeconds": 100},
    ),
    "queue-that-nobody-answers": (
        [record("Missed", duration=20), record("Missed", duration=20)],
        {"outcome": "Missed", "records": 2, "talkSeconds": 0, "answered": False},
    ),
    "abandoned-in-a-queue": (
        [record("Missed", duration=9), record("Abandoned", duration=9)],
        {"outcome": "Abandoned", "abandoned": True, "voicemail": False},
    ),
    "voicemail": (
        [record("Missed", duration=20), record("Voicemail", duration=50)],
        {"outcome": "Voicemail", "voicemail": True, "abandoned": False, "talkSeconds": 0},
    ),
    "answered-while-another-went-to-voicemail": (
        [record("Voicemail", duration=5), record("Accepted", duration=30)],
        {"outcome": "Answered", "voicemail": False},
    ),
    "transferred": (
        [
            record(
                "Accepted",
                leg("Accepted", 5, 30, legType="RingDirectly"),
                leg("Call connected", 40, 60, legType="TransferCall", action="Transfer"),
                duration=100,
            )
        ],
        {"outcome": "Answered", "ringSeconds": 5, "talkSeconds": 95, "transfers": 1},
    ),
    "outbound-that-nobody-took": (
        [record("Hang Up", duration=7, direction="Outbound")],
        {"outcome": "Not connected", "abandoned": False, "direction": "Outbound"},
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
        many = record("Accepted", leg("Accepted", 1, 500), leg("Accepted", 1, 900))
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
    """One row for each conversation, however many records it left."""
    found = {row["telephonySessionId"]: row for row in loaded.rows("calls")}
    for name, (_, expected) in CASES.items():
        actual = {column: found[name][column] for column in expected}
        assert actual == expected, name
    assert "deleted" not in found
    shrunk = found["shrunk"]
    assert (shrunk["ringSeconds"], shrunk["talkSeconds"]) == (3, 30)


def test_every_conversation_is_there_once(loaded):
    """Counts and outcomes of all calls equal those of the account's log."""
    key = "telephonySessionId"
    truth = sorted((c for c in loaded.calls if c["type"] == "Voice"), key=lambda call: call[key])
    expected = {
        session: (len(records), any(one["result"] in ANSWERED for one in records))
        for session, records in ((s, list(r)) for s, r in groupby(truth, lambda call: call[key]))
    }
    rows = loaded.rows("calls")
    assert {row[key]: (row["records"], row["answered"]) for row in rows} == expected
    assert len(rows) == len(expected)
    assert all(row["talkSeconds"] >= 0 for row in rows)
    assert {row["outcome"] for row in rows} == {
        "Answered", "Voicemail", "Abandoned", "Missed", "Not connected",
    }  # fmt: skip


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
