"""The records of a conversation in RingCentral's call log.

Their form follows RingCentral's definitions and samples that its own developers published. A direct
call is one record. Its first leg (`master`) is as long as the record; the phone that answers has
another leg, towards the phone (`direction` "Outbound"), with the person's extension id. A call to a
queue also has one record for each member whose phone rang. It begins when the phone rings, and
names the queue only before the caller's name.

Two facts are not known for sure, so they are habits of the server: where the leg of an answered
call begins (`Habits.legs_begin`), and whose extension id the record of a queue's call has
(`Habits.queue_records`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.company.legs import Fields, Scribe, span
from sandbox.company.story import Message
from sandbox.plans import mix

if TYPE_CHECKING:
    from sandbox.company.cast import Cast
    from sandbox.company.story import Outcome, Ring, Story, Talk
    from sandbox.habits import Habits

_SALT = 0xC0FFEE
# Calls that no phone of the company takes, or only one without a separate record.
_ONE_SIDED = frozenset({"outbound", "ringout", "internal", "conference", "shared_line", "fax"})
_RESULTS: dict[Outcome, str] = {
    "answered": "Accepted",
    "voicemail": "Voicemail",
    "abandoned": "Abandoned",
    "missed": "Missed",
    "not_connected": "No Answer",
    "callback_requested": "Callback requested",
    "blocked": "Blocked",
}
_REFUSALS = {
    "missed": "Missed",
    "elsewhere": "Answered Elsewhere",
    "declined": "Declined",
    "busy": "Busy",
    "offline": "IP Phone Offline",
    "not_accepted": "Answered Not Accepted",
}
_REASONS = {
    "Hang Up": "The caller hung up before anyone answered.",
    "No Answer": "The call was not answered in time.",
    "Number Blocked": "The number is on the list of blocked numbers.",
}
_FIRST_LEGS = {
    "outbound": "SipToPstnMetered",
    "ringout": "RingOutWebToSubscriber",
    "internal": "ExtensionToExtension",
    "conference": "ConferenceCall",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One record of a conversation.

    Attributes:
        role: "main", "own" (the caller's own phone of a RingOut call), "other" (the called
            colleague), or "ring" or "talk" of a member or colleague.
        owner: its extension id.
        start: when it begins, ms.
        end: when it ends, ms.
        says: the conversation's outcome, by this record alone.
        person: the person whose phone it is about, empty for the main record.
        logs: the extensions whose logs contain it, in addition to the account's.
        queue: the queue that rang the phone, empty for none.
        fields: the record, without the fields that depend on the server's address and the time.
    """

    role: str
    owner: str
    start: int
    end: int
    says: Outcome
    person: str = ""
    logs: tuple[str, ...] = ()
    queue: str = ""
    fields: Fields = field(default_factory=dict, compare=False)

    @property
    def key(self) -> str:
        """Its unique key within the conversation."""
        return f"{self.role} {self.person} {self.queue}".strip()

    @property
    def caller_name(self) -> str:
        """The caller's name in it, empty for none."""
        name: str = self.fields["from"].get("name", "")
        return name

    @property
    def called_number(self) -> str:
        """The number that it was placed to, empty for none."""
        number: str = self.fields["to"].get("phoneNumber", "")
        return number

    @property
    def cost(self) -> float:
        """The cost in it."""
        billing: dict[str, float] = self.fields["billing"]
        return round(sum(billing.values()), 3)


class Teller:
    """Writes records.

    Args:
        cast: the company.
        habits: the server's.
        seed: the account's seed.
    """

    def __init__(self, cast: Cast, habits: Habits, seed: int) -> None:
        self._cast, self._habits, self._seed = cast, habits, seed
        self._scribe = Scribe(cast, habits)

    @property
    def begins_with_answer(self) -> bool:
        """Whether legs of answered calls begin with the answer, not with the ring."""
        return self._habits.legs_begin == "answer"

    def talk_begins(self, story: Story, talk: Talk) -> int:
        """Return when the leg of a talk begins, ms."""
        return self._scribe.talk_begins(story, talk)

    def conversation_id(self, story: Story, record_id: str) -> str:
        """Return the session id that a conversation's records share, or else the record's id."""
        if story.session == "none":
            return record_id
        return self._old(story.number) if story.session == "old" else self._session(story.number)

    def sheets(self, story: Story) -> tuple[Sheet, ...]:
        """Return the records of a conversation, the main one first."""
        main = self._main(story)
        if story.form == "ringout":
            return main, self._own_phone(story, main)
        if story.form == "internal" and story.number % 2:
            return main, self._other(story)
        if story.form in _ONE_SIDED:
            return (main,)
        rings = [
            self._rung(story, one) for one in story.rings if one.queue and one.end != "answered"
        ]
        talks = [
            self._talked(story, one)
            for one in story.talks
            if one.person != main.owner and not one.stands_in_for
        ]
        return main, *rings, *talks

    def _main(self, story: Story) -> Sheet:
        owner = story.owner
        if story.form == "queue" and self._habits.queue_records == "member" and story.talks:
            owner = story.talks[0].person
        about = self._scribe.about(story, owner, story.direction, _action(story), _result(story))
        leg_type = _FIRST_LEGS.get(story.form, "Accept")
        if story.form == "fax" and story.direction == "Outbound":
            leg_type = "FaxSent"
        first = self._scribe.leg(about, story.start, story.end, leg_type, master=True)
        fields = {**about, "legs": [first, *self._scribe.steps(story, about)]}
        logs: tuple[str, ...] = (owner,) if self._cast.person(owner) else ()
        helper = next((one.person for one in story.talks if one.stands_in_for), "")
        if helper:
            fields.update(self._scribe.delegate(helper), delegationType="Coworker")
            logs = (owner, helper)
        if story.follows >= 0:
            fields["transferee"] = {"telephonySessionId": self._session(story.follows)}
        if story.continued_by >= 0:
            fields["transferTarget"] = {"telephonySessionId": self._session(story.continued_by)}
        if story.reason:
            fields["reason"] = story.reason
            fields["reasonDescription"] = _REASONS[story.reason]
        sheet = Sheet("main", owner, story.start, story.end, story.outcome, "", logs, "", fields)
        return self._finished(story, sheet)

    def _rung(self, story: Story, ring: Ring) -> Sheet:
        """Return the record of a person whose phone rang and who did not take the call."""
        about = self._scribe.about_member(story, ring.person, ring.queue, _REFUSALS[ring.end])
        fields = {
            **about,
            "legs": [self._scribe.leg(about, ring.at, ring.until, "Accept", master=True)],
        }
        person = ring.person
        # Such a record shows that somebody took the call, but not who.
        says: Outcome = "answered" if ring.end == "elsewhere" else "missed"
        sheet = Sheet(
            "ring", person, ring.at, ring.until, says, person, (person,), ring.queue, fields
        )
        return self._finished(story, sheet)

    def _talked(self, story: Story, talk: Talk) -> Sheet:
        """Return the record of a person who took a call that first went to somebody else."""
        ring = story.ring_of(talk)
        begin, queue = (ring.at, ring.queue) if ring else (talk.at, "")
        about = self._scribe.about_member(story, talk.person, queue, "Accepted")
        fields = {
            **about,
            "legs": [
                self._scribe.leg(about, begin, talk.until, "Accept", master=True),
                self._scribe.phone(story, about, talk),
            ],
        }
        person = talk.person
        sheet = Sheet("talk", person, begin, talk.until, "answered", person, (person,), "", fields)
        return self._finished(story, sheet)

    def _own_phone(self, story: Story, main: Sheet) -> Sheet:
        """Return the record of the phone that RingOut rings first, which reached no outsider."""
        picked_up = any(one.end == "answered" for one in story.rings)
        result = "Call connected" if picked_up else "No Answer"
        about = self._scribe.about(story, story.owner, "Outbound", "RingOut Web", result)
        about.update({"from": self._scribe.side(self._cast.company), "to": main.fields["from"]})
        leg = self._scribe.leg(about, story.start, story.end, "RingOutWebToCaller", master=True)
        fields = {**about, "legs": [leg]}
        sheet = Sheet(
            "own", story.owner, story.start, story.end, "not_connected", "", main.logs, "", fields
        )
        return self._finished(story, sheet)

    def _other(self, story: Story) -> Sheet:
        """Return the record of a called colleague."""
        person = story.called.extension
        says: Outcome = "missed" if story.outcome == "not_connected" else story.outcome
        about = self._scribe.about(story, person, "Inbound", "Phone Call", _RESULTS[says])
        first = self._scribe.leg(about, story.start, story.end, "Accept", master=True)
        legs = [first, *(self._scribe.phone(story, about, one) for one in story.talks)]
        fields = {**about, "legs": legs}
        sheet = Sheet("other", person, story.start, story.end, says, person, (person,), "", fields)
        return self._finished(story, sheet)

    def _finished(self, story: Story, sheet: Sheet) -> Sheet:
        fields = {
            **span(sheet.start, sheet.end),
            **self._sessions(story, len(sheet.fields["legs"])),
            **sheet.fields,
            "billing": _billing(sheet),
        }
        if not story.legs:
            del fields["legs"]
        sheet.fields.clear()
        sheet.fields.update({name: one for name, one in fields.items() if one is not None})
        return sheet

    def _sessions(self, story: Story, party: int) -> Fields:
        if story.session == "none":
            return {"sessionId": "0", "telephonySessionId": ""}
        old = {"sessionId": self._old(story.number)}
        if story.session == "old":
            return old
        session = self._session(story.number)
        return {**old, "telephonySessionId": session, "partyId": f"p-{session[2:]}-{party}"}

    def _session(self, number: int) -> str:
        return f"s-{mix(self._seed ^ _SALT):016x}{mix(number << 20 | self._seed & 0xFFFFF):016x}"

    def _old(self, number: int) -> str:
        return str(700_000_000_000 + self._seed % 1000 * 100_000_000 + number)


def _result(story: Story) -> str | None:
    if story.result != "":
        return story.result
    if story.outcome == "answered" and story.direction == "Outbound":
        return "Call connected"
    empty = any(isinstance(one, Message) and not one.left for one in story.steps)
    return "Sent to Voicemail" if empty else _RESULTS[story.outcome]


def _action(story: Story) -> str:
    if story.outcome == "emergency":
        return "Emergency"
    if story.form == "fax":
        return "Incoming Fax" if story.direction == "Inbound" else "Outgoing Fax"
    if story.form == "ringout":
        return "RingOut Web"
    if story.form == "conference":
        return "Conference Call"
    return "VoIP Call" if story.direction == "Outbound" else "Phone Call"


def _billing(sheet: Sheet) -> dict[str, Any]:
    minutes = -((sheet.start - sheet.end) // 60_000)
    if sheet.fields["direction"] == "Outbound":
        return {"costIncluded": 0.0, "costPurchased": round(minutes * 0.017, 3)}
    return {"costIncluded": round(minutes * 0.007, 3), "costPurchased": 0.0}
