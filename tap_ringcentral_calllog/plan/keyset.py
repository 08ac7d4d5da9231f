"""The pages of one window: what to ask for next, so that no record is lost.

RingCentral answers newest first, so pages follow each other by key: the next request ends at the
second of the oldest record just read, and records that come again are dropped. A page number would
not do, because records that vanish between two requests shift all later pages. It is used only
within one second, and after a page that is not newest first.

All datetimes are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.plan.windows import OVERLAP, Window
from tap_ringcentral_calllog.times import SECOND, timestamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# After so many answers in a row that are repeated, or empty, the server is considered to repeat
# itself.
_SAME_PAGES = 3
_EMPTY_PAGES = 25

# After so many answers that consist mostly of records outside the requested dates, the server is
# considered to ignore the dates. A few such records are allowed: they may have absurd times.
_STRAY_PAGES = 3

# RingCentral has no higher page number.
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
    """The requests that read one window completely.

    Ask `query`, hand the answer to `advance`, until `query` is None.

    Attributes:
        query: the next request, or None when the window is read.
        repeats: the server kept offering pages that held nothing new.
    """

    query: Query | None
    repeats: bool = False
    # Ids of records that the next answer may repeat.
    _seen: frozenset[str] = frozenset()
    _before: frozenset[str] = frozenset()
    _oldest: datetime | None = None
    # The query whose answer offered the page that is requested now.
    _offered: Query | None = None
    _numbered: bool = False
    _stale: int = 0
    _stray: int = 0

    @classmethod
    def over(cls, window: Window) -> Keyset:
        """Start reading a window."""
        return cls(Query(window.start - OVERLAP, window.end))

    @property
    def read_down_to(self) -> datetime | None:
        """A moment after which the window is read; None when that can't be told."""
        if self.query is None or self.query.page > 1 or self._numbered:
            return None
        return self.query.date_to

    def advance(self, ids: Sequence[str], times: Sequence[datetime], *, more: bool) -> list[int]:
        """Process an answer and decide what to ask next.

        Args:
            ids: the records' ids, in the order of the answer.
            times: their start times.
            more: whether the answer offers a next page.

        Returns:
            The positions of the records that were not in an earlier answer.

        Raises:
            UnavailableError: when there are more pages of one second than can be asked for, or
                answers do not keep to the dates.
        """
        asked = self.query
        if asked is None:
            return []
        if more:
            self._check_dates(asked, times)
        fresh = [at for at, identity in enumerate(ids) if identity not in self._seen]
        # Within the same bounds, each page continues where the previous one ended.
        earlier = [self._oldest] if self._oldest is not None else []
        if any(a < b for a, b in pairwise([*earlier, *times])):
            self._numbered = True
        is_stale = not fresh and self._before.issuperset(ids)
        self._stale = self._stale + 1 if is_stale else 0
        self._before = frozenset(ids)
        if not more and not fresh and self._offered is not None:
            # A next page was offered, but its records were not found by key.
            self._numbered = True
            self._turn_page(self._offered, ids)
        elif not more:
            self.query = None
        elif self._stale >= (_SAME_PAGES if ids else _EMPTY_PAGES):
            self.repeats = True
            self.query = None
        elif (bound := self._bound(asked, times)) is not None:
            self._seen = frozenset(ids) if asked.page == 1 else self._seen.union(ids)
            self._oldest, self._offered = None, asked
            self.query = Query(asked.date_from, bound)
        else:
            self._oldest = times[-1] if times else self._oldest
            self._turn_page(asked, ids)
        return fresh

    def _check_dates(self, asked: Query, times: Sequence[datetime]) -> None:
        """Make sure that the server keeps to the requested dates: the pages depend on them."""
        first, last = asked.date_from - OVERLAP, asked.date_to + OVERLAP
        self._stray += sum(not first <= time <= last for time in times) * 2 > len(times)
        if self._stray >= _STRAY_PAGES:
            msg = (
                "RingCentral does not keep to the requested dates: asked for "
                f"{timestamp(asked.date_from)} to {timestamp(asked.date_to)}, it returns page "
                "after page of other records"
            )
            raise UnavailableError(msg)

    def _bound(self, asked: Query, times: Sequence[datetime]) -> datetime | None:
        """Return the end of the next request; None if only the page number can continue."""
        # A time outside the request does not say where the next page begins.
        if self._numbered or not times or times[-1] >= asked.date_to:
            return None
        # RingCentral does not document the precision of its bounds: whole seconds suit any server.
        bound = times[-1].replace(microsecond=0) + SECOND
        return bound if asked.date_from < bound < asked.date_to else None

    def _turn_page(self, asked: Query, ids: Sequence[str]) -> None:
        if asked.page >= _LAST_PAGE:
            msg = (
                f"RingCentral has more than {_LAST_PAGE} pages of calls around "
                f"{timestamp(asked.date_to)}, and no more can be requested: raise page_size"
            )
            raise UnavailableError(msg)
        self._seen = self._seen.union(ids)
        self._offered = None
        self.query = replace(asked, page=asked.page + 1)
