"""The bare INSERT of JSON: the minimum that Python needs to get pages into tables of DuckDB.

    python -m benchmarks.bare_into_duckdb URL START END FILE SCHEMA

Each page's calls and legs are written to two files with a line for each, which DuckDB reads into
the tables `call_log` and `call_legs`. The tables have the columns that the tap's tables have:
objects are JSON, everything else is text. There is no key, no merge and no second run. It is a
reference for measurements, not a usable tool.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import orjson

from benchmarks.bare import pages
from tap_ringcentral_calllog.schemas.call_log import call_legs_schema, call_log_schema

if TYPE_CHECKING:
    from collections.abc import Iterable


def main() -> None:
    """Copy every call and leg."""
    url, start, end, file, schema = sys.argv[1:]
    tables = {
        "call_log": _columns(call_log_schema("account")),
        "call_legs": _columns(call_legs_schema("account")),
    }
    with duckdb.connect(file) as connection, tempfile.TemporaryDirectory() as folder:
        connection.execute(f"CREATE SCHEMA {schema}")
        for name, columns in tables.items():
            fields = ", ".join(f'"{column}" {type_}' for column, type_ in columns.items())
            connection.execute(f"CREATE TABLE {schema}.{name} ({fields})")
        for calls in pages(url, start, end):
            legs = [
                {**leg, "callId": call["id"], "legIndex": at}
                for call in calls
                for at, leg in enumerate(call.pop("legs", ()))
            ]
            for name, rows in (("call_log", calls), ("call_legs", legs)):
                lines = Path(folder, name)
                lines.write_bytes(_lines(rows))
                read = connection.read_json(
                    str(lines), format="newline_delimited", columns=tables[name]
                )
                read.insert_into(f"{schema}.{name}")


def _columns(schema: dict[str, Any]) -> dict[str, str]:
    return {
        name: "JSON" if {"object", "array"} & set(field["type"]) else "VARCHAR"
        for name, field in schema["properties"].items()
        if name != "legs"
    }


def _lines(rows: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


if __name__ == "__main__":
    main()
