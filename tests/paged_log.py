"""A call log that pages as RingCentral might, for tests of what is asked for next."""

from __future__ import annotations

import random
from bisect import bisect_left
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.plan.keyset import Keyset, Query
from tap_ringcentral_calllog.plan.progress import Progress
from tap_ringcentral_calllog.plan.reading import Page, Reading

if TYPE_CHECKING:
    from tap_ringcentral_calllog.plan.windows import Planner, Window

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


def read(log: Log, window: Window) -> tuple[list[str], Keyset]:
    keyset = Keyset.over(window)
    got: list[str] = []
    while keyset.query is not None:
        ids, times, more = log.ask(keyset.query)
        got += [ids[at] for at in keyset.advance(ids, times, more=more)]
        assert log.asked < 5000
    return got, keyset


def run(planner: Planner, log: Log) -> tuple[int, list[Window]]:
    """Read a planned range; return the requests and the windows."""
    progress, windows = Progress(T0, T0, planner, covers=T0), []
    while (window := planner.next()) is not None:
        reading = Reading(progress, window)
        while reading.query is not None:
            ids, times, more = log.ask(reading.query)
            reading.add(Page(more, ids=ids, times=times))
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
