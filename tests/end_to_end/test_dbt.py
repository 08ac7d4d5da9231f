"""The models of dbt/ under Meltano: the scheduled job, and the same through DuckDB."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
import yaml
from fixtures import ROOT
from many import block, url_of
from meltano_project import Project, clean_environment

pytestmark = pytest.mark.prove

JOB = "ringcentral-to-postgres"
COUNTS = "SELECT COUNT(*), SUM(records) FROM ringcentral.calls"


@pytest.fixture(scope="module")
def with_dbt(installed):
    """The project with the utilities that run dbt."""
    installed.meltano("install", "dbt-postgres", "dbt-duckdb")
    return replace(installed, environment=clean_environment())


def test_the_schedule_is_run_as_the_page_says(with_dbt, ringcentral, database, tmp_path):
    project = with_dbt.logged_in(ringcentral, tmp_path)
    lines = [shlex.split(line) for line in block("test_dbt.py").splitlines()]
    assert [program for program, *_ in lines] == ["meltano", "meltano"]
    said = [
        project.meltano(*arguments, TARGET_POSTGRES_SQLALCHEMY_URL=url_of(database))
        for _, *arguments in lines
    ]
    assert "ringcentral-to-postgres-hourly" in said[0]
    with database.connect() as connection:
        ((calls, _),) = connection.execute(COUNTS).fetchall()
    alive = [one for one in ringcentral.truth() if not one.get("deleted")]
    assert calls == len({one["telephonySessionId"] for one in alive})


def test_the_scheduled_job_builds_the_marts(with_dbt, ringcentral, database, tmp_path):
    """One command reads, loads and builds; the loader's URL says where."""
    project = with_dbt.logged_in(ringcentral, tmp_path)
    url = f"postgresql+psycopg://{database.user}:p%40ss@{database.host}:{database.port}"
    project.meltano("run", JOB, TARGET_POSTGRES_SQLALCHEMY_URL=f"{url}/{database.name}")
    with database.connect() as connection:
        ((calls, records),) = connection.execute(COUNTS).fetchall()
    truth = [one for one in ringcentral.truth() if not one.get("deleted")]
    assert records == len(truth)
    assert calls == len({one["telephonySessionId"] for one in truth})


def test_duckdb_has_the_marts_in_a_file_beside_the_archive(with_dbt, ringcentral, tmp_path):
    """The archive is only read; the marts can be opened without it."""
    project = with_dbt.logged_in(ringcentral, tmp_path)
    archive = tmp_path / "calls.duckdb"
    file = {"TARGET_DUCKDB_FILEPATH": str(archive)}
    project.meltano("run", "tap-ringcentral", "target-duckdb", "dbt-duckdb:build", **file)
    archive.unlink()
    with duckdb.connect(str(tmp_path / "calls_marts.duckdb"), read_only=True) as connection:
        assert connection.execute(COUNTS).fetchone()[0] > 0


@pytest.fixture
def own_project(with_dbt, ringcentral, tmp_path):
    """Make a project whose loader has its settings in meltano.yml and in .env."""
    with_dbt.meltano("install", "ringcentral-report")
    root = tmp_path / "own"
    root.mkdir()
    (root / "dbt").symlink_to(ROOT / "dbt")
    (root / ".meltano").symlink_to(with_dbt.root / ".meltano")

    def make(loader, config, dotenv):
        definition = yaml.safe_load((with_dbt.root / "meltano.yml").read_text())
        (one,) = (one for one in definition["plugins"]["loaders"] if one["name"] == loader)
        one.setdefault("config", {}).update(config)
        (root / "meltano.yml").write_text(yaml.safe_dump(definition))
        (root / ".env").write_text("".join(f"{name}={text}\n" for name, text in dotenv.items()))
        # As in an activated environment: the tests' Meltano is forked, its command shows no path.
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**with_dbt.environment, "PATH": path}
        return Project(root, environment).logged_in(ringcentral, tmp_path)

    return make


def run_and_report(project, kind):
    """Run the whole pipeline with nothing about the database in the environment."""
    steps = (f"target-{kind}", f"dbt-{kind}:build", "ringcentral-report:build")
    project.meltano("run", "tap-ringcentral", *steps)
    assert "<!doctype html>" in (project.root / "output/report.html").read_text().lower()


def test_the_loaders_settings_stand_in_the_project(own_project, ringcentral, database):
    """PostgreSQL: the password in .env, the rest in meltano.yml, each once."""
    one = {"host": database.host, "port": database.port, "user": database.user}
    project = own_project(
        "target-postgres",
        {**one, "database": database.name},
        {"TARGET_POSTGRES_PASSWORD": "p@ss/word"},
    )
    run_and_report(project, "postgres")
    with database.connect() as connection:
        ((_, records),) = connection.execute(COUNTS).fetchall()
    assert records == len([one for one in ringcentral.truth() if not one.get("deleted")])


@pytest.mark.parametrize("where", ["meltano.yml", ".env"])
def test_the_file_of_duckdb_stands_in_the_project(own_project, ringcentral, tmp_path, where):
    """The marts go beside it."""
    file = str(tmp_path / "calls.duckdb")
    named = where == "meltano.yml"
    project = own_project(
        "target-duckdb",
        {"filepath": file} if named else {},
        {} if named else {"TARGET_DUCKDB_FILEPATH": file},
    )
    run_and_report(project, "duckdb")
    with duckdb.connect(str(tmp_path / "calls_marts.duckdb"), read_only=True) as connection:
        ((_, records),) = connection.execute(COUNTS).fetchall()
    assert records == len([one for one in ringcentral.truth() if not one.get("deleted")])
