"""Calls from the company, calls within it, conferences and faxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.company.story import Message, Party, Ring, Story, Talk
from sandbox.instants import SECOND

if TYPE_CHECKING:
    from sandbox.company.cast import Person
    from sandbox.company.fortune import Fortune
    from sandbox.company.story import Outcome, Step

_FAILURES = (
    "Call Failed", "Wrong Number", "No Calling Credit", "Suspended account", "Internal Error",
)  # fmt: skip


class Outbound:
    """Generates calls from the company; each method returns the stories of one call.

    Args:
        fortune: decides what happens.
    """

    def __init__(self, fortune: Fortune) -> None:
        self._fortune = fortune

    def outbound(
        self, at: int, called: Party | None = None, by: Person | None = None
    ) -> list[Story]:
        """Somebody of the company calls an outsider."""
        person = by or self._fortune.person()
        if not self._fortune.free(person, at):
            person = self._fortune.person(person.id)
        return [self._placed(at, person, called or self._fortune.known())]

    def for_the_boss(self, at: int, called: Party | None = None) -> list[Story]:
        """The secretary calls somebody on behalf of the boss."""
        people = self._fortune.cast.people
        return [self._placed(at, people[-1], called or self._fortune.known(), people[0])]

    def _placed(self, at: int, person: Person, called: Party, boss: Person | None = None) -> Story:
        fortune = self._fortune
        end = at + fortune.seconds(4, 25)
        outcome: Outcome = "not_connected"
        result = fortune.dice.choice(("No Answer", "Hang Up", "Busy", "Rejected"))
        steps: tuple[Step, ...] = ()
        if boss or fortune.chance(0.72):
            talk = Talk(
                end, end + fortune.length(), person.id, stands_in_for=boss.id if boss else ""
            )
            steps, end, outcome, result = (talk,), talk.until, "answered", ""
            fortune.occupy(talk)
        return Story(
            number=fortune.number(),
            form="outbound",
            start=at,
            end=end,
            direction="Outbound",
            outcome=outcome,
            caller=(boss or person).party,
            called=called,
            steps=steps,
            owner=(boss or person).id,
            result=result,
            reason="Hang Up" if result == "Hang Up" else "",
            legs=not fortune.chance(0.02),
            recorded=outcome == "answered" and fortune.chance(0.2),
        )

    def ringout(self, at: int, called: Party | None = None) -> list[Story]:
        """Somebody lets the server ring their own phone first, and then an outsider's."""
        fortune, person = self._fortune, self._fortune.person()
        own = at + fortune.seconds(2, 8)
        end = own + fortune.seconds(5, 25)
        picked_up = fortune.chance(0.9)
        outcome: Outcome = "not_connected"
        steps: tuple[Ring | Talk, ...] = (
            Ring(at, own, person.id, "answered" if picked_up else "missed"),
        )
        if picked_up and fortune.chance(0.75):
            steps = (*steps, Talk(end, end + fortune.length(), person.id))
            end, outcome = steps[-1].until, "answered"
            fortune.occupy(*steps)
        return [
            Story(
                number=fortune.number(),
                form="ringout",
                start=at,
                end=end,
                direction="Outbound",
                outcome=outcome,
                caller=person.party,
                called=called or fortune.known(),
                steps=steps,
                owner=person.id,
            )
        ]

    def internal(self, at: int, _called: Party | None = None) -> list[Story]:
        """Two colleagues call each other."""
        fortune, caller = self._fortune, self._fortune.person()
        called = fortune.person(caller.id)
        stops = at + fortune.seconds(2, 18)
        outcome: Outcome = "not_connected"
        steps: tuple[Ring | Talk | Message, ...] = (Ring(at, stops, called.id, "missed"),)
        if fortune.free(called, at) and fortune.chance(0.75):
            talk = Talk(stops, stops + fortune.length(80), called.id)
            steps, outcome = (Ring(at, stops, called.id, "answered"), talk), "answered"
        elif fortune.chance(0.4):
            steps = (*steps, Message(stops, stops + fortune.seconds(5, 40), called.id))
            outcome = "voicemail"
        fortune.occupy(*steps)
        return [
            Story(
                number=fortune.number(),
                form="internal",
                start=at,
                end=steps[-1].until,
                direction="Outbound",
                outcome=outcome,
                caller=caller.party,
                called=called.party,
                steps=steps,
                owner=caller.id,
                internal=True,
            )
        ]

    def conference(self, at: int, _called: Party | None = None) -> list[Story]:
        """Three people dial into a conference; nothing connects their records."""
        fortune = self._fortune
        stories = []
        people = fortune.cast.people
        for place, person in enumerate(fortune.dice.sample(people, min(3, len(people)))):
            start = at + place * 7 * SECOND
            talk = Talk(start, start + fortune.length(900), person.id)
            fortune.occupy(talk)
            stories.append(
                Story(
                    number=fortune.number(),
                    form="conference",
                    start=start,
                    end=talk.until,
                    direction="Outbound",
                    outcome="answered",
                    caller=person.party,
                    called=fortune.cast.bridge,
                    steps=(talk,),
                    owner=person.id,
                    session="none",
                )
            )
        return stories

    def fax(self, at: int, _called: Party | None = None) -> list[Story]:
        """A fax is received or sent."""
        fortune, person, other = self._fortune, self._fortune.person(), self._fortune.known()
        inbound = fortune.chance(0.6)
        words = ("Received", "Received", "Partial Receive") if inbound else ("Sent", "Fax Not Sent")
        return [
            Story(
                number=fortune.number(),
                form="fax",
                start=at,
                end=at + fortune.seconds(15, 150),
                direction="Inbound" if inbound else "Outbound",
                outcome="fax",
                caller=other if inbound else person.party,
                called=person.party if inbound else other,
                owner=person.id,
                result=fortune.dice.choice(words),
            )
        ]

    def emergency(self, at: int, _called: Party | None = None) -> list[Story]:
        """Somebody calls 911, or its test number."""
        number = self._fortune.dice.choice(("911", "933"))
        end = at + self._fortune.length(60)
        return [self._untaken(at, end, "emergency", number, Party(number))]

    def failed(self, at: int, called: Party | None = None) -> list[Story]:
        """A call fails before it rings."""
        end = at + self._fortune.seconds(0, 4)
        word = self._fortune.dice.choice(_FAILURES)
        return [self._untaken(at, end, "failed", word, called or self._fortune.known())]

    def old(self, at: int, called: Party | None = None) -> list[Story]:
        """A record as it was years ago: with an older word, one session id, and no legs."""
        end = at + self._fortune.seconds(5, 30)
        called = called or self._fortune.known()
        return [self._untaken(at, end, "not_connected", "Hang up", called, old=True)]

    def _untaken(  # noqa: PLR0913  (the parts of such a call)
        self, at: int, end: int, outcome: Outcome, word: str, called: Party, *, old: bool = False
    ) -> Story:
        person = self._fortune.person()
        return Story(
            number=self._fortune.number(),
            form="outbound",
            start=at,
            end=end,
            direction="Outbound",
            outcome=outcome,
            caller=person.party,
            called=called,
            owner=person.id,
            result=word,
            legs=not old,
            session="old" if old else "both",
        )
