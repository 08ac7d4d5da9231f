"""What the view `calls` must say, worked out from a call log's records without any SQL."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

Record = dict[str, Any]

_TALKED = {"accepted", "call accepted", "call connected"}
_MISSED = {"Missed", "No Answer", "Rejected", "Declined", "Busy"}


def conversations(records: list[Record]) -> dict[str, Record]:
    """Return the rows of `calls` by their session.

    Args:
        records: of the account's log, Detailed, in any order, without deleted ones.
    """
    found: dict[str, list[Record]] = defaultdict(list)
    for one in records:
        if one.get("type") == "Voice":
            found[one.get("telephonySessionId") or one.get("sessionId") or one["id"]].append(one)
    return {
        session: _conversation(sorted(own, key=lambda one: (_start(one), one["id"])))
        for session, own in found.items()
    }


def _conversation(records: list[Record]) -> Record:
    answered = [one for one in records if _talked(one)]
    results = {one.get("result") for one in records}
    hung_up = any(
        (one.get("result") or "").lower() in {"abandoned", "hang up"}
        or (one.get("reason") or "").lower() == "hang up"
        for one in records
    )
    inbound = records[0].get("direction") != "Outbound"
    voicemail = "Voicemail" in results and not answered
    abandoned = (
        records[0].get("direction") == "Inbound"
        and hung_up
        and "Voicemail" not in results
        and not answered
    )
    missed = records[0].get("direction") == "Inbound" and bool(results & _MISSED)
    kinds = ((answered, "Completed"), (voicemail, "Voicemail"), (abandoned, "Abandoned"))
    last = (missed, "Missed")
    return {
        "direction": records[0].get("direction"),
        "records": len(records),
        "answered": bool(answered),
        "voicemail": voicemail,
        "abandoned": abandoned,
        "response": ("Answered" if inbound else "Connected")
        if answered
        else ("NotAnswered" if inbound else "NotConnected"),
        "result": next((word for applies, word in (*kinds, last) if applies), "Unknown"),
        "transfers": _transfers(records),
        **_times(records, answered),
    }


def _times(records: list[Record], answered: list[Record]) -> Record:
    talks = [
        leg
        for one in answered
        for leg in _further_legs(one)
        if leg.get("legType") != "Hunting" and _talked(leg)
    ]
    ring, talk = None, max((one["duration"] for one in answered), default=0)
    if talks:
        first = min(map(_start, talks))
        ring = (first - _start(records[0])).total_seconds()
        talk = (max(map(_end, talks)) - first).total_seconds()
    return {
        "startTime": _start(records[0]).replace(tzinfo=None),
        "endTime": max(map(_end, records)).replace(tzinfo=None),
        "ringSeconds": ring,
        "talkSeconds": talk,
    }


def _transfers(records: list[Record]) -> int:
    begun = {
        _start(leg)
        for one in records
        for leg in one.get("legs", [])
        if leg.get("legType") == "TransferCall" or leg.get("action") == "Transfer"
    }
    return max(len(begun), int(any(one.get("transferTarget") for one in records)))


def _further_legs(record: Record) -> list[Record]:
    legs = record.get("legs", [])
    masters = [leg for leg in legs if leg.get("master")] or legs[:1]
    return [leg for leg in legs if not any(leg is one for one in masters)]


def _talked(one: Record) -> bool:
    return (one.get("result") or "").lower() in _TALKED


def _start(one: Record) -> datetime:
    return datetime.fromisoformat(one["startTime"].replace("Z", "+00:00"))


def _end(one: Record) -> datetime:
    return _start(one) + timedelta(seconds=one["duration"])
