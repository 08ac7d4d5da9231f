"""dbt/run.py: where the archive is follows from the loader's own settings."""

from __future__ import annotations

import json
import os
import runpy
import stat
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fixtures import ROOT

if TYPE_CHECKING:
    from pathlib import Path

RUN = str(ROOT / "dbt" / "run.py")
# Prints what dbt would be started with.
DBT = f"""#!{sys.executable}
import json, os, sys
found = {{name: one for name, one in os.environ.items() if name.startswith("RINGCENTRAL_")}}
print(json.dumps({{"arguments": sys.argv[1:], "found": found}}))
"""
# Answers `meltano … config --unsafe print target-…` with the settings of a project.
MELTANO = f"""#!{sys.executable}
import os, sys
if sys.argv[-1] != os.environ["EXPECTED_LOADER"]:
    sys.exit("asked of another plugin: " + sys.argv[-1])
print(os.environ["PROJECT_SETTINGS"])
"""
PARTS = {
    "RINGCENTRAL_HOST": "db.example.com",
    "RINGCENTRAL_PORT": "6543",
    "RINGCENTRAL_USER": "loader",
    "RINGCENTRAL_PASSWORD": "p@ss/word",
    "RINGCENTRAL_DATABASE": "calls",
}


class Started:
    """Starts run.py with programs that only tell how they were started."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, output: Any) -> None:
        self.folder, self._patch, self._output = folder, patch, output
        for name in list(os.environ):
            if name.startswith(("TARGET_", "DBT_", "RINGCENTRAL_", "MELTANO_")):
                patch.delenv(name)
        programs = folder / "bin"
        programs.mkdir()
        for name, text in (("dbt", DBT), ("meltano", MELTANO)):
            (programs / name).write_text(text)
            (programs / name).chmod(stat.S_IRWXU)
        patch.setattr(sys, "executable", str(programs / "python"))
        patch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def project(self, loader: str, **settings: Any) -> None:
        """Have Meltano's project set up a loader."""
        self._patch.setenv("MELTANO_PROJECT_ROOT", str(self.folder))
        self._patch.setenv("EXPECTED_LOADER", loader)
        self._patch.setenv("PROJECT_SETTINGS", json.dumps(settings))

    def run(self, *arguments: str, **environment: str) -> tuple[int, dict[str, Any], str]:
        """Return the exit status, what dbt was started with, and what went wrong."""
        for name, value in environment.items():
            self._patch.setenv(name, value)
        main = runpy.run_path(RUN)["main"]
        status = main(*arguments)
        said = self._output.readouterr()
        return status, json.loads(said.out or "{}"), said.err

    def found(self, *arguments: str, **environment: str) -> dict[str, str]:
        """Return what of the archive dbt is told."""
        status, started, wrong = self.run(*arguments, **environment)
        assert (status, wrong) == (0, "")
        return started["found"]


@pytest.fixture
def started(tmp_path, monkeypatch, capfd):
    return Started(tmp_path, monkeypatch, capfd)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://loader:p%40ss%2Fword@db.example.com:6543/calls",
        "postgresql+psycopg2://loader:p%40ss%2Fword@db.example.com:6543/calls?sslmode=require",
    ],
)
def test_the_url_of_the_loader_says_where_postgresql_is(started, url):
    found = started.found("postgres", "build", TARGET_POSTGRES_SQLALCHEMY_URL=url)
    assert found.items() >= PARTS.items()
    assert found["RINGCENTRAL_SSLMODE"] == ("require" if "sslmode" in url else "prefer")


def test_its_parts_say_so_too(started):
    given = {name.replace("RINGCENTRAL", "TARGET_POSTGRES"): one for name, one in PARTS.items()}
    found = started.found("postgres", "build", **given)
    assert found.items() >= PARTS.items()
    assert "RINGCENTRAL_SOURCE_SCHEMA" not in found


def test_so_does_meltanos_project(started):
    """Its values need not be text."""
    given = {name.removeprefix("RINGCENTRAL_").lower(): one for name, one in PARTS.items()}
    given["port"] = 6543
    given |= {"ssl_enable": True, "ssl_mode": "verify-full", "default_target_schema": "raw"}
    started.project("target-postgres", **given)
    found = started.found("postgres", "build")
    assert found.items() >= PARTS.items()
    assert found["RINGCENTRAL_SSLMODE"] == "verify-full"
    assert found["RINGCENTRAL_SOURCE_SCHEMA"] == "raw"


def test_the_environment_goes_before_the_project(started):
    started.project("target-postgres", host="old.example.com", user="loader", database="calls")
    found = started.found("postgres", "build", TARGET_POSTGRES_HOST="new.example.com")
    assert found["RINGCENTRAL_HOST"] == "new.example.com"
    assert found["RINGCENTRAL_DATABASE"] == "calls"
    # A plugin's own schema, which Meltano fills in for each extractor, is left to the variable.
    started.project(
        "target-postgres", user="loader", database="calls",
        default_target_schema="$MELTANO_EXTRACT__LOAD_SCHEMA",
    )  # fmt: skip
    assert "RINGCENTRAL_SOURCE_SCHEMA" not in started.found("postgres", "build")


@pytest.mark.parametrize("by_project", [False, True])
def test_the_file_of_the_loader_is_the_archive(started, by_project):
    """The marts go beside it, unless they are to go elsewhere."""
    archive = started.folder / "calls.duckdb"
    archive.touch()
    if by_project:
        started.project("target-duckdb", filepath=str(archive))
        found = started.found("duckdb", "build")
    else:
        found = started.found("duckdb", "build", TARGET_DUCKDB_FILEPATH=str(archive))
    assert found["RINGCENTRAL_ARCHIVE_FILE"] == str(archive)
    assert found["RINGCENTRAL_MARTS_FILE"] == str(started.folder / "calls_marts.duckdb")
    elsewhere = started.found("duckdb", "build", RINGCENTRAL_MARTS_FILE="/elsewhere.duckdb")
    assert elsewhere["RINGCENTRAL_MARTS_FILE"] == "/elsewhere.duckdb"


@pytest.mark.parametrize("kind", ["postgres", "duckdb"])
def test_an_archive_that_is_nowhere_is_said_in_a_line(started, kind):
    status, dbt, wrong = started.run(kind, "build")
    assert (status, dbt) == (1, {})
    assert wrong.startswith(f"dbt-{kind}: ")
    assert f"set TARGET_{kind.upper()}_" in wrong
    assert wrong.count("\n") == 1


def test_an_address_that_cannot_be_read_is_said_without_its_password(started):
    url = "postgresql://loader:pass/word@db.example.com/calls"
    status, dbt, wrong = started.run("postgres", "build", TARGET_POSTGRES_SQLALCHEMY_URL=url)
    assert (status, dbt) == (1, {})
    assert wrong.startswith("dbt-postgres: TARGET_POSTGRES_SQLALCHEMY_URL cannot be read: write")
    assert wrong.count("\n") == 1
    assert "pass/" not in wrong
    assert "word@" not in wrong


def test_a_file_that_is_not_there_is_said(started):
    missing = str(started.folder / "calls.duckdb")
    status, dbt, wrong = started.run("duckdb", "build", TARGET_DUCKDB_FILEPATH=missing)
    assert (status, dbt) == (1, {})
    assert wrong == f"dbt-duckdb: there is no file {missing}: run target-duckdb first\n"


def test_variables_are_the_settings_of_the_utility(started):
    hours = [{"weekday": 1, "from": "09:00", "to": "17:00"}]
    status, dbt, _ = started.run(
        "postgres", "build",
        TARGET_POSTGRES_SQLALCHEMY_URL="postgresql://loader@db.example.com/calls",
        DBT_POSTGRES_TIME_ZONE="America/New_York",
        DBT_POSTGRES_VARS=json.dumps({"business_hours": hours}),
    )  # fmt: skip
    assert status == 0
    given = json.loads(dbt["arguments"][dbt["arguments"].index("--vars") + 1])
    assert given == {"business_hours": hours, "time_zone": "America/New_York"}


def test_variables_that_are_no_object_are_said(started):
    status, dbt, wrong = started.run(
        "postgres", "build",
        TARGET_POSTGRES_SQLALCHEMY_URL="postgresql://loader@db.example.com/calls",
        DBT_POSTGRES_VARS="sla_seconds=30",
    )  # fmt: skip
    assert (status, dbt) == (1, {})
    assert wrong == "dbt-postgres: DBT_POSTGRES_VARS is not a JSON object\n"
