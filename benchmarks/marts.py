"""`python -m benchmarks.marts`: build time of the marts, in full and after an hourly run.

An archive of some weeks is read from the sandbox and loaded by the targets. Copies of it, each some
weeks earlier, make a year with the requested number of calls. For PostgreSQL and DuckDB, it
measures the seconds of a full build, of a build without new rows, and of a build after a run that
loaded the last 25 hours again; the memory of dbt (which with DuckDB includes the database); and a
query of `calls` for one day.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from benchmarks.processes import ROOT, measure, tell
from demo.postgres import postgres
from sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.postgres import Database

_STREAMS = (
    "call_log", "call_legs", "call_log_deletions", "call_log_coverage", "call_recordings",
    "retention", "extensions",
)  # fmt: skip
_DAYS = 28
# The tables to copy, each with the column of the call's start.
_BEGAN = {"call_log": "startTime", "call_legs": "callStartTime", "call_recordings": "startTime"}
_IDS = ("id", "callId", "telephonySessionId", "sessionId")
_TIMES = ("startTime", "callStartTime", "lastModifiedTime", "expiresAt")
_PARTIES = ("from", "to")
_PERIODS = 13
_DAY = """
    SELECT outcome, COUNT(*), SUM(talk_seconds) FROM ringcentral.calls
    WHERE local_started_at >= TIMESTAMP '2026-03-12' AND local_started_at < TIMESTAMP '2026-03-13'
    GROUP BY outcome
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Measurements of a database; times in seconds, memory in MB."""

    database: str
    calls: int
    legs: int
    full: float
    full_memory: float
    idle: float
    hourly: float
    hourly_memory: float
    day: float


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.marts", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000, help="records of the call log")
    parser.add_argument("--database", choices=("postgres", "duckdb"), action="append")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        messages = _read(folder)
        rows = []
        for kind in options.database or ("postgres", "duckdb"):
            tell(f"{kind}: loading")
            if kind == "duckdb":
                rows.append(_duckdb(folder, messages, options.calls))
            else:
                with postgres(folder / "data") as server:
                    rows.append(_postgres(folder, server, messages, options.calls))
    head = (
        "| | calls | legs | full build, s | MB | nothing new, s | hourly build, s | MB "
        "| a day, ms |"
    )
    sys.stdout.write(f"{head}\n|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
    for one in rows:
        sys.stdout.write(
            f"| {one.database} | {one.calls:,} | {one.legs:,} | {one.full:.1f} "
            f"| {one.full_memory:.0f} | {one.idle:.1f} | {one.hourly:.1f} "
            f"| {one.hourly_memory:.0f} | {one.day * 1000:.1f} |\n"
        )
    return 0


def _read(folder: Path) -> Path:
    """Write the tap's output for some weeks to a file."""
    limits = dict.fromkeys(("Heavy", "Medium", "Light", "Auth"), (100_000, 60.0))
    tap = str(Path(sys.executable).with_name("tap-ringcentral"))
    with Sandbox(
        calls=0, conversations=6_000, days=_DAYS, now="2026-03-13T15:00:00Z", running=False,
        limits=limits,
    ) as rc:  # fmt: skip
        config = {
            "api_url": rc.url, "client_id": rc.client_id, "client_secret": rc.client_secret,
            "jwt": rc.jwt, "start_date": "2026-02-01",
        }  # fmt: skip
        (folder / "config.json").write_text(json.dumps(config))
        found = _run([tap, "--config", str(folder / "config.json"), "--discover"])
        catalog = json.loads(found)
        for stream in catalog["streams"]:
            for one in stream["metadata"]:
                if not one["breadcrumb"]:
                    one["metadata"]["selected"] = stream["tap_stream_id"] in _STREAMS
        (folder / "catalog.json").write_text(json.dumps(catalog))
        arguments = ["--config", "config.json", "--catalog", "catalog.json"]
        messages = folder / "messages.jsonl"
        messages.write_bytes(_run([tap, *arguments], cwd=folder))
    return messages


def _postgres(folder: Path, server: Database, messages: Path, calls: int) -> Figures:
    config = {
        "host": server.host, "port": server.port, "user": server.user, "database": server.name,
        "password": server.password, "default_target_schema": "tap_ringcentral", "use_copy": True,
        "validate_records": False,
    }  # fmt: skip
    _load("target-postgres", folder, config, messages)
    environment = {
        f"TARGET_POSTGRES_{name.upper()}": str(config[name])
        for name in ("host", "port", "user", "password", "database")
    }

    def execute(text: str) -> list[Any]:
        with server.connect() as connection:
            connection.autocommit = True
            cursor = connection.execute(text)
            return cursor.fetchall() if cursor.description else []

    def ask() -> float:
        with server.connect() as connection:
            return _best(lambda: connection.execute(_DAY).fetchall())

    return _measured("postgres", environment, execute, ask, calls)


def _duckdb(folder: Path, messages: Path, calls: int) -> Figures:
    file = folder / "archive.duckdb"
    config = {
        "filepath": str(file), "default_target_schema": "tap_ringcentral",
        "flush_all_streams": True, "add_metadata_columns": True,
    }  # fmt: skip
    _load("target-duckdb", folder, config, messages)

    def execute(text: str) -> list[Any]:
        with duckdb.connect(str(file)) as connection:
            return connection.execute(text).fetchall()

    def ask() -> float:
        with duckdb.connect(str(folder / "archive_marts.duckdb"), read_only=True) as connection:
            return _best(lambda: connection.execute(_DAY).fetchall())

    return _measured("duckdb", {"TARGET_DUCKDB_FILEPATH": str(file)}, execute, ask, calls)


def _measured(
    kind: str,
    environment: dict[str, str],
    execute: Callable[[str], list[Any]],
    ask: Callable[[], float],
    calls: int,
) -> Figures:
    _multiply(execute, calls)
    # As in hourly runs, rows are loaded an hour after the call began.
    for table, column in _BEGAN.items():
        execute(
            f'UPDATE tap_ringcentral.{table} SET "_sdc_batched_at" = '  # noqa: S608 - the names above
            f"\"{column}\" + INTERVAL '1 hour'"
        )
    count, legs = (
        execute(f"SELECT COUNT(*) FROM tap_ringcentral.{table}")[0][0]  # noqa: S608 - the names here
        for table in ("call_log", "call_legs")
    )
    tell(f"{kind}: {count:,} calls with {legs:,} legs, a full build")
    full, full_memory = _build(kind, environment)
    tell(f"{kind}: a build with nothing new")
    idle, _ = _build(kind, environment)
    tell(f"{kind}: a build after an hourly run")
    for table, column in _BEGAN.items():
        execute(
            f"UPDATE tap_ringcentral.{table} SET \"_sdc_batched_at\" = TIMESTAMP '2100-01-01' "  # noqa: S608 - the names above
            f"WHERE \"{column}\" >= TIMESTAMP '2026-03-12 14:00:00'"
        )
    hourly, hourly_memory = _build(kind, environment)
    return Figures(kind, count, legs, full, full_memory, idle, hourly, hourly_memory, ask())


def _multiply(execute: Callable[[str], list[Any]], calls: int) -> None:
    """Copy the loaded rows until they make a year with the requested number of calls."""
    there = execute("SELECT COUNT(*) FROM tap_ringcentral.call_log")[0][0]
    copies = max(calls // there - 1, 0)
    for table, began in _BEGAN.items():
        names = [
            row[0]
            for row in execute(
                "SELECT column_name FROM information_schema.columns "  # noqa: S608 - the names above
                f"WHERE table_schema = 'tap_ringcentral' AND table_name = '{table}' "
                "ORDER BY ordinal_position"
            )
        ]
        chosen = ", ".join(_copied(name) for name in names)
        listed = ", ".join(f'"{name}"' for name in names)
        execute(f"CREATE TABLE read AS SELECT * FROM tap_ringcentral.{table}")  # noqa: S608 - the names above
        execute(f"DELETE FROM tap_ringcentral.{table}")  # noqa: S608 - the names above
        # Insert the earliest first, as the target does.
        for back in reversed(range(min(_PERIODS, copies + 1))):
            execute(
                f"INSERT INTO tap_ringcentral.{table} ({listed}) SELECT {chosen} FROM read "  # noqa: S608 - the names above
                f"CROSS JOIN generate_series({back}, {copies}, {_PERIODS}) AS copies(n) "
                f'ORDER BY "{began}"'
            )
        execute("DROP TABLE read")


def _copied(name: str) -> str:
    """Return the SQL of a copied column: new ids and phone numbers, and earlier times."""
    known = {one.lower(): one for one in (*_IDS, *_TIMES, *_PARTIES)}.get(name.lower())
    if known in _IDS:
        # "0" is not an id.
        return f"CASE WHEN \"{name}\" = '0' THEN '0' ELSE \"{name}\" || '~' || copies.n END"
    if known in _TIMES:
        return f"\"{name}\" - (copies.n % {_PERIODS}) * INTERVAL '{_DAYS} days'"
    if known in _PARTIES:
        number = """'("phoneNumber": *"[+][0-9]+)'"""
        return (
            f"CAST(regexp_replace(CAST(\"{name}\" AS varchar), {number}, '\\1' || copies.n, 'g') "
            "AS json)"
        )
    return f'"{name}"'


def _build(kind: str, environment: dict[str, str]) -> tuple[float, float]:
    """Build as the utility in meltano.yml does, and return seconds and MB."""
    python = str(ROOT / ".venv" / "dbt" / "bin" / "python")
    tests = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
    command = [python, str(ROOT / "dbt" / "run.py"), kind, "build", *tests]
    used = measure(command, {**os.environ, **environment})
    return used.wall, used.memory


def _load(name: str, folder: Path, config: dict[str, Any], messages: Path) -> None:
    home = ROOT / ".benchmark" / name
    if not home.exists():
        import yaml  # noqa: PLC0415 - only to install

        loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
        (pip_url,) = (one["pip_url"] for one in loaders if one["name"] == name)
        uv = str(Path(sys.executable).with_name("uv"))
        _run([uv, "venv", "--quiet", str(home)])
        _run([uv, "pip", "install", "-q", "--python", str(home / "bin/python"), *pip_url.split()])
    (folder / "target.json").write_text(json.dumps(config))
    with messages.open("rb") as lines:
        command = [str(home / "bin" / name), "--config", str(folder / "target.json")]
        subprocess.run(command, stdin=lines, capture_output=True, check=True)


def _run(command: list[str], cwd: Path | None = None) -> bytes:
    done = subprocess.run(command, capture_output=True, check=False, cwd=cwd)
    if done.returncode:
        msg = f"{command[0]} failed: {done.stderr.decode()[-2000:]}"
        raise RuntimeError(msg)
    return done.stdout


def _best(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(7):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
