"""Time windows and the pages inside one: what to ask next, so that no call is lost.

A stream is read in windows of its replication key, oldest first, because RingCentral answers
newest first and a bookmark may only pass what is completely read. Inside a window the pages follow
each other by key: the next one starts at the oldest time just read, not at a page number, because
records that vanish between two requests shift all later pages.

All datetimes are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)

# Whether RingCentral's bounds are inclusive, and how exact, is undocumented.
OVERLAP = timedelta(seconds=2)

# What a kill costs at most, in pages of the longest answer.
PAGES_PER_WINDOW = 50
# A window is cut when its first page promises so many times more than that.
_TOO_DENSE = 2
# How long a density is remembered, in time of the calls: business hours come and go within a week.
_MEMORY = timedelta(days=7)

# Answers in a row without a new record before a server is taken to repeat itself, and empty ones.
_REPEATS = 3
_EMPTY_PAGES = 25


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


@dataclass(frozen=True, slots=True)
class Query:
    """One request for a page.

    Attributes:
        date_from: earliest start time asked for.
        date_to: latest start time asked for.
        page: the page number within these bounds, from 1.
    """

    date_from: datetime
    date_to: datetime
    page: int = 1


def timestamp(when: datetime) -> str:
    """Format a moment as RingCentral writes it: ISO 8601, UTC, milliseconds."""
    utc = when.astimezone(timezone.utc).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def moment(text: str) -> datetime:
    """Read a time in ISO 8601 with `Z` or an offset, and any number of digits below the second.

    Args:
        text: the time.

    Raises:
        ValueError: when it is none.
    """
    text = text.replace("Z", "+00:00")
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        # Python 3.10 reads three or six digits only.
        whole, _, rest = text.partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        parsed = datetime.fromisoformat(f"{whole}.{digits[:6]:0<6}{rest[len(digits) :]}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def settled(window_end: datetime, run_start: datetime, lookback: timedelta) -> datetime:
    """Return the bookmark that a completely read window allows.

    A call enters the log when it ends, under its start time, and changes for a while afterwards:
    only what is older than the look-back is final.

    Args:
        window_end: the end of the window.
        run_start: when the run started, by RingCentral's clock.
        lookback: longer than the longest call and than changes take.

    Returns:
        The line before which nothing needs to be read again.
    """
    return min(window_end, run_start - lookback)


class Planner:
    """Divides a range into windows that hold about `PAGES_PER_WINDOW` pages each.

    The first window is the whole range; what a first page tells of the density may cut it. From
    then on the density of what was read decides, so that an empty year costs one request and a
    dense one hardly more than its pages.

    Args:
        start: where reading starts.
        end: where it ends.
        pages: pages that a window should hold.
    """

    def __init__(self, start: datetime, end: datetime, pages: int = PAGES_PER_WINDOW) -> None:
        self._end = end
        self._position = start
        self._pages = pages
        self._page_size = 1000
        self._records = 0.0
        self._hours = 0.0

    @property
    def left(self) -> timedelta:
        """How much of the range is not planned yet."""
        return max(self._end - self._position, timedelta())

    @property
    def records_left(self) -> float:
        """How many records are to be expected in what is left; 0 while the density is unknown."""
        return self.left / timedelta(hours=1) * self.density

    @property
    def density(self) -> float:
        """Records per hour in what was read, the last week of it weighing most."""
        return self._records / self._hours if self._hours else 0.0

    @property
    def requests_left(self) -> float:
        """How many requests are to be expected for what is left."""
        return self.records_left / self._page_size

    def next(self) -> Window | None:
        """Return the next window, or None when the range is read."""
        if self._position >= self._end:
            return None
        width = self.left
        if self.density:
            width = min(width, timedelta(hours=self._pages * self._page_size / self.density))
        end = self._position + width
        # A sliver at the end would cost a request of its own.
        if self._end - end < width * 0.1:
            end = self._end
        return Window(self._position, end)

    def cut(self, window: Window, times: Sequence[datetime]) -> Window | None:
        """Shorten a window that its first page shows to be far too dense.

        Args:
            window: the window just begun.
            times: the start times on its first page, newest first; more pages follow.

        Returns:
            The narrower window to read in its place, or None when the window may stay.
        """
        times = [time for time in times if window.start - OVERLAP <= time <= window.end]
        if not times:
            return None
        self._page_size = len(times)
        oldest = min(times)
        read = max(window.end - oldest, MILLISECOND)
        pages = (oldest - window.start) / read
        if pages <= self._pages * _TOO_DENSE:
            return None
        hours = read / timedelta(hours=1)
        self._remember(len(times), hours)
        return Window(window.start, window.start + read * self._pages)

    def finish(self, window: Window, records: int, page_size: int) -> None:
        """Take note that a window is completely read.

        Args:
            window: the window.
            records: records found in it.
            page_size: records on its longest page; it counts where there were more pages than one.
        """
        self._position = window.end
        if records > page_size > 0:
            self._page_size = page_size
        self._remember(records, window.span / timedelta(hours=1))

    def _remember(self, records: int, hours: float) -> None:
        fade = 0.5 ** (hours * timedelta(hours=1) / _MEMORY)
        self._records = self._records * fade + records
        self._hours = self._hours * fade + hours


@dataclass(slots=True)
class Keyset:
    """The requests that read one window completely, however the server pages.

    Ask `query`, hand the answer to `advance`, until `query` is None.

    Attributes:
        query: the next request, or None when the window is read.
        coarse: the server was seen to cut bounds to whole seconds. Known from then on.
        repeats: the server went on offering pages that held nothing new.
    """

    query: Query | None
    coarse: bool = False
    repeats: bool = False
    _seen: frozenset[str] = frozenset()
    _anchor: datetime | None = None
    _newest: datetime | None = None
    _oldest: datetime | None = None
    _promised: Query | None = None
    _before: frozenset[str] = frozenset()
    _unsorted: bool = False
    _stale: int = 0

    @classmethod
    def over(cls, window: Window, *, coarse: bool = False) -> Keyset:
        """Start reading a window.

        Args:
            window: the window.
            coarse: what was learned of the server before.
        """
        return cls(Query(window.start - OVERLAP, window.end), coarse)

    def advance(self, ids: Sequence[str], times: Sequence[datetime], *, more: bool) -> list[int]:
        """Take in an answer and decide what to ask next.

        Args:
            ids: the records' ids, in the order of the answer.
            times: their start times.
            more: whether the answer offers a next page.

        Returns:
            The positions of the records that were not in an earlier answer.
        """
        asked = self.query
        if asked is None:
            return []
        seen = self._seen
        fresh = [at for at, identity in enumerate(ids) if identity not in seen]
        anchor, self._anchor = self._anchor, None
        # Within the same bounds each page goes on where the one before ended.
        earlier = [self._oldest] if self._oldest is not None else []
        self._unsorted = self._unsorted or any(a < b for a, b in pairwise([*earlier, *times]))
        if anchor is not None and len(fresh) == len(ids):
            # The bound lies behind a record that was read, but the answer lacks it: the server
            # compares with whole seconds (or the record vanished). Ask again with such a bound.
            self.coarse = True
            promised = self._promised
            self._ask(replace(asked, date_to=_next_second(anchor)), seen.union(ids))
            self._promised = promised
        elif not more and not fresh and self._promised is not None:
            # The answer before offered a page with more on it, and it is not here: the pages
            # themselves are out of order. Go on by their numbers.
            self._unsorted = True
            promised = self._promised
            self._ask(replace(promised, page=promised.page + 1), seen.union(ids))
        elif not more:
            self.query = None
        else:
            # What was read before may come again behind a coarser bound; the very same page not.
            self._next(asked, ids, times, stale=not fresh and self._before.issuperset(ids))
        self._before = frozenset(ids)
        return fresh

    def _next(
        self, asked: Query, ids: Sequence[str], times: Sequence[datetime], *, stale: bool
    ) -> None:
        self._stale = self._stale + 1 if stale else 0
        if self._stale >= (_REPEATS if ids else _EMPTY_PAGES):
            self.repeats = True
            self.query = None
            return
        if times and not self._unsorted:
            newest = self._newest or times[0]
            oldest = times[-1]
            bound = _next_second(oldest) if self.coarse else oldest + MILLISECOND
            # A time that was not asked for does not tell where the next page begins.
            if oldest < newest and asked.date_from < bound < asked.date_to:
                # Behind the bound may stand again what was on this page, or led to it by number.
                seen = self._seen if asked.page > 1 else frozenset[str]()
                self._ask(Query(asked.date_from, bound), seen.union(ids))
                self._anchor = None if self.coarse else oldest
                self._promised = asked
                return
            self._newest, self._oldest = newest, oldest
        # The whole page lies in one moment, or out of order: only its number leads on.
        self._seen = self._seen.union(ids)
        self._promised = None
        self.query = replace(asked, page=asked.page + 1)

    def _ask(self, query: Query, seen: frozenset[str]) -> None:
        """Go on with other bounds."""
        self.query, self._seen = query, seen
        self._newest = self._oldest = self._promised = None


def _next_second(when: datetime) -> datetime:
    return when.replace(microsecond=0) + SECOND
