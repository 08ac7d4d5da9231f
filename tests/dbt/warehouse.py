"""A warehouse with an archive in it, loaded by a target and turned into marts by dbt."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb
import yaml
from fixtures import ROOT
from harness import config_for, selecting

if TYPE_CHECKING:
    from demo.postgres import Database
    from sandbox import Sandbox

# What `meltano.yml` selects, and what names queues and people.
STREAMS = (
    "call_log", "call_legs", "call_log_deletions", "call_log_coverage", "call_recordings",
    "retention", "extensions", "call_queues",
)  # fmt: skip

Row = dict[str, Any]

_MARTS = (
    "calls", "queue_performance", "people_performance", "missed_calls", "callers", "volume",
    "concurrency", "recordings", "archive_health", "extensions", "first_call_resolution",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Environments:
    """Where programs are installed that need an environment of their own each."""

    folder: Path

    def program(self, name: str, *requirements: str) -> str:
        """Return the path of a program; it is installed when it is asked for at first."""
        home = self.folder / name
        with (self.folder / f"{name}.lock").open("w") as lock:
            flock(lock, LOCK_EX)
            if not home.exists():
                uv = str(Path(sys.executable).with_name("uv"))
                subprocess.run([uv, "venv", "--quiet", home], check=True)
                install = [uv, "pip", "install", "--quiet", "--python", home / "bin" / "python"]
                subprocess.run([*install, *requirements], check=True)
        return str(home / "bin" / name)

    def loader(self, name: str) -> str:
        """Return the path of a target, in the version that `meltano.yml` pins."""
        plugins = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
        (pip_url,) = (one["pip_url"] for one in plugins if one["name"] == name)
        return self.program(name, *pip_url.split())

    def dbt(self) -> str:
        """Return the path of dbt."""
        return self.program("dbt", "--requirement", str(ROOT / "requirements" / "dbt.txt"))


class Warehouse:
    """An archive and its marts.

    Args:
        environments: where programs are installed.
        folder: takes what belongs to this archive.
        zone: the company's time zone.

    Attributes:
        project: the folder of the dbt package.
    """

    kind: ClassVar[str]

    def __init__(self, environments: Environments, folder: Path, zone: str) -> None:
        self._environments, self._folder, self._zone = environments, folder, zone
        self._state: Row = {}
        self.project = ROOT / "dbt"

    def load(self, sandbox: Sandbox, streams: tuple[str, ...] = STREAMS, **settings: Any) -> None:
        """Read what is new into the archive, as a scheduled run does."""
        files = {
            "config": config_for(sandbox, **settings),
            "catalog": selecting(*streams),
            "state": self._state,
            "target": self._target(),
        }
        for name, content in files.items():
            (self._folder / f"{name}.json").write_text(json.dumps(content))
        options = ("config", "catalog", *(["state"] if self._state else []))
        arguments = [text for one in options for text in (f"--{one}", self._file(one))]
        command = [str(Path(sys.executable).with_name("tap-ringcentral")), *arguments]
        read = subprocess.run(command, capture_output=True, check=False)
        assert not read.returncode, read.stderr.decode()[-5000:]
        loader = self._environments.loader(f"target-{self.kind}")
        loading = [loader, "--config", self._file("target")]
        loaded = subprocess.run(loading, input=read.stdout, capture_output=True, check=False)
        assert not loaded.returncode, loaded.stderr.decode()[-5000:]
        self._state = json.loads(loaded.stdout.splitlines()[-1])

    def forget(self) -> None:
        """Lose the state: the next run reads everything again."""
        self._state = {}

    def dbt(self, *command: str, **variables: Any) -> str:
        """Run dbt as the utilities in `meltano.yml` do, and return its output."""
        python = str(Path(self._environments.dbt()).with_name("python"))
        given = {"time_zone": self._zone, **variables}
        ours = ("TARGET_", "DBT_", "RINGCENTRAL_", "MELTANO_", "COVERAGE_")
        inherited = {name: one for name, one in os.environ.items() if not name.startswith(ours)}
        done = subprocess.run(
            [
                python,
                str(self.project / "run.py"),
                self.kind,
                *command,
                "--vars",
                json.dumps(given),
            ],
            env={
                **inherited,
                **self._loader_settings(),
                "DBT_TARGET_PATH": str(self._folder / "dbt"),
                "DBT_LOG_PATH": str(self._folder / "dbt"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, done.stdout[-8000:] + done.stderr[-2000:]
        return done.stdout

    def rows(self, mart: str) -> list[Row]:
        """Return a mart's rows."""
        raise NotImplementedError

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return what a query of the marts gives."""
        raise NotImplementedError

    def columns(self, model: str) -> list[str]:
        """Return the names of a model's columns, also where it is no table of its own."""
        models = self._folder / "dbt" / "compiled" / "ringcentral" / "models"
        (compiled,) = (one.read_text() for one in models.glob(f"*/{model}.sql"))
        return self._columns(compiled)

    def plain(self, script: str) -> dict[str, list[tuple[Any, ...]]]:
        """Run statements that make marts of the archive without dbt, and return their rows."""
        raise NotImplementedError

    def archive(self, script: str, query: str) -> list[tuple[Any, ...]]:
        """Run statements on the archive itself, and return what a query of it gives."""
        raise NotImplementedError

    def _columns(self, query: str) -> list[str]:
        """Return the names of the columns that a query of the archive has."""
        raise NotImplementedError

    def _file(self, name: str) -> str:
        return str(self._folder / f"{name}.json")

    def _target(self) -> Row:
        """Return the target's configuration."""
        raise NotImplementedError

    def _loader_settings(self) -> dict[str, str]:
        """Return the target's settings as environment variables."""
        raise NotImplementedError


class Postgres(Warehouse):
    """An archive and its marts in a PostgreSQL."""

    kind = "postgres"

    def __init__(
        self, environments: Environments, folder: Path, zone: str, database: Database
    ) -> None:
        super().__init__(environments, folder, zone)
        self._database = database

    def rows(self, mart: str) -> list[Row]:
        with self._database.connect() as connection:
            cursor = connection.execute(f"SELECT * FROM ringcentral.{mart}")  # noqa: S608 - names of marts
            names = [one.name for one in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with self._database.connect() as connection:
            return connection.execute(query).fetchall()

    def plain(self, script: str) -> dict[str, list[tuple[Any, ...]]]:
        # Beside the marts that dbt has made.
        text = re.sub(r"\bringcentral(?=[._;])", "plain", script)
        with self._database.connect() as connection:
            connection.autocommit = True
            connection.execute(text)
            return {
                one: connection.execute(f"SELECT * FROM plain.{one}").fetchall()  # noqa: S608 - names of marts
                for one in _MARTS
            }

    def archive(self, script: str, query: str) -> list[tuple[Any, ...]]:
        with self._database.connect() as connection:
            connection.execute(script)
            return connection.execute(query).fetchall()

    def _columns(self, query: str) -> list[str]:
        with self._database.connect() as connection:
            return [one.name for one in connection.execute(query).description or ()]

    def _target(self) -> Row:
        one = self._database
        return {
            "host": one.host, "port": one.port, "user": one.user, "password": one.password,
            "database": one.name, "default_target_schema": "tap_ringcentral", "use_copy": True,
            "validate_records": False, "load_method": "upsert", "add_record_metadata": True,
        }  # fmt: skip

    def _loader_settings(self) -> dict[str, str]:
        names = ("host", "port", "user", "password", "database")
        return {f"TARGET_POSTGRES_{one.upper()}": str(self._target()[one]) for one in names}


class DuckDB(Warehouse):
    """An archive in a file of DuckDB, and its marts in another."""

    kind = "duckdb"

    def rows(self, mart: str) -> list[Row]:
        file = str(self._folder / "archive_marts.duckdb")
        with closing(duckdb.connect(file, read_only=True)) as connection:
            cursor = connection.execute(f"SELECT * FROM ringcentral.{mart}")  # noqa: S608 - names of marts
            names = [one[0] for one in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        file = str(self._folder / "archive_marts.duckdb")
        with closing(duckdb.connect(file, read_only=True)) as connection:
            return connection.execute(query).fetchall()

    def plain(self, script: str) -> dict[str, list[tuple[Any, ...]]]:
        # As meltano.yml names it: DuckDB must be able to tell the file from the schemas.
        (default,) = re.findall(r"filepath: .*/(.*)", (ROOT / "meltano.yml").read_text())
        file = self._folder / "plain" / default
        file.parent.mkdir(exist_ok=True)
        shutil.copy(self._folder / "archive.duckdb", file)
        with closing(duckdb.connect(str(file))) as connection:
            connection.execute(script)
            return {
                one: connection.execute(f"SELECT * FROM ringcentral.{one}").fetchall()  # noqa: S608 - names of marts
                for one in _MARTS
            }

    def archive(self, script: str, query: str) -> list[tuple[Any, ...]]:
        file = self._folder / "viewed.duckdb"
        shutil.copy(self._folder / "archive.duckdb", file)
        with closing(duckdb.connect(str(file))) as connection:
            connection.execute(script)
            return connection.execute(query).fetchall()

    def _columns(self, query: str) -> list[str]:
        file = str(self._folder / "archive_marts.duckdb")
        with closing(duckdb.connect(file, read_only=True)) as connection:
            connection.execute(f"ATTACH '{self._target()['filepath']}' AS archive (READ_ONLY)")
            return [one[0] for one in connection.execute(query).description or ()]

    def _target(self) -> Row:
        return {
            "filepath": str(self._folder / "archive.duckdb"), "flush_all_streams": True,
            "default_target_schema": "tap_ringcentral", "add_metadata_columns": True,
        }  # fmt: skip

    def _loader_settings(self) -> dict[str, str]:
        return {"TARGET_DUCKDB_FILEPATH": self._target()["filepath"]}
