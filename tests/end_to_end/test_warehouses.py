"""The recipes for Snowflake and BigQuery, as far as emulators go: see docs/recipes.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import yaml
from fixtures import ROOT
from recipes import block, with_recipes
from waiting import PATIENCE, wait_until

from demo.processes import free_port, stop
from sandbox import Sandbox

pytestmark = pytest.mark.prove

HERE = Path(__file__).parent
NOW = "2026-03-15T15:00:00Z"
UV = Path(sys.executable).with_name("uv")
EMULATOR = (
    "bqemulator==1.4.0",
    "duckdb==1.5.5",
    "duckdb-extensions==1.5.5",
    "duckdb-extension-avro==1.5.5",
    "duckdb-extension-spatial==1.5.5",
    "numpy",
)
# The emulator wants these of DuckDB's, which it would fetch otherwise.
GIVE_EXTENSIONS = (
    "from duckdb_extensions import import_extension as give; give('avro'); give('spatial')"
)
# An access token that needs no login: the emulator takes any.
LOGIN = {
    "type": "authorized_user",
    "client_id": "a",
    "client_secret": "b",
    "refresh_token": "c",
    "token": "d",
    "expiry": "2099-01-01T00:00:00Z",
}


@pytest.fixture(scope="module")
def project(installed, tmp_path_factory):
    """The project with the page's BigQuery, and Snowflake."""
    found = with_recipes(installed, tmp_path_factory.mktemp("warehouses"), ["BigQuery"])
    found.meltano("install", "target-snowflake", "target-bigquery")
    return found


@pytest.fixture
def account():
    """A hundred calls in two days."""
    with Sandbox(calls=100, days=2, now=NOW, running=False) as sandbox:
        yield sandbox


def python_of(project, loader: str) -> Path:
    return project.root / ".meltano" / "loaders" / loader / "venv" / "bin" / "python"


def install(python: Path, *packages: str) -> None:
    subprocess.run([UV, "pip", "install", "--quiet", "--python", python, *packages], check=True)


def test_snowflake_has_a_column_for_each_field(project, account, tmp_path):
    """Of its type, in upper case; objects and lists are VARIANT, times are UTC."""
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]
    (recipe,) = (one for one in plugins["loaders"] if one["name"] == "target-snowflake")
    login = {"account": "a", "user": "b", "password": "c", "database": "ARCHIVE"}
    config = {**recipe["config"], **login, "default_target_schema": "TAP_RINGCENTRAL"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    output = project.logged_in(account, tmp_path).meltano("invoke", "tap-ringcentral")
    messages = [line for line in output.splitlines() if line.startswith('{"type":"SCHEMA"')]
    python = python_of(project, "target-snowflake")
    install(python, "fakesnow==0.12.1")
    done = subprocess.run(
        [python, HERE / "fake_snowflake.py", tmp_path / "config.json"],
        input="\n".join(messages),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    tables = json.loads(done.stdout.splitlines()[-1])
    schemas = {one["stream"]: one["schema"]["properties"] for one in map(json.loads, messages)}
    assert tables.keys() == {name.upper() for name in schemas}
    assert {"CALL_LOG", "CALL_LEGS", "CALL_LOG_COVERAGE"} <= tables.keys()
    for name, properties in schemas.items():
        columns = tables[name.upper()]
        assert {column for column in columns if not column.startswith("_SDC_")} == {
            field.upper() for field in properties
        }
        for field, definition in properties.items():
            assert columns[field.upper()] == snowflake_type(definition), (name, field)


def snowflake_type(definition) -> str:
    kinds = (
        {*definition["type"]} - {"null"}
        if isinstance(definition["type"], list)
        else {definition["type"]}
    )
    if definition.get("format") == "date-time":
        return "TIMESTAMP_NTZ(9)"
    return {
        "string": "VARCHAR(16777216)",
        "integer": "NUMBER(38,0)",
        "number": "FLOAT",
        "boolean": "BOOLEAN",
        "object": "VARIANT",
        "array": "VARIANT",
    }[kinds.pop()]


@dataclass(frozen=True, slots=True)
class BigQuery:
    """An emulator of BigQuery.

    Attributes:
        python: a Python that has Google's client.
        environment: what makes that client ask the emulator.
    """

    python: Path
    environment: dict[str, str]

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return what a query finds."""
        done = subprocess.run(
            [self.python, HERE / "bigquery_rows.py", "archive", query],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def bigquery(project, tmp_path):
    """An emulator of BigQuery."""
    folder = tmp_path / "emulator"
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    python = folder / "bin" / "python"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    install(python, *EMULATOR)
    subprocess.run([python, "-c", GIVE_EXTENSIONS], env=environment, check=True)
    ports = free_port(), free_port()
    with (tmp_path / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(folder / "bin" / "bqemulator", "start", "--project", "archive"),
                *("--rest-port", str(ports[0]), "--grpc-port", str(ports[1])),
            ],
            env=environment,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{ports[0]}"
    (tmp_path / "login.json").write_text(json.dumps(LOGIN))
    found = BigQuery(
        python_of(project, "target-bigquery"),
        {
            "BIGQUERY_EMULATOR_HOST": url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "login.json"),
        },
    )
    try:
        wait_for(url + "/bigquery/v2/projects/archive/datasets", process)
        yield found
    finally:
        stop(process)


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: answers(url) or process.poll() is not None)
    assert process.poll() is None, "the emulator did not start"


def answers(url: str) -> bool:
    try:
        urlopen(url).close()  # noqa: S310 - http, on this machine
    except URLError:
        return False
    return True


def test_bigquery_holds_each_call_and_the_view_the_newest(project, account, bigquery, tmp_path):
    """Every run appends; the page's view has each call once, as it is now."""
    run = project.logged_in(account, tmp_path)
    environment = {
        **bigquery.environment,
        "TARGET_BIGQUERY_PROJECT": "archive",
        "TARGET_BIGQUERY_DATASET": "tap_ringcentral",
        # The target waits five seconds for each table that it makes.
        "TAP_RINGCENTRAL_FLAT__SELECT": '["call_log.*"]',
    }
    for hours in (2, 0):
        run.meltano("run", "tap-ringcentral-flat", "target-bigquery", **environment)
        if hours:
            account.change_call(account.truth()[0]["id"], result="Changed later")
            account.clock.advance(hours=hours)
    truth = {one["id"]: one for one in account.truth()}
    table = "SELECT COUNT(*) AS count FROM tap_ringcentral.call_log"
    assert bigquery.rows(table)[0]["count"] > len(truth)
    bigquery.rows(block("BigQuery", "sql").rstrip().rstrip(";"))
    rows = bigquery.rows("SELECT * FROM tap_ringcentral.newest_calls")
    assert len(rows) == len({row["id"] for row in rows})
    assert {row["id"]: row["result"] for row in rows} == {
        identity: one["result"] for identity, one in truth.items()
    }
    for row in rows:
        one = truth[row["id"]]
        assert row["duration"] == one["duration"]
        assert row["from__phoneNumber"] == one["from"].get("phoneNumber")
        assert row["startTime"][:19] == one["startTime"][:19].replace("T", " ")
        assert len(json.loads(row["legs"])) == len(one["legs"])
