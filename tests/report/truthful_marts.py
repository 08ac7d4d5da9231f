"""Marts that say what the sandbox's stories say, written without tap, target and dbt."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Database
    from sandbox import Sandbox
    from sandbox.company.truth import Truth

Row = dict[str, Any]

#: The time zone of the company.
ZONE = "America/New_York"

_TEXT, _MOMENT, _COUNT, _NUMBER, _YES = (
    "VARCHAR",
    "TIMESTAMP",
    "BIGINT",
    "DOUBLE PRECISION",
    "BOOLEAN",
)
#: The columns of the contract, by mart.
COLUMNS = {
    "calls": {
        "account_id": _TEXT, "conversation_id": _TEXT, "started_at": _MOMENT,
        "local_started_at": _MOMENT, "ended_at": _MOMENT, "direction": _TEXT, "is_internal": _YES,
        "type": _TEXT, "outcome": _TEXT, "queue_id": _TEXT, "queue_ids": f"{_TEXT}[]",
        "answered_by_id": _TEXT, "first_person_id": _TEXT, "caller_number": _TEXT,
        "called_number": _TEXT, "caller_name": _TEXT, "wait_seconds": _NUMBER,
        "ring_seconds": _NUMBER, "talk_seconds": _NUMBER, "transfers": _COUNT, "records": _COUNT,
        "recordings": _COUNT, "cost": _NUMBER, "is_after_hours": _YES, "other_number": _TEXT,
    },
    "queue_performance": {
        "account_id": _TEXT, "queue_id": _TEXT, "queue_name": _TEXT, "local_hour": _MOMENT,
        **dict.fromkeys(
            ("offered", "answered", "voicemail", "abandoned", "abandoned_short", "missed",
             "callback_requested", "overflow_in", "sla_in_time", "sla_base"), _COUNT),
        "wait_seconds_sum": _NUMBER, "wait_seconds_max": _NUMBER, "waits": _COUNT,
        "sla_seconds": _COUNT, "unknown": _COUNT,
    },
    "people_performance": {
        "account_id": _TEXT, "person_id": _TEXT, "person_name": _TEXT, "department": _TEXT,
        "site": _TEXT, "local_date": "DATE",
        **dict.fromkeys(("offered", "answered", "refused", "outbound", "connected"), _COUNT),
        "talk_seconds": _NUMBER, "first_call_at": _MOMENT, "last_call_at": _MOMENT,
    },
    "missed_calls": {
        "account_id": _TEXT, "conversation_id": _TEXT, "started_at": _MOMENT, "queue_id": _TEXT,
        "person_id": _TEXT, "caller_number": _TEXT, "outcome": _TEXT, "called_back_at": _MOMENT,
        "callback_minutes": _NUMBER, "callback_conversation_id": _TEXT, "got_through_at": _MOMENT,
    },
    "callers": {
        "account_id": _TEXT, "number": _TEXT, "first_at": _MOMENT, "last_at": _MOMENT,
        "calls": _COUNT, "answered": _COUNT, "repeats_within_1d": _COUNT,
        "repeats_within_3d": _COUNT, "repeats_within_7d": _COUNT,
    },
    "concurrency": {
        "account_id": _TEXT, "local_quarter": _MOMENT, "peak_calls": _COUNT,
        "call_seconds": _NUMBER,
    },
    "recordings": {
        "account_id": _TEXT, "recording_id": _TEXT, "conversation_id": _TEXT, "type": _TEXT,
        "started_at": _MOMENT, "expires_at": _MOMENT, "status": _TEXT, "path": _TEXT,
    },
    "archive_health": {
        "account_id": _TEXT, "month": "DATE", "is_whole": _YES, "covered_from": _MOMENT,
        "covered_to": _MOMENT, "calls_read": _COUNT, "calls_there": _COUNT, "hole_from": _MOMENT,
        "hole_to": _MOMENT,
    },
    "extensions": {
        "account_id": _TEXT, "extension_id": _TEXT, "extension_number": _TEXT, "name": _TEXT,
        "department": _TEXT, "site": _TEXT,
    },
}  # fmt: skip


def rows_of(rc: Sandbox, truth: Truth) -> dict[str, list[Row]]:
    """Return the rows of all marts, by name: those of the truth, and who is who."""
    account = rc.company.account_id
    people = [
        {"extension_id": one.id, "extension_number": one.number, "name": one.name,
         "department": one.team, "site": one.site}
        for one in rc.company.people
    ]  # fmt: skip
    queues = [
        {"extension_id": one.id, "extension_number": one.number, "name": one.name}
        for one in rc.company.queues
    ]
    found = {
        name: getattr(truth, name)()
        for name in (
            "calls", "queue_performance", "people_performance", "missed_calls", "callers",
            "concurrency",
        )
    }  # fmt: skip
    for one in found["calls"]:
        number = one["caller_number" if one["direction"] == "Inbound" else "called_number"] or ""
        one["other_number"] = number if number[-1:].isdigit() and one["type"] == "Voice" else None
    for one in found["queue_performance"]:
        one["unknown"] = 0
    return {
        **found,
        "extensions": [{"account_id": account, **one} for one in people + queues],
        "recordings": [],
        "archive_health": months(account, found["calls"]),
    }


def months(account: str, calls: list[Row], hole_from: datetime | None = None) -> list[Row]:
    """Return months that were read for good, all but the latest day of the last one."""
    last = max(one["started_at"] for one in calls)
    month = min(one["started_at"] for one in calls).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    settled = hole_from or last - timedelta(1)
    found = []
    while month <= last:
        after = (month + timedelta(32)).replace(day=1)
        is_whole = after <= settled
        there = sum(month <= one["started_at"] < after for one in calls)
        found.append(
            {
                "account_id": account,
                "month": month.date(),
                "is_whole": is_whole,
                "covered_from": month,
                "covered_to": min(after, settled),
                "calls_read": there,
                "calls_there": there,
                "hole_from": None if is_whole else max(settled, month),
                "hole_to": None if is_whole else after,
            }
        )
        month = after
    return found


def write_duckdb(file: Path, marts: dict[str, list[Row]]) -> None:
    """Write marts to a file of DuckDB."""
    with closing(duckdb.connect(str(file))) as connection:
        connection.execute("CREATE SCHEMA ringcentral")
        for statement in _tables():
            connection.execute(statement)
        for mart, rows in marts.items():
            # Rows one by one would take minutes.
            lines = file.with_suffix(f".{mart}.json")
            lines.write_text("".join(json.dumps(one, default=str) + "\n" for one in rows))
            connection.execute(
                f"INSERT INTO ringcentral.{mart} BY NAME "  # noqa: S608 - names of marts
                f"SELECT * FROM read_json(?, format='newline_delimited', columns={COLUMNS[mart]})",
                [str(lines)],
            )


def write_postgres(database: Database, marts: dict[str, list[Row]]) -> None:
    """Write marts to a PostgreSQL."""
    with database.connect() as connection:
        connection.execute("CREATE SCHEMA ringcentral")
        for statement in _tables():
            connection.execute(statement.encode())
        for mart, rows in marts.items():
            copy = f"COPY ringcentral.{mart} FROM STDIN".encode()
            with connection.cursor() as cursor, cursor.copy(copy) as lines:
                for row in rows:
                    lines.write_row([row.get(name) for name in COLUMNS[mart]])


def _tables() -> list[str]:
    found = []
    for mart, columns in COLUMNS.items():
        described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        found.append(f"CREATE TABLE ringcentral.{mart} ({described})")
    return found
