"""What RingCentral keeps, for whom and how long, and what is said when it is about to forget."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tap_ringcentral_calllog.retention import (
    AUTOMATIC,
    DELETED_MESSAGES,
    ON_DEMAND,
    TEXTS,
    Census,
    Kind,
    Standing,
    expires,
    kinds_for,
)

NOW = datetime(2026, 3, 20, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def kind(name: str = "callLog", account_type: str = "standard", **own: Any) -> Kind:
    return next(one for one in kinds_for(account_type, own) if one.name == name)


def standing(days: float, name: str = "callLog", **more: Any) -> Standing:
    return Standing(kind(name), NOW, reached=NOW - days * DAY, **more)


@pytest.mark.parametrize(
    ("account_type", "name", "days", "most"),
    [
        ("standard", "callLog", 365, None),
        ("hipaa", "callLog", 365, None),
        ("standard", AUTOMATIC, 90, 100_000),
        ("hipaa", AUTOMATIC, 30, 100_000),
        ("standard", ON_DEMAND, 90, 200),
        ("hipaa", ON_DEMAND, 30, 200),
        ("standard", "voiceMailAndFax", 30, 200),
        ("hipaa", "voiceMailAndFax", 30, 200),
        ("hipaa", "voiceMailAndFaxFiles", 30, None),
        ("hipaa", DELETED_MESSAGES, 5, 200),
        ("standard", TEXTS, None, 5_000),
    ],
)
def test_what_is_kept(account_type, name, days, most):
    """RingCentral's own table, for both types of account."""
    found = kind(name, account_type)
    assert found.kept == (None if days is None else days * DAY)
    assert found.most == most


def test_an_account_of_health_care_has_no_text_messages():
    """Nothing is to be told of them."""
    assert TEXTS not in {one.name for one in kinds_for("hipaa")}


@pytest.mark.parametrize(
    ("own", "days", "most"),
    [
        ({"automatic": {"retentionPeriod": 45, "maxNumberLimit": 500}}, 45, 500),
        ({"automatic": {"retentionPeriod": 45}}, 45, 100_000),
        ({"automatic": {"retentionPeriod": 0, "maxNumberLimit": 0}}, 90, 100_000),
        ({"automatic": {"retentionPeriod": 10**9}}, 90, 100_000),
        ({"automatic": {"retentionPeriod": "45"}}, 90, 100_000),
        ({"automatic": None, "onDemand": {"retentionPeriod": 1}}, 90, 100_000),
        ({}, 90, 100_000),
    ],
)
def test_an_account_may_have_limits_of_its_own(own, days, most):
    """What makes no sense leaves the usual ones."""
    found = kind(AUTOMATIC, **own)
    assert (found.kept, found.most) == (days * DAY, most)


def test_a_recording_expires_by_its_type():
    """One that is unknown counts as automatic."""
    kinds = kinds_for("standard", {"onDemand": {"retentionPeriod": 7}})
    assert expires(NOW, "OnDemand", kinds) == NOW + 7 * DAY
    assert expires(NOW, "Automatic", kinds) == NOW + 90 * DAY
    assert expires(NOW, None, kinds) == NOW + 90 * DAY


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
        "archived, and RingCentral has forgotten them: it keeps them for 365 days"
    )


def test_before_the_first_run_nothing_is_told():
    """Nothing is known yet, and nothing late."""
    found = Standing(kind(), NOW)
    assert (found.loss(), found.distance(), list(found.dangers())) == (None, None, [])
    assert found.next_to_expire is None


def test_how_far_the_edge_is_away():
    """One line for each archive."""
    assert standing(1).distance() == (
        "call_log: archived up to 2026-03-19T00:00:00.000Z; RingCentral keeps calls since "
        "2025-03-20T00:00:00.000Z"
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
    (line,) = standing(1, AUTOMATIC, waiting=12).dangers()
    assert line == (
        "recording_files: 12 automatic recordings that are not archived yet expire within 7 days"
    )


@pytest.mark.parametrize(("expected", "told"), [(None, False), (89_999, False), (90_000, True)])
def test_a_number_near_the_limit_is_told(expected, told):
    """From nine tenths on; the oldest go first."""
    lines = list(standing(1, AUTOMATIC, expected=expected).dangers())
    assert bool(lines) == told
    if told:
        assert "keeps 100000 per account: the oldest go first" in lines[0]


@pytest.mark.parametrize(
    ("name", "seen", "expected"),
    [
        (AUTOMATIC, 4, None),
        (AUTOMATIC, 5, 54),
        (AUTOMATIC, 90, 3),
        (AUTOMATIC, 400, 3),
        (TEXTS, 400, 3),
        (ON_DEMAND, 90, 0),
    ],
)
def test_a_run_counts_for_what_it_has_not_seen(name, seen, expected):
    """What comes as often as in the part that was seen; of the owner with most of them."""
    census = Census()
    for owner in ("a", "a", "a", "b"):
        census.add(AUTOMATIC, owner)
        census.add(TEXTS, owner)
    assert census.expected(kind(name), seen * DAY) == expected
