"""The recipes of docs/recipes.md, taken from the page itself."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import duckdb
import duckdb_extension_httpfs
import pytest
from fixtures import FREE
from harness import selecting
from loaded import settings
from moto.server import ThreadedMotoServer
from recipes import PAGE, block, with_recipes

from sandbox import Sandbox

pytestmark = pytest.mark.prove

NOW = "2026-03-15T15:00:00Z"
PEPPER = "a pepper that nobody knows"
HTTPFS = next(Path(duckdb_extension_httpfs.__file__).parent.rglob("*.duckdb_extension"))
ACCESS = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}


RECIPES = ["S3", "Without numbers and names", "Hourly and nightly"]


@pytest.fixture(scope="module")
def project(installed, tmp_path_factory):
    """The project with the page's plugins beside its own."""
    found = with_recipes(installed, tmp_path_factory.mktemp("recipes"), RECIPES)
    found.meltano("install", "target-s3-jsonl")
    return found


@pytest.fixture
def account():
    """Some calls of a week."""
    with Sandbox(calls=250, days=7, now=NOW, running=False, limits=FREE) as sandbox:
        yield sandbox


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def bucket():
    """An S3 with a bucket named `calls`: its address, and a client."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", **ACCESS)
        client.create_bucket(Bucket="calls")
        yield url, client
    finally:
        server.stop()


@pytest.fixture
def twice(project, account, tmp_path):
    """Run a tap and a target twice; in between, a call changes. Return the truth and the files."""

    def run(tap: str, target: str, setting: str, ending: str) -> tuple[dict[str, Any], list[Path]]:
        folder = tmp_path / "output"
        folder.mkdir()
        for moved in (False, True):
            if moved:
                account.change_call(account.truth()[0]["id"], result="Changed later")
                account.clock.advance(hours=2)
            found = project.logged_in(account, tmp_path)
            found.meltano("run", tap, target, **{setting: str(folder)})
        files = sorted(folder.glob(f"call_log-*.{ending}"))
        assert len(files) == 2
        return {one["id"]: one for one in account.truth()}, files

    return run


@contextmanager
def showing(statement: str, folder: Path):
    """Connect DuckDB, with the page's view over a folder's files."""
    with duckdb.connect() as connection:
        connection.execute(statement.replace("'output/", f"'{folder}/"))
        yield connection


def check_newest(connection, truth, relation: str = "newest_calls") -> None:
    """Each call stands there once, as it is now."""
    found = connection.execute(
        f'SELECT "id", "result", CAST("duration" AS INTEGER) FROM {relation}'  # noqa: S608 - a name from below
    ).fetchall()
    assert sorted(found) == sorted((i, one["result"], one["duration"]) for i, one in truth.items())


def test_the_newest_line_counts_and_goes_to_parquet(twice, bucket, tmp_path):
    """Of two runs' lines the view has each call once; Parquet and a bucket hold the same."""
    truth, files = twice(
        "tap-ringcentral", "target-jsonl", "TARGET_JSONL_DESTINATION_PATH", "jsonl"
    )
    assert sum(len(lines(file.read_text())) for file in files) > len(truth)
    url, client = bucket
    with showing(block("The newest row of each key", "sql"), files[0].parent) as connection:
        check_newest(connection, truth)
        file = tmp_path / "calls.parquet"
        connection.execute(block("Parquet", "sql").replace("'calls.parquet'", f"'{file}'"))
        check_newest(connection, truth, f"'{file}'")

        # As the page has it, but for an S3 on this machine, and without what DuckDB's command line
        # adds: it fetches extensions, and knows getenv.
        statements = block("Parquet on S3", "sql")
        for name, value in ACCESS.items():
            statements = statements.replace(f"getenv('{name.upper()}')", f"'{value}'")
        here = f"ENDPOINT '{url.removeprefix('http://')}', USE_SSL false, URL_STYLE 'path', REGION"
        statements = statements.replace("REGION", here).replace("LOAD httpfs", f"LOAD '{HTTPFS}'")
        connection.execute(statements)
        check_newest(connection, truth, "'s3://calls/parquet/*/*.parquet'")
    names = [one["Key"] for one in client.list_objects_v2(Bucket="calls")["Contents"]]
    assert {name.split("/")[1] for name in names} == {
        f"month={one['startTime'][:7]}" for one in truth.values()
    }


def test_the_newest_row_of_csv_counts(twice):
    """Of CSV files of two runs the view has each call once, with numbers as they were."""
    truth, files = twice("tap-ringcentral-flat", "target-csv", "TARGET_CSV_OUTPUT_PATH", "csv")
    with showing(block("The newest row in CSV", "sql"), files[0].parent) as connection:
        check_newest(connection, truth)
        numbers = connection.execute(
            'SELECT "id", "from__phoneNumber", "sessionId" FROM newest_calls'
        ).fetchall()
    assert {i: (number, session) for i, number, session in numbers} == {
        i: (one["from"].get("phoneNumber"), str(one["sessionId"])) for i, one in truth.items()
    }


def test_a_bucket_takes_json_lines(project, account, bucket, tmp_path):
    """An object for each stream and run, with every call as it is."""
    url, client = bucket
    given = {"s3_bucket": "calls", "aws_endpoint_url": url, **ACCESS}
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
    truth = {one["id"]: one for one in account.truth(level="account")}
    assert {row["id"] for row in rows} == truth.keys()
    assert all(row["duration"] == truth[row["id"]]["duration"] for row in rows)


def test_without_numbers_and_names(project, account, tmp_path):
    """Keys stay, a number has the same hash wherever it stands, and nothing tells who it is."""
    project.logged_in(account, tmp_path).meltano(
        "run",
        "tap-ringcentral-private",
        "target-jsonl",
        TARGET_JSONL_DESTINATION_PATH=str(tmp_path),
        RINGCENTRAL_PEPPER=PEPPER,
    )
    truth = {one["id"]: one for one in account.truth(level="account")}
    calls, legs = (
        lines(next(tmp_path.glob(f"{name}-*.jsonl")).read_text())
        for name in ("call_log", "call_legs")
    )
    assert {row["id"] for row in calls} == truth.keys()
    assert {(row["callId"], row["legIndex"]) for row in legs} == {
        (identity, index) for identity, one in truth.items() for index in range(len(one["legs"]))
    }
    for row in calls:
        check_hashes(row, truth[row["id"]])
    for row in legs:
        check_hashes(row, truth[row["callId"]]["legs"][row["legIndex"]])
    text = "".join(one.read_text() for one in tmp_path.glob("*.jsonl"))
    people = {
        party[field]
        for one in truth.values()
        for place in (one, *one["legs"])
        for party in map(place.get, ("from", "to", "delegate"))
        for field in ("phoneNumber", "dialedPhoneNumber", "name")
        if party and party.get(field)
    }
    assert len(people) > 100
    assert not [one for one in people if one in text]


def test_without_a_pepper_nothing_is_hashed(project, account, tmp_path):
    """Where the variable is not set, Meltano hands over nothing in its place."""
    run = project.logged_in(account, tmp_path)
    told = run.meltano("invoke", "tap-ringcentral-private", status=1)
    assert "stream_maps.call_legs.callerHash needs stream_map_config.pepper" in told
    assert not account.requests


def check_hashes(row: dict[str, Any], one: dict[str, Any]) -> None:
    """Of a number stands its hash, with the pepper; of no number, nothing."""
    for column, party in (("callerHash", "from"), ("calleeHash", "to")):
        number = one.get(party, {}).get("phoneNumber")
        assert row[column] == (sha256((PEPPER + number).encode()).hexdigest() if number else None)


def test_hourly_and_nightly_runs_together_miss_nothing(project, account, server, tmp_path):
    """A long call and a late change are seen by the night's run; states do not mix."""
    with server.connect() as connection:
        connection.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")
    run = project.logged_in(account, tmp_path)

    def load(job: str) -> dict[str, str]:
        run.meltano("run", job, **settings(server))
        with server.connect() as connection:
            query = 'SELECT "id", "result" FROM tap_ringcentral.call_log'
            return dict(connection.execute(query).fetchall())

    def truth() -> dict[str, str]:
        return {one["id"]: one["result"] for one in account.truth(level="account")}

    now = account.clock.now()
    old = account.add_call(start_time=now - timedelta(hours=20), duration=60)
    load("nightly")
    long = account.add_call(start_time=now + timedelta(minutes=30), duration=9 * 3600)
    late = account.add_call(start_time=now + timedelta(minutes=40), duration=60)
    account.clock.advance(hours=6)
    assert load("hourly") == truth()
    account.clock.advance(hours=4)
    for one in (old, late):
        account.change_call(one, result="Changed later")
    found = load("hourly")
    assert long not in found
    assert "Changed later" not in (found[old], found[late])
    assert load("nightly") == truth()
    assert {old, long, late} <= truth().keys()


DAILY = {24: "daily"}
HOURLY = dict.fromkeys(range(1, 25), "hourly")
LOOKBACKS = (
    ("hourly, `lookback_hours` 24", HOURLY, {"hourly": 24}),
    ("daily, `lookback_hours` 24", DAILY, {"daily": 24}),
    ("hourly with 4, nightly with 48", HOURLY | {3: "nightly"}, {"hourly": 4, "nightly": 48}),
)


@pytest.mark.parametrize(("schedule", "day", "lookbacks"), LOOKBACKS)
def test_rows_merged_a_day_are_as_the_page_says(sync, schedule, day, lookbacks):
    """For each new row; the page's query counts the same from the archive itself."""
    (told,) = re.findall(rf"\| {schedule} \|.* \| ([\d.]+) \|\n", PAGE)
    merged, coverage, states = 0, [], {}
    streams = selecting("call_log", "call_log_coverage")
    start = {"calls": 1500, "days": 5, "now": "2026-03-12T23:30:00Z", "running": False}
    with Sandbox(**start, limits=FREE) as account:

        def run(name: str) -> Any:
            options = {"start_date": "2026-03-09T00:00:00Z", "lookback_hours": lookbacks[name]}
            output = sync(account, states.get(name), streams, **options)
            states[name] = output.state
            coverage.extend(output.records("call_log_coverage"))
            return len(output.records())

        for name in lookbacks:
            run(name)
        for hour in range(1, 25):
            account.clock.advance(hours=1)
            if name := day.get(hour):
                merged += run(name)
        starts = [one["startTime"] for one in account.truth()]
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE SCHEMA tap_ringcentral;
            CREATE TABLE tap_ringcentral.call_log ("startTime" TIMESTAMP);
            CREATE TABLE tap_ringcentral.call_log_coverage ("readAt" TIMESTAMP, "records" INT)"""
        )
        add = "INSERT INTO tap_ringcentral."
        connection.executemany(f"{add}call_log VALUES (?)", [[one] for one in starts])
        rows = [[one["readAt"], one["records"]] for one in coverage]
        connection.executemany(f"{add}call_log_coverage VALUES (?, ?)", rows)
        query = block("What hourly runs cost a warehouse", "sql")
        counted, fresh = connection.execute(query).fetchone()
    assert counted == merged
    # One day has more calls than the next.
    assert merged / fresh == pytest.approx(float(told), rel=0.125)
