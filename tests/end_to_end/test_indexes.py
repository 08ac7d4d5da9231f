"""The indexes of sql/, for those who ask the archive itself by time."""

from __future__ import annotations

import pytest
from fixtures import ROOT

pytestmark = pytest.mark.prove

INDEXES = ROOT / "sql" / "postgres_indexes.sql"
TABLE = (
    'CREATE TABLE tap_ringcentral.call_log ("accountId" VARCHAR, "startTime" TIMESTAMP, '
    '"telephonySessionId" VARCHAR)'
)


def test_postgres_finds_calls_by_time(server):
    """The indexes are used, and may be made while a load is under way, and again."""
    with server.connect() as connection:
        connection.autocommit = True
        connection.execute("DROP SCHEMA IF EXISTS tap_ringcentral CASCADE")
        connection.execute("CREATE SCHEMA tap_ringcentral")
        connection.execute(TABLE)
        for statement in INDEXES.read_text().split(";\n") * 2:
            if statement.strip():
                connection.execute(statement)
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            "EXPLAIN SELECT * FROM tap_ringcentral.call_log WHERE \"accountId\" = '1' "
            "AND \"startTime\" > '2026-03-01'"
        ).fetchall()
    assert "call_log_start_time" in str(plan)
