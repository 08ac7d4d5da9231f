"""A target that appends leaves every version of a row: the marts count the newest only."""

from __future__ import annotations

from contextlib import closing

import duckdb
import pytest
from comparing import differences
from fixtures import FREE
from warehouse import DuckDB

from sandbox import Sandbox
from sandbox.company.truth import Settings

pytestmark = pytest.mark.prove

ZONE = "Europe/Berlin"
TABLES = ("call_log", "call_legs", "call_recordings", "call_log_coverage", "extensions")
# What an earlier version of a row said, where a mart would show it.
EARLIER = {
    "call_log": {"result": "'Missed'", "durationMs": "0"},
    "call_legs": {"result": "'Missed'"},
}


def test_the_newest_row_of_a_key_counts(environments, tmp_path):
    """Each row has an earlier version beside it, loaded an hour before, with other values."""
    warehouse = DuckDB(environments, tmp_path, ZONE)
    with Sandbox(
        calls=0, days=8, extensions=16, conversations=200, now="2026-03-12T19:00:00Z", zone=ZONE,
        running=False, limits=FREE,
    ) as rc:  # fmt: skip
        truth = rc.analytics(Settings(zone=ZONE))
        warehouse.load(rc, start_date="2026-01-01T00:00:00Z")
    with closing(duckdb.connect(str(tmp_path / "archive.duckdb"))) as archive:
        for table in TABLES:
            append_earlier_versions(archive, table)
    warehouse.dbt(
        "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test",
        target_appends=True, now="2026-03-12 19:00:00",
    )  # fmt: skip
    for mart in ("calls", "queue_performance", "people_performance", "missed_calls", "callers"):
        values, wrong = differences(mart, warehouse.rows(mart), getattr(truth, mart)())
        assert values, mart
        assert not wrong, mart


def append_earlier_versions(archive, table):
    """Put a copy of each row into a table that has no key, as loaded an hour before."""
    columns = {"_sdc_batched_at": '"_sdc_batched_at" - INTERVAL 1 HOUR', **EARLIER.get(table, {})}
    replaced = ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
    newest, earlier = "SELECT *", f"SELECT * REPLACE ({replaced})"
    rows = f"FROM tap_ringcentral.{table}"
    archive.execute(f"CREATE TABLE versions AS {newest} {rows} UNION ALL {earlier} {rows}")
    archive.execute(f"DROP TABLE tap_ringcentral.{table}")
    archive.execute(f"CREATE TABLE tap_ringcentral.{table} AS FROM versions")
    archive.execute("DROP TABLE versions")
