"""Calls to the company."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.company.hunting import Hunt
from sandbox.company.story import Menu, Message, Parked, Party, Ring, Story, Talk
from sandbox.instants import SECOND

if TYPE_CHECKING:
    from sandbox.company.cast import Person, Queue
    from sandbox.company.fortune import Fortune
    from sandbox.company.story import Outcome, Step

# A shorter talk is not transferred.
_SHORT_TALK = 20 * SECOND


class Inbound:
    """Generates calls to the company; each method returns the stories of one call.

    Args:
        fortune: decides what happens.
    """

    def __init__(self, fortune: Fortune) -> None:
        self._fortune = fortune
        self._hunt = Hunt(fortune)
        self._strange = 0

    def menu_to_queue(self, at: int, caller: Party | None = None) -> list[Story]:
        """Somebody calls the main number and chooses a queue."""
        queues = self._fortune.cast.queues
        queue = self._fortune.dice.choices(queues, (30, 40, 15, 15))[0]
        return self._to_queue(at, queue, caller or self._fortune.outsider(), through_menu=True)

    def to_queue(self, at: int, caller: Party | None = None) -> list[Story]:
        """Somebody calls a queue's own number."""
        queue = self._fortune.dice.choice(self._fortune.cast.queues)
        return self._to_queue(at, queue, caller or self._fortune.outsider())

    def internal_queue(self, at: int, _caller: Party | None = None) -> list[Story]:
        """A colleague calls a queue."""
        queue = self._fortune.dice.choice(self._fortune.cast.queues)
        return self._to_queue(at, queue, self._fortune.person().party)

    def _to_queue(
        self, at: int, queue: Queue, caller: Party, *, through_menu: bool = False
    ) -> list[Story]:
        fortune = self._fortune
        steps: list[Step] = []
        entry = at
        if through_menu:
            entry = at + fortune.seconds(6, 25)
            steps.append(Menu(at, entry, fortune.cast.menu, logged=fortune.chance(0.5)))
        waited, outcome, end = self._hunt.hunt(
            queue, entry, entry + fortune.length(100, 600), caller
        )
        steps, end = self._handed_on([*steps, *waited], end)
        fortune.occupy(*steps)
        return [
            Story(
                number=fortune.number(),
                form="queue",
                start=at,
                end=end,
                direction="Inbound",
                outcome=outcome,
                caller=caller,
                called=fortune.cast.company if through_menu else queue.party,
                steps=tuple(steps),
                owner=queue.id,
                internal=bool(caller.extension),
                reason="Hang Up" if outcome == "abandoned" else "",
                legs=not fortune.chance(0.02) or _is_handed_on(steps),
                recorded=outcome == "answered" and fortune.chance(0.5),
            )
        ]

    def _handed_on(self, steps: list[Step], end: int) -> tuple[list[Step], int]:
        """Let the last speaker transfer or park the call, or not; return when it ends."""
        fortune, talk = self._fortune, steps[-1]
        if not isinstance(talk, Talk) or talk.until - talk.at < _SHORT_TALK:
            return steps, end
        half = talk.at + (talk.until - talk.at) // (2 * SECOND) * SECOND
        other = fortune.person(*(one.person for one in steps if isinstance(one, (Ring, Talk))))
        transferred, parked = fortune.chance(0.07), fortune.chance(0.03)
        if not (transferred or parked) or other.id == talk.person or not fortune.free(other, half):
            return steps, end
        steps, rest = [*steps[:-1], Talk(talk.at, half, talk.person)], fortune.length(90)
        if transferred:
            answer = half + fortune.seconds(3, 12)
            steps += [
                Ring(half, answer, other.id, "answered"),
                Talk(answer, answer + rest, other.id, "transfer"),
            ]
            return steps, answer + rest
        fetched = half + fortune.seconds(10, 90)
        steps += [
            Parked(half, fetched, talk.person, fortune.cast.park),
            Talk(fetched, fetched + rest, other.id, "pickup"),
        ]
        return steps, fetched + rest

    def direct(self, at: int, caller: Party | None = None) -> list[Story]:
        """Somebody calls a person's own number."""
        fortune = self._fortune
        person, caller = fortune.person(), caller or fortune.outsider()
        steps, outcome, result, reason = self._at_a_phone(at, person)
        steps, end = self._handed_on(steps, steps[-1].until)
        fortune.occupy(*steps)
        return [
            Story(
                number=fortune.number(),
                form="direct",
                start=at,
                end=end,
                direction="Inbound",
                outcome=outcome,
                caller=caller,
                called=person.party,
                steps=tuple(steps),
                owner=person.id,
                result=result,
                reason=reason,
                legs=not fortune.chance(0.02) or _is_handed_on(steps),
                recorded=outcome == "answered" and fortune.chance(0.3),
            )
        ]

    def _at_a_phone(self, at: int, person: Person) -> tuple[list[Step], Outcome, str, str]:
        """Ring a person; return the steps, the outcome, the result and the reason."""
        fortune = self._fortune
        picks_up = fortune.picks_up(22)
        if not fortune.free(person, at) or (picks_up == 0 and fortune.chance(0.5)):
            rung = at + fortune.seconds(18, 25)
            message = Message(
                rung, rung + fortune.seconds(4, 60), person.id, left=fortune.chance(0.75)
            )
            return [Ring(at, rung, person.id, "missed"), message], "voicemail", "", ""
        if picks_up > 0:
            answer = at + picks_up * SECOND
            talk = Talk(answer, answer + fortune.length(), person.id)
            return [Ring(at, answer, person.id, "answered"), talk], "answered", "", ""
        if picks_up == 0:
            ring = Ring(at, at + fortune.seconds(5, 24), person.id, "missed")
            if fortune.chance(0.6):
                return [ring], "abandoned", "Missed", "Hang Up"
            return [ring], "missed", "No Answer", "No Answer"
        refusal = fortune.refusal()
        words = {
            "declined": fortune.dice.choice(("Declined", "Rejected")),
            "offline": "IP Phone Offline",
            "busy": "Busy",
            "not_accepted": "Answered Not Accepted",
        }
        ring = Ring(at, at - picks_up * SECOND, person.id, refusal)
        return [ring], "missed", words[refusal], ""

    def boss(self, at: int, caller: Party | None = None) -> list[Story]:
        """Somebody calls the boss, and the secretary takes the call."""
        fortune = self._fortune
        boss, secretary = fortune.cast.people[0], fortune.cast.people[-1]
        answer = at + fortune.seconds(3, 15)
        end = answer + fortune.length()
        steps = (
            Ring(at, answer, secretary.id, "answered"),
            Talk(answer, end, secretary.id, stands_in_for=boss.id),
        )
        fortune.occupy(*steps)
        return [
            Story(
                number=fortune.number(),
                form="direct",
                start=at,
                end=end,
                direction="Inbound",
                outcome="answered",
                caller=caller or fortune.outsider(),
                called=boss.party,
                steps=steps,
                owner=boss.id,
            )
        ]

    def shared_line(self, at: int, caller: Party | None = None) -> list[Story]:
        """Somebody calls the shared line; the log does not always show who took the call."""
        fortune = self._fortune
        line = fortune.cast.shared_line
        stops = at + fortune.seconds(3, 15)
        person = fortune.dice.choice(fortune.cast.sharers)
        steps: tuple[Ring | Talk, ...] = ()
        if fortune.free(person, at):
            shown = person.id if fortune.chance(0.7) else ""
            talk = Talk(stops, stops + fortune.length(), shown)
            steps = (Ring(at, stops, shown, "answered"), talk)
            fortune.occupy(*steps)
        return [
            Story(
                number=fortune.number(),
                form="shared_line",
                start=at,
                end=steps[-1].until if steps else stops,
                direction="Inbound",
                outcome="answered" if steps else "missed",
                caller=caller or fortune.outsider(),
                called=line,
                steps=steps,
                owner=line.extension,
            )
        ]

    def gone_in_menu(self, at: int, caller: Party | None = None) -> list[Story]:
        """Somebody calls the main number and hangs up while listening to the menu."""
        fortune = self._fortune
        end, menu = at + fortune.seconds(2, 20), fortune.cast.menu
        return [
            Story(
                number=fortune.number(),
                form="direct",
                start=at,
                end=end,
                direction="Inbound",
                outcome="abandoned",
                caller=caller or fortune.outsider(),
                called=fortune.cast.company,
                steps=(Menu(at, end, menu),),
                owner=menu,
                reason="Hang Up",
            )
        ]

    def to_another_session(self, at: int, caller: Party | None = None) -> list[Story]:
        """A call is transferred and continues in another telephony session."""
        fortune = self._fortune
        caller, first = caller or fortune.outsider(), fortune.person()
        second = fortune.person(first.id)
        answer = at + fortune.seconds(3, 15)
        over = answer + fortune.length(60)
        taken = over + fortune.seconds(3, 10)
        end = taken + fortune.length()
        one, other = fortune.number(), fortune.number()
        before = (Ring(at, answer, first.id, "answered"), Talk(answer, over, first.id))
        after = (Ring(over, taken, second.id, "answered"), Talk(taken, end, second.id))
        fortune.occupy(*before, *after)
        return [
            Story(
                number=one,
                form="direct",
                start=at,
                end=over,
                direction="Inbound",
                outcome="answered",
                caller=caller,
                called=first.party,
                steps=before,
                owner=first.id,
                continued_by=other,
            ),
            Story(
                number=other,
                form="direct",
                start=over,
                end=end,
                direction="Inbound",
                outcome="answered",
                caller=caller,
                called=second.party,
                steps=after,
                owner=second.id,
                follows=one,
            ),
        ]

    def blocked(self, at: int, _caller: Party | None = None) -> list[Story]:
        """A blocked number calls."""
        fortune, person = self._fortune, self._fortune.person()
        return [
            Story(
                number=fortune.number(),
                form="direct",
                start=at,
                end=at,
                direction="Inbound",
                outcome="blocked",
                caller=fortune.cast.outsiders[-1],
                called=person.party,
                owner=person.id,
                reason="Number Blocked",
            )
        ]

    def strange(self, at: int, caller: Party | None = None) -> list[Story]:
        """The log has an undocumented result, or none."""
        fortune, person = self._fortune, self._fortune.person()
        self._strange += 1
        return [
            Story(
                number=fortune.number(),
                form="direct",
                start=at,
                end=at + fortune.seconds(5, 90),
                direction="Inbound",
                outcome="unknown",
                caller=caller or fortune.outsider(),
                called=person.party,
                owner=person.id,
                result="Answered by Assistant" if self._strange % 2 else None,
            )
        ]

    def old(self, at: int, _caller: Party | None = None) -> list[Story]:
        """A record in an older form: an older word, one session id, and no legs."""
        fortune, person = self._fortune, self._fortune.person()
        end = at + fortune.length()
        return [
            Story(
                number=fortune.number(),
                form="direct",
                start=at,
                end=end,
                direction="Inbound",
                outcome="answered",
                caller=fortune.known(),
                called=person.party,
                steps=(Talk(at, end, person.id),),
                owner=person.id,
                result="Call accepted",
                legs=False,
                session="old",
            )
        ]


def _is_handed_on(steps: list[Step]) -> bool:
    # Without legs, such a call looks like one for which a queue rang several people.
    return sum(isinstance(one, Talk) for one in steps) > 1
