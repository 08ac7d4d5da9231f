"""Backfills keep to their bounds in virtual time, by the tap's own planner and pacer."""

from __future__ import annotations

import pytest

from benchmarks.simulation import (
    Account,
    Log,
    fewest_requests,
    fewest_seconds,
    simulate,
)
from tap_ringcentral_calllog.plan.keyset import Query

OFFICE = 200_000


@pytest.mark.parametrize(
    "account",
    [
        Account("a year", OFFICE),
        Account("with more requests", OFFICE, limit=100),
        Account("after nine months of nothing", OFFICE, days=90),
        Account("in a week", OFFICE, days=7),
    ],
    ids=lambda account: account.name,
)
def test_a_backfill_takes_hardly_more_than_it_must(account):
    """Of requests and of time, with nothing refused; a kill costs a part of it."""
    run = simulate(account)
    assert run.calls == account.calls
    assert run.refused == 0
    assert run.requests <= 1.02 * fewest_requests(account) + 3
    assert run.seconds <= 1.02 * fewest_seconds(run.requests, account.limit) + 1
    assert max(run.rereads) <= 200
    assert len(run.estimates) > 100


def test_what_is_left_is_told_within_a_quarter():
    """From a tenth of the way on, in time."""
    assert simulate(Account("a year", OFFICE)).worst_estimate() <= 0.25


def test_a_year_with_ten_calls_takes_next_to_nothing():
    """One request, or a few."""
    run = simulate(Account("quiet", 10))
    assert run.calls == 10
    assert run.requests <= 12


def test_the_simulated_log_holds_each_call_once():
    """Newest first, page by page, however the bounds lie."""
    log = Log(Account("small", 5_000, days=30), 100)
    end = log.start.replace(year=log.start.year + 1)
    positions = []
    for page in range(1, 52):
        found = log.page(Query(log.start, end, page))
        positions += map(int, found.ids)
        assert found.times == sorted(found.times, reverse=True)
        assert all(log.start <= when <= end for when in found.times)
        assert found.more is (page < 50)
    assert positions == list(range(4_999, -1, -1))
    when = log.page(Query(log.start, end)).times[0]
    assert "4999" in log.page(Query(when, when)).ids
