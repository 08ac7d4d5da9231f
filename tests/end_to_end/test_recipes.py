"""The recipes of docs/recipes.md, taken from the page itself."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import duckdb
import pytest
from loaded import settings
from moto.server import ThreadedMotoServer
from recipes import block, with_recipes

from sandbox import Sandbox

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-03-15T15:00:00Z"
PEPPER = "a pepper that nobody knows"


RECIPES = ["S3", "Without numbers and names", "What hourly runs cost a warehouse"]


@pytest.fixture(scope="module")
def project(installed, tmp_path_factory):
    """The project with the page's plugins beside its own."""
    found = with_recipes(installed, tmp_path_factory.mktemp("recipes"), RECIPES)
    found.meltano("install", "target-s3-jsonl")
    return found


@pytest.fixture
def account():
    """Seven hundred calls in two weeks."""
    with Sandbox(calls=700, days=14, now=NOW, running=False) as sandbox:
        yield sandbox


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@contextmanager
def at(folder: Path):
    """Connect DuckDB to a database in a folder, and let its statements name files there."""
    with duckdb.connect() as connection:
        connection.execute(f"SET file_search_path = '{folder}'")
        yield connection


def test_the_newest_row_counts_where_rows_repeat(project, account, tmp_path):
    """Of two runs' files the view holds each call once, as it is now; Parquet holds the same."""
    run = project.logged_in(account, tmp_path)
    output = tmp_path / "output"
    output.mkdir()
    for _ in range(2):
        run.meltano(
            "run", "tap-ringcentral", "target-jsonl", TARGET_JSONL_DESTINATION_PATH=str(output)
        )
        account.clock.advance(hours=2)
        account.change_call(account.truth()[0]["id"], result="Changed later")
    truth = {one["id"]: one for one in account.truth()}
    files = sorted(output.glob("call_log-*.jsonl"))
    assert len(files) == 2
    assert sum(len(lines(file.read_text())) for file in files) > len(truth)
    with at(tmp_path) as connection:
        view = block("The newest row of each key", "sql").replace("'output/", f"'{output}/")
        connection.execute(view)
        rows = connection.execute('SELECT "id", "duration" FROM newest_calls').fetchall()
        assert len(rows) == len(dict(rows)) <= len(truth)
        assert all(truth[identity]["duration"] == duration for identity, duration in rows)
        parquet = tmp_path / "calls.parquet"
        connection.execute(block("Parquet", "sql").replace("'calls.parquet'", f"'{parquet}'"))
        (count,) = connection.execute(
            "SELECT COUNT(*) FROM read_parquet(?)", [str(parquet)]
        ).fetchone()
        assert count == len(rows)


def test_a_bucket_takes_json_lines(project, account, tmp_path):
    """An object for each stream and run, with every call as it is."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        access = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **access)
        client.create_bucket(Bucket="calls")
        given = {"s3_bucket": "calls", "aws_endpoint_url": url, **access}
        project.logged_in(account, tmp_path).meltano(
            "run",
            "tap-ringcentral",
            "target-s3-jsonl",
            AWS_DEFAULT_REGION="us-east-1",
            **{f"TARGET_S3_JSONL_{name.upper()}": value for name, value in given.items()},
        )
        names = [one["Key"] for one in client.list_objects_v2(Bucket="calls")["Contents"]]
        (name,) = [one for one in names if one.startswith("ringcentral/call_log/")]
        rows = lines(client.get_object(Bucket="calls", Key=name)["Body"].read().decode())
    finally:
        server.stop()
    truth = {one["id"]: one for one in account.truth(level="account")}
    assert {row["id"] for row in rows} == truth.keys()
    assert all(row["duration"] == truth[row["id"]]["duration"] for row in rows)


def test_without_numbers_and_names(project, account, tmp_path):
    """Keys stay, a number has the same hash wherever it stands, and nothing tells who it is."""
    run = project.logged_in(account, tmp_path)
    run.meltano(
        "run",
        "tap-ringcentral-private",
        "target-jsonl",
        TARGET_JSONL_DESTINATION_PATH=str(tmp_path),
        RINGCENTRAL_PEPPER=PEPPER,
    )
    truth = {one["id"]: one for one in account.truth(level="account")}
    (calls,) = tmp_path.glob("call_log-*.jsonl")
    (legs,) = tmp_path.glob("call_legs-*.jsonl")
    rows = lines(calls.read_text())
    assert {row["id"] for row in rows} == truth.keys()
    assert len(lines(legs.read_text())) == sum(len(one["legs"]) for one in truth.values())
    hashes: dict[str, set[str]] = {}
    for row in rows:
        if number := truth[row["id"]].get("from", {}).get("phoneNumber"):
            hashes.setdefault(number, set()).add(row["callerHash"])
    assert len(hashes) > 10
    assert all(len(found) == 1 and None not in found for found in hashes.values())
    text = "".join(one.read_text() for one in tmp_path.glob("*.jsonl"))
    people = [
        party for one in truth.values() for party in (one.get("from"), one.get("to")) if party
    ]
    for name in ("phoneNumber", "name"):
        known = {party[name] for party in people if party.get(name)}
        assert len(known) > 10
        assert not [one for one in known if one in text]


def test_hourly_and_nightly_runs_together_miss_nothing(project, account, server, tmp_path):
    """A call of nine hours is seen by the nightly run; the hourly one looks back four."""
    with server.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")
    run = project.logged_in(account, tmp_path)

    def load(name: str) -> None:
        run.meltano("run", f"tap-ringcentral-{name}", "target-postgres", **settings(server))

    load("nightly")
    long = account.add_call(start_time="2026-03-15T15:30:00Z", duration=9 * 3600)
    for hours in (6, 4):
        account.clock.advance(hours=hours)
        load("hourly")
    query = f"SELECT COUNT(*) FROM tap_ringcentral.call_log WHERE \"id\" = '{long}'"  # noqa: S608 - an id
    with server.connect() as connection:
        assert connection.execute(query).fetchone() == (0,)
    load("nightly")
    with server.connect() as connection:
        assert connection.execute(query).fetchone() == (1,)
        rows = connection.execute('SELECT "id" FROM tap_ringcentral.call_log').fetchall()
    assert {row[0] for row in rows} == {one["id"] for one in account.truth(level="account")}
