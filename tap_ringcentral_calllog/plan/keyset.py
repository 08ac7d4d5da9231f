"""The pages of one window: what to ask next, so that no call is lost.

RingCentral answers newest first. So the pages follow each other by key: the next one starts at the
oldest time just read, not at a page number, because records that vanish between two requests shift
all later pages. A server that turns out not to sort is asked for ever shorter ranges instead, until
each fits one page. Page numbers are left for calls of the same moment.

All datetimes are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.plan.windows import OVERLAP, Window
from tap_ringcentral_calllog.times import MILLISECOND, SECOND, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# Answers in a row without a new record before a server is taken to repeat itself: the same page,
# empty pages, and pages of a range that is halved again and again down to a cluster of calls.
_SAME_PAGES = 3
_EMPTY_PAGES = 25
_HALVES = 40

# A shorter range is not halved any more.
_NARROW = 4 * OVERLAP

# RingCentral knows no higher page number.
_LAST_PAGE = 1000


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


@dataclass(slots=True)
class Keyset:
    """The requests that read one window completely, however the server pages.

    Ask `query`, hand the answer to `advance`, until `query` is None.

    Attributes:
        query: the next request, or None when the window is read.
        coarse: the server was seen to cut bounds to whole seconds. Known from then on.
        unsorted: the server was seen to give records in another order. Known from then on.
        repeats: the server went on offering pages that held nothing new.
    """

    query: Query | None
    coarse: bool = False
    unsorted: bool = False
    repeats: bool = False
    _seen: frozenset[str] = frozenset()
    _anchor: datetime | None = None
    _newest: datetime | None = None
    _oldest: datetime | None = None
    _promised: Query | None = None
    _before: frozenset[str] = frozenset()
    _whole: Query | None = None
    _stale: int = 0
    _parts: list[Query] = field(default_factory=list)

    @classmethod
    def over(cls, window: Window, *, coarse: bool = False, unsorted: bool = False) -> Keyset:
        """Start reading a window.

        Args:
            window: the window.
            coarse: what was learned of the server before.
            unsorted: the same.
        """
        whole = Query(window.start - OVERLAP, window.end)
        return cls(whole, coarse, unsorted, _whole=None if unsorted else whole)

    @property
    def read_down_to(self) -> datetime | None:
        """A moment after which the window is read; None when that can't be told."""
        if self.query is None or self.query.page > 1 or self.unsorted:
            return None
        return self.query.date_to

    def advance(self, ids: Sequence[str], times: Sequence[datetime], *, more: bool) -> list[int]:
        """Take in an answer and decide what to ask next.

        Args:
            ids: the records' ids, in the order of the answer.
            times: their start times.
            more: whether the answer offers a next page.

        Returns:
            The positions of the records that were not in an earlier answer.

        Raises:
            UnavailableError: when there are more pages of one moment than can be asked for.
        """
        asked = self.query
        if asked is None:
            return []
        seen = self._seen
        fresh = [at for at, identity in enumerate(ids) if identity not in seen]
        anchor, self._anchor = self._anchor, None
        # Within the same bounds each page goes on where the one before ended.
        earlier = [self._oldest] if self._oldest is not None else []
        self.unsorted = self.unsorted or any(a < b for a, b in pairwise([*earlier, *times]))
        if anchor is not None and len(fresh) == len(ids) and not self.unsorted:
            # The bound lies behind a record that was read, but the answer lacks it: the server
            # compares with whole seconds (or the record vanished). Ask again with such a bound.
            self.coarse = True
            promised = self._promised
            self._ask(replace(asked, date_to=_next_second(anchor)), seen.union(ids))
            self._promised = promised
        elif not more and not fresh and self._promised is not None:
            # The answer before offered a page with more on it, and it is not here: the pages
            # themselves are out of order.
            self.unsorted = True
            self._shorten(self._begin_anew(self._promised), ids)
        elif not more:
            self._close(ids)
        elif self._repeats(asked, ids, fresh):
            self.repeats = True
            self.query = None
        elif self.unsorted:
            self._shorten(self._begin_anew(asked), ids)
        else:
            self._go_on(asked, ids, times)
        self._before = frozenset(ids)
        return fresh

    def _repeats(self, asked: Query, ids: Sequence[str], fresh: Sequence[int]) -> bool:
        """Tell whether the server has offered more for too long without giving anything new."""
        halving = self.unsorted and asked.date_to - asked.date_from > _NARROW
        # What was read before may come again behind a coarser bound; the very same page not.
        stale = not fresh and (halving or self._before.issuperset(ids))
        before = self._stale if halving or asked.page > 1 else 0
        self._stale = before + 1 if stale else 0
        most = _HALVES if halving else _SAME_PAGES if ids else _EMPTY_PAGES
        return self._stale >= most

    def _go_on(self, asked: Query, ids: Sequence[str], times: Sequence[datetime]) -> None:
        """Ask for the next page of a server that sorts."""
        if times:
            newest = self._newest or times[0]
            # What was not asked for may lie beyond all times that can be.
            oldest = min(times[-1], asked.date_to)
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
        # The whole page lies in one moment: only its number leads on.
        self._turn_page(asked, ids)

    def _begin_anew(self, asked: Query) -> Query:
        """Return what is to be halved: at first the whole window.

        What was taken for read lies beyond the oldest record of pages that only looked sorted.
        """
        whole, self._whole = self._whole, None
        return whole or asked

    def _shorten(self, asked: Query, ids: Sequence[str]) -> None:
        """Ask for the two halves of a range that does not fit one page, and has no order."""
        seen = self._seen.union(ids)
        if asked.date_to - asked.date_from <= _NARROW:
            self._turn_page(asked, ids)
            return
        middle = asked.date_from + (asked.date_to - asked.date_from) / 2
        self._parts.append(Query(asked.date_from, middle))
        self._ask(Query(middle - OVERLAP, asked.date_to), seen)

    def _turn_page(self, asked: Query, ids: Sequence[str]) -> None:
        if asked.page >= _LAST_PAGE:
            msg = (
                f"RingCentral offers more than {_LAST_PAGE} pages of calls around "
                f"{timestamp(asked.date_to)}, and no way to ask for them: raise page_size"
            )
            raise UnavailableError(msg)
        self._seen = self._seen.union(ids)
        self._promised = None
        self.query = replace(asked, page=asked.page + 1)

    def _close(self, ids: Sequence[str]) -> None:
        """Leave a range that is read."""
        if self._parts:
            self._ask(self._parts.pop(), self._seen.union(ids))
        else:
            self.query = None

    def _ask(self, query: Query, seen: frozenset[str]) -> None:
        """Go on with other bounds."""
        self.query, self._seen = query, seen
        self._newest = self._oldest = self._promised = None


def _next_second(when: datetime) -> datetime:
    return when.replace(microsecond=0) + SECOND
