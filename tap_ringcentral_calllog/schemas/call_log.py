"""JSON schemas of the call log's streams: RingCentral's field names, and a few that the tap adds.

Source: https://developers.ringcentral.com/api-reference/Call-Log/readCompanyCallLog
"""

from __future__ import annotations

from tap_ringcentral_calllog.config.schema import EXTENSION
from tap_ringcentral_calllog.schemas.parts import (
    Schema,
    array,
    boolean,
    extra,
    integer,
    key,
    log_keys,
    number,
    object_of,
    record,
    string,
    time,
)

#: Ids of a call that are numbers (ExtensionInfoCallLog of RingCentral's definitions).
NUMERIC_IN_CALL = frozenset({("extension", "id"), ("legs", "extension", "id")})

#: What the tap adds to a call. A server's field of the same name is kept in `extra`.
ADDED_TO_CALL = frozenset(
    {
        *("accountId", "extensionId", "legCount", "extra"),
        # To a leg, when it becomes a row of its own.
        *("legs.accountId", "legs.callId", "legs.legIndex", "legs.legCount"),
        *("legs.callStartTime", "legs.legExtensionId", "legs.extra"),
    }
)

#: What the tap adds to a deletion.
ADDED_TO_DELETION = frozenset({"accountId", "extensionId", "seenAt", "extra"})


def call_log_schema(level: str) -> Schema:
    """Describe a record of `call_log`: a call with its legs inside.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are `accountId`, (`extensionId`,) `id`.
    """
    return record(
        **log_keys(level),
        id=key("The call's id in the call log."),
        startTime=key("When the call began, in UTC.", format="date-time"),
        uri=string("Address of this record in RingCentral's API."),
        sessionId=string("Id of the call's session."),
        deleted=boolean("Whether the call was deleted from RingCentral's log."),
        lastModifiedTime=time("When RingCentral last changed this record, in UTC."),
        **_shared("call"),
        legCount=integer("How many legs the call has."),
        legs=array(
            "The call's legs, in RingCentral's order.",
            {"type": ["object"], "properties": _leg()},
        ),
        extra=extra("from.newField, legs[0].newField"),
    )


def call_legs_schema(level: str) -> Schema:
    """Describe a record of `call_legs`: one leg of a call.

    A leg's own `extensionId` keeps its name at account level. At extension level that name is the
    log's extension, a part of the key, and the leg's own stands in `legExtensionId`.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are `accountId`, (`extensionId`,) `callId`, `legIndex`.
    """
    leg = _leg()
    if level == EXTENSION:
        leg["legExtensionId"] = leg.pop("extensionId")
    return record(
        **log_keys(level),
        callId=key("Id of the call that the leg belongs to: `id` in call_log."),
        legIndex={**key("The leg's position in its call, from 0."), "type": ["integer"]},
        legCount=integer(
            "How many legs the call has. A row whose `legIndex` is not below this number is left "
            "over from an earlier version of the call."
        ),
        callStartTime=time("When the call began, in UTC: `startTime` in call_log."),
        **leg,
        extra=extra("from.newField"),
    )


def call_log_deletions_schema(level: str) -> Schema:
    """Describe a record of `call_log_deletions`: a deletion that came without the call.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are those of `call_log`.
    """
    return record(
        **log_keys(level),
        id=key("The deleted call's id: `id` in call_log."),
        startTime=time("When the call began, in UTC, if RingCentral still gives it."),
        uri=string("Address of the call's record in RingCentral's API."),
        sessionId=string("Id of the call's session."),
        telephonySessionId=string("Id of the call's telephony session."),
        deleted=boolean("Whether the call was deleted: always true."),
        lastModifiedTime=time("When RingCentral last changed the record, in UTC."),
        seenAt=time("When the tap last saw the deletion, by RingCentral's clock, in UTC."),
        extra=extra("type"),
    )


def call_log_coverage_schema(level: str) -> Schema:
    """Describe a record of `call_log_coverage`: a range of start times that was read as a whole.

    Each window that was read leaves a row for each UTC day with calls, and one row for adjacent
    days without calls. It is divided at `settledTo` as well: a row is final when `settledTo` is at
    or after `dateTo`. The final rows of a state are adjacent, so that their counts add up.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are `accountId`, (`extensionId`,) `dateFrom`, `readAt`.
    """
    return record(
        **log_keys(level),
        callLogLevel=string("The setting call_log_level: account or extension."),
        dateFrom={**key("First moment of the range, in UTC."), "format": "date-time"},
        dateTo=time("End of the range, in UTC: the first moment that is not part of it."),
        settledTo=time(
            "Start times before this moment are final, in UTC; later ones lie within the look-back "
            "and are read again. The range is final if this is at or after dateTo."
        ),
        records=integer(
            "How many calls that start in the range were read, deleted ones included; each once."
        ),
        calls=integer(
            "How many of `records` are rows of call_log. The others came without the call's fields "
            "and are in call_log_deletions only."
        ),
        deleted=integer("How many of `records` were deleted."),
        requests=integer("How many requests the window took; 0 in all its rows but the first."),
        readAt={
            **key("When the range had been read, by RingCentral's clock, in UTC."),
            "format": "date-time",
        },
    )


def _leg() -> Schema:
    return {
        "startTime": time("When the leg began, in UTC."),
        **_shared("leg"),
        "legType": string("Kind of the leg."),
        "master": boolean("Whether this is the call's main leg."),
        "extensionId": string("Id of the extension that took part in the leg."),
    }


def _shared(what: str) -> Schema:
    """Describe the fields that calls and legs have in common.

    Args:
        what: "call" or "leg", for the descriptions.
    """
    return {
        "telephonySessionId": string(
            "Id of the telephony session, which all records of one call share."
        ),
        "partyId": string(f"Id of the {what}'s party within the telephony session."),
        "sipUuidInfo": string("Identifier that the SIP signalling carried."),
        "type": string(f"Kind of {what}, such as Voice or Fax."),
        "internalType": string(f"RingCentral's internal kind of {what}, such as LongDistance."),
        "direction": string("Inbound or Outbound, seen from the account."),
        "transport": string(f"Network that the {what} came over, such as PSTN or VoIP."),
        "action": string(f"What the {what} was for, such as Phone Call or FindMe."),
        "result": string(f"How the {what} ended, such as Accepted or Missed."),
        "reason": string("Short reason for the result."),
        "reasonDescription": string("The reason in words."),
        "duration": integer("Length in seconds."),
        "durationMs": integer("Length in milliseconds."),
        "from": _party("caller", "dialerPhoneNumber", "Number that placed the call, if different."),
        "to": _party("callee", "dialedPhoneNumber", "Number that was dialed, if different."),
        "extension": object_of(
            f"Extension that the {what} belongs to.",
            id=string("The extension's id."),
            uri=string("Address of the extension in RingCentral's API."),
        ),
        "delegate": object_of(
            "Extension that acted on behalf of another.",
            id=string("The delegate's extension id."),
            name=string("The delegate's name."),
        ),
        "delegationType": string("Kind of delegation, such as Coworker."),
        "message": object_of(
            f"Voicemail or fax that the {what} left.",
            id=string("The message's id."),
            type=string("Kind of message, such as VoiceMail or Fax."),
            uri=string("Address of the message in RingCentral's API."),
        ),
        "recording": object_of(
            f"Recording of the {what}; attached some minutes after its end.",
            id=string("The recording's id."),
            uri=string("Address of the recording's metadata."),
            type=string("How it was started, such as Automatic or OnDemand."),
            contentUri=string("Address of the audio."),
        ),
        "shortRecording": boolean("Whether a recording was too short to be kept."),
        "billing": object_of(
            f"Cost of the {what}, in the account's currency.",
            costIncluded=number("Cost covered by the account's plan."),
            costPurchased=number("Cost charged beyond the plan."),
        ),
        "transferTarget": object_of(
            f"Call that the {what} was transferred to.",
            telephonySessionId=string("Id of its telephony session."),
        ),
        "transferee": object_of(
            "Call that was transferred.",
            telephonySessionId=string("Id of its telephony session."),
        ),
        "metadataCategories": array(
            f"Categories of further data about the {what}.", {"type": ["string"]}
        ),
    }


def _party(who: str, number: str, meaning: str) -> Schema:
    return object_of(
        f"The {who}.",
        **{
            "phoneNumber": string(f"Phone number of the {who}, possibly masked."),
            number: string(meaning),
            "extensionNumber": string(f"Extension number of the {who}."),
            "extensionId": string(f"Extension id of the {who}."),
            "name": string(f"Name of the {who}, if known."),
            "location": string(f"City and state of the {who}, if known."),
            "device": object_of(
                f"Device of the {who}.",
                id=string("The device's id."),
                uri=string("Address of the device in RingCentral's API."),
            ),
        },
    )
