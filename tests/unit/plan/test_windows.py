"""Windows and pages lose no call, whatever the server's habits."""

from __future__ import annotations

import itertools
import random
from bisect import bisect_left
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.plan.keyset import Keyset, Query
from tap_ringcentral_calllog.plan.progress import Progress, requests_left, share_done
from tap_ringcentral_calllog.plan.reading import Page, Reading
from tap_ringcentral_calllog.plan.windows import OVERLAP, Planner, Window, settled
from tap_ringcentral_calllog.times import moment, timestamp

T0 = datetime(2026, 3, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


class Log:
    """A call log that pages as RingCentral might.

    Args:
        calls: start times in milliseconds after T0, by id.
        page_size: records on a page.
        to_inclusive: whether a call at the end of the range is in it.
        from_inclusive: whether a call at its beginning is.
        seconds: bounds are cut to whole seconds.
        order: newest first, as RingCentral has it, or `ascending`, `shuffled` or `as given`.
        hidden: ids that take a place on a page and are not shown.
    """

    def __init__(
        self,
        calls: dict[str, int],
        page_size: int = 10,
        *,
        to_inclusive: bool = True,
        from_inclusive: bool = True,
        seconds: bool = False,
        order: str = "newest",
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        self.given = [(ms, identity) for identity, ms in calls.items()]
        self.entries = sorted(self.given)
        self.page_size = page_size
        self.to_inclusive, self.from_inclusive = to_inclusive, from_inclusive
        self.seconds, self.order, self.hidden = seconds, order, hidden
        self.asked = 0

    def remove(self, identity: str) -> None:
        """Let a call vanish without a trace."""
        self.entries = [entry for entry in self.entries if entry[1] != identity]

    def ask(self, query: Query) -> tuple[list[str], list[datetime], bool]:
        """Serve a page."""
        self.asked += 1
        low = (query.date_from - T0) / timedelta(milliseconds=1)
        high = (query.date_to - T0) / timedelta(milliseconds=1)
        if self.seconds:
            low, high = low // 1000 * 1000, high // 1000 * 1000
        begin = bisect_left(self.entries, (low, "" if self.from_inclusive else "~"))
        end = bisect_left(self.entries, (high, "~" if self.to_inclusive else ""))
        count = max(end - begin, 0)
        at = (query.page - 1) * self.page_size
        stop = min(at + self.page_size, count)
        if self.order == "newest":
            page = self.entries[end - stop : end - at][::-1]
        else:
            found = self.entries[begin:end]
            if self.order == "as given":
                found = [entry for entry in self.given if entry in found]
            if self.order == "shuffled":
                random.Random(1).shuffle(found)
            page = found[at:stop]
            if self.order == "oldest page first":
                page.reverse()
        page = [entry for entry in page if entry[1] not in self.hidden]
        return (
            [identity for _, identity in page],
            [T0 + timedelta(milliseconds=ms) for ms, _ in page],
            stop < count,
        )


def read(
    log: Log, window: Window, *, coarse: bool = False, unsorted: bool = False
) -> tuple[list[str], Keyset]:
    keyset = Keyset.over(window, coarse=coarse, unsorted=unsorted)
    got: list[str] = []
    while keyset.query is not None:
        ids, times, more = log.ask(keyset.query)
        got += [ids[at] for at in keyset.advance(ids, times, more=more)]
        assert log.asked < 5000
    return got, keyset


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
    ascending=st.booleans(),
    coarse=st.booleans(),
)
def test_every_call_is_read(
    times, page_size, to_inclusive, from_inclusive, seconds, ascending, coarse
):
    """Neighbouring windows read every call: bounds inclusive or not, exact or not, any order."""
    calls = {f"c{at}": ms for at, ms in enumerate(times)}
    log = Log(
        calls,
        page_size,
        to_inclusive=to_inclusive,
        from_inclusive=from_inclusive,
        seconds=seconds,
        order="ascending" if ascending else "newest",
    )
    got: set[str] = set()
    half = T0 + timedelta(minutes=30, milliseconds=1)
    for window in (Window(T0, half), Window(half, T0 + HOUR + 2 * OVERLAP)):
        ids, keyset = read(log, window, coarse=coarse)
        assert len(ids) == len(set(ids)) or seconds or coarse
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
    """10,000 calls a page of 100: one record is read twice per page."""
    calls = {f"c{at}": at * 360 for at in range(10_000)}
    log = Log(calls, 100)
    got, _ = read(log, Window(T0, T0 + HOUR))
    assert len(got) == 10_000
    assert log.asked <= 102


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


def test_a_window_whose_first_pages_look_sorted_is_halved_as_a_whole():
    """What the first bounds left out is read as well, when the disorder shows late."""
    minutes = {"a": 10, "b": 2, "c": 1, "d": 1.5, "e": 20, "f": 15}
    calls = {call: int(minute * 60_000) for call, minute in minutes.items()}
    got, keyset = read(Log(calls, 2, order="as given"), Window(T0, T0 + HOUR))
    assert set(got) == set(calls)
    assert keyset.unsorted


def test_what_was_learned_of_a_server_holds_for_the_next_window():
    """A server that does not sort is halved from the first page on."""
    calls = {f"c{at}": at * 777 for at in range(300)}
    window = Window(T0, T0 + HOUR)
    _, first = read(Log(calls, 20, order="shuffled"), window)
    log = Log(calls, 20, order="ascending")
    log_again = Log(calls, 20, order="ascending")
    got, _ = read(log, window, unsorted=first.unsorted)
    read(log_again, window)
    assert set(got) == set(calls)
    assert log.asked <= log_again.asked


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
    # The window is halved down to some seconds, for such a server might have no order.
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


def test_a_server_of_whole_seconds_is_recognised_once():
    """What was learned of the bounds is passed on to the next window and costs nothing there."""
    calls = {f"c{at}": at * 1700 + 400 for at in range(200)}
    log = Log(calls, 20, to_inclusive=False, seconds=True)
    got, keyset = read(log, Window(T0, T0 + HOUR))
    assert set(got) == set(calls)
    assert keyset.coarse
    log.asked = 0
    read(log, Window(T0, T0 + HOUR), coarse=True)
    assert log.asked <= 12


def run(planner: Planner, log: Log) -> tuple[int, list[Window]]:
    """Read a planned range; return the requests and the windows."""
    progress, windows = Progress(T0, T0, planner, covers=T0), []
    while (window := planner.next()) is not None:
        reading = Reading(progress, window)
        while reading.query is not None:
            ids, times, more = log.ask(reading.query)
            reading.take(Page(more, ids=ids, times=times))
        reading.finish()
        windows.append(reading.window)
    return log.asked, sorted(windows, key=lambda window: window.start)


def office_hours(days: int, per_day: int, seed: int = 1) -> dict[str, int]:
    """Calls of an office: busy by day, next to none at night and on weekends."""
    rng = random.Random(seed)
    calls = {}
    for day in range(days):
        weekend = (T0 + timedelta(days=day)).weekday() >= 5
        for number in range(per_day // (20 if weekend else 1)):
            hour = min(23.99, max(0, rng.gauss(13, 3)))
            calls[f"{day}-{number}"] = int((day * 24 + hour) * 3_600_000)
    return calls


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
            reading.take(Page(more, ids=ids, times=times))
            left = requests_left([progress], 1)
            told.append((share_done([progress], 1), log.asked, left))
        reading.finish()
    assert progress.done
    assert (progress.share, progress.requests_left) == (1.0, 0.0)
    late = [(asked, left) for share, asked, left in told if 0.1 <= share <= 0.9]
    assert len(late) > 1000
    assert all(left == pytest.approx(log.asked - asked, rel=0.25, abs=5) for asked, left in late)


def test_contexts_that_are_not_begun_count_as_the_others():
    """Each with one request at least; a refused one with none."""
    begun = [Progress(T0, T0 + HOUR, Planner(T0, T0 + HOUR), T0, requests=3) for _ in range(3)]
    begun[0].refused = True
    assert requests_left(begun, 3) == 2
    assert requests_left(begun, 10) == pytest.approx(2 + 7 * (2 + 9) / 3)
    assert requests_left(begun[:1], 5) == 4 * 3
    begun[0].requests = 0
    assert requests_left(begun[:1], 5) == 4
    assert share_done(begun, 10) == pytest.approx(0.1)


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


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-01T00:00:00Z", T0),
        ("2026-03-01T00:00:00.250Z", T0 + timedelta(milliseconds=250)),
        ("2026-03-01T00:00:00.5Z", T0 + timedelta(milliseconds=500)),
        ("2026-03-01T02:00:00.1234567+02:00", T0 + timedelta(microseconds=123456)),
        ("2026-03-01T00:00:00", T0),
    ],
)
def test_moments_are_read_however_exact_they_are(text, when):
    """Any number of digits, an offset, or none: then it is UTC."""
    assert moment(text) == when


def test_what_is_no_moment_is_refused():
    """Text that is no time."""
    with pytest.raises(ValueError, match="isoformat"):
        moment("yesterday")


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (T0, "2026-03-01T00:00:00.000Z"),
        (
            datetime(2026, 3, 1, 2, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2))),
            "2026-03-01T00:00:00.001Z",
        ),
    ],
)
def test_moments_are_written_as_ringcentral_writes_them(when, text):
    """UTC, milliseconds, Z."""
    assert timestamp(when) == text


def test_pages_of_one_moment_without_end_are_an_error():
    """RingCentral knows no page beyond the thousandth: what follows would be lost in silence."""
    keyset = Keyset.over(Window(T0, T0 + HOUR))
    assert keyset.read_down_to == T0 + HOUR
    for number in range(999):
        keyset.advance([f"c{number}"], [T0], more=True)
        assert keyset.read_down_to is None
    with pytest.raises(UnavailableError, match="more than 1000 pages"):
        keyset.advance(["last"], [T0], more=True)


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
