"""The recipes for targets that write files."""

from __future__ import annotations

import csv
import json
from decimal import Decimal

import duckdb
import pytest
from expected import CALL_KEY, LEG_KEY, by_key, calls, differences, legs, moment, with_moments

pytestmark = pytest.mark.prove


def test_json_lines_hold_the_truth(project, ringcentral, tmp_path):
    """JSON lines hold the truth as it is."""
    project.meltano(
        "run", "tap-ringcentral", "target-jsonl", TARGET_JSONL_DESTINATION_PATH=str(tmp_path)
    )
    truth, account = ringcentral.truth(), ringcentral.account_id
    for stream, key, expected in (
        ("call_log", CALL_KEY, calls(truth, account)),
        ("call_legs", LEG_KEY, legs(truth, account)),
    ):
        (file,) = tmp_path.glob(f"{stream}-*.jsonl")
        rows = by_key(list(map(json.loads, file.read_text(encoding="utf-8").splitlines())), key)
        assert not differences(rows, expected)


def test_csv_has_a_column_for_each_nested_value(project, ringcentral, tmp_path):
    """CSV has a column for each nested value and no Python in it; a later run replaces nothing."""
    run = ("run", "tap-ringcentral-flat", "target-csv")
    project.meltano(*run, TARGET_CSV_OUTPUT_PATH=str(tmp_path))
    truth, account = ringcentral.truth(), ringcentral.account_id
    ringcentral.clock.advance(hours=5)
    project.meltano(*run, TARGET_CSV_OUTPUT_PATH=str(tmp_path))
    for stream, key, expected in (
        ("call_log", CALL_KEY, calls(truth, account)),
        ("call_legs", LEG_KEY, legs(truth, account)),
    ):
        first, second = sorted(tmp_path.glob(f"{stream}-*.csv"))
        texts = {tuple(map(str, key)): _flat(row) for key, row in expected.items()}
        assert not differences(_csv(first, key), texts)
        assert 0 < len(_csv(second, key)) < len(expected) / 2


@pytest.fixture
def warehouse(project, tmp_path):
    """Load into DuckDB and return the tables' rows."""
    file = tmp_path / "calls.duckdb"

    def run():
        project.meltano("run", "tap-ringcentral", "target-duckdb", TARGET_DUCKDB_FILEPATH=str(file))
        with duckdb.connect(str(file)) as connection:
            return [
                by_key(_table(connection, table), tuple(map(str.lower, key)))
                for table, key in (("call_log", CALL_KEY), ("call_legs", LEG_KEY))
            ]

    return run


def test_duckdb_holds_the_truth(warehouse, ringcentral):
    """DuckDB holds the truth, the first row of each load included, and again after a second run."""
    for _ in range(2):
        actual_calls, actual_legs = warehouse()
        truth, account = ringcentral.truth(), ringcentral.account_id
        assert not differences(actual_calls, _lower(calls(truth, account)))
        assert not differences(actual_legs, _lower(legs(truth, account)))
        ringcentral.clock.advance(hours=5)
        ringcentral.change_call(truth[0]["id"], result="Changed later")


def _table(connection, name):
    cursor = connection.execute(f"SELECT * FROM tap_ringcentral.{name}")  # noqa: S608 - a name from below
    columns = [(column[0], str(column[1])) for column in cursor.description]
    return [
        {
            column: json.loads(value) if kind == "JSON" and value is not None else value
            for (column, kind), value in zip(columns, row, strict=True)
            if not column.startswith("_sdc_")
        }
        for row in cursor.fetchall()
    ]


def _lower(rows):
    """Return the rows as DuckDB has them: column names in lower case."""
    return {
        key: {name.lower(): value for name, value in row.items()}
        for key, row in with_moments(rows).items()
    }


def _flat(row, prefix=""):
    """Return a row's values under the names that flattening gives them, as CSV has them."""
    flat = {}
    for name, value in row.items():
        if isinstance(value, dict) and name != "extra":
            flat |= _flat(value, f"{prefix}{name}__")
        elif isinstance(value, (list, dict)):
            flat[prefix + name] = value
        elif value is not None:
            text = f"{moment(value)}+00:00" if name.endswith("Time") else str(value)
            flat[prefix + name] = str(Decimal(text)) if isinstance(value, float) else text
    return flat


def _csv(file, key):
    """Return a file's rows, without empty values, with lists and `extra` decoded."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [{n: v for n, v in row.items() if v} for row in csv.DictReader(lines)]
    for row in rows:
        row |= {n: json.loads(row[n]) for n in row.keys() & {"legs", "metadataCategories", "extra"}}
    return by_key(rows, key)
