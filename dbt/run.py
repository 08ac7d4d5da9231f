"""Run dbt on the archive of a loader: `run.py postgres|duckdb COMMAND …`.

It finds the archive with the loader's own settings, from environment variables
(TARGET_POSTGRES_SQLALCHEMY_URL, or TARGET_POSTGRES_HOST, _PORT, _USER, _PASSWORD, _DATABASE;
TARGET_DUCKDB_FILEPATH) or from Meltano's project, so it needs no configuration of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

HERE = Path(__file__).resolve().parent
_SETTINGS = {
    "postgres": (
        "sqlalchemy_url", "host", "port", "user", "password", "database",
        "ssl_enable", "ssl_mode", "default_target_schema",
    ),
    "duckdb": ("filepath", "default_target_schema"),
}  # fmt: skip


def main(kind: str, *command: str) -> int:
    """Run a command of dbt.

    Args:
        kind: `postgres` or `duckdb`.
        command: what dbt is to do, with its options.

    Returns:
        The exit status of dbt; 1 where the archive can't be found.
    """
    try:
        found = _postgres() if kind == "postgres" else _duckdb()
        variables = _variables(kind)
    except LookupError as error:
        sys.stderr.write(f"dbt-{kind}: {error.args[0]}\n")
        return 1
    environment = {**os.environ, "RINGCENTRAL_TARGET": kind, **found}
    root = os.environ.get("MELTANO_PROJECT_ROOT")
    output = Path(root, ".meltano", "dbt", kind) if root else HERE / "target"
    environment.setdefault("DBT_TARGET_PATH", str(output))
    environment.setdefault("DBT_LOG_PATH", str(output))
    environment.setdefault("DBT_USE_COLORS", "false")
    where = ["--project-dir", str(HERE), "--profiles-dir", str(HERE)]
    given = ["--vars", json.dumps(variables)] if variables and "--vars" not in command else []
    dbt = Path(sys.executable).with_name("dbt")
    return subprocess.run([dbt, *command, *where, *given], env=environment, check=False).returncode  # noqa: S603 - the program beside this Python


def _postgres() -> dict[str, str]:
    given = _settings("postgres", ({"sqlalchemy_url"}, {"host", "user", "password", "database"}))
    ssl_mode = given.get("ssl_mode") if given.get("ssl_enable", "").lower() == "true" else None
    if url := given.get("sqlalchemy_url"):
        try:
            parts = urlsplit(url)
            port = parts.port or 5432
        except ValueError:
            # Its text may quote the password.
            message = (
                "TARGET_POSTGRES_SQLALCHEMY_URL cannot be read: write special characters of user "
                "and password, such as @ and /, as %40 and %2F"
            )
            raise LookupError(message) from None
        query = parse_qs(parts.query)
        given = {
            **given,
            "host": parts.hostname or query.get("host", ["localhost"])[0],
            "port": str(port),
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": unquote(parts.path.lstrip("/")),
        }
        ssl_mode = query.get("sslmode", [ssl_mode])[0]
    if not given.get("database") or not given.get("user"):
        message = (
            "the database is not known: set TARGET_POSTGRES_SQLALCHEMY_URL, or "
            "TARGET_POSTGRES_HOST, _PORT, _USER, _PASSWORD and _DATABASE, as for target-postgres"
        )
        raise LookupError(message)
    return {
        "RINGCENTRAL_HOST": given.get("host", "localhost"),
        "RINGCENTRAL_PORT": given.get("port", "5432"),
        "RINGCENTRAL_USER": given["user"],
        "RINGCENTRAL_PASSWORD": given.get("password", ""),
        "RINGCENTRAL_DATABASE": given["database"],
        "RINGCENTRAL_SSLMODE": ssl_mode or "prefer",
        **_schema(given),
    }


def _duckdb() -> dict[str, str]:
    given = _settings("duckdb", ({"filepath"},))
    if "filepath" not in given:
        message = "the file is not known: set TARGET_DUCKDB_FILEPATH, as for target-duckdb"
        raise LookupError(message)
    archive = Path(given["filepath"])
    if not archive.is_file():
        message = f"there is no file {archive}: run target-duckdb first"
        raise LookupError(message)
    marts = os.environ.get("RINGCENTRAL_MARTS_FILE") or archive.with_name(
        f"{archive.stem}_marts{archive.suffix}"
    )
    return {
        "RINGCENTRAL_ARCHIVE_FILE": str(archive),
        "RINGCENTRAL_MARTS_FILE": str(marts),
        **_schema(given),
    }


def _schema(given: dict[str, str]) -> dict[str, str]:
    schema = given.get("default_target_schema", "")
    return {"RINGCENTRAL_SOURCE_SCHEMA": schema} if schema and "$" not in schema else {}


def _settings(kind: str, enough: tuple[set[str], ...]) -> dict[str, str]:
    """Return a loader's settings: those of the environment, before those of Meltano's project.

    Args:
        kind: the loader, without `target-`.
        enough: Meltano, which takes seconds, is asked only where none of these is given whole.
    """
    names = {name: f"TARGET_{kind}_{name}".upper() for name in _SETTINGS[kind]}
    given = {name: os.environ[one] for name, one in names.items() if os.environ.get(one)}
    root, meltano = os.environ.get("MELTANO_PROJECT_ROOT"), _meltano()
    if any(one <= given.keys() for one in enough) or not root or not meltano:
        return given
    command = [*meltano, "--log-level=error", "config", "--unsafe", "print", f"target-{kind}"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - the user's own Meltano
    if answer.returncode:
        message = f"meltano config print target-{kind} failed: {answer.stderr.strip()}"
        raise LookupError(message)
    project = json.loads(answer.stdout)
    return {
        **{name: str(project[name]) for name in names if project.get(name) is not None},
        **given,
    }


def _meltano() -> list[str]:
    """Return the command of the Meltano that runs this, which need not be in the PATH."""
    if found := shutil.which("meltano"):
        return [found]
    try:
        started = Path(f"/proc/{os.getppid()}/cmdline").read_text().split("\0")
    except OSError:
        return []
    return started[:2] if Path(started[1]).name == "meltano" else []


def _variables(kind: str) -> dict[str, object]:
    """Return the variables of the models that the plugin's settings give."""
    prefix = f"DBT_{kind}_".upper()
    try:
        variables: dict[str, object] = json.loads(os.environ.get(f"{prefix}VARS") or "{}")
    except ValueError:
        message = f"{prefix}VARS is not a JSON object"
        raise LookupError(message) from None
    if zone := os.environ.get(f"{prefix}TIME_ZONE"):
        variables["time_zone"] = zone
    return variables


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
