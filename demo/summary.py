"""What is in PostgreSQL, read back by SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
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


def _count(connection: Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(SCHEMA, table))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
