"""Time windows: the parts of a range that are read one after the other.

A stream is read in windows of its replication key, oldest first, because RingCentral answers
newest first and a bookmark may only pass what is completely read.

All datetimes are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.times import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

# RingCentral does not document whether its bounds are inclusive, nor their precision.
OVERLAP = timedelta(seconds=2)

# How many pages are read again after a kill, at most.
PAGES_PER_WINDOW = 50
# A window is divided when it takes this many times more pages.
_TOO_LONG = 2
# After a window without calls, the next one is this many times longer, but at most this part of
# what is left. If it has no calls either, it costs one request. If it has some, their pages must be
# read in any case.
_WIDENING = 16
_LEAP = 0.75
# How long a density is remembered, in time of the calls. Windows follow the current one; what a
# run will take depends on what holds for longer than a week of business hours and weekends.
_MEMORY = timedelta(days=7)
_LONG_MEMORY = timedelta(days=28)


@dataclass(slots=True)
class _Density:
    """Records per hour of what was read, the newest of it weighing most.

    Attributes:
        half_life: after this span of start times, records weigh half.
        records: number of records, weighted.
        hours: number of hours that were read, weighted.
    """

    half_life: timedelta
    records: float = 0.0
    hours: float = 0.0

    def after(self, records: int, span: timedelta) -> _Density:
        """Return the density once more is read."""
        fade = 0.5 ** (span / self.half_life)
        hours = span / timedelta(hours=1)
        return _Density(self.half_life, self.records * fade + records, self.hours * fade + hours)

    @property
    def per_hour(self) -> float:
        """Records per hour; 0 while nothing is known."""
        return self.records / self.hours if self.hours else 0.0


@dataclass(frozen=True, slots=True)
class Window:
    """A range of start times, read as a whole before the bookmark may pass it.

    Attributes:
        start: first moment; `OVERLAP` is not yet added.
        end: last moment.
    """

    start: datetime
    end: datetime

    @property
    def span(self) -> timedelta:
        """The window's length."""
        return self.end - self.start


def settled(window_end: datetime, run_start: datetime, lookback: timedelta) -> datetime:
    """Return the bookmark that a completely read window allows.

    A call enters the log when it ends, under its start time, and changes for a while afterwards:
    only what is older than the look-back is final.

    Args:
        window_end: the end of the window.
        run_start: when the run started, by RingCentral's clock.
        lookback: longer than the longest call and than changes take.

    Returns:
        The time before which nothing needs to be read again.
    """
    return min(window_end, run_start - lookback)


class Planner:
    """Divides a range into windows that hold about `PAGES_PER_WINDOW` pages each.

    The first window is the whole range. A window that turns out far too long while it is read is
    divided. Its newer part, which is read already, is not read again. The rest becomes further
    windows, so that the bookmark can follow. Their width follows the density of what was read, so
    that an empty year costs one request and a dense one hardly more than its pages.

    Args:
        start: where reading starts.
        end: where it ends.
        pages: pages that a window should hold.
        page_size: records that a page holds, until pages tell.
        ahead: the ranges that are already read beyond the start, the next one last.

    Attributes:
        ahead: the ranges that are already read beyond the position, the next one last.
    """

    def __init__(
        self,
        start: datetime,
        end: datetime,
        pages: int = PAGES_PER_WINDOW,
        page_size: int = 1000,
        ahead: Iterable[Window] = (),
    ) -> None:
        self._end = end
        self._position = start
        self._pages = pages
        self._page_size = page_size
        # The length of the last window, if it had next to no calls.
        self._empty: timedelta | None = None
        # Records per hour of the range that was added to `ahead` last: the time before it may be as
        # dense.
        self._beyond = 0.0
        self._current = _Density(_MEMORY)
        self._lasting = _Density(_LONG_MEMORY)
        self.ahead = list(ahead)

    @property
    def position(self) -> datetime:
        """The moment up to which everything in the range is read."""
        return self._position

    @property
    def page_size(self) -> int:
        """How many records a page holds."""
        return self._page_size

    @property
    def left(self) -> timedelta:
        """How much of the range is not read yet."""
        ahead = sum((window.span for window in self.ahead), timedelta())
        return max(self._end - self._position - ahead, timedelta())

    def see_page(self, records: int) -> None:
        """Record how many records the server puts on a page, which may be less than asked.

        Args:
            records: records on the longest page of the window that is being read, so far.
        """
        self._page_size = max(records, 1)

    def records_left(self, read: timedelta, records: int) -> float:
        """Return how many records are to be expected.

        Args:
            read: how much of the current window is read.
            records: how many records were found in it.
        """
        density = self._lasting.after(records, read).per_hour
        return (self.left - read) / timedelta(hours=1) * density

    def next(self) -> Window | None:
        """Return the next window, or None when the range is read."""
        limit = self.ahead[-1].start if self.ahead else self._end
        if self._position >= limit:
            return None
        left = width = limit - self._position
        # Long after the last record, the density is almost 0, and its inverse exceeds timedelta.
        density = max(self._current.per_hour, self._beyond)
        expected = left / timedelta(hours=1) * density
        wanted = self._pages * self._page_size
        if expected > wanted:
            width = max(left * (wanted / expected), SECOND)
            if self._empty is not None:
                width = max(width, min(left * _LEAP, self._empty * _WIDENING))
        # A very short window at the end would cost another request.
        if left - width < width * 0.1:
            width = left
        return Window(self._position, min(self._position + width, limit))

    def divide(self, window: Window, down_to: datetime, pages: int, records: int) -> Window | None:
        """Mark a window's newer part as read, when the window is far too long.

        Args:
            window: the window that is being read.
            down_to: the moment after which it is read.
            pages: pages that were read of it.
            records: records on them.

        Returns:
            The part that is read; `next` continues with the rest. None if the window need not be
            divided.
        """
        if pages < self._pages * _TOO_LONG:
            return None
        # The rest ends with an overlap, as any window does.
        newer = Window(max(down_to, window.start) + OVERLAP, window.end)
        if newer.start >= newer.end:
            return None
        self.ahead.append(newer)
        self._page_size = max(records // pages, 1)
        self._remember(records, newer.span)
        self._beyond = _Density(_MEMORY).after(records, newer.span).per_hour
        return newer

    def finish(self, window: Window, records: int, page_size: int) -> None:
        """Record that a window is completely read.

        Args:
            window: the window.
            records: records found in it.
            page_size: records on its longest page; ignored if the window had only one page.
        """
        self._position = window.end
        while self.ahead and self._position >= self.ahead[-1].start:
            self._position, self._beyond = self.ahead.pop().end, 0.0
        if records > page_size > 0:
            self._page_size = page_size
        self._empty = window.span if records < self._page_size else None
        self._remember(records, window.span)

    def _remember(self, records: int, span: timedelta) -> None:
        self._current = self._current.after(records, span)
        self._lasting = self._lasting.after(records, span)
