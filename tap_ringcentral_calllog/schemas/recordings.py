"""JSON schemas of the streams of call recordings.

Source: https://developers.ringcentral.com/api-reference/Call-Recordings/readCallRecording
"""

from __future__ import annotations

from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    integer,
    key,
    record,
    string,
    time,
)

_ACCOUNT = "Id of the RingCentral account that the recording belongs to."


def call_recordings_schema(level: str) -> Schema:  # noqa: ARG001 - the same at each level
    """Describe a record of `call_recordings`: a recording that a call has, or had.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are `accountId`, `id`, at each level: a recording that stands in
        the logs of two extensions is one.
    """
    return record(
        accountId=key(_ACCOUNT),
        id=key("The recording's id."),
        **_call(),
        duration=integer("Length of the call in seconds."),
        uri=string("Address of the recording's metadata in RingCentral's API."),
        contentUri=string("Address of the audio."),
        expiresAt=time("When RingCentral forgets the recording, by its retention, in UTC."),
    )


def _call() -> Schema:
    return {
        "callId": string("Id of the call: `id` in call_log."),
        "sessionId": string("Id of the call's session."),
        "telephonySessionId": string("Id of the call's telephony session."),
        "startTime": time("When the call began, in UTC."),
        "type": string("How the recording was started: Automatic or OnDemand."),
    }
