"""Numbers of things by owner and time: exact while they are few, never too low, and small."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta

import pytest
from fixtures import MOMENT
from hypothesis import given
from hypothesis import strategies as st

from tap_ringcentral_calllog.state.tally import Tally

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
# An account at the limit of RingCentral's largest: a recording each 78 seconds, for 90 days.
MANY = [MOMENT - 78 * number * SECOND for number in range(100_000)]


def tally_of(times: list[datetime], owner: str = "a") -> Tally:
    tally = Tally()
    for when in times:
        tally.add(when, owner)
    return tally


def again(tally: Tally) -> Tally:
    """Return what the next run reads in the state."""
    found = Tally.from_state(json.loads(json.dumps(tally.as_state())))
    assert found is not None
    return found


@given(
    st.lists(st.integers(0, 10_000), max_size=60),
    st.integers(-5, 10_005),
    st.integers(0, 10_000),
)
def test_few_are_counted_to_the_second(seconds, start, length):
    """From the first moment of a range to the last before its end."""
    tally = again(tally_of([MOMENT + one * SECOND for one in seconds]))
    begin, end = MOMENT + start * SECOND, MOMENT + (start + length) * SECOND
    assert tally.total(begin, end) == sum(start <= one < start + length for one in seconds)
    later = [one for one in seconds if one >= start]
    assert tally.largest(begin) == len(later)
    assert tally.first(begin) == (MOMENT + min(later) * SECOND if later else None)


def test_the_largest_account_fits_the_state():
    """Its numbers are high by what begins in the hour of a bound, at most, and never too low."""
    tally = again(tally_of(MANY))
    assert len(json.dumps(tally.as_state())) < 30_000
    for days in (83, 7, 1):
        begin, end = MOMENT - days * DAY + 1234 * SECOND, MOMENT - (days - 7) * DAY + 1234 * SECOND
        exact = sum(begin <= one < end for one in MANY)
        assert exact <= tally.total(begin, end) <= exact + 2 * HOUR / (78 * SECOND) + 2
        first = tally.first(begin)
        assert begin <= first <= min(one for one in MANY if one >= begin)


def test_a_year_of_recordings_is_counted_by_the_day():
    """There are accounts that keep them for so long."""
    times = [MOMENT - number * 20 * 60 * SECOND for number in range(26_000)]
    tally = again(tally_of(times))
    begin = MOMENT - 100 * DAY
    exact = sum(one >= begin for one in times)
    assert exact <= tally.total(begin, MOMENT + DAY) <= exact + 73
    assert len(json.dumps(tally.as_state())) < 30_000


def test_of_many_owners_those_with_most_are_told_apart():
    """Limits count for them. Of the others the number is known, but not whose they are."""
    tally, expected = Tally(), Counter()
    for number in range(40_000):
        owner = str(number % 7 if number % 3 else number)
        when = MOMENT - (number % 80) * DAY
        tally.add(when, owner)
        expected[owner] += 1
    tally = again(tally)
    assert len(json.dumps(tally.as_state())) < 60_000
    assert tally.total(MOMENT - 90 * DAY, MOMENT + DAY) == 40_000
    assert tally.largest(MOMENT - 90 * DAY) == max(expected.values())


def test_more_days_than_fit_are_kept_all_the_same():
    """A single owner cannot be counted with fewer numbers; no account keeps that many days."""
    tally = tally_of([MOMENT - number * DAY for number in range(3_000)])
    assert tally.total(MOMENT - 2_999 * DAY, MOMENT + DAY) == 3_000


def test_what_is_forgotten_counts_no_longer():
    """What begins in the second of the bound stays."""
    tally = tally_of([MOMENT - DAY, MOMENT, MOMENT + DAY])
    tally.forget(MOMENT + SECOND / 2)
    assert tally.total(MOMENT - 2 * DAY, MOMENT + 2 * DAY) == 2
    assert json.dumps(tally.as_state()).count("[") == 3


def test_more_can_be_counted_beside():
    """The tally itself stays as it is."""
    tally = tally_of([MOMENT])
    more = tally.and_more([(MOMENT + SECOND, "a"), (MOMENT, "b")])
    assert (more.total(MOMENT, MOMENT + DAY), more.largest(MOMENT)) == (3, 2)
    assert tally.total(MOMENT, MOMENT + DAY) == 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        {},
        {"unit": 5, "counts": {}},
        {"unit": [], "counts": {}},
        {"unit": 1},
        {"unit": 1, "counts": []},
        {"unit": 1, "counts": {"a": 5}},
        {"unit": 1, "counts": {"a": [5]}},
        {"unit": 1, "counts": {"a": [[1, 2, 3]]}},
        {"unit": 1, "counts": {"a": [[1, -2]]}},
        {"unit": 1, "counts": {"a": [[1.5, 2]]}},
        {"unit": 1, "counts": {"a": [[True, 2]]}},
        {"unit": 1, "counts": {"a": [[10**15, 2]]}},
        {"unit": 86_400, "counts": {"a": [[10**7, 2]]}},
    ],
)
def test_what_is_no_tally_is_not_read(value):
    """Nothing is known then, and no run fails."""
    assert Tally.from_state(value) is None
