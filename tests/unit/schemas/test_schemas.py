"""The schemas promise what targets and users can build on."""

from __future__ import annotations

import pytest
from jsonschema import Draft7Validator
from singer_sdk.helpers._flattening import flatten_schema

from tap_ringcentral_calllog.schemas.account import (
    active_calls_schema,
    call_recording_settings_schema,
)
from tap_ringcentral_calllog.schemas.call_log import (
    ADDED_TO_CALL,
    call_legs_schema,
    call_log_schema,
)
from tap_ringcentral_calllog.schemas.directory import (
    call_queue_members_schema,
    call_queues_schema,
    directory_entries_schema,
)
from tap_ringcentral_calllog.schemas.extensions import extensions_schema
from tap_ringcentral_calllog.schemas.messages import (
    ADDED_TO_MESSAGE,
    message_files_schema,
    messages_schema,
)
from tap_ringcentral_calllog.schemas.recordings import (
    call_recordings_schema,
    recording_files_schema,
)
from tap_ringcentral_calllog.schemas.retention import retention_schema

LEVELS = ("account", "extension")
CALL_SCHEMAS = [schema(level) for schema in (call_log_schema, call_legs_schema) for level in LEVELS]
OTHER_SCHEMAS = [
    schema()
    for schema in (
        extensions_schema, directory_entries_schema, call_queues_schema,
        call_queue_members_schema, active_calls_schema, call_recording_settings_schema,
        messages_schema,
    )
]  # fmt: skip
ARCHIVE_SCHEMAS = [
    call_recordings_schema("account"),
    *(recording_files_schema(level) for level in LEVELS),
    message_files_schema(),
    retention_schema(),
]
SCHEMAS = [*CALL_SCHEMAS, *OTHER_SCHEMAS, *ARCHIVE_SCHEMAS]

PARTY = {"phoneNumber", "extensionNumber", "extensionId", "name", "location", "device"}
COMMON = {
    "telephonySessionId", "partyId", "sipUuidInfo", "type", "internalType", "direction",
    "transport", "action", "result", "reason", "reasonDescription", "startTime", "duration",
    "durationMs", "from", "to", "extension", "delegate", "delegationType", "message", "recording",
    "shortRecording", "billing", "transferTarget", "transferee", "metadataCategories",
}  # fmt: skip
CALL = COMMON | {"id", "uri", "sessionId", "deleted", "lastModifiedTime", "legs"}
LEG = COMMON | {"legType", "master", "extensionId"}
INSIDE = {
    "from": PARTY | {"dialerPhoneNumber"},
    "to": PARTY | {"dialedPhoneNumber"},
    "extension": {"id", "uri"},
    "delegate": {"id", "name"},
    "message": {"id", "type", "uri"},
    "recording": {"id", "uri", "type", "contentUri"},
    "billing": {"costIncluded", "costPurchased"},
    "transferTarget": {"telephonySessionId"},
    "transferee": {"telephonySessionId"},
}


def every_property(schema, path=""):
    """Yield each property with its path, at any depth."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}{name}", field
        yield from every_property(field, f"{path}{name}.")
        if "items" in field:
            yield from every_property(field["items"], f"{path}{name}[].")


@pytest.mark.parametrize(
    ("level", "keys"), [("account", {"accountId"}), ("extension", {"accountId", "extensionId"})]
)
def test_fields(level, keys):
    """Every field that RingCentral documents has a place, beside those that the tap adds."""
    call = call_log_schema(level)["properties"]
    assert set(call) == CALL | keys | {"legCount", "extra"}
    assert set(call) - CALL <= ADDED_TO_CALL
    legs = call["legs"]["items"]
    assert set(legs["properties"]) == LEG
    for schema in (call, legs["properties"], call_legs_schema(level)["properties"]):
        for name, inside in INSIDE.items():
            assert set(schema[name]["properties"]) == inside
        for party in ("from", "to"):
            assert set(schema[party]["properties"]["device"]["properties"]) == {"id", "uri"}


def test_leg_extension():
    """A leg's own extension keeps its name, except where that is the log's extension."""
    added = {"accountId", "callId", "legIndex", "legCount", "callStartTime", "extra"}
    assert set(call_legs_schema("account")["properties"]) == LEG | added
    at_extension = call_legs_schema("extension")["properties"]
    assert set(at_extension) == LEG | added | {"legExtensionId"}
    assert at_extension["extensionId"]["type"] == ["string"]
    assert at_extension["legExtensionId"]["type"] == ["string", "null"]


@pytest.mark.parametrize(
    ("schema", "required"),
    [
        (call_log_schema("account"), {"accountId", "id", "startTime"}),
        (call_log_schema("extension"), {"accountId", "extensionId", "id", "startTime"}),
        (call_legs_schema("account"), {"accountId", "callId", "legIndex"}),
        (call_legs_schema("extension"), {"accountId", "extensionId", "callId", "legIndex"}),
        (extensions_schema(), {"accountId", "id", "snapshotAt"}),
        (directory_entries_schema(), {"accountId", "id", "snapshotAt"}),
        (call_queues_schema(), {"accountId", "id", "snapshotAt"}),
        (call_queue_members_schema(), {"accountId", "callQueueId", "id", "snapshotAt"}),
        (active_calls_schema(), {"accountId", "id", "snapshotAt"}),
        (call_recording_settings_schema(), {"accountId", "snapshotAt"}),
        (messages_schema(), {"accountId", "extensionId", "id", "creationTime"}),
        (call_recordings_schema("account"), {"accountId", "id"}),
        (recording_files_schema("account"), {"accountId", "id", "startTime"}),
        (recording_files_schema("extension"), {"accountId", "id", "startTime"}),
        (
            message_files_schema(),
            {"accountId", "extensionId", "messageId", "id", "creationTime"},
        ),
        (retention_schema(), {"accountId", "kind", "checkedAt"}),
    ],
)
def test_null(schema, required):
    """Only the keys, and the time that a record stands for, are never null."""
    found = {path for path, field in every_property(schema) if "null" not in field["type"]}
    assert found == required


@pytest.mark.parametrize("schema", SCHEMAS)
def test_valid(schema):
    """The schemas are valid, open, and describe every property."""
    Draft7Validator.check_schema(schema)
    for path, field in [("", schema), *every_property(schema)]:
        assert "enum" not in field
        assert "additionalProperties" not in field
        assert not path or len(field["description"]) > 10, path


@pytest.mark.parametrize("schema", CALL_SCHEMAS)
def test_types(schema):
    """Ids are strings, times are marked as such, lengths are integers and costs numbers."""
    expected = {
        "legIndex": "integer", "legCount": "integer", "duration": "integer",
        "durationMs": "integer", "costIncluded": "number", "costPurchased": "number",
        "shortRecording": "boolean", "deleted": "boolean", "master": "boolean", "extra": "object",
        "legs": "array", "metadataCategories": "array", "device": "object",
        **dict.fromkeys(INSIDE, "object"),
    }  # fmt: skip
    for path, field in every_property(schema):
        name = path.rpartition(".")[2]
        assert field["type"][0] == expected.get(name, "string"), path
        assert (field.get("format") == "date-time") == name.endswith("Time"), path


@pytest.mark.parametrize("schema", OTHER_SCHEMAS)
def test_types_of_ids_times_and_sizes(schema):
    """Ids are strings, times are marked as such, counts and lengths are integers."""
    integers = {
        "alertTimer", "slaGoal", "slaThresholdSeconds", "abandonedThresholdSeconds", "size",
        "extensionCount", "retentionPeriod", "maxNumberLimit", "vmDuration", "height", "width",
        "faxPageCount", "coverIndex", "smsSendingAttemptsCount", "segmentCount", "duration",
        "durationMs",
    }  # fmt: skip
    times = {"snapshotAt", "lastModified"}
    for path, field in every_property(schema):
        name = path.rpartition(".")[2]
        assert (field["type"][0] == "integer") == (name in integers), path
        is_time = name in times or name.endswith("Time")
        assert (field.get("format") == "date-time") == is_time, path
        if is_time or name.endswith(("id", "Id", "uri", "Uri")):
            assert field["type"][0] == "string", path


# As RingCentral documents them, at the top and where it matters; the others are below them.
DOCUMENTED = {
    extensions_schema: {
        "id", "uri", "account", "contact", "customFields", "departments", "extensionNumber",
        "extensionNumbers", "name", "partnerId", "permissions", "profileImage", "references",
        "roles", "regionalSettings", "serviceFeatures", "setupWizardState", "status", "statusInfo",
        "type", "subType", "callQueueInfo", "hidden", "site", "assignedCountry", "costCenter",
        "creationTime", "siteAccess", "alertTimer", "contact.businessAddress.zip",
        "contact.pronouncedName.prompt.contentUri", "regionalSettings.timezone.bias",
        "regionalSettings.homeCountry.callingCode", "regionalSettings.language.localeCode",
        "permissions.admin.enabled", "profileImage.scales[].uri", "roles[].displayName",
    },
    directory_entries_schema: {
        "id", "type", "status", "hidden", "firstName", "lastName", "name", "jobTitle",
        "department", "email", "extensionNumber", "phoneNumbers", "account", "site",
        "profileImage", "customFields", "integration", "phoneNumbers[].usageType",
        "account.mainNumber.phoneNumber", "site.code",
    },
    call_queues_schema: {
        "id", "uri", "extensionNumber", "name", "status", "subType", "site",
        "editableMemberStatus", "alertTimer", "serviceLevelSettings",
    },
    call_queue_members_schema: {"callQueueId", "id", "uri", "extensionNumber"},
    active_calls_schema: CALL,
    call_recording_settings_schema: {
        "onDemand", "automatic", "greetings", "automatic.retentionPeriod",
        "automatic.maxNumberLimit", "onDemand.retentionPeriod", "greetings[].mode",
    },
    messages_schema: {
        "id", "extensionId", "creationTime", "lastModifiedTime", "uri", "type", "direction",
        "availability", "messageStatus", "readStatus", "priority", "subject", "conversationId",
        "conversation", "to", "from", "attachments", "vmTranscriptionStatus", "vmSideRecipients",
        "owner", "private", "forwarding", "faxPageCount", "faxResolution", "coverIndex",
        "coverPageText", "smsDeliveryTime", "smsSendingAttemptsCount", "segmentCount",
        "deliveryErrorCode", "pgToDepartment", "attachments[].uri", "attachments[].contentType",
        "attachments[].size", "attachments[].vmDuration", "attachments[].fileName",
        "to[].faxErrorCode", "from.phoneNumber", "forwarding.originalSender.phoneNumber",
    },
}  # fmt: skip


@pytest.mark.parametrize("schema", DOCUMENTED, ids=lambda schema: schema.__name__)
def test_documented_fields_have_a_place(schema):
    """Those of the other streams, at the top exactly, beside those that the tap adds."""
    found = {path for path, _ in every_property(schema())}
    added = {"accountId", "snapshotAt", "extra"}
    assert found >= DOCUMENTED[schema]
    assert {path for path in found if "." not in path} - added == {
        path for path in DOCUMENTED[schema] if "." not in path
    }


def test_what_is_added_to_messages():
    """Not the extension's id: RingCentral tells it as well."""
    assert messages_schema()["properties"].keys() > ADDED_TO_MESSAGE
    assert "extensionId" not in ADDED_TO_MESSAGE


@pytest.mark.parametrize("schema", SCHEMAS)
def test_flattening(schema):
    """The SDK's flattening makes a column of each property, none twice whatever its case."""
    columns = flatten_schema(schema, max_level=5)["properties"]
    assert len({name.lower() for name in columns}) == len(columns)


@pytest.mark.parametrize("schema", [*CALL_SCHEMAS, *OTHER_SCHEMAS])
def test_what_is_unknown_is_text_where_rows_are_flat(schema):
    """Whatever comes later, it is one column."""
    columns = flatten_schema(schema, max_level=5)["properties"]
    assert columns["extra"]["type"] == ["string", "null"]
    if schema in CALL_SCHEMAS:
        assert {"from__device__id", "recording__contentUri"} <= set(columns)


def test_independent():
    """A schema that someone changes leaves the next one as it should be."""
    call_log_schema("account")["properties"].clear()
    assert call_log_schema("account")["properties"]
