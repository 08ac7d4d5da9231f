"""Lists that are read by page number, to their end: extensions, queues and the like.

They are short and have no order that would allow paging by key, as the call log does (see
`keyset`). So a list that changes while it is read is read again: otherwise, rows that moved to
another page would be missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Pages in a row without anything new before a server is taken to repeat itself.
_MOST_IDLE = 3

# RingCentral has no higher page number.
_LAST_PAGE = 1000

# More rows than any list of RingCentral's has, and as many as fit the memory.
_MOST_ROWS = 200_000

# So many pages may follow those that the list itself counts: it may grow while it is read.
_MOST_BEYOND = 3

# How often a list is read that changes each time.
_MOST_ROUNDS = 3


@dataclass(slots=True)
class NumberedPages:
    """What was read of a list, and what to ask next.

    Ask for `page`, pass the answer to `add`, until `page` is None.

    Attributes:
        page: number of the next page, from 1, or None when the list is read.
        repeats: whether the server kept offering pages that held nothing new.
    """

    page: int | None = 1
    repeats: bool = False
    _seen: set[str] = field(default_factory=set)
    _round: set[str] = field(default_factory=set)
    _rounds: int = 1
    _idle: int = 0
    _totals: set[int] = field(default_factory=set)

    def add(self, answer: Mapping[str, Any], ids: Sequence[str]) -> list[int]:
        """Process the page that was asked for.

        Args:
            answer: the decoded answer.
            ids: the ids of its rows.

        Returns:
            The positions of the rows that were not there before.

        Raises:
            UnavailableError: when the list has no end.
        """
        asked = self.page or 1
        self._idle = 0 if not self._round.issuperset(ids) else self._idle + 1
        self._round.update(ids)
        more = self._offers_more(answer, asked)
        self.repeats = more and self._idle >= _MOST_IDLE
        if more and not self.repeats:
            self._check_end(answer, asked, len(ids))
            self.page = asked + 1
        elif len(self._totals) > 1 and self._rounds < _MOST_ROUNDS and not self.repeats:
            self._rounds += 1
            self._round.clear()
            self._totals.clear()
            self.page = 1
        else:
            self.page = None
        fresh = {identity: at for at, identity in reversed(list(enumerate(ids)))}
        fresh = {identity: at for identity, at in fresh.items() if identity not in self._seen}
        self._seen.update(fresh)
        return sorted(fresh.values())

    def _check_end(self, answer: Mapping[str, Any], asked: int, rows: int) -> None:
        """Make sure that the list can end.

        Args:
            answer: the decoded answer.
            asked: the number of its page.
            rows: how many rows it has.

        Raises:
            UnavailableError: when more is offered than there can be.
        """
        paging = answer.get("paging")
        paging = paging if isinstance(paging, dict) else {}
        pages, total = paging.get("totalPages"), paging.get("totalElements")
        if isinstance(pages, int) and asked >= max(pages, 0) + _MOST_BEYOND:
            counted = f"{pages} pages"
        elif isinstance(total, int) and len(self._round) > max(total, 0) + _MOST_BEYOND * rows:
            counted = f"{total} rows"
        elif len(self._round) > _MOST_ROWS:
            counted = f"{_MOST_ROWS} rows already"
        elif asked >= _LAST_PAGE:
            counted = f"no more than {_LAST_PAGE} pages"
        else:
            return
        msg = f"RingCentral offers another page after page {asked} of a list that has {counted}"
        raise UnavailableError(msg)

    def _offers_more(self, answer: Mapping[str, Any], asked: int) -> bool:
        """Return whether to request another page.

        If the answer does not say whether there is one, continue until pages contain nothing new.

        Args:
            answer: the decoded answer.
            asked: the number of its page.
        """
        navigation, paging = answer.get("navigation"), answer.get("paging")
        paging = paging if isinstance(paging, dict) else {}
        pages, total = paging.get("totalPages"), paging.get("totalElements")
        if isinstance(total, int):
            self._totals.add(total)
        if isinstance(navigation, dict) or isinstance(pages, int):
            follows = isinstance(navigation, dict) and bool(navigation.get("nextPage"))
            return follows or (isinstance(pages, int) and asked < pages)
        return self._idle < _MOST_IDLE
