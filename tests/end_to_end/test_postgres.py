"""The main job: `meltano run tap-ringcentral target-postgres`."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from databases import ARCHIVE, Postgres, period_query
from expected import calls, differences, legs, with_moments
from loaded import call_rows, leg_rows, settings


@pytest.fixture
def load(project, database):
    """Run what the job begins with."""
    return lambda: project.meltano(
        "run", "tap-ringcentral", "target-postgres", **settings(database)
    )


def test_postgres_holds_the_truth(load, ringcentral, database):
    """Every value of every call and leg arrives, whatever time zone the server is set to."""
    load()
    truth, account = ringcentral.truth(), ringcentral.account_id
    assert not differences(call_rows(database), with_moments(calls(truth, account)))
    assert not differences(leg_rows(database), with_moments(legs(truth, account)))


def test_second_run_is_incremental(load, ringcentral, database):
    """A second run reads the look-back and what is new, and the rows are the truth again."""
    load()
    before = ringcentral.truth()
    now = ringcentral.clock.now()
    old = next(c for c in before if c["startTime"] < (now - timedelta(days=2)).isoformat())
    ringcentral.forget_requests()

    ringcentral.clock.advance(hours=5)
    ringcentral.change_call(before[0]["id"], result="Changed later")
    ringcentral.delete_call(before[1]["id"])
    ringcentral.add_call(start_time=now - timedelta(hours=3), duration=3 * 3600)
    ringcentral.change_call(old["id"], result="Changed too late")
    load()

    truth, account = ringcentral.truth(), ringcentral.account_id
    new = {call["id"] for call in truth} - {call["id"] for call in before}
    assert len(new) > 3
    settled = now - timedelta(hours=24)
    expected = calls(truth, account)
    # Older than the look-back: that is what the setting means.
    expected[account, old["id"]] = calls([old], account)[account, old["id"]]
    assert not differences(call_rows(database), with_moments(expected))
    changed = {old["id"]}
    kept = [call for call in truth if call["id"] not in changed]
    assert not differences(leg_rows(database), with_moments(legs([*kept, old], account)))

    starts = [
        datetime.fromisoformat(seen.query["dateFrom"][0].replace("Z", "+00:00"))
        for seen in ringcentral.requests_to("/call-log")
    ]
    assert starts
    assert min(starts) >= settled - timedelta(seconds=5)
    with database.connect() as connection:
        loads = connection.execute(
            "SELECT count(*) FROM tap_ringcentral.call_log GROUP BY _sdc_sync_started_at "
            "ORDER BY _sdc_sync_started_at"
        ).fetchall()
    assert loads[-1][0] == sum(call["startTime"] >= settled.isoformat()[:19] for call in truth)
    check_coverage(database, ringcentral)


def check_coverage(database, ringcentral):
    """The documentation's query shows that the archive is whole, and counts its calls."""
    warehouse = Postgres(database)
    warehouse.execute(ARCHIVE)
    # The first day that was read as a whole, and the one in which the line of what is final lies.
    days = ("2025-03-17", "2026-03-14")
    (answer,) = warehouse.rows(period_query(*days, ringcentral.account_id))
    assert answer["whole"] is True
    calls = [one for one in ringcentral.truth() if one["startTime"] < days[1]]
    assert answer["read"] == answer["there"] == len(calls)
