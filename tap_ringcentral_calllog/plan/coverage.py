"""How many calls started on each day of a window that was read.

The parts of all windows are adjacent and do not overlap, so their counts add up: a call that is
read twice, because windows overlap or because a later run reads it again, counts in only one part.

All datetimes are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """A range of start times.

    Attributes:
        start: its first moment.
        end: the first moment after it.
    """

    start: datetime
    end: datetime

    def count(self, times: Iterable[datetime]) -> int:
        """Return how many of the times are in it."""
        return sum(self.start <= time < self.end for time in times)


def parts_of(
    start: datetime, end: datetime, line: datetime, times: Iterable[datetime]
) -> list[tuple[Part, int]]:
    """Divide a window that was read at the end of each day, and at the end of its final range.

    Adjacent days without calls are one part, so that an empty year is one part.

    Args:
        start: the window's first moment, without its overlap.
        end: its end.
        line: the moment before which it is final.
        times: the start times of the calls that were read; each call once, in any order.

    Returns:
        The parts, oldest first, and how many calls started in each. Together they are the whole
        window. A window without length has no parts.
    """
    start, end, line = (_in_milliseconds(one) for one in (start, end, line))
    inside = sorted(time for time in times if start <= time < end)
    borders = [start, line, end] if start < line < end else [start, end]
    return [
        found
        for first, last in pairwise(borders)
        for found in _days(first, last, [time for time in inside if first <= time < last])
    ]


def _days(start: datetime, end: datetime, times: Sequence[datetime]) -> Iterator[tuple[Part, int]]:
    reached = start
    for day, calls in groupby(times, key=datetime.date):
        midnight = datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
        part = Part(max(midnight, start), min(midnight + _DAY, end))
        if part.start > reached:
            yield Part(reached, part.start), 0
        yield part, len(list(calls))
        reached = part.end
    if reached < end:
        yield Part(reached, end), 0


def _in_milliseconds(when: datetime) -> datetime:
    """Cut a time to milliseconds, as it is written, so that counts match SQL on the rows."""
    return when.replace(microsecond=when.microsecond // 1000 * 1000)
