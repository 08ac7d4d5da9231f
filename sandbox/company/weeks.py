"""The company's weeks: which kinds of call occur, when, and with what result."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import accumulate
from typing import TYPE_CHECKING

from sandbox.company.fortune import Fortune
from sandbox.company.inbound import Inbound
from sandbox.company.outbound import Outbound
from sandbox.instants import HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.company.cast import Cast
    from sandbox.company.story import Party, Story

# The weight of each hour of a working day in the company's time, and of each day from Monday.
_HOURS = (0, 0, 0, 0, 0, 0, 1, 8, 55, 95, 100, 90, 60, 75, 95, 90, 70, 35, 8, 4, 2, 1, 0, 0)
_DAYS = (1.35, 1.05, 1.0, 0.95, 0.85, 0.12, 0.06)

# The number of additional calls that calls lead to, per call.
_FURTHER = 0.2
_TRIES_AGAIN, _CALLED_BACK = 0.2, 0.65
_UNANSWERED = frozenset({"voicemail", "abandoned", "missed", "callback_requested"})


class Weeks:
    """Generates stories.

    Args:
        cast: the company.
        seed: the same seed and numbers give the same stories.
        zone: the company's time zone.
        serial: the number of the first story.
    """

    def __init__(self, cast: Cast, seed: int, zone: str, serial: int = 0) -> None:
        self._fortune = Fortune(cast, seed, zone, serial)
        inbound, outbound = Inbound(self._fortune), Outbound(self._fortune)
        self._outbound = outbound
        # The number of each kind per thousand conversations that follow from no other.
        self._kinds: dict[Callable[..., list[Story]], int] = {
            inbound.menu_to_queue: 330,
            inbound.to_queue: 88,
            inbound.internal_queue: 8,
            inbound.direct: 190,
            inbound.boss: 18,
            inbound.shared_line: 22,
            inbound.gone_in_menu: 20,
            inbound.to_another_session: 8,
            inbound.blocked: 8,
            inbound.strange: 4,
            inbound.old: 4,
            outbound.outbound: 160,
            outbound.ringout: 26,
            outbound.for_the_boss: 12,
            outbound.internal: 52,
            outbound.conference: 6,
            outbound.fax: 30,
            outbound.emergency: 2,
            outbound.failed: 10,
            outbound.old: 2,
        }
        self._ahead: list[tuple[int, int, Callable[[int], list[Story]]]] = []
        self._planned = 0

    def stories(self, begin: int, days: int, count: int) -> Iterator[Story]:
        """Yield about `count` conversations, by their start.

        Args:
            begin: when the first may start, ms.
            days: number of days.
            count: approximate number of conversations.
        """
        fortune = self._fortune
        weights = []
        for hour in range(days * 24):
            local = fortune.local(begin + hour * HOUR)
            weights.append(_HOURS[local.hour] * _DAYS[local.weekday()])
        rate = count / (1 + _FURTHER) / (sum(weights) or 1)
        before = 0
        for hour, total in enumerate(accumulate(weights)):
            first, after = begin + hour * HOUR, round(total * rate)
            for _ in range(after - before):
                make = fortune.dice.choices([*self._kinds], [*self._kinds.values()])[0]
                self._plan(first + fortune.dice.randrange(HOUR), make)
            before = after
            yield from self._until(first + HOUR)

    def _plan(self, at: int, make: Callable[..., list[Story]], party: Party | None = None) -> None:
        self._planned += 1
        heappush(self._ahead, (at, self._planned, lambda at: self._made(at, make, party)))

    def _until(self, moment: int) -> Iterator[Story]:
        while self._ahead and self._ahead[0][0] < moment:
            at, _, make = heappop(self._ahead)
            yield from make(at)

    def _made(self, at: int, make: Callable[..., list[Story]], party: Party | None) -> list[Story]:
        stories = make(at, party)
        for story in stories:
            if story.outcome in _UNANSWERED and not story.internal:
                self._see_to(story, make)
        return stories

    def _see_to(self, story: Story, make: Callable[..., list[Story]]) -> None:
        """Add a callback, another try of the caller, or neither."""
        fortune = self._fortune
        if fortune.chance(_TRIES_AGAIN):
            self._plan(story.end + fortune.length(240, 3_600), make, story.caller)
        elif fortune.chance(_CALLED_BACK) and story.caller.number[-1:].isdigit():
            at = fortune.next_open(story.end + fortune.length(1_500, 7_200))
            queue = fortune.cast.queue(story.owner)
            by = fortune.dice.choice(queue.members) if queue else fortune.person()
            self._plan(at, lambda at, party: self._outbound.outbound(at, party, by), story.caller)
