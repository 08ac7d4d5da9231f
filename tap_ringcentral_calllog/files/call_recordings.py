"""The recordings that calls have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.files.hosts import without_login
from tap_ringcentral_calllog.retention import Kind, expires, kept_as
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_ringcentral_calllog.records.shaper import Record


def recordings_of(call: Mapping[str, Any], kinds: tuple[Kind, ...]) -> list[Record]:
    """Find the recordings of a call: its own, and those that only its legs name.

    Args:
        call: the call, shaped.
        kinds: what RingCentral keeps for how long.

    Returns:
        What is known about each, in the order in which they are found. Without repeats.
    """
    found: dict[str, Record] = {}
    for place in (call, *(call.get("legs") or ())):
        recording = place.get("recording")
        if recording is None or recording.get("id") is None:
            continue
        type_ = recording.get("type")
        until = expires(moment(call["startTime"]), type_, kinds)
        row = {
            "id": str(recording.get("id")),
            "callId": call["id"],
            "sessionId": call.get("sessionId"),
            "telephonySessionId": call.get("telephonySessionId"),
            "startTime": call["startTime"],
            "duration": call.get("duration"),
            "type": type_,
            "uri": without_login(recording.get("uri")),
            "contentUri": without_login(recording.get("contentUri")),
            "expiresAt": timestamp(until) if until else None,
            "expiresAtSource": kept_as(type_, kinds).source,
        }
        found.setdefault(row["id"], row)
    return list(found.values())
