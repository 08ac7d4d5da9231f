"""What is in PostgreSQL after a load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from expected import CALL_KEY, LEG_KEY, by_key
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from expected import Rows

    from demo.postgres import Database


def settings(database: Database) -> dict[str, str]:
    """Return what target-postgres has to know."""
    return {
        "TARGET_POSTGRES_HOST": database.host,
        "TARGET_POSTGRES_PORT": str(database.port),
        "TARGET_POSTGRES_USER": database.user,
        "TARGET_POSTGRES_PASSWORD": database.password,
        "TARGET_POSTGRES_DATABASE": database.name,
    }


def empty(database: Database) -> None:
    """Remove all that was loaded."""
    with database.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")


def call_rows(database: Database, key: tuple[str, ...] = CALL_KEY) -> Rows:
    """Return the rows of call_log."""
    return rows(database, "call_log", key)


def leg_rows(database: Database, key: tuple[str, ...] = LEG_KEY) -> Rows:
    """Return the rows of call_legs."""
    return rows(database, "call_legs", key)


def deletion_rows(database: Database, key: tuple[str, ...] = CALL_KEY) -> Rows:
    """Return the rows of call_log_deletions."""
    return rows(database, "call_log_deletions", key)


def rows(database: Database, table: str, key: tuple[str, ...]) -> Rows:
    """Return a table's rows, at least one, without those columns that the target adds."""
    with database.connect() as connection:
        cursor = connection.cursor(row_factory=dict_row)
        found = cursor.execute(f'SELECT * FROM tap_ringcentral."{table}"').fetchall()  # noqa: S608 - a stream's name
    assert found, f"{table} is empty"
    return by_key(
        [{n: v for n, v in row.items() if not n.startswith("_sdc_")} for row in found], key
    )
