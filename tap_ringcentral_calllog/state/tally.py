"""Counts by owner and time, small enough to be kept in a state."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

# The most numbers in a tally. An account that records at every hour of 90 days needs fewer.
_MOST = 2_400
# The units of time to count by, in seconds: the shortest one with which the tally is small enough.
_UNITS = (1, 60, 3_600, 86_400)
# The owner under which several owners are counted together, if there are too many. It is nobody's
# id.
_OTHERS = ""

# No date has so many seconds since 1970.
_LARGEST = 253_402_300_800

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_SECOND = timedelta(seconds=1)


class Tally:
    """Counts things by owner and time, to the second as long as they are few.

    If there are many, they are counted by the minute, the hour or the day. A thing that began in
    the same hour as a bound, for example, then counts as inside the bound: numbers are never too
    low.

    Args:
        unit: the unit of time to count by, in seconds.
        counts: owner, number of the unit since 1970, and count.
    """

    def __init__(self, unit: int = _UNITS[0], counts: Iterable[tuple[str, int, int]] = ()) -> None:
        self._unit = unit
        self._counts = Counter[tuple[str, int]]()
        for owner, slot, count in counts:
            self._counts[owner, slot] += count
        self._fit()

    def add(self, when: datetime, owner: str) -> None:
        """Count one.

        Args:
            when: when it began.
            owner: whose it is; not empty.
        """
        self._counts[owner, self._slot(when)] += 1
        self._fit()

    def total(self, start: datetime, end: datetime) -> int:
        """Return how many began in a range.

        Args:
            start: its first moment.
            end: the first moment after it.
        """
        first, last = self._slot(start), self._slot_before(end)
        return sum(count for (_, slot), count in self._counts.items() if first <= slot <= last)

    def largest(self, start: datetime) -> int:
        """Return the largest count that a single owner has.

        Args:
            start: from when on they count.
        """
        owners, first = Counter[str](), self._slot(start)
        for (owner, slot), count in self._counts.items():
            if slot >= first and owner != _OTHERS:
                owners[owner] += count
        return max(owners.values(), default=0)

    def first(self, start: datetime) -> datetime | None:
        """Return when the first of them began; None if there is none.

        Args:
            start: from when on they count.
        """
        first = self._slot(start)
        slots = [slot for _, slot in self._counts if slot >= first]
        return max(_EPOCH + min(slots) * self._unit * _SECOND, start) if slots else None

    def forget(self, before: datetime) -> None:
        """Drop what began earlier.

        Args:
            before: the first moment of what stays.
        """
        first = self._slot(before)
        for key in [key for key in self._counts if key[1] < first]:
            del self._counts[key]

    def and_more(self, items: Iterable[tuple[datetime, str]]) -> Tally:
        """Return another tally, with more counted.

        Args:
            items: of each thing, when it began and whose it is.
        """
        counts = ((owner, slot, count) for (owner, slot), count in self._counts.items())
        both = Tally(self._unit, counts)
        for when, owner in items:
            both.add(when, owner)
        return both

    def as_state(self) -> dict[str, Any]:
        """Return the form for the state: for each owner, pairs of a distance and a count.

        A distance is a number of units from the previous pair, or for the first pair from 1970.
        """
        owners: dict[str, list[list[int]]] = {}
        last: dict[str, int] = {}
        for owner, slot in sorted(self._counts):
            pair = [slot - last.get(owner, 0), self._counts[owner, slot]]
            owners.setdefault(owner, []).append(pair)
            last[owner] = slot
        return {"unit": self._unit, "counts": owners}

    @classmethod
    def from_state(cls, value: object) -> Tally | None:
        """Return what stands in the state; None if this version did not write it."""
        if not isinstance(value, dict) or value.get("unit") not in _UNITS:
            return None
        unit, owners = value["unit"], value.get("counts")
        if not isinstance(owners, dict) or not all(map(_is_pairs, owners.values())):
            return None
        counts = [
            (str(owner), slot, count)
            for owner, pairs in owners.items()
            for slot, (_, count) in zip(
                accumulate(distance for distance, _ in pairs), pairs, strict=True
            )
        ]
        if any(slot * unit >= _LARGEST for _, slot, _ in counts):
            return None
        return cls(unit, counts)

    def _slot(self, when: datetime) -> int:
        return (when - _EPOCH) // (self._unit * _SECOND)

    def _slot_before(self, end: datetime) -> int:
        return -((_EPOCH - end) // (self._unit * _SECOND)) - 1

    def _fit(self) -> None:
        """Count by longer units, and then fewer owners separately, until the tally fits."""
        while len(self._counts) > _MOST:
            longer = [unit for unit in _UNITS if unit > self._unit]
            if longer:
                self._lengthen(longer[0])
            elif not self._gather():
                return

    def _lengthen(self, unit: int) -> None:
        counts, self._counts = self._counts, Counter()
        for (owner, slot), count in counts.items():
            self._counts[owner, slot * self._unit // unit] += count
        self._unit = unit

    def _gather(self) -> bool:
        """Count the half of the owners with the lowest counts together: limits concern the others.

        Returns:
            Whether there were any.
        """
        owners = Counter[str]()
        for (owner, _), count in self._counts.items():
            owners[owner] += count
        owners.pop(_OTHERS, None)
        few = {owner for owner, _ in owners.most_common()[max(len(owners) // 2, 1) :]}
        counts, self._counts = self._counts, Counter()
        for (owner, slot), count in counts.items():
            self._counts[_OTHERS if owner in few else owner, slot] += count
        return bool(few)


def _is_pairs(value: object) -> bool:
    """Return whether something is a list of pairs of whole numbers, none of them negative."""
    return isinstance(value, list) and all(
        isinstance(pair, list)
        and len(pair) == len(("distance", "count"))
        and all(type(one) is int and 0 <= one < _LARGEST for one in pair)
        for pair in value
    )
