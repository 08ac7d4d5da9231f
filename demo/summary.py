"""Reads a summary back with SQL: of the tables in PostgreSQL, of the marts also in DuckDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from psycopg import Connection

SCHEMA = "tap_ringcentral"

_BY_DAY = """
    SELECT to_char("startTime", 'YYYY-MM-DD Dy'), count(*), coalesce(sum("legCount"), 0)
    FROM {schema}.call_log GROUP BY 1 ORDER BY 1 DESC LIMIT 10
"""
_BY_RESULT = """
    SELECT coalesce(result, '(none)'), count(*), coalesce(sum("legCount"), 0)
    FROM {schema}.call_log GROUP BY 1 ORDER BY 2 DESC, 1
"""

_LAST_DAY = """
    SELECT max(calls.local_started_at::date)
    FROM ringcentral.missed_calls
    JOIN ringcentral.calls USING (account_id, conversation_id)
    WHERE calls.local_started_at::date < DATE '{day}'
"""
# On the marts: docs/analytics.md has a query for each question.
_MISSED = """
    SELECT coalesce(queues.name, missed.queue_id, 'no queue') AS queue,
        coalesce(people.name, missed.person_id, '-') AS person,
        count(*), count(missed.called_back_at), round(min(missed.callback_minutes))
    FROM ringcentral.missed_calls AS missed
    JOIN ringcentral.calls USING (account_id, conversation_id)
    LEFT JOIN ringcentral.extensions AS queues
        ON queues.account_id = missed.account_id AND queues.extension_id = missed.queue_id
    LEFT JOIN ringcentral.extensions AS people
        ON people.account_id = missed.account_id AND people.extension_id = missed.person_id
    WHERE calls.local_started_at::date = DATE '{day}'
    GROUP BY 1, 2
    ORDER BY count(*) - count(missed.called_back_at) DESC, count(*) DESC, 1, 2 LIMIT 12
"""


@dataclass(frozen=True, slots=True)
class Contents:
    """How much the target holds.

    Attributes:
        calls: rows of call_log.
        legs: rows of call_legs.
    """

    calls: int = 0
    legs: int = 0

    @classmethod
    def of(cls, connection: Connection) -> Contents:
        """Count what is there; nothing, before the first run."""
        exists = connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.call_log"]).fetchone()
        if not exists or exists[0] is None:
            return cls()
        return cls(_count(connection, "call_log"), _count(connection, "call_legs"))


def written_since(connection: Connection, moment: object) -> int:
    """Return how many calls were written, new ones and those read again.

    Args:
        connection: to the target.
        moment: since when, by this machine's clock.
    """
    query = sql.SQL("SELECT count(*) FROM {}.call_log WHERE _sdc_batched_at >= %s")
    row = connection.execute(query.format(sql.Identifier(SCHEMA)), [moment]).fetchone()
    return int(row[0]) if row else 0


def tables(connection: Connection) -> str:
    """Return the calls by day and by result, as text."""
    schema = sql.Identifier(SCHEMA)
    parts = []
    for title, query in (("last 10 days", _BY_DAY), ("result", _BY_RESULT)):
        rows = connection.execute(sql.SQL(query).format(schema=schema)).fetchall()
        parts.append(f"  {title:<28}{'calls':>9}{'legs':>9}")
        parts += [f"  {name:<28}{calls:>9,}{legs:>9,}" for name, calls, legs in rows]
        parts.append("")
    return "\n".join(parts)


def missed(ask: Callable[[str], list[tuple[Any, ...]]], today: date) -> str:
    """Return the missed calls of the last day that had any, by queue and person, as text.

    Args:
        ask: returns the rows of a query of the marts.
        today: the local day that is not over yet.
    """
    ((day,),) = ask(_LAST_DAY.format(day=today))
    if day is None:
        return "No call was missed before today."
    rows = ask(_MISSED.format(day=day))
    parts = [f"Missed calls of {day:%A, %Y-%m-%d}, by queue and person:", ""]
    parts += [f"  {'queue':<22}{'person':<22}{'missed':>8}{'called back':>13}{'soonest':>12}"]
    for queue, person, calls, back, minutes in rows:
        soonest = "" if minutes is None else f"{minutes:,.0f} min"
        parts.append(f"  {queue:<22}{person:<22}{calls:>8}{back:>13}{soonest:>12}")
    return "\n".join([*parts, ""])


def _count(connection: Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(SCHEMA, table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
