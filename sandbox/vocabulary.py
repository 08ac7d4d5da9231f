"""Calls with every documented word of RingCentral's vocabulary for calls, one word per call.

The generated calls use the common words. This list is complete as of July 2026; RingCentral adds
words over time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAX_RESULTS = (
    "Fax Not Sent", "Fax Partially Sent", "Fax Poor Line", "Fax Receipt Error", "Fax on Demand",
    "Partial Receive", "Receive Error", "Received", "Send Error", "Sent",
)  # fmt: skip
RESULTS = (
    "911", "933", "Abandoned", "Accepted", "Answered Elsewhere", "Answered Not Accepted",
    "Blocked", "Busy", "Call Failed", "Call Failure", "Call connected", "Callback requested",
    "Carrier is not active", "Declined", "EDGE trunk misconfigured", "Hang Up",
    "IP Phone Offline", "In Progress", "Internal Error", "International Disabled",
    "International Restricted", "Missed", "No Answer", "No Calling Credit", "Not Allowed",
    "Phone Login", "Rejected", "Reply", "Restricted Number", "Sent to Voicemail", "Stopped",
    "Suspended account", "Unknown", "Voicemail", "Wrong Number", *_FAX_RESULTS,
)  # fmt: skip
_FAX_REASONS = (
    "Fax Not Received", "Fax Not Sent", "Fax Partially Sent", "Fax Poor Line",
    "Fax Prepare Error", "Fax Save Error", "Fax Send Error", "Receive Error",
)  # fmt: skip
REASONS = (
    "Accepted", "Bad Number", "Call Loop", "Calls Not Accepted", "Carrier is not active",
    "Connected", "Customer 611 Restricted", "EDGE trunk misconfigured",
    "Emergency Address not defined", "Failed Try Again", "Hang Up", "Info 411 Restricted",
    "Internal Call Error", "Internal Error", "International Disabled",
    "International Restricted", "Line Busy", "Max Call Limit", "No Answer", "No Credit",
    "No Digital Line", "Not Answered", "Number Blocked", "Number Disabled",
    "Number Not Allowed", "Resource Error", "Restricted Number", "Stopped", "Too Many Calls",
    "Unknown", "Wrong Number", *_FAX_REASONS,
)  # fmt: skip
_FAX_ACTIONS = ("Incoming Fax", "Outgoing Fax")
ACTIONS = (
    "Accept Call", "Barge In Call", "Call Park", "Call Return", "CallOut-CallMe",
    "Calling Card", "Conference Call", "E911 Update", "Emergency", "External Application",
    "FindMe", "FollowMe", "FreeSPDL", "Hunting", "Monitoring", "Move", "Paging",
    "Park Location", "Phone Call", "Phone Login", "Pickup", "RC Meetings", "Ring Directly",
    "RingMe", "RingOut Mobile", "RingOut PC", "RingOut Web", "Sip Forwarding", "Support",
    "Text Relay", "Transfer", "Unknown", "VoIP Call", "VoiceChat Call", *_FAX_ACTIONS,
)  # fmt: skip
LEG_TYPES = (
    "Accept", "CallBack", "CallMeCallOut", "CallPark", "CallingCard", "ConferenceCall",
    "ExtensionToExtension", "FaxSent", "FindMe", "FollowMe", "Hunting", "ImsCall", "IvaCall",
    "JoinCall", "MeetingsCall", "MobileApp", "Monitoring", "MoveToConference",
    "OutgoingFreeSpDl", "PagingServer", "ParkLocation", "Pickup", "PstnToSip", "RingDirectly",
    "RingMe", "RingOutClientToCaller", "RingOutClientToSubscriber", "RingOutDeviceToCaller",
    "RingOutDeviceToSubscriber", "RingOutOneLegToCaller", "RingOutWebToCaller",
    "RingOutWebToSubscriber", "ServiceMinus2", "ServiceMinus3", "SilentMonitoring",
    "SipForwarding", "SipToPstnMetered", "SipToPstnUnmetered", "TestCall", "TextRelay",
    "TransferCall", "Unknown", "VoiceChat",
)  # fmt: skip
INTERNAL_TYPES = (
    "ImsIncoming", "ImsOutgoing", "International", "Local", "LocalNumber", "LongDistance",
    "RingMe", "RingOut", "Sip", "TollFreeNumber", "Unknown", "Usual", "VerificationNumber", "Vma",
)  # fmt: skip
DELEGATION_TYPES = ("Coworker", "Unknown")


def calls_of_every_word() -> Iterator[dict[str, Any]]:
    """Yield the fields of a call for each word, for `CallLog.add`."""
    for word in RESULTS:
        kind = "fax_in" if word in _FAX_RESULTS else "missed"
        yield {"kind": kind, "result": word, "leg": {"result": word}}
    for word in REASONS:
        kind, result = "hung_up", "Call Failed"
        if word in _FAX_REASONS:
            kind, result = "fax_out", "Fax Not Sent"
        about = {"result": result, "reason": word, "reasonDescription": f"{word}."}
        yield {"kind": kind, **about, "leg": about}
    for word in ACTIONS:
        kind = "fax_in" if word in _FAX_ACTIONS else "connected"
        yield {"kind": kind, "action": word, "leg": {"action": word}}
    for word in LEG_TYPES:
        kind = "fax_out" if word == "FaxSent" else "answered"
        yield {"kind": kind, "leg": {"legType": word}}
    for word in INTERNAL_TYPES:
        yield {"kind": "connected", "internalType": word, "leg": {"internalType": word}}
    for word in DELEGATION_TYPES:
        yield {"kind": "answered", "delegationType": word, "leg": {"delegationType": word}}
