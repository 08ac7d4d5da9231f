"""The start and the extension of every call: the whole call log as a few flat arrays.

The sandbox must start with a million calls within seconds and use little memory. So a call is a
position in arrays sorted by start time: its start, and a random number from which everything else
about it is computed. The array includes future calls, which become visible as the clock moves.
"""

from __future__ import annotations

import random
from array import array
from itertools import accumulate, chain
from typing import TYPE_CHECKING

from sandbox.instants import DAY, HOUR, SECOND
from sandbox.kinds import KIND_OF_BYTE

if TYPE_CHECKING:
    from collections.abc import Iterator

# Number of days of calls after the sandbox's first moment.
DAYS_AHEAD = 92

# Office hours in UTC-5: the weight of each hour of a working day, and of each day from Monday.
_HOURS = (1, 1, 1, 1, 1, 2, 6, 20, 60, 95, 100, 95, 70, 85, 95, 90, 75, 45, 20, 10, 6, 4, 2, 1)
_DAYS = (1.1, 1.0, 1.0, 0.95, 0.85, 0.15, 0.1)
BUSIEST = max(_HOURS) * max(_DAYS)
_UTC_OFFSET = -5 * HOUR
_THURSDAY = 3  # 1970-01-01

_ALONE, _INTERNAL, _QUEUE = range(3)
_SHAPES = bytes(
    _INTERNAL if kind.internal else _QUEUE if kind.queue else _ALONE for kind in KIND_OF_BYTE
)
_DELETED = 77  # one conversation in 128 is deleted later


def extension_of(seed: int, extensions: int) -> int:
    """Return the index of a conversation's extension; low indices are busier."""
    spread = seed >> 8 & 0xFFFF
    return (spread * spread >> 16) * extensions >> 16


def partner_of(seed: int, extension: int, extensions: int) -> int:
    """Return the index of the extension at the other end of an internal call."""
    return (extension + 1 + ((seed >> 34 & 0x3FF) * (extensions - 1) >> 10)) % extensions


def is_deleted_later(seed: int) -> bool:
    """Return whether the record of this conversation will be deleted."""
    return seed >> 44 & 0x7F == _DELETED


class Timetable:
    """The generated calls, oldest first.

    Args:
        seed: the same seed and numbers make the same calls.
        calls: number of calls that start in the `days` before `now_ms`.
        days: number of past days with calls.
        extensions: number of extensions that have them.
        now_ms: the sandbox's first moment.

    Attributes:
        starts: start times in ms, ascending.
        seeds: 64 random bits for each call.
        ranks: 0 for a conversation; k for the k-th queue member who did not answer it, whose record
            is k positions after the conversation's.
        by_extension: positions of each extension's calls, ascending.
        deletable: positions of those that will be deleted, ascending.
    """

    def __init__(self, seed: int, calls: int, days: int, extensions: int, now_ms: int) -> None:
        self.extensions = extensions
        begin = now_ms - days * DAY
        hours = (days + DAYS_AHEAD) * 24
        weights = [busyness(begin + hour * HOUR) for hour in range(hours)]
        rate = calls / sum(weights[: days * 24])
        counts = [round(total * rate) for total in accumulate(weights)]
        size = counts[-1]
        dice = random.Random(f"calls {seed}")
        self.seeds = array("Q", dice.randbytes(8 * size))
        self.starts = array("q", chain.from_iterable(self._slots(begin, counts)))
        self.ranks = bytearray(size)
        self.by_extension = [array("I") for _ in range(extensions)]
        self.deletable = array("I")
        self._share_out(calls)

    def _slots(self, begin: int, counts: list[int]) -> Iterator[list[int]]:
        # Divide each hour into equal steps with one call each, so that starts need no sorting.
        first = 0
        for hour, last in enumerate(counts):
            if last > first:
                step = HOUR / (last - first) / (1 << 20)
                base = begin + hour * HOUR
                yield [
                    base + int(((k << 20) + (seed >> 44)) * step)
                    for k, seed in enumerate(self.seeds[first:last])
                ]
            first = last

    def _share_out(self, calls: int) -> None:
        starts, ranks, extensions = self.starts, self.ranks, self.extensions
        add = [positions.append for positions in self.by_extension]
        ringing = rank = extension = 0
        latest = starts[0] if starts else 0
        for position, seed in enumerate(self.seeds):
            if ringing and position != calls:
                ringing -= 1
                rank += 1
                ranks[position] = rank
                latest = starts[position] = latest + (seed & 3)
                add[(extension + rank) % extensions](position)
                continue
            ringing = rank = 0
            start = starts[position]
            if seed & 0x10000000000:
                start -= start % SECOND
            # Keep starts ascending despite truncation to the second and members' records.
            latest = starts[position] = max(start, latest)
            extension = (((seed >> 8 & 0xFFFF) ** 2) >> 16) * extensions >> 16
            add[extension](position)
            if seed >> 44 & 0x7F == _DELETED:
                self.deletable.append(position)
            shape = _SHAPES[seed & 0xFF]
            if shape == _QUEUE:
                ringing = min(1 + (seed >> 34 & 3), extensions - 1)
            elif shape == _INTERNAL and extensions > 1:
                add[partner_of(seed, extension, extensions)](position)


def busyness(ms: int) -> float:
    """Return the weight of a moment's hour."""
    day, rest = divmod(ms + _UTC_OFFSET, DAY)
    return _HOURS[rest // HOUR] * _DAYS[(day + _THURSDAY) % 7]
