"""JSON schemas of what an account has now: calls under way, and settings of its recordings.

Sources: https://developers.ringcentral.com/api-reference/Call-Log/listCompanyActiveCalls and
https://developers.ringcentral.com/api-reference/Call-Recording-Settings/readCallRecordingSettings
"""

from __future__ import annotations

from tap_ringcentral_calllog.config.schema import ACCOUNT
from tap_ringcentral_calllog.schemas.call_log import call_log_schema
from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    boolean,
    extra,
    integer,
    object_of,
    objects,
    snapshot,
    string,
    time,
)

_OF_THE_LOG = ("accountId", "legCount", "extra")


def active_calls_schema() -> Schema:
    """Describe a record of `active_calls`: a call that RingCentral listed as under way.

    Returns:
        The JSON schema. The keys are `accountId`, `id`, `snapshotAt`.
    """
    call = call_log_schema(ACCOUNT)["properties"]
    for name in _OF_THE_LOG:
        del call[name]
    call["startTime"] = time("When the call began, in UTC.")
    schema = snapshot(**call)
    schema["properties"]["snapshotAt"]["description"] = (
        "When RingCentral listed the call, by its clock, in UTC. The same for all rows of a run."
    )
    schema["properties"]["isOver"] = boolean(
        "Whether the call had ended at that time, because RingCentral lists some calls for minutes "
        "after their end. False while the call or one of its legs is In Progress, true if the call "
        "has another result and a length, otherwise null."
    )
    schema["properties"]["extra"] = extra("from.newField, legs[0].newField")
    return schema


def call_recording_settings_schema() -> Schema:
    """Describe the record of `call_recording_settings`: what is recorded, and how long it is kept.

    Returns:
        The JSON schema. The key is `accountId`.
    """
    return snapshot(
        automatic=object_of(
            "Automatic recording of calls.",
            enabled=boolean("Whether calls are recorded automatically."),
            outboundCallTones=boolean("Whether tones in outbound calls announce the recording."),
            outboundCallAnnouncement=boolean("Whether outbound calls begin with an announcement."),
            allowMute=boolean("Whether users may pause the recording."),
            extensionCount=integer("How many extensions are recorded."),
            retentionPeriod=integer("Days that RingCentral keeps a recording."),
            maxNumberLimit=integer("How many recordings RingCentral keeps; the oldest go first."),
        ),
        onDemand=object_of(
            "Recording of calls by a user.",
            enabled=boolean("Whether users may record calls."),
            retentionPeriod=integer("Days that RingCentral keeps a recording."),
        ),
        greetings=objects(
            "Announcements that tell of a recording.",
            type=string("Which announcement, such as StartRecording."),
            mode=string("Default, or Custom where the company has its own in any language."),
        ),
    )
