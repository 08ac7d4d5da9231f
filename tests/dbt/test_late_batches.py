"""Rows whose load time is earlier than that of rows that an earlier build has seen."""

from __future__ import annotations

import pytest
from fixtures import FREE
from warehouse import Postgres

from demo.postgres import postgres
from sandbox import Sandbox

pytestmark = pytest.mark.prove

MODELS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def test_a_batch_of_another_run_that_is_written_late(environments, tmp_path):
    """Its load time is its beginning: here, 20 minutes before a row that is already there."""
    with postgres(tmp_path / "data") as database:
        warehouse = Postgres(environments, tmp_path, "UTC", database)
        with Sandbox(
            calls=0, days=4, extensions=16, conversations=60, now="2026-03-13T19:00:00Z",
            running=False, limits=FREE,
        ) as rc:  # fmt: skip
            warehouse.load(rc, start_date="2026-01-01T00:00:00Z")
        warehouse.dbt("build", *MODELS)
        calls = len(warehouse.rows("calls"))
        with database.connect() as connection:
            (columns,) = connection.execute(
                "SELECT STRING_AGG(FORMAT('%I', column_name), ', ') "
                "FROM information_schema.columns WHERE table_schema = 'tap_ringcentral' "
                "AND table_name = 'call_log' AND column_name NOT IN "
                "('id', 'sessionId', 'telephonySessionId', '_sdc_batched_at')"
            ).fetchone() or ("",)
            connection.execute(
                f"INSERT INTO tap_ringcentral.call_log ({columns}, id, _sdc_batched_at) "  # noqa: S608 - names of columns
                f"SELECT {columns}, 'late', (SELECT MAX(_sdc_batched_at) FROM "
                "tap_ringcentral.call_log) - INTERVAL '20 minutes' "
                "FROM tap_ringcentral.call_log LIMIT 1"
            )
        warehouse.dbt("build", *MODELS)
        found = {one["conversation_id"] for one in warehouse.rows("calls")}
        assert "late" in found
        assert len(found) == calls + 1
