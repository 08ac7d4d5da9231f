"""JSON schemas of the streams: RingCentral's field names, and a few fields that the tap adds.

Nothing is closed: neither enumerations, which RingCentral extends, nor the list of properties. All
but the keys and `startTime` may be null. Ids are strings, because RingCentral gives some of them as
a string here and as a number there.

Source: https://developers.ringcentral.com/api-reference/Call-Log/readCompanyCallLog
"""

from __future__ import annotations

from typing import Any

from tap_ringcentral_calllog.settings_schema import EXTENSION

Schema = dict[str, Any]

#: What the tap adds to a call. A server's field of the same name is kept in `extra`.
ADDED_TO_CALL = frozenset({"accountId", "extensionId", "legCount", "extra"})


def call_log_schema(level: str) -> Schema:
    """Describe a record of `call_log`: a call with its legs inside.

    Args:
        level: `account` or `extension`.

    Returns:
        The JSON schema. The keys are `accountId`, (`extensionId`,) `id`.
    """
    return _schema(
        **_log_keys(level),
        id=_key("The call's id in the call log."),
        startTime=_key("When the call began, in UTC.", format="date-time"),
        uri=_string("Address of this record in RingCentral's API."),
        sessionId=_string("Id of the call's session."),
        deleted=_boolean("Whether the call was deleted from RingCentral's log."),
        lastModifiedTime=_time("When RingCentral last changed this record, in UTC."),
        **_shared("call"),
        legCount=_integer("How many legs the call has."),
        legs=_array(
            "The call's legs, in RingCentral's order.",
            {"type": ["object"], "properties": _leg()},
        ),
        extra=_extra("from.newField, legs[0].newField"),
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
    return _schema(
        **_log_keys(level),
        callId=_key("Id of the call that the leg belongs to: `id` in call_log."),
        legIndex={**_key("The leg's place in its call, from 0."), "type": ["integer"]},
        legCount=_integer(
            "How many legs the call has. A row whose `legIndex` is not below it is left over from "
            "an earlier state of the call."
        ),
        callStartTime=_time("When the call began, in UTC: `startTime` in call_log."),
        **leg,
        extra=_extra("from.newField"),
    )


def _log_keys(level: str) -> Schema:
    keys = {"accountId": _key("Id of the RingCentral account that the log belongs to.")}
    if level == EXTENSION:
        keys["extensionId"] = _key("Id of the extension whose log holds the call.")
    return keys


def _leg() -> Schema:
    return {
        "startTime": _time("When the leg began, in UTC."),
        **_shared("leg"),
        "legType": _string("Kind of the leg."),
        "master": _boolean("Whether this is the call's main leg."),
        "extensionId": _string("Id of the extension that took part in the leg."),
    }


def _shared(what: str) -> Schema:
    """Describe the fields that calls and legs have in common.

    Args:
        what: "call" or "leg", for the descriptions.
    """
    return {
        "telephonySessionId": _string(
            "Id of the telephony session; it ties together the records that one call leaves."
        ),
        "partyId": _string(f"Id of the {what}'s party within the telephony session."),
        "sipUuidInfo": _string("Identifier that the SIP signalling carried."),
        "type": _string(f"Kind of {what}, such as Voice or Fax."),
        "internalType": _string(f"RingCentral's internal kind of {what}, such as LongDistance."),
        "direction": _string("Inbound or Outbound, seen from the account."),
        "transport": _string(f"Network that the {what} came over, such as PSTN or VoIP."),
        "action": _string(f"What the {what} was for, such as Phone Call or FindMe."),
        "result": _string(f"How the {what} ended, such as Accepted or Missed."),
        "reason": _string("Short reason for the result."),
        "reasonDescription": _string("The reason in words."),
        "duration": _integer("Length in seconds."),
        "durationMs": _integer("Length in milliseconds."),
        "from": _party("caller", "dialerPhoneNumber", "Number that placed the call, if another."),
        "to": _party("callee", "dialedPhoneNumber", "Number that was dialed, if another."),
        "extension": _object(
            f"Extension that the {what} belongs to.",
            id=_string("The extension's id."),
            uri=_string("Address of the extension in RingCentral's API."),
        ),
        "delegate": _object(
            "Extension that acted on behalf of another.",
            id=_string("The delegate's extension id."),
            name=_string("The delegate's name."),
        ),
        "delegationType": _string("Kind of delegation, such as Coworker."),
        "message": _object(
            f"Voice mail or fax that the {what} left.",
            id=_string("The message's id."),
            type=_string("Kind of message, such as VoiceMail or Fax."),
            uri=_string("Address of the message in RingCentral's API."),
        ),
        "recording": _object(
            f"Recording of the {what}; attached some minutes after its end.",
            id=_string("The recording's id."),
            uri=_string("Address of the recording's metadata."),
            type=_string("How it was started, such as Automatic or OnDemand."),
            contentUri=_string("Address of the audio."),
        ),
        "shortRecording": _boolean("Whether a recording was too short to be kept."),
        "billing": _object(
            f"Cost of the {what}, in the account's currency.",
            costIncluded=_number("Cost covered by the account's plan."),
            costPurchased=_number("Cost charged beyond the plan."),
        ),
        "transferTarget": _object(
            "Call that this one was transferred to.",
            telephonySessionId=_string("Its telephony session's id."),
        ),
        "transferee": _object(
            "Call that was transferred.",
            telephonySessionId=_string("Its telephony session's id."),
        ),
        "metadataCategories": _array("Categories of further data on it.", {"type": ["string"]}),
    }


def _party(who: str, number: str, meaning: str) -> Schema:
    return _object(
        f"The {who}.",
        **{
            "phoneNumber": _string(f"Phone number of the {who}, possibly masked."),
            number: _string(meaning),
            "extensionNumber": _string(f"Extension number of the {who}."),
            "extensionId": _string(f"Extension id of the {who}."),
            "name": _string(f"Name of the {who}, if known."),
            "location": _string(f"City and state of the {who}, if known."),
            "device": _object(
                f"Device of the {who}.",
                id=_string("The device's id."),
                uri=_string("Address of the device in RingCentral's API."),
            ),
        },
    )


def _schema(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


def _key(description: str, **more: str) -> Schema:
    return {"type": ["string"], **more, "description": description}


def _string(description: str) -> Schema:
    return {"type": ["string", "null"], "description": description}


def _time(description: str) -> Schema:
    return {"type": ["string", "null"], "format": "date-time", "description": description}


def _integer(description: str) -> Schema:
    return {"type": ["integer", "null"], "description": description}


def _number(description: str) -> Schema:
    return {"type": ["number", "null"], "description": description}


def _boolean(description: str) -> Schema:
    return {"type": ["boolean", "null"], "description": description}


def _object(description: str, **properties: Schema) -> Schema:
    return {"type": ["object", "null"], "properties": properties, "description": description}


def _array(description: str, items: Schema) -> Schema:
    return {"type": ["array", "null"], "items": items, "description": description}


def _extra(examples: str) -> Schema:
    return {
        "type": ["object", "null"],
        "description": (
            "Whatever RingCentral sent that has no place elsewhere, by its path, such as "
            f"{examples}; null when there is nothing."
        ),
    }
