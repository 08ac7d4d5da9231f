"""The bare COPY: the minimum that Python needs to get pages into tables of PostgreSQL.

    python -m benchmarks.bare_into_postgres URL START END DATABASE SCHEMA

Two tables, `call_log` and `call_legs`, have the columns that the tap's tables have: objects are
`jsonb`, everything else is text. It has no schema of a stream, no key, no merge and no second run.
It is a reference for measurements, not a usable tool.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import orjson
import psycopg
from psycopg import sql

from benchmarks.bare import pages
from tap_ringcentral_calllog.schemas.call_log import call_legs_schema, call_log_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    Row = dict[str, Any]


def main() -> None:
    """Copy every call and leg."""
    url, start, end, database, schema = sys.argv[1:]
    with psycopg.connect(database) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        tables = {
            "call_log": _columns(call_log_schema("account"), without="legs"),
            "call_legs": _columns(call_legs_schema("account")),
        }
        for name, columns in tables.items():
            _create(connection, schema, name, columns)
        for calls in pages(url, start, end):
            legs = [
                {**leg, "callId": call["id"], "legIndex": at}
                for call in calls
                for at, leg in enumerate(call.get("legs", ()))
            ]
            for name, rows in (("call_log", calls), ("call_legs", legs)):
                _copy(connection, schema, name, tables[name], rows)


def _columns(schema: dict[str, Any], without: str = "") -> dict[str, str]:
    return {
        name: "jsonb" if {"object", "array"} & set(field["type"]) else "text"
        for name, field in schema["properties"].items()
        if name != without
    }


def _create(
    connection: psycopg.Connection, schema: str, name: str, columns: dict[str, str]
) -> None:
    fields = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(one), sql.SQL(type_))
        for one, type_ in columns.items()
    )
    table = sql.Identifier(schema, name)
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, fields))


def _copy(
    connection: psycopg.Connection,
    schema: str,
    name: str,
    columns: dict[str, str],
    rows: Iterable[Row],
) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(schema, name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row([_value(row.get(column)) for column in columns])


def _value(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return value if value is None or isinstance(value, str) else str(value)


if __name__ == "__main__":
    main()
