"""sql/expiring_recordings.sql: what RingCentral forgets this week, in PostgreSQL and in DuckDB."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest
from fixtures import FREE, ROOT
from loaded import empty, settings

from sandbox import Sandbox
from tap_ringcentral_calllog.times import moment

pytestmark = pytest.mark.prove

QUERY = (ROOT / "sql" / "expiring_recordings.sql").read_text()


@pytest.fixture(params=["postgres", "duckdb"])
def warehouse(request, server, tmp_path):
    """A target with its settings, and what runs SQL in it."""
    if request.param == "postgres":
        empty(server)
        yield "target-postgres", settings(server), server.connect
    else:
        file = str(tmp_path / "archive.duckdb")
        yield "target-duckdb", {"TARGET_DUCKDB_FILEPATH": file}, lambda: duckdb.connect(file)


def test_what_expires_this_week_is_listed(warehouse, installed, tmp_path):
    """By how long this account keeps recordings, whatever was thought when they were loaded."""
    target, environment, connect = warehouse
    with Sandbox(
        seed=5, calls=1500, days=40, recording_days=30, running=False, limits=FREE
    ) as account:
        installed.logged_in(account, tmp_path).meltano(
            "run", "tap-ringcentral", target, **environment
        )
        now, week = account.clock.now(), timedelta(days=7)
        # A little away from now and from the week's end: the database has a clock of its own.
        some = timedelta(minutes=30)
        truth = {
            one["id"]: moment(one["expires"])
            for one in account.recordings_truth()
            if moment(one["expires"]) < now + week + some
        }
    sure = {i: end for i, end in truth.items() if now + some < end < now + week - some}
    assert len(sure) > 10

    def listed(query: str = QUERY) -> dict[str, object]:
        with connect() as connection:
            rows = connection.execute(query).fetchall()
        ends = [row[5] for row in rows]
        assert ends == sorted(ends)
        return {row[1]: row[5] for row in rows}

    found = listed()
    assert sure.keys() <= found.keys() <= truth.keys()
    for identity, end in found.items():
        assert end == truth[identity].replace(tzinfo=None)
    # As an older version of the tap has told it.
    with connect() as connection:
        connection.execute(
            """UPDATE tap_ringcentral.call_recordings
            SET "expiresAt" = "startTime" + INTERVAL '90 days'"""
        )
    assert listed() == found
    # The first of them is archived, the second has come to nothing.
    first, second = sorted(found, key=lambda one: found[one])[:2]
    with connect() as connection:
        connection.execute(
            f"""CREATE TABLE tap_ringcentral.recording_files AS
            SELECT
                "accountId", id,
                CASE WHEN id = '{first}' THEN 'archived' ELSE 'gone' END AS status
            FROM tap_ringcentral.call_recordings WHERE id IN ('{first}', '{second}')"""  # noqa: S608 - ids
        )
    assert QUERY.count("    --archived ") == 5
    assert listed(QUERY.replace("    --archived ", "    ")).keys() == found.keys() - {first}
