"""JSON schemas of the streams of call recordings.

Source: https://developers.ringcentral.com/api-reference/Call-Recordings/readCallRecording
"""

from __future__ import annotations

from tap_ringcentral_calllog.config.schema import ACCOUNT
from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    integer,
    key,
    record,
    string,
    time,
)

_ACCOUNT = "Id of the RingCentral account that the recording belongs to."
_START = "When the call began, in UTC."


def call_recordings_schema(level: str) -> Schema:  # noqa: ARG001 - the same at each level
    """Describe a record of `call_recordings`: a recording that a call has, or had.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are `accountId`, `id`, at each level: a recording that is in the
        logs of two extensions has one row.
    """
    return record(
        accountId=key(_ACCOUNT),
        id=key("The recording's id."),
        startTime=time(_START),
        **_recording(),
        contentUri=string("Address of the audio."),
        expiresAt=time("When RingCentral deletes the recording, in UTC; see expiresAtSource."),
    )


def recording_files_schema(level: str) -> Schema:
    """Describe a record of `recording_files`: the audio of a recording.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are `accountId`, `id`, at each level.
    """
    found = {} if level == ACCOUNT else {"extensionId": string("Extension whose log names it.")}
    return record(
        accountId=key(_ACCOUNT),
        id=key("The recording's id: `id` in call_recordings."),
        startTime=key(_START, format="date-time"),
        **found,
        **_recording(),
        **file_properties("recording"),
    )


def file_properties(what: str) -> Schema:
    """Describe what becomes of a file.

    Args:
        what: what the file holds, for the descriptions.
    """
    return {
        "contentUri": string("Address from which the file was requested."),
        "status": string(
            "archived: the file is at `path`. gone: the file is no longer available; see `reason`."
        ),
        "reason": string("Why there is no file."),
        "path": string(f"Where the {what} is kept: a path or an address."),
        "size": integer("Size of the file in bytes."),
        "sha256": string("SHA-256 of the file, in hexadecimal."),
        "contentType": string("The file's type according to RingCentral, such as audio/mpeg."),
        "expiresAt": time(f"When RingCentral deletes the {what}, in UTC."),
        "archivedAt": time("When the file was stored or given up, in UTC."),
    }


def _recording() -> Schema:
    return {
        "callId": string("Id of the call: `id` in call_log."),
        "sessionId": string("Id of the call's session."),
        "telephonySessionId": string("Id of the call's telephony session."),
        "duration": integer("Length of the call in seconds."),
        "type": string("How the recording was started: Automatic or OnDemand."),
        "uri": string("Address of the recording's metadata in RingCentral's API."),
        "expiresAtSource": string(
            "Source of the retention period. account: the account's own settings. default: the "
            "usual period for the setting account_type, because the account's settings could not "
            "be read or do not contain it."
        ),
    }
