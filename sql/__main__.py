"""Writes the marts as plain SQL, for PostgreSQL and for DuckDB. `--check` only compares."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
DBT = FOLDER.parent / "dbt"
_DBT = FOLDER.parent / ".venv" / "dbt" / "bin" / "dbt"
_ZONE = "Etc/UTC"
_DATABASE = "nowhere"
# What a build by parts needs, and tools for metrics.
_LEFT_OUT = re.compile(r"touched.*|load_marks|builds|metricflow_.*")
# A target makes a table with its first row, which may never come. Of each, what the models read.
_MISSING = {
    "call_log_deletions": {"accountId": "text", "id": "text"},
    "call_log_coverage": {
        "accountId": "text", "dateFrom": "time", "readAt": "time", "dateTo": "time",
        "settledTo": "time", "calls": "number",
    },
    "call_recordings": {
        "accountId": "text", "id": "text", "telephonySessionId": "text", "sessionId": "text",
        "callId": "text", "type": "text", "startTime": "time", "expiresAt": "time",
    },
    "recording_files": {
        "accountId": "text", "id": "text", "telephonySessionId": "text", "sessionId": "text",
        "callId": "text", "type": "text", "startTime": "time", "expiresAt": "time",
        "status": "text", "path": "text",
    },
    "extensions": {
        "accountId": "text", "id": "text", "extensionNumber": "text", "name": "text",
        "type": "text", "contact": "object", "site": "object", "callQueueInfo": "object",
    },
    "call_queues": {
        "accountId": "text", "id": "text", "extensionNumber": "text", "name": "text",
        "site": "object", "serviceLevelSettings": "object",
    },
}  # fmt: skip
_KEYS = {"call_log_coverage": ("accountId", "dateFrom", "readAt")}
_TYPES = {
    "postgres": {"text": "TEXT", "time": "TIMESTAMP", "number": "BIGINT", "object": "JSONB"},
    "duckdb": {"text": "VARCHAR", "time": "TIMESTAMP", "number": "HUGEINT", "object": "JSON"},
}
_HEAD = f"""-- The marts of docs/analytics.md for {{kind}}, as plain SQL. `make pages` writes it.
-- At account level. Run it after each load: it rebuilds all tables of the schema ringcentral in one
-- transaction. First replace {_ZONE} with the company's time zone:
--   sed 's#{_ZONE}#America/New_York#g' {{name}} | {{program}}
"""
_PROGRAMS = {
    "postgres": "psql --set ON_ERROR_STOP=1 postgresql://…",
    "duckdb": "duckdb calls.duckdb",
}
_NAMES = {"postgres": "PostgreSQL", "duckdb": "DuckDB"}


def script(kind: str, dbt: str | Path = _DBT) -> str:
    """Return the statements that make the marts.

    Args:
        kind: `postgres` or `duckdb`.
        dbt: the program that compiles the models.

    Raises:
        RuntimeError: dbt does not compile the models.
    """
    with tempfile.TemporaryDirectory() as name:
        target = Path(name)
        _compile(kind, target, dbt)
        nodes = json.loads((target / "manifest.json").read_text())["nodes"]
        parts = [
            _HEAD.format(kind=_NAMES[kind], name=f"sql/marts_{kind}.sql", program=_PROGRAMS[kind])
        ]
        parts += ["BEGIN;" if kind == "postgres" else "BEGIN TRANSACTION;"]
        parts += [
            f"CREATE SCHEMA IF NOT EXISTS {one};"
            for one in ("tap_ringcentral", "ringcentral", "ringcentral_internal")
        ]
        parts += [_table(table, kind) for table in _MISSING]
        parts += [_seed(one, kind) for one in ("call_results", "leg_types")]
        for node in _in_order(nodes):
            text = (target / "compiled" / "ringcentral" / "models" / node["path"]).read_text()
            parts.append(_create(f"{node['schema']}.{node['name']}", _plain(text), kind))
        parts.append("COMMIT;")
    return "\n\n".join(parts) + "\n"


def _compile(kind: str, target: Path, dbt: str | Path) -> None:
    ours = ("DBT_", "RINGCENTRAL_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [
            dbt, "--quiet", "compile",
            # Nothing is asked of a database: there is none.
            "--no-populate-cache", "--no-introspect", "--project-dir", DBT, "--profiles-dir", DBT,
            "--vars", json.dumps({"plain": True, "time_zone": _ZONE}),
        ],
        env={
            **inherited,
            "RINGCENTRAL_TARGET": kind,
            "RINGCENTRAL_USER": "nobody",
            "RINGCENTRAL_DATABASE": _DATABASE,
            "RINGCENTRAL_MARTS_FILE": ":memory:",
            "RINGCENTRAL_ARCHIVE_FILE": ":memory:",
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target),
        },
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        msg = f"dbt does not compile the models: {done.stdout[-2000:]}"
        raise RuntimeError(msg)


def _in_order(nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the models that become tables, each after those that it reads."""
    found: dict[str, dict[str, Any]] = {}

    def add(name: str) -> None:
        node = nodes.get(name)
        if node is None or node["resource_type"] != "model" or name in found:
            return
        for one in sorted(node["depends_on"]["nodes"]):
            add(one)
        found[name] = node

    for name in sorted(nodes):
        add(name)
    return [
        one
        for one in found.values()
        if one["config"]["materialized"] != "ephemeral" and not _LEFT_OUT.fullmatch(one["name"])
    ]


def _plain(text: str) -> str:
    """Take out what is dbt's: names of databases, hints, empty lines."""
    text = re.sub(r'"[^"\n]+"\."([a-z_]+)"\."([a-z_]+)"', r"\1.\2", text)
    text = re.sub(r"--\s*depends_on:.*", "", text)
    return re.sub(r"\n\s*\n+", "\n", text).strip()


def _create(name: str, query: str, kind: str) -> str:
    # PostgreSQL plans by statistics that a new table does not have.
    analyze = f"\nANALYZE {name};" if kind == "postgres" else ""
    return f"DROP TABLE IF EXISTS {name};\nCREATE TABLE {name} AS\n{query};{analyze}"


def _table(table: str, kind: str) -> str:
    types = _TYPES[kind]
    key = _KEYS.get(table, ("accountId", "id"))
    lines = [
        f'  "{name}" {types[one]}{" NOT NULL" if name in key else ""},'
        for name, one in _MISSING[table].items()
    ]
    listed = ", ".join(f'"{one}"' for one in key)
    head = f"CREATE TABLE IF NOT EXISTS tap_ringcentral.{table} ("
    return "\n".join([head, *lines, f"  PRIMARY KEY ({listed})", ");"])


def _seed(name: str, kind: str) -> str:
    with (DBT / "seeds" / f"{name}.csv").open() as file:
        head, *rows = list(csv.reader(file))
    text = _TYPES[kind]["text"]
    columns = ", ".join(f"{one} {text}" for one in head)
    values = ",\n".join(
        "  (" + ", ".join("'" + one.replace("'", "''") + "'" for one in row) + ")" for row in rows
    )
    table = f"ringcentral_internal.{name}"
    return (
        f"DROP TABLE IF EXISTS {table};\nCREATE TABLE {table} ({columns});\n"
        f"INSERT INTO {table} VALUES\n{values};"
    )


def main() -> int:
    """Write the scripts, or compare them with what is there.

    Returns:
        1 when a script differs from what the models make, otherwise 0.
    """
    check = "--check" in sys.argv[1:]
    stale = []
    for kind in _TYPES:
        file, text = FOLDER / f"marts_{kind}.sql", script(kind)
        if not file.exists() or file.read_text() != text:
            stale.append(file.name)
            if not check:
                file.write_text(text)
    if stale and check:
        sys.stderr.write(f"out of date: {', '.join(stale)}; run `make pages`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
