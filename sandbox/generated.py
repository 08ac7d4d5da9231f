"""The generated calls as a log: which are visible at a given moment, and their plans."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from sandbox.plans import FILE_IDS, FIRST_NUMBER, LONGEST, SHOWN_AFTER, Plan, number_of
from sandbox.render import ACCOUNT, session_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.query import Query
    from sandbox.timetable import Timetable

# A conversation's records have consecutive positions; this is their maximum number.
_LONGEST_CONVERSATION = 8


class Generated:
    """Calls by their position in the timetable.

    Args:
        timetable: the calls.
    """

    def __init__(self, timetable: Timetable) -> None:
        self._table = timetable
        self._doomed = [(at, self.plan(at).deleted) for at in timetable.deletable]
        self._withdrawn: set[int] = set()

    def plan(self, at: int) -> Plan:
        """Return the plan of the call at a position."""
        table = self._table
        seed, start, rank = table.seeds[at], table.starts[at], table.ranks[at]
        number = number_of(at, seed)
        if not rank:
            return Plan(number, start, seed, table.extensions)
        call = table.seeds[at - rank]
        return Plan.unanswered(
            number, start, seed, table.extensions, (number_of(at - rank, call), call, rank)
        )

    def start_and_number(self, at: int) -> tuple[int, int]:
        """Return the sort key of the log: start time, ms, and the number in the id."""
        return self._table.starts[at], number_of(at, self._table.seeds[at])

    def withdraw(self, number: int) -> Plan | None:
        """Remove a call by its number and return its plan, or None if there is none."""
        at = (number >> 20) - FIRST_NUMBER
        seeds = self._table.seeds
        if not 0 <= at < len(seeds) or number_of(at, seeds[at]) != number or at in self._withdrawn:
            return None
        self._withdrawn.add(at)
        return self.plan(at)

    def with_remainder(self, remainder: int) -> Iterator[int]:
        """Yield positions of calls that a recording or message may belong to; see `FILE_IDS`."""
        seeds = self._table.seeds
        first, end = FIRST_NUMBER << 20, (FIRST_NUMBER + len(seeds)) << 20
        # Few numbers have that remainder, so this needs no search.
        for number in range(first + (remainder - first) % FILE_IDS, end, FILE_IDS):
            at = (number >> 20) - FIRST_NUMBER
            if number_of(at, seeds[at]) == number and at not in self._withdrawn:
                yield at

    def started(self, since: int, now: int, viewer: int) -> Iterator[int]:
        """Yield positions of the calls that started in a period, without queue members' records."""
        starts = self._table.starts
        low, high = bisect_left(starts, since), bisect_right(starts, now)
        positions: Sequence[int] = range(len(starts))
        if viewer != ACCOUNT:
            positions = self._table.by_extension[viewer]
        for index in range(bisect_left(positions, low), bisect_left(positions, high)):
            at = positions[index]
            if not self._table.ranks[at] and at not in self._withdrawn:
                yield at

    def visible(self, query: Query, now: int, viewer: int) -> Iterator[int]:
        """Yield positions, newest first, of calls that may match.

        Args:
            query: the query; only its times, sessions and deletion are used here.
            now: the sandbox's time, ms.
            viewer: `ACCOUNT`, or the index of the extension whose log is read.
        """
        starts = self._table.starts
        low = bisect_left(starts, query.date_from)
        high = bisect_right(starts, min(query.date_to, now))
        for field, values in query.wanted:
            if field in {"sessionId", "telephonySessionId"}:
                heads = [(session_of(value) >> 20) - FIRST_NUMBER for value in values]
                low, high = max(low, min(heads)), min(high, max(heads) + _LONGEST_CONVERSATION)
        positions: Sequence[int] = range(len(starts))
        if viewer != ACCOUNT:
            positions = self._table.by_extension[viewer]
        hidden = set(self._withdrawn)
        if not query.show_deleted:
            first, last = bisect_left(self._doomed, (low, 0)), bisect_left(self._doomed, (high, 0))
            hidden.update(at for at, when in self._doomed[first:last] if when <= now)
        # Calls that began so long ago have ended and are visible; only the others need plans.
        settled = bisect_left(starts, now - LONGEST - SHOWN_AFTER)
        for index in range(bisect_left(positions, high) - 1, bisect_left(positions, low) - 1, -1):
            at = positions[index]
            if at not in hidden and (at < settled or self.plan(at).visible <= now):
                yield at
