"""How far a run has come, and what is left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from paged_log import HOUR, T0, Log, office_hours

from tap_ringcentral_calllog.plan.progress import Progress, requests_left, share_done
from tap_ringcentral_calllog.plan.reading import Page, Reading
from tap_ringcentral_calllog.plan.windows import Planner


def test_what_is_left_is_told_within_a_quarter_from_a_tenth_of_the_way_on():
    """Of a busy office, in requests, at every page of every window."""
    days = timedelta(days=120)
    log = Log(office_hours(120, 1500), 20)
    planner = Planner(T0, T0 + days, page_size=20)
    progress = Progress(T0, T0 + days, planner, covers=T0)
    told = []
    while (window := planner.next()) is not None:
        reading = Reading(progress, window)
        while reading.query is not None:
            ids, times, more = log.ask(reading.query)
            reading.add(Page(more, ids=ids, times=times))
            left = requests_left([progress], 1)
            told.append((share_done([progress], 1), log.asked, left))
        reading.finish()
    assert progress.done
    assert (progress.share, progress.requests_left) == (1.0, 0.0)
    late = [(asked, left) for share, asked, left in told if 0.1 <= share <= 0.9]
    assert len(late) > 1000
    assert all(left == pytest.approx(log.asked - asked, rel=0.25, abs=5) for asked, left in late)


def test_a_server_that_gives_less_than_asked_for_makes_no_estimate_short():
    """A quarter of a page at a time: what is left is known from the first page on."""
    log = Log({f"c{at}": at * 9_000 for at in range(8_000)}, 250)
    planner = Planner(T0, T0 + 20 * HOUR, page_size=1000)
    progress = Progress(T0, T0 + 20 * HOUR, planner, covers=T0)
    reading, told = Reading(progress, planner.next() or pytest.fail("no window")), []
    while reading.query is not None:
        ids, times, more = log.ask(reading.query)
        reading.add(Page(more, ids=ids, times=times))
        told.append((log.asked, requests_left([progress], 1)))
    assert log.asked == pytest.approx(8_000 / 250, rel=0.05)
    assert all(left == pytest.approx(log.asked - asked, abs=3) for asked, left in told[:-2])


def test_contexts_that_are_not_begun_count_as_the_others():
    """Each with one request at least; one that failed with none."""
    begun = [Progress(T0, T0 + HOUR, Planner(T0, T0 + HOUR), T0, requests=3) for _ in range(3)]
    begun[0].failed = True
    assert requests_left(begun, 3) == 2
    assert requests_left(begun, 10) == pytest.approx(2 + 7 * (2 + 9) / 3)
    assert requests_left(begun[:1], 5) == 4 * 3
    begun[0].requests = 0
    assert requests_left(begun[:1], 5) == 4
    assert share_done(begun, 10) == pytest.approx(0.1)
