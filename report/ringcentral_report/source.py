"""Where the marts are: PostgreSQL or a file of DuckDB, as told, or as the loader is set up."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlencode

import duckdb
import psycopg
from psycopg.conninfo import conninfo_to_dict

from ringcentral_report.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator

_Connection: TypeAlias = "psycopg.Connection[Any] | duckdb.DuckDBPyConnection"

_SETTINGS = {
    "postgres": (
        "sqlalchemy_url", "host", "port", "user", "password", "database", "ssl_enable", "ssl_mode",
    ),
    "duckdb": ("filepath",),
}  # fmt: skip
_NO_ADDRESS = (
    "the address of the database cannot be read: write "
    "postgresql://user:password@host:port/database (special characters such as @ and spaces as "
    "%40 and %20), or give a file of DuckDB"
)
_UNKNOWN = (
    "the database is not known: give --source, or set TARGET_POSTGRES_SQLALCHEMY_URL (or "
    "TARGET_POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DATABASE) or TARGET_DUCKDB_FILEPATH, "
    "as for the loader"
)


class Marts:
    """The tables of one schema, to be read only.

    Args:
        connection: of psycopg or duckdb.
        schema: where the tables are.
    """

    def __init__(self, connection: _Connection, schema: str) -> None:
        self._connection = connection
        self.schema = schema

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query; `{schema}` stands for the schema, `?` for each value."""
        text = query.replace("{schema}", f'"{self.schema}"')
        if isinstance(self._connection, psycopg.Connection):
            return self._connection.execute(text.replace("?", "%s").encode(), values).fetchall()
        return list(self._connection.execute(text, values).fetchall())

    def tables(self) -> set[str]:
        """Return the names of the tables and views that the schema has."""
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?"
        return {name for (name,) in self.rows(query, (self.schema,))}


@contextmanager
def opened(source: str | None, schema: str) -> Iterator[Marts]:
    """Open the marts until the context ends.

    Args:
        source: an address of PostgreSQL, a file of DuckDB, `postgres` or `duckdb` for the loader of
            that name, None for the loader that is set up.
        schema: the schema of the marts.

    Raises:
        ReportError: there is no database, or no marts in it.
    """
    where = _address(source)
    try:
        connection = _connect(where, schema)
    except (psycopg.Error, duckdb.Error, OSError) as error:
        # The first line has no password: libpq names host, port, user and database.
        said = next(iter(str(error).strip().splitlines()), "no reason given")
        message = f"the database cannot be opened: {said}"
        raise ReportError(message) from None
    try:
        marts = Marts(connection, schema)
        if missing := {"calls", "missed_calls", "archive_health"} - marts.tables():
            message = (
                f"there are no marts in the schema {schema} (no {', '.join(sorted(missing))}): "
                "build them first, with dbt-postgres:build or dbt-duckdb:build, or name their "
                "--schema"
            )
            raise ReportError(message)
        yield marts
    except (psycopg.Error, duckdb.Error) as error:
        said = next(iter(str(error).strip().splitlines()), "no reason given")
        message = f"the marts cannot be read: {said}: build them again"
        raise ReportError(message) from None
    finally:
        connection.close()


def _connect(where: str, schema: str) -> _Connection:
    if "://" in where:
        url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", where)
        if not _is_address(url):
            # Its text, and libpq's of it, may quote the password.
            raise ReportError(_NO_ADDRESS)
        return psycopg.connect(
            url, connect_timeout=10, options="-c TimeZone=UTC -c default_transaction_read_only=on"
        )
    file = _marts_file(Path(where), schema)
    # DuckDB would not tell the file ringcentral.duckdb from the schema of that name.
    connection = duckdb.connect()
    quoted = str(file).replace("'", "''")
    connection.execute(f"ATTACH '{quoted}' AS marts_file (READ_ONLY); USE marts_file")
    return connection


def _is_address(url: str) -> bool:
    """Return whether an address of PostgreSQL has all in its place, the password above all."""
    if not url.startswith("postgresql://") or url.count("@") > 1:
        return False
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return False
    ports = str(parts.get("port", "0")).split(",")
    return "@" not in str(parts.get("dbname", "")) and all(one.isdecimal() for one in ports)


def _marts_file(file: Path, schema: str) -> Path:
    """Return the file that has the marts: that one, or the one that dbt writes beside it."""
    if not file.is_file():
        message = f"there is no file {file}"
        raise ReportError(message)
    beside = Path(
        os.environ.get("RINGCENTRAL_MARTS_FILE")
        or file.with_name(f"{file.stem}_marts{file.suffix}")
    )
    if beside.is_file():
        with duckdb.connect(str(file), read_only=True) as connection:
            query = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? LIMIT 1"
            if not connection.execute(query, (schema,)).fetchall():
                return beside
    return file


def _address(source: str | None) -> str:
    if source not in {None, "", "postgres", "duckdb"}:
        return str(source)
    if source != "duckdb" and (found := _postgres(asks=False)):
        return found
    if source != "postgres" and (file := _settings("duckdb", asks=False).get("filepath")):
        return file
    if source != "duckdb" and (found := _postgres(asks=True)):
        return found
    if source != "postgres" and (file := _settings("duckdb", asks=True).get("filepath")):
        return file
    raise ReportError(_UNKNOWN)


def _postgres(*, asks: bool) -> str | None:
    """Return the address that target-postgres is set up with, None if it is not."""
    given = _settings("postgres", asks=asks)
    if url := given.get("sqlalchemy_url"):
        return url
    if not {"user", "database"} <= given.keys():
        return None
    login = ":".join(quote(given.get(one, ""), safe="") for one in ("user", "password"))
    where = f"{given.get('host', 'localhost')}:{given.get('port', '5432')}"
    ssl = given.get("ssl_enable", "").lower() == "true" and given.get("ssl_mode")
    options = f"?{urlencode({'sslmode': ssl})}" if ssl else ""
    return f"postgresql://{login}@{where}/{quote(given['database'], safe='')}{options}"


def _settings(kind: str, *, asks: bool) -> dict[str, str]:
    """Return a loader's settings: those of the environment, before those of Meltano's project.

    Args:
        kind: the loader, without `target-`.
        asks: whether Meltano is asked, which takes seconds.
    """
    names = {name: f"TARGET_{kind}_{name}".upper() for name in _SETTINGS[kind]}
    given = {name: os.environ[one] for name, one in names.items() if os.environ.get(one)}
    project = project_settings(f"target-{kind}") if asks else {}
    return {
        **{name: str(project[name]) for name in names if project.get(name) is not None},
        **given,
    }


def project_settings(plugin: str) -> dict[str, Any]:
    """Return what Meltano's project says of a plugin; nothing where no Meltano runs this.

    Raises:
        ReportError: Meltano fails.
    """
    root, meltano = os.environ.get("MELTANO_PROJECT_ROOT"), _meltano()
    if not root or not meltano:
        return {}
    command = [*meltano, "--log-level=error", "config", "--unsafe", "print", plugin]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - the user's own Meltano
    if answer.returncode:
        said = answer.stderr.strip().splitlines() or ["no reason given"]
        message = f"meltano config print {plugin} failed: {said[-1]}"
        raise ReportError(message)
    return dict(json.loads(answer.stdout))


def _meltano() -> list[str]:
    """Return the command of the Meltano that runs this, which need not be in the PATH."""
    if found := shutil.which("meltano"):
        return [found]
    try:
        started = Path(f"/proc/{os.getppid()}/cmdline").read_text().split("\0")
    except OSError:
        return []
    return started[:2] if Path(started[1]).name == "meltano" else []
