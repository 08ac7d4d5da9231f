"""The models of dbt/ under Meltano: the scheduled job, and the same through DuckDB."""

from __future__ import annotations

import shlex
from dataclasses import replace

import duckdb
import pytest
from many import block, url_of
from meltano_project import clean_environment

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
