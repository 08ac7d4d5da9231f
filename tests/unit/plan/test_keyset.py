"""The pages of a window lose no record, whatever the server's habits."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paged_log import HOUR, T0, Log, read

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.plan.keyset import Keyset
from tap_ringcentral_calllog.plan.windows import OVERLAP, Window
from tap_ringcentral_calllog.times import SECOND

TIMES = st.lists(st.integers(0, 3_600_000 - 1), max_size=120) | st.lists(
    st.integers(0, 3000), max_size=120
)


@settings(max_examples=400, deadline=None)
@given(
    times=TIMES,
    page_size=st.sampled_from([1, 2, 7, 50]),
    to_inclusive=st.booleans(),
    from_inclusive=st.booleans(),
    seconds=st.booleans(),
)
def test_every_call_is_read(times, page_size, to_inclusive, from_inclusive, seconds):
    """Neighbouring windows read every call: bounds inclusive or not, exact or not."""
    calls = {f"c{at}": ms for at, ms in enumerate(times)}
    log = Log(
        calls,
        page_size,
        to_inclusive=to_inclusive,
        from_inclusive=from_inclusive,
        seconds=seconds,
    )
    got: set[str] = set()
    half = T0 + timedelta(minutes=30, milliseconds=1)
    for window in (Window(T0, half), Window(half, T0 + HOUR + 2 * OVERLAP)):
        ids, keyset = read(log, window)
        assert len(ids) == len(set(ids))
        assert not keyset.repeats
        got.update(ids)
    assert got == set(calls)


def test_pages_out_of_order_lose_nothing():
    """Each page is newest first, but the oldest page comes first: that is noticed."""
    calls = {f"c{at}": at * 777 + 123 for at in range(500)}
    for seconds in (False, True):
        log = Log(calls, 50, order="oldest page first", seconds=seconds)
        got, _ = read(log, Window(T0, T0 + HOUR))
        assert set(got) == set(calls)


def test_an_absurd_time_at_the_end_of_a_page_takes_no_call_with_it():
    """A time that was not asked for does not tell where the next page begins."""
    calls = {f"c{at}": at * 777 for at in range(300)}
    log = Log(calls, 50)
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    got = set()
    while keyset.query is not None:
        ids, times, more = log.ask(keyset.query)
        if log.asked == 1:
            times[-1] = datetime(1970, 1, 1, tzinfo=timezone.utc)
        got.update(ids[at] for at in keyset.advance(ids, times, more=more))
    assert got == set(calls)


def test_a_server_that_gives_one_record_at_a_time_loses_nothing():
    """Even then the key leads on, so that page numbers stay small."""
    calls = {f"c{at}": at * 777 for at in range(1500)}
    log = Log(calls, 1)
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    got = set()
    while keyset.query is not None:
        assert keyset.query.page < 10
        ids, times, more = log.ask(keyset.query)
        got.update(ids[at] for at in keyset.advance(ids, times, more=more))
    assert got == set(calls)


def test_a_dense_window_costs_hardly_more_than_its_pages():
    """10,000 calls a page of 100: at most a second's three records are read twice per page."""
    calls = {f"c{at}": at * 360 for at in range(10_000)}
    log = Log(calls, 100)
    got, _ = read(log, Window(T0, T0 + HOUR))
    assert len(got) == 10_000
    assert log.asked <= 103


def test_thousands_of_calls_in_one_millisecond_are_read_by_page_number():
    """Where the key cannot lead on, the page number does, and the key again afterwards."""
    calls = {f"c{at}": 1000 for at in range(95)} | {f"d{at}": at for at in range(40)}
    log = Log(calls, 10)
    got, _ = read(log, Window(T0, T0 + HOUR))
    assert sorted(got) == sorted(calls)


def test_calls_that_vanish_between_pages_take_no_other_with_them():
    """After each answer some calls already read are removed; every other call is still read."""
    calls = {f"c{at}": at * 1000 for at in range(500)}
    log = Log(calls, 20)
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    got: set[str] = set()
    while keyset.query is not None:
        ids, times, more = log.ask(keyset.query)
        got.update(ids[at] for at in keyset.advance(ids, times, more=more))
        for identity in ids[:7]:
            log.remove(identity)
    assert got == set(calls)


def test_an_anchor_that_vanishes_costs_one_request():
    """The call that ties two pages together is deleted in between: nothing is lost."""
    calls = {f"c{at}": at * 1000 for at in range(100)}
    log = Log(calls, 20)
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    got: set[str] = set()
    while keyset.query is not None:
        ids, times, more = log.ask(keyset.query)
        got.update(ids[at] for at in keyset.advance(ids, times, more=more))
        if log.asked == 1:
            log.remove(ids[-1])
    assert got == set(calls)
    assert log.asked <= 8


def test_pages_that_are_empty_or_under_full_do_not_end_a_window():
    """A page without records proves nothing as long as a next one is offered."""
    calls = {f"c{at}": at * 1000 for at in range(300)}
    hidden = frozenset(f"c{at}" for at in range(300) if 40 <= at < 90 or at % 3)
    got, _ = read(Log(calls, 10, hidden=hidden), Window(T0, T0 + HOUR))
    assert set(got) == set(calls) - hidden


def test_a_server_without_any_order_loses_nothing():
    """Calls in no order at all are read by page number."""
    calls = {f"c{at}": at * 777 for at in range(1000)}
    got, _ = read(Log(calls, 50, order="shuffled"), Window(T0, T0 + HOUR))
    assert set(got) == set(calls)


def test_a_time_beyond_all_times_does_not_break_the_paging():
    """A call of the year 9999 among those of a window is one more call."""
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    beyond = datetime.max.replace(tzinfo=timezone.utc)
    assert keyset.advance(["a", "b"], [beyond, beyond], more=True) == [0, 1]
    assert keyset.query is not None
    assert keyset.advance(["c"], [T0], more=False) == [0]
    assert keyset.query is None


def test_a_server_that_repeats_itself_does_not_hold_the_run():
    """The same page again and again, always with a next one, ends the window, and it shows."""
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    asked = 0
    while keyset.query is not None:
        asked += 1
        keyset.advance(["a", "b"], [T0 + HOUR / 2, T0], more=True)
    assert keyset.repeats
    assert asked <= 15
    assert keyset.advance(["a"], [T0], more=True) == []


def test_empty_pages_without_end_do_not_hold_the_run():
    """Nothing but empty pages with a next one ends as well."""
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    asked = 0
    while keyset.query is not None:
        asked += 1
        keyset.advance([], [], more=True)
    assert keyset.repeats
    assert asked <= 30


def test_pages_of_one_moment_without_end_are_an_error():
    """RingCentral knows no page beyond the thousandth: what follows would be lost in silence."""
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    assert keyset.read_down_to == T0 + HOUR
    keyset.advance(["first"], [T0], more=True)
    assert keyset.read_down_to == T0 + SECOND
    for number in range(999):
        keyset.advance([f"c{number}"], [T0], more=True)
        assert keyset.read_down_to is None
    with pytest.raises(UnavailableError, match="more than 1000 pages"):
        keyset.advance(["last"], [T0], more=True)


def test_a_server_that_passes_over_dates_is_given_up_after_three_pages():
    """Such a page is mostly of other times; a few of them are no reason, nor is one page alone."""
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    later = T0 + 2 * HOUR
    for page in range(10):
        ids = [f"{page}-{at}" for at in range(10)]
        keyset.advance(ids, [later] * 5 + [T0 + HOUR / (2 + page)] * 5, more=True)
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    for page in range(2):
        keyset.advance([f"{page}-{at}" for at in range(10)], [later - SECOND] * 10, more=True)
    with pytest.raises(UnavailableError, match="does not keep to the requested dates"):
        keyset.advance(["x"], [T0 - HOUR], more=True)
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    assert keyset.advance(["x", "y"], [later, later], more=False) == [0, 1]
