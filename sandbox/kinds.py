"""The kinds of call that the sandbox knows, and how often each occurs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LegKind:
    """One leg of a kind of call.

    Attributes:
        leg_type: its `legType`.
        action: its `action`.
        result: its `result`.
        to_desk: whether it rings the extension instead of the recipient of the whole call.
    """

    leg_type: str
    action: str
    result: str
    to_desk: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of call.

    Attributes:
        share: how many of 256 conversations are of this kind.
        length: what determines the duration: "talk", "ring" or "fax".
        legs: its legs; a call has the first two or three of them.
        few_legs: its minimum number of legs.
        recorded: whether it may have a recording.
        queue: how many members' phones a call queue may ring; each member who does not answer has a
            separate record.
    """

    name: str
    share: int
    direction: str
    type: str
    action: str
    result: str
    transport: str
    length: str
    legs: tuple[LegKind, ...]
    few_legs: int = 2
    recorded: bool = False
    queue: bool = False
    internal: bool = False
    message: str = ""
    transferred: bool = False
    reason: str = ""


_TO_MAIN = LegKind("Accept", "Phone Call", "Accepted")
_RING = LegKind("RingDirectly", "Phone Call", "Accepted", to_desk=True)
_FIND = LegKind("FindMe", "FindMe", "Accepted", to_desk=True)
_UNANSWERED = LegKind("FindMe", "FindMe", "Missed", to_desk=True)
_OUT = LegKind("SipToPstnMetered", "VoIP Call", "Call connected")
_OUT_APP = LegKind("RingOutClientToSubscriber", "RingOut PC", "Call connected")
_FAILED = LegKind("SipToPstnUnmetered", "VoIP Call", "No Answer")
_QUEUE = LegKind("Hunting", "Hunting", "Accepted")

MISSED_BY_MEMBER = Kind(
    "missed_by_member", 0, "Inbound", "Voice", "Phone Call", "Missed", "PSTN", "ring",
    (_QUEUE, _UNANSWERED), reason="No Answer",
)  # fmt: skip

KINDS = (
    Kind("answered", 70, "Inbound", "Voice", "Phone Call", "Accepted", "PSTN", "talk",
         (_TO_MAIN, _RING, _FIND), recorded=True),
    Kind("missed", 22, "Inbound", "Voice", "Phone Call", "Missed", "PSTN", "ring",
         (_TO_MAIN, _UNANSWERED, _UNANSWERED), reason="No Answer"),
    Kind("voicemail", 20, "Inbound", "Voice", "Phone Call", "Voicemail", "PSTN", "ring",
         (_TO_MAIN, _UNANSWERED, LegKind("Accept", "Phone Call", "Voicemail")),
         few_legs=3, message="VoiceMail"),
    Kind("queue_answered", 16, "Inbound", "Voice", "Phone Call", "Accepted", "PSTN", "talk",
         (_TO_MAIN, _QUEUE, _UNANSWERED, _RING), few_legs=3, recorded=True, queue=True),
    Kind("queue_abandoned", 4, "Inbound", "Voice", "Phone Call", "Abandoned", "PSTN", "ring",
         (_TO_MAIN, _QUEUE, _UNANSWERED), queue=True, reason="Hang Up"),
    Kind("connected", 68, "Outbound", "Voice", "VoIP Call", "Call connected", "VoIP", "talk",
         (_OUT_APP, _OUT, LegKind("TransferCall", "Transfer", "Call connected")), recorded=True),
    Kind("hung_up", 14, "Outbound", "Voice", "VoIP Call", "Hang Up", "VoIP", "ring",
         (_FAILED, _FAILED), few_legs=1, reason="Hang Up"),
    Kind("busy", 6, "Outbound", "Voice", "RingOut Web", "Busy", "VoIP", "ring",
         (_FAILED, _FAILED), few_legs=1, reason="Line Busy"),
    Kind("internal", 16, "Outbound", "Voice", "VoIP Call", "Call connected", "VoIP", "talk",
         (LegKind("ExtensionToExtension", "VoIP Call", "Call connected"), _RING),
         recorded=True, internal=True),
    Kind("transferred", 8, "Inbound", "Voice", "Phone Call", "Accepted", "PSTN", "talk",
         (_TO_MAIN, _RING, LegKind("TransferCall", "Transfer", "Accepted", to_desk=True)),
         few_legs=3, recorded=True, transferred=True),
    Kind("fax_in", 5, "Inbound", "Fax", "Incoming Fax", "Received", "PSTN", "fax",
         (LegKind("Accept", "Incoming Fax", "Received"),), few_legs=1, message="Fax"),
    Kind("fax_out", 4, "Outbound", "Fax", "Outgoing Fax", "Sent", "PSTN", "fax",
         (LegKind("FaxSent", "Outgoing Fax", "Sent"),), few_legs=1, message="Fax"),
    Kind("blocked", 3, "Inbound", "Voice", "Phone Call", "Blocked", "PSTN", "ring",
         (LegKind("Accept", "Phone Call", "Blocked"),), few_legs=1, reason="Number Blocked"),
)  # fmt: skip

KIND_OF_BYTE = tuple(kind for kind in KINDS for _ in range(kind.share))
KIND_NAMED = {kind.name: kind for kind in (*KINDS, MISSED_BY_MEMBER)}
