"""What happens to a call in a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.company.story import Message, Ring, Talk, Waiting
from sandbox.instants import SECOND

if TYPE_CHECKING:
    from sandbox.company.cast import Person, Queue
    from sandbox.company.fortune import Fortune
    from sandbox.company.story import Outcome, Party, Refusal, Step

# The announcement at the start of a queue, which counts as waiting.
_GREETING = 2 * SECOND
# Phones that ring simultaneously do not start in the same millisecond.
_APART = 40


class Hunt:
    """Simulates the company's queues.

    Args:
        fortune: decides what happens.
    """

    def __init__(self, fortune: Fortune) -> None:
        self._fortune = fortune
        self._turn: dict[str, int] = {}

    def hunt(
        self, queue: Queue, entry: int, patience: int, caller: Party
    ) -> tuple[list[Step], Outcome, int]:
        """Let a call wait in a queue, and in the one that it overflows into.

        Args:
            queue: the queue.
            entry: when the call enters it, ms.
            patience: when the caller hangs up, ms.
            caller: the caller, whose own phone does not ring.

        Returns:
            The steps, the outcome, and the end, ms.
        """
        limit = min(entry + queue.longest * SECOND, patience)
        order = [one for one in queue.members if one.id != caller.extension]
        ring = self._together if queue.ring == "together" else self._in_turn
        rings, talk = ring(queue, order, entry + _GREETING, limit)
        if talk:
            return (
                [Waiting(entry, talk.at, queue.id, "answered"), *rings, talk],
                "answered",
                talk.until,
            )
        if limit == patience:
            return [Waiting(entry, limit, queue.id, "abandoned"), *rings], "abandoned", limit
        if queue.then == "overflow":
            self._fortune.occupy(*rings)
            more, outcome, end = self.hunt(self._fortune.cast.queues[-1], limit, patience, caller)
            return [Waiting(entry, limit, queue.id, "overflow"), *rings, *more], outcome, end
        if queue.then == "callback" and self._fortune.chance(0.6):
            end = limit + self._fortune.seconds(3, 8)
            waiting = Waiting(entry, limit, queue.id, "callback_requested")
            return [waiting, *rings], "callback_requested", end
        if queue.then == "hang up":
            return [Waiting(entry, limit, queue.id, "missed"), *rings], "missed", limit
        end = limit + self._fortune.seconds(6, 70)
        message = Message(limit, end, queue.id, left=self._fortune.chance(0.8))
        return [Waiting(entry, limit, queue.id, "voicemail"), *rings, message], "voicemail", end

    def _together(
        self, queue: Queue, order: list[Person], at: int, limit: int
    ) -> tuple[list[Ring], Talk | None]:
        """Ring all free members, until one of them takes the call."""
        fortune = self._fortune
        tries = [(fortune.picks_up(queue.seconds), one) for one in order if fortune.free(one, at)]
        taken = min((seconds for seconds, _ in tries if seconds > 0), default=0)
        end = at + (taken or queue.seconds) * SECOND
        answered = taken > 0 and end < limit
        end = min(end, limit)
        who = next((one for seconds, one in tries if answered and seconds == taken), None)
        rings = []
        for place, (seconds, one) in enumerate(tries):
            begins, stops = at + place * _APART, at + abs(min(seconds, 0)) * SECOND
            if one is who:
                rings.append(Ring(begins, end, one.id, "answered", queue.id))
            elif begins < stops < end:
                rings.append(Ring(begins, stops, one.id, fortune.refusal(), queue.id))
            elif begins < end:
                how: Refusal = "elsewhere" if who and fortune.chance(0.6) else "missed"
                rings.append(Ring(begins, end, one.id, how, queue.id))
        return rings, Talk(end, end + fortune.length(), who.id) if who else None

    def _in_turn(
        self, queue: Queue, order: list[Person], at: int, limit: int
    ) -> tuple[list[Ring], Talk | None]:
        """Ring members one after the other, starting with a different one each time."""
        fortune, rings = self._fortune, []
        turn = self._turn[queue.id] = self._turn.get(queue.id, -1) + 1
        first = turn % max(len(order), 1)
        for one in order[first:] + order[:first]:
            if at >= limit - SECOND or not fortune.free(one, at):
                continue
            seconds = fortune.picks_up(queue.seconds)
            stops = at + abs(seconds or queue.seconds) * SECOND
            if seconds > 0 and stops < limit:
                rings.append(Ring(at, stops, one.id, "answered", queue.id))
                return rings, Talk(stops, stops + fortune.length(), one.id)
            how = fortune.refusal() if seconds < 0 and stops <= limit else "missed"
            rings.append(Ring(at, min(stops, limit), one.id, how, queue.id))
            at = stops + SECOND
        return rings, None
