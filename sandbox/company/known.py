"""What a conversation's records show: the story, without facts that are not in the log.

Everything comes from the story. The records only decide which of them exist (some may be deleted,
later, or in a log that is not read), when they begin and end, and, with `legs`, where a leg begins.
If the log does not show something, it is None or belongs to nobody:

- *Wait in a queue*: only the queue's leg in the main record shows it. Without legs there is no
  wait. Without that record (a record with a queue's id is in no extension's log), even the queue is
  unknown: members' records name it only by its number and before the caller's name.
- *Ring until the answer*: this needs two moments. The first ring is the start of a member's or
  colleague's record, the start of a leg if legs begin with the ring, or the start of the call if
  the caller dialed a person. The answer is the start of a leg if legs begin with the answer, and
  otherwise the end of the queue's leg. So if legs begin with the ring, direct calls show no answer.
  Calls to outsiders never show it: their only leg lasts from dialing to the end.
- *Talk*: known if the answer is known, so never for calls to outsiders. It is None for a call that
  nobody took.
- *Whether a call was taken*: a member's record with "Answered Elsewhere" also shows it, but not who
  took the call.
- *Who took the call* on a shared line: known if the leg has the person's id, unknown if it has the
  line's id. Nobody in the company took a call to an outsider.
- *Who called*: unknown if the number is withheld. A masked number appears as it is.
- *Transfers*: only the main record shows them, by its legs or by the session that it names.
  None if there are no legs and it names no session, or if the records of the phones that did not
  answer are the only ones of an answered call.
- If nothing connects records (a conference), each record is a separate conversation.
- A record with an unknown result, or without one, shows nothing about the result of the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sandbox.company.book import Told
    from sandbox.company.cast import Cast
    from sandbox.company.story import Outcome, Talk
    from sandbox.company.telling import Teller

# Calls that no phone of the company takes, and that have no leg to one.
_PLACED = frozenset({"outbound", "ringout", "conference"})


@dataclass(frozen=True, slots=True)
class Stay:
    """A conversation's time in a queue.

    Attributes:
        queue: the queue's extension id.
        at: when it entered the queue, ms.
        until: when it left the queue, ms; None if the log does not show it.
        end: as `Waiting.end`.
    """

    queue: str
    at: int
    until: int | None
    end: str


@dataclass(frozen=True, slots=True)
class Part:
    """A person's part in a conversation.

    Attributes:
        person: the extension's id.
        offers: the ids of the queues that rang them, in order.
        refused: the queues among `offers` whose call they did not take.
        answered: whether they took it.
        placed: whether they placed it.
        talked: how long they talked, ms; None if the log does not show it.
    """

    person: str
    offers: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    answered: bool = False
    placed: bool = False
    talked: int | None = None


class Known:
    """What the log shows of one conversation.

    Args:
        told: the conversation and its records that are read.
        cast: the company.
        teller: how records are written.

    Attributes:
        told: as given.
        story: what happened.
        id: the conversation's id.
        start: when it began, ms.
        end: when it ended, ms.
    """

    def __init__(self, told: Told, cast: Cast, teller: Teller) -> None:
        self.told, self.story, self.id = told, told.story, told.id
        self._cast, self._teller = cast, teller
        self._main = next((one for one in told.sheets if one.role == "main"), None)
        self._first = self._main or min(told.sheets, key=lambda one: one.start)
        self._detailed = self._main is not None and self.story.legs
        self.start = min(one.start for one in told.sheets)
        self.end = max(one.end for one in told.sheets)

    @property
    def type(self) -> Literal["Voice", "Fax"]:
        """What kind of call it is."""
        return "Fax" if self.story.form == "fax" else "Voice"

    @property
    def direction(self) -> Literal["Inbound", "Outbound"]:
        """Its direction; "Inbound" in the record of a called colleague."""
        placed = any(one.role in {"main", "own"} for one in self.told.sheets)
        return self.story.direction if placed else "Inbound"

    @property
    def outcome(self) -> Outcome:
        """Its outcome by the main record, or else by the existing records."""
        if self._main:
            return self._main.says
        said = {one.says for one in self.told.sheets}
        order: tuple[Outcome, ...] = ("answered", "voicemail", "missed", "not_connected")
        return next(one for one in order if one in said)

    @property
    def stays(self) -> tuple[Stay, ...]:
        """Its stays in queues, in order."""
        if self._main is None:
            return ()
        if self._detailed:
            return tuple(Stay(one.queue, one.at, one.until, one.end) for one in self.story.waits)
        for one in (self._main.owner, self.story.called.extension):
            if self._cast.queue(one):
                return (Stay(one, self.start, None, self.outcome),)
        return ()

    @property
    def queues(self) -> tuple[str, ...]:
        """The ids of its queues, in order."""
        return tuple(dict.fromkeys(one.queue for one in self.stays))

    @property
    def wait(self) -> int | None:
        """From the entry into the first queue until the call left the last one, ms."""
        stays = self.stays
        if not stays or stays[-1].until is None:
            return None
        return stays[-1].until - stays[0].at

    @property
    def answered_by(self) -> str | None:
        """The id of the first person in the company who took it."""
        return next((one.person for one in self.taken if one.person), None)

    @property
    def first_person(self) -> str | None:
        """The id of the person who placed it or was rung first; a secretary, not the boss."""
        story, main = self.story, self._main
        helper = next((one.person for one in story.talks if one.stands_in_for and main), None)
        if helper or self.direction == "Outbound":
            return helper or story.owner
        reached = main and (main.owner == story.owner or not story.legs)
        if main and reached and self._cast.person(main.owner):
            return main.owner
        rung = sorted((at, person) for person, at in self._rung().items())
        return rung[0][1] if rung else self.answered_by

    @property
    def caller_name(self) -> str:
        """The caller's name in the log; members' records put the queue's name before it."""
        return self._first.caller_name

    @property
    def called_number(self) -> str:
        """The dialled number in its first record."""
        return self._first.called_number

    @property
    def taken(self) -> tuple[Talk, ...]:
        """The talks of the people who took the call, as far as the log shows them."""
        story, main = self.story, self._main
        if self.outcome != "answered" or story.form in _PLACED:
            return ()
        if self._detailed:
            return story.talks
        seen = {one.person for one in self.told.sheets if one.role != "ring"}
        if main:
            seen |= {main.owner, story.called.extension}
        return tuple(
            one for one in story.talks if one.person in seen or (main and one.stands_in_for)
        )

    @property
    def ring(self) -> int | None:
        """From the first ring to the answer, ms."""
        answer = self._answer()
        first = None if answer is None else self._first_ring(answer)
        return None if answer is None or first is None else answer - first

    @property
    def talk(self) -> int | None:
        """From the answer to the end of the last talk, ms."""
        answer = self._answer()
        return None if answer is None else max(one.until for one in self.taken) - answer

    @property
    def transfers(self) -> int | None:
        """How often it was transferred."""
        handed_on = sum(one.how == "transfer" for one in self.story.talks) if self._detailed else 0
        count = handed_on + (self._main is not None and self.story.continued_by >= 0)
        # A record of a phone that did not answer shows nothing of what came after the answer.
        shown = self.outcome != "answered" or any(one.role != "ring" for one in self.told.sheets)
        return count if count or (self.story.legs and shown) else None

    @property
    def cost(self) -> float:
        """What it cost."""
        return round(sum(one.cost for one in self.told.sheets), 3)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the people who did something in it, or to whom a queue offered it."""
        if self.type == "Fax":
            return ()
        parts, queues, rung, taken = [], set(self.queues), self._rung(), self.taken
        if self.direction == "Outbound" and (placed := self.first_person):
            parts.append(Part(placed, placed=True, talked=self.talk))
        for person in dict.fromkeys((*rung, *(one.person for one in taken))):
            talks = [one for one in taken if one.person == person]
            # A person who took a queue's call was offered it, even if the log does not show the
            # ring.
            rings = [
                one
                for one in self.story.rings
                if one.person == person and one.queue in queues and (person in rung or talks)
            ]
            if person and (rings or talks):
                parts.append(
                    Part(
                        person,
                        offers=tuple(one.queue for one in rings),
                        refused=tuple(one.queue for one in rings if one.end != "answered"),
                        answered=bool(talks),
                        talked=self._talked(talks),
                    )
                )
        return tuple(parts)

    def _talked(self, talks: list[Talk]) -> int | None:
        """Return how long a person talked, ms; None if the log shows none of the talks."""
        told = [one for one in talks if self._is_told(one)]
        return sum(one.until - one.at for one in told) if told else None

    def _is_told(self, talk: Talk) -> bool:
        """Return whether the log shows when a person began to talk."""
        if not self.story.legs:
            return False
        if self.story.ring_of(talk) is None:
            return self._detailed
        return self._teller.begins_with_answer or self._by_queue(talk)

    def _by_queue(self, talk: Talk) -> bool:
        """Return whether the end of a queue's leg shows when a person began to talk."""
        return self._detailed and any(one.until == talk.at for one in self.story.waits)

    def _rung(self) -> dict[str, int]:
        """Return whose phones rang according to the records, and from when, ms."""
        story = self.story
        rung: dict[str, int] = {}
        owned = {(one.person, one.start): one.start for one in self.told.sheets if one.person}
        for ring in () if story.form == "ringout" else story.rings:
            moments = [owned[ring.person, ring.at]] if (ring.person, ring.at) in owned else []
            if self._detailed and ring.end == "answered":
                taken = (one for one in story.talks if story.ring_of(one) == ring)
                moments += [self._teller.talk_begins(story, one) for one in taken]
            elif self._detailed and not ring.queue:
                moments.append(ring.at)
            if ring.person and moments:
                rung.setdefault(ring.person, min(moments))
        return rung

    def _answer(self) -> int | None:
        """Return when the call was answered, ms, if the log shows it."""
        if not self.taken:
            return None
        first = self.taken[0]
        return first.at if self._is_told(first) else None

    def _first_ring(self, answer: int) -> int | None:
        """Return when a phone began to ring, ms, if the log shows it."""
        story, begun = self.story, []
        if story.waits or self._main is None:
            begun = [one.start for one in self.told.sheets if one.person]
        elif story.rings:
            begun = [story.rings[0].at]
        if self._detailed and not self._teller.begins_with_answer:
            begun += [self._teller.talk_begins(story, one) for one in self.taken[:1]]
        return min((one for one in begun if one < answer), default=None)
