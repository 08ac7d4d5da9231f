"""How an archive stands, and what is said when RingCentral is about to forget."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tap_ringcentral_calllog.retention import (
    AUTOMATIC,
    DELETED_MESSAGES,
    ON_DEMAND,
    TEXTS,
    Kind,
    kinds_for,
)
from tap_ringcentral_calllog.watch.standing import Census, Flow, Standing

NOW = datetime(2026, 3, 20, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def kind(name: str = "callLog") -> Kind:
    return next(one for one in kinds_for("standard") if one.name == name)


def standing(days: float, name: str = "callLog", **more: Any) -> Standing:
    return Standing(kind(name), NOW, reached=NOW - days * DAY, **more)


@pytest.mark.parametrize(
    ("days", "is_old", "has_gap"),
    [
        (1, False, False),
        (291, False, False),
        (293, True, False),
        (365, True, False),
        (366, False, True),
        (800, False, True),
    ],
)
def test_a_bookmark_is_in_danger_from_four_fifths_of_the_retention(days, is_old, has_gap):
    """Beyond the retention it is no danger any more, but a loss."""
    found = standing(days)
    assert (found.is_old, found.gap is not None) == (is_old, has_gap)
    assert any(found.dangers()) == is_old
    assert bool(found.loss()) == has_gap


def test_a_gap_is_told_with_its_bounds():
    """Somebody has to know what is missing for good."""
    found = standing(400)
    assert found.gap == (NOW - 400 * DAY, NOW - 365 * DAY)
    assert found.loss() == (
        "call_log: calls from 2025-02-13T00:00:00.000Z to 2025-03-20T00:00:00.000Z were not "
        "archived, and RingCentral has deleted them: it keeps them for 365 days"
    )


def test_before_the_first_run_nothing_is_told():
    """Nothing is known yet, and nothing late."""
    found = Standing(kind(), NOW)
    assert (found.loss(), found.distance(), list(found.dangers())) == (None, None, [])
    assert found.next_to_expire is None


def test_how_far_the_edge_is_away():
    """One line for each archive."""
    assert standing(1).distance() == (
        "call_log: archived up to 2026-03-19T00:00:00.000Z; RingCentral keeps calls from "
        "2025-03-20T00:00:00.000Z on"
    )
    assert standing(1).next_to_expire == NOW + 364 * DAY


@pytest.mark.parametrize(
    ("name", "since", "is_seldom"),
    [
        ("callLog", 182, False),
        ("callLog", 183, True),
        (AUTOMATIC, 44, False),
        (AUTOMATIC, 46, True),
        (DELETED_MESSAGES, 2, False),
        (DELETED_MESSAGES, 3, True),
    ],
)
def test_runs_come_too_seldom_when_one_that_fails_costs_data(name, since, is_seldom):
    """Twice the time between two runs must be within the retention."""
    found = standing(1, name, last_run=NOW - since * DAY)
    assert found.is_seldom == is_seldom
    told = [line for line in found.dangers() if "run it more often" in line]
    assert bool(told) == is_seldom


def test_deleted_messages_are_measured_by_runs():
    """They may have been deleted the day after the last run, whatever the bookmark says."""
    late = standing(6, DELETED_MESSAGES, last_run=NOW - DAY)
    assert late.gap is None
    assert not late.is_old
    gone = standing(1, DELETED_MESSAGES, last_run=NOW - 6 * DAY)
    assert gone.gap == (NOW - 6 * DAY, NOW - 5 * DAY)


def test_what_waits_is_told_with_its_number():
    """What could not be had yet, and expires within a week."""
    found = standing(1, AUTOMATIC, waiting=12)
    (line,) = found.dangers()
    assert line == (
        "recording_files: 12 automatic recordings that are not archived yet expire within 7 days"
    )


def test_what_nobody_knows_is_no_danger_and_no_comfort():
    """It is told as such: a number that is missing is no 0."""
    found = standing(1, AUTOMATIC, waiting=None, crowd=None)
    assert list(found.dangers()) == []
    assert found.unknown() == (
        "recording_files: for automatic recordings that are not archived, it is not known how many "
        "of them expire within 7 days and how close they are to the limit of 100000 per account"
    )
    assert standing(1, AUTOMATIC).unknown() is None
    # What has no limit on its number comes near none.
    assert standing(1, crowd=None).unknown() is None


def test_the_first_to_expire_may_be_one_that_was_left_behind():
    """It is older than what the archive has reached."""
    left = NOW + 3 * DAY
    assert standing(1, AUTOMATIC, expires_next=left).next_to_expire == left
    assert standing(89, AUTOMATIC, expires_next=left).next_to_expire == NOW + DAY
    assert Standing(kind(AUTOMATIC), NOW, expires_next=left).next_to_expire == left


@pytest.mark.parametrize(("crowd", "told"), [(None, False), (89_999, False), (90_000, True)])
def test_a_number_near_the_limit_is_told(crowd, told):
    """From nine tenths on; the oldest go first."""
    lines = list(standing(1, AUTOMATIC, crowd=crowd).dangers())
    assert bool(lines) == told
    if told:
        assert "keeps 100000 per account: it deletes the oldest first" in lines[0]


@pytest.mark.parametrize(
    ("name", "seen", "expected"),
    [
        (DELETED_MESSAGES, 0.2, None),
        (DELETED_MESSAGES, 0.25, 60),
        (DELETED_MESSAGES, 5, 3),
        (DELETED_MESSAGES, 400, 3),
        (TEXTS, 400, 3),
        (ON_DEMAND, 90, 0),
    ],
)
def test_a_run_counts_for_what_it_has_not_seen(name, seen, expected):
    """What comes as often as in the part that was seen; of the owner with most of them."""
    census = Census()
    for owner in ("a", "a", "a", "b"):
        census.add(DELETED_MESSAGES, owner, is_new=False)
        census.add(TEXTS, owner, is_new=owner == "b")
    assert census.expected(kind(name), seen * DAY) == expected
    assert census.new(kind(name)) == (1 if name == TEXTS else 0)


def test_what_is_older_than_the_archive_is_not_known():
    """It was never read, and RingCentral forgets it day by day."""
    late = standing(1, since=NOW - 100 * DAY, waiting=None, expires_next=NOW + DAY)
    assert late.next_to_expire is None
    assert late.unknown() == (
        "call_log: for calls that are not archived, it is not known how many of them expire within "
        "7 days, because the archive starts at 2025-12-10T00:00:00.000Z"
    )
    whole = standing(1, since=NOW - 365 * DAY)
    assert whole.next_to_expire == NOW + 364 * DAY
    assert whole.unknown() is None


def test_recordings_that_come_faster_than_they_may_be_fetched_are_told_with_the_day_of_loss():
    """RingCentral's own example: 40,000 a day, and 14,400 for one login at ten a minute.

    Each day the archive falls behind by 1 - 14,400 / 40,000 of a day. The 80 days that are left of
    90 are used up after 125 days.
    """
    found = standing(10, AUTOMATIC, flow=Flow(30_000, 40_000, 14_400, 1))
    assert found.first_loss == NOW + 125 * DAY
    (line,) = found.dangers()
    assert line == (
        "recording_files: about 40000 recordings come in a day, and the rate limit allows 14400 "
        "with 1 login: 3 logins are needed (additional_jwts); the first automatic recordings will "
        "be lost on 2026-07-23"
    )


@pytest.mark.parametrize(
    ("flow", "needed", "told"),
    [
        (Flow(30_000, 40_000, 28_800, 2), 3, True),
        (Flow(30_000, 40_000, 43_200, 3), 3, False),
        (Flow(43_000, 43_200, 43_200, 3), 3, False),
        (Flow(0, 40_000, 14_400, 1), 3, False),
        (Flow(0, 0, 14_400, 1), 1, False),
        (Flow(None, None, 14_400, 1), None, False),
        (Flow(30_000, 40_000, None, 1), None, False),
        (Flow(), None, False),
    ],
)
def test_nothing_is_said_while_all_may_be_fetched_or_nobody_knows(flow, needed, told):
    """Three logins are enough for 43,200 a day; of a kind that does not come nothing is lost."""
    found = standing(10, AUTOMATIC, flow=flow)
    assert flow.logins_needed == needed
    assert any(found.dangers()) == told
    assert (found.first_loss is not None) == told


def test_the_day_of_loss_is_not_told_where_it_is_not_known():
    """Before the first run, where something is lost already, and where it would take centuries."""
    flow = Flow(2.0, 2.0, 1.0, 2)
    assert Standing(kind(AUTOMATIC), NOW, flow=flow).first_loss is None
    assert standing(91, AUTOMATIC, flow=flow).first_loss is None
    assert standing(1, AUTOMATIC, flow=Flow(1.0, 1.0, 1.0 - 1e-9, 1)).first_loss is None
    (line,) = Standing(kind(AUTOMATIC), NOW, flow=flow).dangers()
    assert line.endswith("allows 1 with 2 logins: 4 logins are needed (additional_jwts)")
