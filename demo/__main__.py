"""`python -m demo`: sandbox, PostgreSQL, Meltano, tap, target, marts, report, and a summary.

`python -m demo duckdb` does the same with a file of DuckDB; `python -m demo sql` opens the tables
of PostgreSQL in psql.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb

from demo.account import CONVERSATIONS, DAYS, RATE_LIMIT, ZONE, account
from demo.postgres import open_psql, postgres
from demo.processes import run_group
from demo.summary import SCHEMA, Contents, missed, tables, written_since

if TYPE_CHECKING:
    from collections.abc import Iterator

    from demo.postgres import Database
    from sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".demo"
REPORT = KEPT / "report.html"
JOB = ["tap-ringcentral", "target-postgres", "dbt-postgres:build", "ringcentral-report:build"]
DUCKDB_JOB = ["tap-ringcentral", "target-duckdb", "dbt-duckdb:build", "ringcentral-report:build"]

# With another login in .env there would be two.
_OTHER_SETTINGS = (
    "TAP_RINGCENTRAL_REFRESH_TOKEN",
    "TAP_RINGCENTRAL_TOKEN_STORE",
    "TAP_RINGCENTRAL_USERNAME",
    "TAP_RINGCENTRAL_EXTENSION",
    "TAP_RINGCENTRAL_PASSWORD",
    "TAP_RINGCENTRAL_START_DATE",
    "TAP_RINGCENTRAL_END_DATE",
    "TARGET_POSTGRES_SQLALCHEMY_URL",
)


def main() -> int:
    """Run the demo and return the exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with _alone():
            if sys.argv[1:] == ["sql"]:
                return _open()
            if sys.argv[1:] == ["duckdb"]:
                _run_with_duckdb()
            else:
                _run()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except (OSError, RuntimeError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return 1
    return 0


@contextmanager
def _alone() -> Iterator[None]:
    """Keep a second demo away from the first one's data."""
    KEPT.mkdir(exist_ok=True)
    with (KEPT / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            msg = "another demo is running in this folder"
            raise RuntimeError(msg) from error
        yield


def _run() -> None:
    with account(KEPT / "runs.json") as (sandbox, new), postgres(KEPT / "postgres") as database:
        _say(f"RingCentral: a sandbox at {sandbox.url}. The company has about {CONVERSATIONS:,}")
        _say(f"             conversations in {DAYS} days, with one record per phone that rang.")
        news = f"{new} calls are new since the last run" if new else "No call has been read so far"
        _say(f"             {news}. The rate limit is {RATE_LIMIT:,} requests")
        _say("             a minute (RingCentral's is 10), so the demo takes seconds.")
        _say(f"PostgreSQL:  {database.host}:{database.port}, data in {KEPT / 'postgres'}")
        _say(f"Meltano:     meltano run {' '.join(JOB)}")
        _say("")
        with database.connect() as connection:
            before = Contents.of(connection)
        started = datetime.now(timezone.utc)
        _load(JOB, _environment(sandbox, _in_postgres(database)))
        today = started.astimezone(ZoneInfo(ZONE)).date()
        with database.connect() as connection:
            after = Contents.of(connection)
            fresh = after.calls - before.calls
            again = written_since(connection, started) - fresh
            _say("")
            _say(f"PostgreSQL now holds {after.calls:,} calls with {after.legs:,} legs:")
            _say("")
            _say(tables(connection))
            _say(missed(lambda query: connection.execute(query.encode()).fetchall(), today))
        requests = len(sandbox.requests_to("/call-log"))
        _say(f"New in this run: {fresh:,} calls. Read again: {again:,} calls in the look-back")
        _say(f"(lookback_hours), because calls end late and change. Requests: {requests}.")
        if not before.calls:
            _say("Run it again to see an incremental run.")
        _say("To see the tables, run: make demo-sql")
        _say(f"To see a report about these calls, open in a browser: {REPORT}")


def _run_with_duckdb() -> None:
    archive = KEPT / "calls.duckdb"
    with account(KEPT / "runs-duckdb.json") as (sandbox, _):
        _say(f"RingCentral: a sandbox at {sandbox.url}. The company has about {CONVERSATIONS:,}")
        _say(f"             conversations in {DAYS} days.")
        _say(f"DuckDB:      {archive}")
        _say(f"Meltano:     meltano run {' '.join(DUCKDB_JOB)}")
        _say("")
        today = datetime.now(timezone.utc).astimezone(ZoneInfo(ZONE)).date()
        _load(DUCKDB_JOB, _environment(sandbox, _in_duckdb(archive)))
    marts = archive.with_name("calls_marts.duckdb")
    with duckdb.connect(str(marts), read_only=True) as connection:
        _say("")
        _say(missed(lambda query: connection.execute(query).fetchall(), today))
    _say(f"The marts are in {marts}; docs/analytics.md has a query for each question.")
    _say(f"To see a report about these calls, open in a browser: {REPORT}")


def _open() -> int:
    """Start the database again and run psql on it; return the exit status of psql."""
    data = KEPT / "postgres"
    if not data.exists():
        msg = "there are no tables yet: run make demo first"
        raise RuntimeError(msg)
    with postgres(data) as database:
        if sys.stdin.isatty():
            _say(f"Until you quit psql (\\q), other programs can connect to {database.url}")
            _say('Tables: \\dt  Example: SELECT "startTime", result FROM call_log LIMIT 5;')
            # Ctrl-C must only stop a query in psql.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return open_psql(database, SCHEMA)


def _load(job: list[str], environment: dict[str, str]) -> None:
    # After a crash, Meltano considers the dead run alive for some minutes.
    unfinished = KEPT / "unfinished"
    force = ["--force"] if unfinished.exists() else []
    unfinished.touch()
    meltano = Path(sys.executable).with_name("meltano")
    command = [str(meltano), "run", *force, *job]
    status = run_group(command, cwd=ROOT, env=environment)
    unfinished.unlink()
    if status:
        msg = f"meltano ended with status {status}; see the lines above"
        raise RuntimeError(msg)


def _environment(sandbox: Sandbox, loader: dict[str, str]) -> dict[str, str]:
    ours = (
        "TAP_RINGCENTRAL_", "TARGET_", "DBT_", "RINGCENTRAL_", "MELTANO_", "COVERAGE_",
    )  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {
        **inherited,
        **dict.fromkeys(_OTHER_SETTINGS, ""),
        "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        "MELTANO_ENVIRONMENT": "demo",
        "MELTANO_DATABASE_URI": f"sqlite:///{KEPT / 'meltano.db'}",
        "TAP_RINGCENTRAL_API_URL": sandbox.url,
        "TAP_RINGCENTRAL_CLIENT_ID": sandbox.client_id,
        "TAP_RINGCENTRAL_CLIENT_SECRET": sandbox.client_secret,
        "TAP_RINGCENTRAL_JWT": sandbox.jwt,
        "RINGCENTRAL_REPORT_OUTPUT": str(REPORT),
        **loader,
    }


def _in_postgres(database: Database) -> dict[str, str]:
    return {
        "TARGET_POSTGRES_HOST": database.host,
        "TARGET_POSTGRES_PORT": str(database.port),
        "TARGET_POSTGRES_USER": database.user,
        "TARGET_POSTGRES_PASSWORD": database.password,
        "TARGET_POSTGRES_DATABASE": database.name,
        "DBT_POSTGRES_TIME_ZONE": ZONE,
    }


def _in_duckdb(archive: Path) -> dict[str, str]:
    return {
        "TARGET_DUCKDB_FILEPATH": str(archive),
        "DBT_DUCKDB_TIME_ZONE": ZONE,
        "RINGCENTRAL_REPORT_SOURCE": "duckdb",
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
