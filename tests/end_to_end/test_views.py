"""The views of sql/, on PostgreSQL and on DuckDB: what a call log says in the words of analysts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conversation_cases import CASES, START, leg, record
from conversations import conversations
from databases import DuckDB, Postgres

from sandbox import Habits, Sandbox

SQL = Path(__file__).parents[2] / "sql"
VIEWS = (SQL / "views.sql").read_text()
NOW = "2026-03-15T15:00:00Z"


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
                account.add_call(**{"start_time": START, **fields, "telephonySessionId": name})
        many = record(
            "Accepted", leg("Accepted", 1, 500), leg("Accepted", 1, 900, action="Transfer")
        )
        marked = account.add_call(start_time=START, **many, telephonySessionId="marked")
        gone = account.add_call(start_time=START, **many, telephonySessionId="deleted")
        shrunk = account.add_call(start_time=START, **many, telephonySessionId="shrunk")
        project.meltano("run", "tap-ringcentral", target, **environment)
        warehouse.execute(VIEWS)
        account.delete_call(gone)
        account.change_call(shrunk, **record("Accepted", leg("Accepted", 3, 30)))
        project.meltano("run", "tap-ringcentral", target, **environment)
        warehouse.execute(VIEWS)
        # This account only tells that a call was deleted; others mark the call itself.
        warehouse.execute(
            f'UPDATE tap_ringcentral.call_log SET "deleted" = TRUE WHERE "id" = \'{marked}\''  # noqa: S608 - an id
        )
        account.delete_call(marked)
        calls = [one for one in account.truth(level="account") if not one.get("deleted")]
        return Loaded(warehouse, calls)


def test_each_case_is_told_in_words(loaded):
    """One row for each conversation, however many records it left, in Business Analytics' words."""
    found = {row["telephonySessionId"]: row for row in loaded.rows("calls")}
    for name, (_, expected) in CASES.items():
        actual = {column: found[name][column] for column in expected}
        assert actual == expected, name


def test_a_deleted_call_and_lost_legs_are_gone(loaded):
    """A mark or a tombstone takes a call out of all views; legs that a call lost do not count."""
    found = {row["telephonySessionId"]: row for row in loaded.rows("calls")}
    assert not {"deleted", "marked"} & found.keys()
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
