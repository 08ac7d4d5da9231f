"""A call's record as JSON text, made directly from its plan.

The tests spend most of their time on pages of a thousand Detailed records. So a record is joined
from prerendered text instead of being built as objects first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.instants import SECOND, iso
from sandbox.phrases import RECEIVED, SETTLED, UNSETTLED
from sandbox.plans import FILE_IDS, FIRST_MESSAGE, NOBODY, id_of
from sandbox.recordings import recording_id, recording_type

if TYPE_CHECKING:
    from sandbox.people import Desk, People
    from sandbox.plans import Plan
    from sandbox.recordings import Recordings

ACCOUNT = -1
"""The viewpoint of the account's call log; an extension's is its index."""

# Disguises the conversation's number within telephonySessionId.
_VEIL = 0x5BD1E9955BD1E995

# Shorter recordings are not kept.
_SHORTEST_RECORDING = 30 * SECOND


def session_of(text: str) -> int:
    """Return the conversation's number from a `sessionId` or `telephonySessionId`, or -1."""
    try:
        return int(text) if text.isdigit() else int(text[-16:], 16) ^ _VEIL
    except ValueError:
        return -1


class Renderer:
    """Writes records.

    Args:
        people: the people in them.
        recordings: the calls' recordings, which the records name.
    """

    def __init__(self, people: People, recordings: Recordings) -> None:
        self._people = people
        self._recordings = recordings

    def record(self, plan: Plan, now: int, *, detailed: bool, viewer: int = ACCOUNT) -> str:
        """Return a record as of a given time.

        Args:
            plan: the call.
            now: ms since 1970, not before the record became visible.
            detailed: whether to use the Detailed view instead of the Simple one.
            viewer: `ACCOUNT`, or the index of the extension whose log is read.

        Returns:
            A JSON object.
        """
        people, kind = self._people, plan.kind
        home = people.account_url
        if viewer == ACCOUNT:
            desk = people.desks[plan.extension]
        else:
            desk = people.desks[viewer]
            home = f"{home}/extension/{desk.id}"
        said = (SETTLED if plan.revised <= now else UNSETTLED)[kind.name]
        if viewer == plan.partner != NOBODY:
            said = RECEIVED[kind.name]
        call_id = id_of(plan.number)
        session = f"{plan.session_bits:016x}{plan.session ^ _VEIL:016x}"
        span = (
            f'"startTime":"{iso(plan.start)}","duration":{plan.duration // SECOND},'
            f'"durationMs":{plan.duration}'
        )
        caller, called = self._parties(plan)
        extras = self._extras(plan, now, desk)
        view = "Detailed" if detailed else "Simple"
        deleted = ',"deleted":true' if 0 < plan.deleted <= now else ""
        head = (
            f'{{"uri":"{home}/call-log/{call_id}?view={view}","id":"{call_id}",'
            f'"sessionId":"{plan.session}","telephonySessionId":"s-{session}",'
            f'"partyId":"p-{session}-1",{span}{said.record}{caller},"to":{called},'
            f'"extension":{desk.ref}{extras}{deleted}'
        )
        if not detailed:
            return head + "}"
        billing = _billing(plan, now)
        end = f',"telephonySessionId":"s-{session}","extension":{desk.ref}}}'
        further = ""
        kinds = kind.legs
        if len(kinds) > 1:
            further = self._further_legs(plan, said.legs, f"{caller},", called, end)
        return (
            f'{head}{said.transport},"lastModifiedTime":"{iso(plan.modified(now))}"{billing},'
            f'"metadataCategories":[],"legs":[{{{span}{said.legs[0]}{caller},"to":{called}{extras},'
            f'"master":true{billing},"sipUuidInfo":"{plan.bits:016x}"{end}{further}]}}'
        )

    def _further_legs(
        self, plan: Plan, said: tuple[str, ...], caller: str, called: str, end: str
    ) -> str:
        kinds, duration = plan.kind.legs, plan.duration
        count = len(kinds) if plan.bits >> 32 & 3 == 0 else plan.kind.few_legs
        desk = self._people.desks[plan.extension if plan.partner == NOBODY else plan.partner]
        step = 1_000 + (plan.bits >> 30 & 0xFFF)
        text = ""
        for index in range(1, count):
            passed = min(index * step, duration)
            rest = duration - passed
            text += (
                f',{{"startTime":"{iso(plan.start + passed)}","duration":{rest // SECOND},'
                f'"durationMs":{rest}{said[index]}{caller}'
                f'"to":{desk.party_dialed if kinds[index].to_desk else called}{end}'
            )
        return text

    def _parties(self, plan: Plan) -> tuple[str, str]:
        people, kind = self._people, plan.kind
        desk = people.desks[plan.extension]
        if plan.partner != NOBODY:
            return desk.party, people.desks[plan.partner].party_dialed
        if kind.direction == "Outbound":
            return desk.party, people.called[plan.contact]
        caller = people.callers[plan.contact]
        if kind.queue or plan.session != plan.number:
            return caller, people.queues[plan.session_bits >> 12 & 3]
        return caller, people.company if plan.bits & 1 else desk.party_dialed

    def _extras(self, plan: Plan, now: int, desk: Desk) -> str:
        kind, url, bits = plan.kind, self._people.account_url, plan.bits
        text = ""
        if kind.message:
            message = FIRST_MESSAGE + plan.number % FILE_IDS
            text = (
                f',"message":{{"id":"{message}","type":"{kind.message}",'
                f'"uri":"{url}/extension/{desk.id}/message-store/{message}"}}'
            )
        if plan.recorded and self._recordings.named(plan, now):
            path = f"recording/{(recording := recording_id(plan))}"
            text += (
                f',"recording":{{"id":"{recording}","uri":"{url}/{path}",'
                f'"type":"{recording_type(plan)}",'
                f'"contentUri":"{self._people.media_url}/{path}/content"}}'
            )
        elif kind.recorded and bits >> 50 & 3 == 0 and plan.duration <= _SHORTEST_RECORDING:
            text += ',"shortRecording":true'
        if kind.transferred:
            which = "transferee" if bits & 1 else "transferTarget"
            text += f',"{which}":{{"telephonySessionId":"s-{bits:016x}{plan.session_bits:016x}"}}'
        elif bits >> 54 & 0xF == 0:
            boss = self._people.desks[0]
            text += (
                f',"delegate":{{"id":"{boss.id}","name":"{boss.name}"}},"delegationType":"Coworker"'
            )
        return text


def _billing(plan: Plan, now: int) -> str:
    # `costPurchased` is 0 until the record is revised.
    included, purchased = plan.duration * 7 // 60_000, 0
    if plan.kind.direction == "Outbound" and plan.revised <= now:
        purchased = (plan.duration // 60_000 + 1) * 17
    return (
        f',"billing":{{"costIncluded":{included // 1000}.{included % 1000:03d},'
        f'"costPurchased":{purchased // 1000}.{purchased % 1000:03d}}}'
    )
