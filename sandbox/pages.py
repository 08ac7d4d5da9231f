"""Paged lists: the records of a page, and the body of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec

from sandbox.plans import mix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.habits import Habits
    from sandbox.query import PageAsked

# Under-full pages contain these tenths of the requested number in turn, from any starting point.
_FILL = (10, 5, 0, 9, 3)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Attributes:
        records: its records, as JSON.
        start: position of the first one.
        more: whether others follow.
        total: the length of the list, None if the server does not say.
    """

    records: list[bytes]
    start: int
    more: bool
    total: int | None = None

    def body(self, uri: str, shared: Mapping[str, Sequence[str]], asked: PageAsked) -> bytes:
        """Return the answer's body.

        Args:
            uri: the list's URI, without a query.
            shared: the query that all its pages have.
            asked: the requested page.
        """

        def link(page: int) -> dict[str, str]:
            return {"uri": f"{uri}?{urlencode({**shared, 'page': [str(page)]}, doseq=True)}"}

        navigation = {"firstPage": link(1)}
        if asked.number > 1:
            navigation["previousPage"] = link(asked.number - 1)
        if self.total is None:
            # The number of pages is known only on the last page.
            navigation["nextPage" if self.more else "lastPage"] = link(asked.number + self.more)
        else:
            if self.more:
                navigation["nextPage"] = link(asked.number + 1)
            navigation["lastPage"] = link(pages_of(self.total, asked.size))
        head = msgspec.json.encode(link(asked.number))
        tail = msgspec.json.encode({"paging": self.paging(asked), "navigation": navigation})
        return b"".join((head[:-1], b',"records":[', b",".join(self.records), b"],", tail[1:]))

    def paging(self, asked: PageAsked) -> dict[str, int]:
        """Return the page's `paging`."""
        paging = {
            "page": asked.number,
            "perPage": asked.size,
            "pageStart": self.start,
            "pageEnd": self.start + max(len(self.records) - 1, 0),
        }
        if self.total is None:
            return paging
        return {
            **paging,
            "totalPages": pages_of(self.total, asked.size),
            "totalElements": self.total,
        }


def pages_of(total: int, size: int) -> int:
    """Return the number of pages for these records, at least 1."""
    return max(-(-total // size), 1)


def span_of(asked: PageAsked, turn: int, *, underfull: bool) -> tuple[int, int]:
    """Return the position of a page's first record and the number of its records.

    Args:
        asked: the requested page.
        turn: the starting point of under-full pages, always the same for a list.
        underfull: whether pages are under-full.
    """
    if not underfull:
        return (asked.number - 1) * asked.size, asked.size
    sizes = [
        -(-asked.size * _FILL[(turn + page) % len(_FILL)] // 10) for page in range(asked.number)
    ]
    return sum(sizes[:-1]), sizes[-1]


def page_of(records: list[bytes], asked: PageAsked, habits: Habits, *, totals: bool = True) -> Page:
    """Return a page of a list, given all of its records.

    Args:
        records: all of them, in order, as JSON.
        asked: the requested page.
        habits: the server's.
        totals: whether the list states its length; a list with under-full pages never does.
    """
    if habits.unsorted in {True, "window"}:
        records = list(records)
        Random(len(records)).shuffle(records)
    start, count = span_of(asked, mix(len(records)), underfull=habits.underfull)
    chosen = records[start : start + count]
    if habits.unsorted == "page":
        Random(asked.number).shuffle(chosen)
    total = len(records) if totals and not habits.underfull else None
    return Page(chosen, start, len(records) > start + count, total)
