"""The schemas promise what targets and users can build on."""

from __future__ import annotations

import pytest
from jsonschema import Draft7Validator
from singer_sdk.helpers._flattening import flatten_schema

from tap_ringcentral_calllog.schemas.call_log import (
    ADDED_TO_CALL,
    call_legs_schema,
    call_log_schema,
)

LEVELS = ("account", "extension")
SCHEMAS = [schema(level) for schema in (call_log_schema, call_legs_schema) for level in LEVELS]

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
    ],
)
def test_null(schema, required):
    """Only the keys and a call's start time are never null."""
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


@pytest.mark.parametrize("schema", SCHEMAS)
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


@pytest.mark.parametrize("schema", SCHEMAS)
def test_flattening(schema):
    """The SDK's flattening makes a column of each property, none twice whatever its case."""
    columns = flatten_schema(schema, max_level=5)["properties"]
    assert len({name.lower() for name in columns}) == len(columns)
    assert {"extra", "from__device__id", "recording__contentUri"} <= set(columns)
    assert columns["extra"]["type"] == ["string", "null"]


def test_independent():
    """A schema that someone changes leaves the next one as it should be."""
    call_log_schema("account")["properties"].clear()
    assert call_log_schema("account")["properties"]
