"""Conversations made by hand: the records of each, and what the view `calls` says of it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

#: When each of them begins.
START = datetime(2026, 3, 15, 10, tzinfo=timezone.utc)


def leg(result: str, after: int = 0, duration: int = 0, **fields: Any) -> dict[str, Any]:
    begin = (START + timedelta(seconds=after)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"result": result, "startTime": begin, "duration": duration, "type": "Voice", **fields}


def record(result: str, *legs: dict[str, Any], duration: int = 0, **fields: Any) -> dict[str, Any]:
    first = leg(result, 0, duration, master=True, legType="Accept")
    return {
        "direction": "Inbound", "type": "Voice", "action": "Phone Call", "result": result,
        "duration": duration, "legs": [first, *legs], **fields,
    }  # fmt: skip


def queue(*results: str) -> list[dict[str, Any]]:
    """Return the records of members whose phones a queue rang for 20 s each, all at once."""
    rang = leg("Missed", 5, 20, legType="FindMe")
    found = leg("Accepted", 25, 100, legType="RingDirectly")
    waited = leg("Accepted", 2, 23, legType="Hunting", action="Hunting")
    return [
        record(one, waited, found, duration=125)
        if one == "Accepted"
        else record(one, waited, rang, duration=25)
        for one in results
    ]


# Of each conversation its records, and what is to be said of it.
CASES = {
    "answered": (
        [record("Accepted", leg("Accepted", 12, 60, legType="RingDirectly"), duration=72)],
        {"response": "Answered", "result": "Completed", "ringSeconds": 12, "talkSeconds": 60},
    ),
    "without-further-legs": (
        [record("Accepted", duration=45)],
        {"result": "Completed", "ringSeconds": None, "talkSeconds": 45, "transfers": 0},
    ),
    "whose-own-leg-comes-last": (
        [
            {
                **record("Accepted", duration=72),
                "legs": [leg("Accepted", 12, 60), leg("Accepted", 0, 72, master=True)],
            }
        ],
        {"ringSeconds": 12, "talkSeconds": 60},
    ),
    "whose-own-leg-is-not-marked": (
        [
            {
                **record("Accepted", duration=72),
                "legs": [leg("Accepted", 0, 72), leg("Accepted", 12, 60)],
            }
        ],
        {"ringSeconds": 12, "talkSeconds": 60},
    ),
    "in-older-words": (
        [record("Call accepted", leg("Call accepted", 3, 30), duration=33)],
        {"answered": True, "ringSeconds": 3, "talkSeconds": 30},
    ),
    "three-members-miss-it-and-one-answers": (
        queue("Missed", "Missed", "Missed", "Accepted"),
        {"result": "Completed", "records": 4, "ringSeconds": 25, "talkSeconds": 100},
    ),
    "missed-after-an-announcement-and-answered-by-another": (
        [
            record("Missed", leg("Accepted", 2, 3), duration=20),
            record("Accepted", leg("Accepted", 25, 100), duration=125),
        ],
        {"result": "Completed", "ringSeconds": 25, "talkSeconds": 100},
    ),
    "given-up-in-one-queue-and-answered-in-another": (
        [record("Abandoned", duration=9, reason="Hang Up"), record("Accepted", duration=30)],
        {"result": "Completed", "abandoned": False},
    ),
    "queue-that-nobody-answers": (
        queue("Missed", "Missed"),
        {"response": "NotAnswered", "result": "Missed", "records": 2, "talkSeconds": 0},
    ),
    "abandoned-in-a-queue": (
        [*queue("Missed"), record("Abandoned", duration=9)],
        {"result": "Abandoned", "abandoned": True, "voicemail": False, "ringSeconds": None},
    ),
    "missed-as-the-caller-hung-up": (
        [record("Missed", duration=9, reason="Hang Up")],
        {"result": "Abandoned", "abandoned": True},
    ),
    "voicemail": (
        [record("Missed", duration=20), record("Voicemail", duration=50)],
        {"result": "Voicemail", "voicemail": True, "abandoned": False, "talkSeconds": 0},
    ),
    "hung-up-while-speaking-to-voicemail": (
        [record("Voicemail", duration=50, reason="Hang Up")],
        {"result": "Voicemail", "abandoned": False},
    ),
    "answered-while-another-went-to-voicemail": (
        [record("Voicemail", duration=5), record("Accepted", duration=30)],
        {"result": "Completed", "voicemail": False, "talkSeconds": 30},
    ),
    "transferred": (
        [
            record(
                "Accepted",
                leg("Accepted", 5, 30, legType="RingDirectly"),
                leg("Call connected", 40, 60, legType="TransferCall", action="Transfer"),
                duration=100,
            ),
            record("Accepted", leg("Accepted", 40, 60, action="Transfer"), duration=60),
        ],
        {"result": "Completed", "ringSeconds": 5, "talkSeconds": 95, "transfers": 1},
    ),
    "transferred-twice": (
        [
            record(
                "Accepted",
                leg("Accepted", 40, 60, legType="TransferCall"),
                leg("Accepted", 70, 30, action="Transfer"),
                duration=100,
            )
        ],
        {"transfers": 2},
    ),
    "forwarded-to-the-outside": (
        [
            record("Missed", duration=20),
            {
                **record("Hang Up", duration=5, direction="Outbound"),
                "start_time": START + timedelta(seconds=20),
            },
        ],
        {"direction": "Inbound", "response": "NotAnswered", "result": "Abandoned"},
    ),
    "transferred-to-another-session": (
        [record("Accepted", duration=20, transferTarget={"telephonySessionId": "s-2"})],
        {"transfers": 1},
    ),
    "outbound-and-connected": (
        [record("Call connected", leg("Call connected", 8, 30), duration=38, direction="Outbound")],
        {"response": "Connected", "result": "Completed", "talkSeconds": 30},
    ),
    "outbound-that-nobody-took": (
        [record("Hang Up", duration=7, direction="Outbound", reason="Hang Up")],
        {"response": "NotConnected", "result": "Unknown", "abandoned": False},
    ),
    "blocked": (
        [record("Blocked", duration=1, reason="Number Blocked")],
        {"response": "NotAnswered", "result": "Unknown"},
    ),
}
