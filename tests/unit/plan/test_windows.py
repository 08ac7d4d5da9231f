"""A range is divided so that a kill costs little, and hardly a request is wasted."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from paged_log import HOUR, T0, Log, office_hours, run

from tap_ringcentral_calllog.plan.windows import OVERLAP, Planner, Window, settled


def test_an_empty_year_costs_one_request():
    """Nothing to read, nothing to pay."""
    log = Log({})
    asked, windows = run(Planner(T0, T0 + timedelta(days=365)), log)
    assert asked == 1
    assert windows == [Window(T0, T0 + timedelta(days=365))]


def test_a_sparse_year_costs_a_handful_of_requests():
    """Ten calls in a year, in pages of 1000."""
    log = Log({f"c{at}": at * 3_000_000_000 for at in range(10)}, 1000)
    asked, _ = run(Planner(T0, T0 + timedelta(days=365)), log)
    assert asked == 1


def test_a_dense_range_is_divided_and_costs_two_percent_more_than_its_pages():
    """A busy office over weeks: windows of some 50 pages, hardly a request wasted."""
    calls = office_hours(60, 1500)
    log = Log(calls, 20)
    planner = Planner(T0, T0 + timedelta(days=60))
    asked, windows = run(planner, log)
    assert asked <= len(calls) / 20 * 1.08 + 3
    assert windows[0].start == T0
    assert windows[-1].end == T0 + timedelta(days=60)
    assert all(a.end == b.start for a, b in itertools.pairwise(windows))
    assert len(windows) > 10
    assert not planner.left


def test_a_range_that_is_dense_at_its_end_only_is_found_out():
    """Eleven quiet months and a busy one: the quiet ones cost next to nothing."""
    busy = office_hours(30, 2000)
    calls = {identity: ms + 335 * 86_400_000 for identity, ms in busy.items()}
    log = Log(calls, 20)
    asked, _ = run(Planner(T0, T0 + timedelta(days=365)), log)
    assert asked <= len(calls) / 20 * 1.10 + 10


@pytest.mark.parametrize("per_day", [5, 10, 25, 50])
def test_a_log_that_begins_later_than_asked_for_is_read(per_day):
    """A year and more without a call, then some each day, as of an account that is new."""
    calls = {f"c{at}": int((500 + at / per_day) * 86_400_000) for at in range(500 * per_day)}
    log = Log(calls, 100)
    asked, windows = run(Planner(T0, T0 + timedelta(days=1000)), log)
    assert windows[-1].end == T0 + timedelta(days=1000)
    assert asked <= len(calls) / 100 * 1.10 + 10


def test_nothing_is_expected_where_nothing_is_known():
    """Neither calls nor requests."""
    planner = Planner(T0, T0 + HOUR)
    assert planner.records_left(timedelta(), 0) == 0
    assert planner.next() == Window(T0, T0 + HOUR)


def test_what_is_read_ahead_is_not_read_again():
    """The windows lead up to it, and go on behind it."""
    ahead = [Window(T0 + 4 * HOUR, T0 + 5 * HOUR), Window(T0 + HOUR, T0 + 2 * HOUR)]
    planner = Planner(T0, T0 + 6 * HOUR, ahead=ahead)
    assert planner.left == 4 * HOUR
    windows = []
    while (window := planner.next()) is not None:
        windows.append((window.start - T0, window.end - T0))
        planner.finish(window, 0, 0)
    assert windows == [(0 * HOUR, HOUR), (2 * HOUR, 4 * HOUR), (5 * HOUR, 6 * HOUR)]


def test_the_settled_line_stays_behind_the_look_back():
    """The bookmark never passes what may still change."""
    run_start = T0 + 100 * HOUR
    assert settled(T0, run_start, 24 * HOUR) == T0
    assert settled(run_start, run_start, 24 * HOUR) == T0 + 76 * HOUR


def test_a_long_window_is_divided_where_it_is_read():
    """Its newer part is read; the rest makes windows of its own, then the newer part is passed."""
    planner = Planner(T0, T0 + 100 * HOUR, pages=2)
    window = planner.next()
    assert planner.divide(window, T0 + 90 * HOUR, pages=3, records=30) is None
    newer = planner.divide(window, T0 + 90 * HOUR, pages=4, records=400)
    assert newer == Window(T0 + 90 * HOUR + OVERLAP, window.end)
    assert planner.left == window.span - newer.span
    ends = []
    while (rest := planner.next()) is not None:
        assert rest.end <= newer.start
        planner.finish(rest, 0, 0)
        ends.append(planner.position)
    assert len(ends) > 1
    assert ends[-2] < newer.start
    assert ends[-1] == newer.end == T0 + 100 * HOUR
    assert not planner.left


def test_a_window_of_a_moment_is_not_divided():
    """There would be nothing left of its newer part."""
    planner = Planner(T0, T0 + OVERLAP, pages=2)
    assert planner.divide(planner.next(), T0 + OVERLAP / 2, pages=9, records=90) is None
