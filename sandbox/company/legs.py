"""The parts of a record: its two parties, and its legs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.company.story import Menu, Message, Parked, Ring, Talk, Waiting
from sandbox.instants import SECOND, iso

if TYPE_CHECKING:
    from sandbox.company.cast import Cast
    from sandbox.company.story import Party, Story
    from sandbox.habits import Habits

Fields: TypeAlias = dict[str, Any]

# The leg type and the action of the person who talks.
_TAKEN = {
    "answer": ("PstnToSip", "VoIP Call"),
    "transfer": ("TransferCall", "Transfer"),
    "pickup": ("Pickup", "Pickup"),
}
_REFUSED = {
    "missed": "Missed",
    "declined": "Declined",
    "busy": "Busy",
    "offline": "IP Phone Offline",
    "not_accepted": "Answered Not Accepted",
}
# Forms with only the record's own leg: no phone of the company was called.
_NO_PHONE = frozenset({"outbound", "ringout", "conference"})


def span(start: int, end: int) -> Fields:
    """Return the start and the duration of a record or leg, from times in ms."""
    return {"startTime": iso(start), "duration": (end - start) // SECOND, "durationMs": end - start}


class Scribe:
    """Writes the parts of records.

    Args:
        cast: the company.
        habits: the server's.
    """

    def __init__(self, cast: Cast, habits: Habits) -> None:
        self._cast, self._habits = cast, habits

    def talk_begins(self, story: Story, talk: Talk) -> int:
        """Return when the leg of a talk begins, ms: with the answer or with the ring."""
        ring = story.ring_of(talk)
        return talk.at if self._habits.legs_begin == "answer" or ring is None else ring.at

    def about(
        self, story: Story, owner: str, direction: str, action: str, result: str | None
    ) -> Fields:
        """Return the fields that a record has in common with its legs."""
        inbound = direction == "Inbound" and not story.internal
        about = {
            "type": "Fax" if story.form == "fax" else "Voice",
            "internalType": "Local" if story.internal else "LongDistance",
            "direction": direction,
            "action": action,
            "result": result,
            "from": self.side(story.caller),
            "to": self.side(story.called),
            "transport": "PSTN" if inbound else "VoIP",
            "extension": self._extension(owner),
        }
        return {name: value for name, value in about.items() if value is not None}

    def about_member(self, story: Story, person_id: str, queue_id: str, result: str) -> Fields:
        """Return the same for a record about a person's phone, rung by a queue or not."""
        about = self.about(story, person_id, "Inbound", "Phone Call", result)
        queue, person = self._cast.queue(queue_id), self._cast.person(person_id)
        about["to"] = {"name": person.name if person else "", "phoneNumber": story.called.number}
        if queue:
            about["to"]["phoneNumber"] = queue.phone
            if story.caller.name:
                about["from"] = {**about["from"], "name": f"{queue.name} - {story.caller.name}"}
        return about

    def side(self, party: Party) -> Fields:
        """Return a party of a call."""
        known = self._cast.person(party.extension) or self._cast.queue(party.extension)
        side = {
            "phoneNumber": party.number,
            "name": party.name,
            "location": party.place,
            "extensionId": party.extension,
            "extensionNumber": known.number if known else "",
        }
        return {name: value for name, value in side.items() if value}

    def delegate(self, person_id: str) -> Fields:
        """Return the person who acts on behalf of somebody else."""
        person = self._cast.person(person_id)
        return {"delegate": {"id": person_id, "name": person.name if person else ""}}

    def leg(
        self, about: Fields, start: int, end: int, leg_type: str, *, master: bool = False
    ) -> Fields:
        """Return a leg."""
        leg = {**span(start, end), **about, "legType": leg_type}
        return {**leg, "master": True} if master else leg

    def phone(self, story: Story, about: Fields, talk: Talk) -> Fields:
        """Return the leg to the phone of the person who takes a call."""
        person, owner = self._cast.person(talk.person), talk.stands_in_for or talk.person
        leg = self._part(
            {**about, "direction": "Outbound"},
            (self.talk_begins(story, talk), talk.until),
            owner or story.owner,
            ("PstnToSip", "VoIP Call", "Accepted"),
        )
        if person:
            device = str(802_000_000 + int(person.id) % 1_000_000)
            uri = f"{self._cast.account_url}/device/{device}"
            leg["to"] = {"extensionNumber": person.number, "device": {"id": device, "uri": uri}}
        if talk.stands_in_for:
            leg.update(self.delegate(talk.person))
        return leg

    def steps(self, story: Story, about: Fields) -> list[Fields]:
        """Return the further legs of a conversation's main record."""
        legs = []
        for step in story.steps:
            when = step.at, step.until
            if isinstance(step, Menu) and step.logged:
                legs.append(self._part(about, when, step.id, ("Accept", "Phone Call", "Accepted")))
            elif isinstance(step, Waiting):
                result = "Accepted" if step.end == "answered" else "Missed"
                legs.append(self._part(about, when, step.queue, ("Hunting", "Hunting", result)))
            elif isinstance(step, Message):
                legs.append(
                    self._part(about, when, step.box, ("Accept", "Phone Call", "Voicemail"))
                )
            elif isinstance(step, Parked):
                legs.append(self._part(about, when, step.by, ("CallPark", "Call Park", "Accepted")))
            elif isinstance(step, Talk) and story.form not in _NO_PHONE:
                leg_type, action = _TAKEN[step.how]
                leg = self.phone(story, about, step)
                legs.append({**leg, "legType": leg_type, "action": action})
            elif isinstance(step, Ring) and not step.queue and step.end != "answered":
                if story.form in _NO_PHONE:
                    continue
                how = ("PstnToSip", "VoIP Call", _REFUSED[step.end])
                legs.append(self._part({**about, "direction": "Outbound"}, when, step.person, how))
        return legs

    def _part(
        self, about: Fields, when: tuple[int, int], owner: str, how: tuple[str, str, str]
    ) -> Fields:
        leg_type, action, result = how
        part = {**about, "action": action, "result": result, "extension": self._extension(owner)}
        return self.leg(part, *when, leg_type)

    def _extension(self, extension_id: str) -> Fields:
        uri = f"{self._cast.account_url}/extension/{extension_id}"
        return {"id": int(extension_id), "uri": uri}
