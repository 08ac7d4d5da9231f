"""The schemas promise what targets and users can build on."""

from __future__ import annotations

import definitions
import pytest
from jsonschema import Draft7Validator
from singer_sdk.helpers._flattening import flatten_schema

from tap_ringcentral_calllog.schemas.account import (
    active_calls_schema,
    call_recording_settings_schema,
)
from tap_ringcentral_calllog.schemas.call_log import (
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
from tap_ringcentral_calllog.streams.directory import SNAPSHOTS
from tap_ringcentral_calllog.tap import TapRingCentral

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


def every_property(schema, path=""):
    """Yield each property with its path, at any depth."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}{name}", field
        yield from every_property(field, f"{path}{name}.")
        if "items" in field:
            yield from every_property(field["items"], f"{path}{name}[].")


def test_a_legs_extension_keeps_its_name():
    """A leg's own extension keeps its name, except where that is the log's extension."""
    legs = call_log_schema("account")["properties"]["legs"]["items"]["properties"]
    leg = set(legs)
    added = {"accountId", "callId", "legIndex", "legCount", "callStartTime", "extra"}
    assert set(call_legs_schema("account")["properties"]) == leg | added
    at_extension = call_legs_schema("extension")["properties"]
    assert set(at_extension) == leg | added | {"legExtensionId"}
    for name in leg - {"extensionId"}:
        assert call_legs_schema("account")["properties"][name] == at_extension[name] == legs[name]
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
def test_only_keys_and_times_are_never_null(schema, required):
    """Only the keys, and the time that a record stands for, are never null."""
    found = {path for path, field in every_property(schema) if "null" not in field["type"]}
    assert found == required


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_schemas_are_valid(schema):
    """The schemas are valid, open, and describe every property."""
    Draft7Validator.check_schema(schema)
    for path, field in [("", schema), *every_property(schema)]:
        assert "enum" not in field
        assert "additionalProperties" not in field
        assert not path or len(field["description"]) > 10, path


# What each stream asks: the list, and what else tells of a row of it.
ROUTES = {
    "call_log": ["/call-log"],
    "messages": ["/extension/{extensionId}/message-store"],
    **{
        one.name: [
            path.replace("{callQueueId}", "{groupId}") for path in (one.path, one.details) if path
        ]
        for one in SNAPSHOTS
    },
}
# The older OpenAPI document has it; the definitions do not.
OLD = {"legs[].extensionId"}
ADDED = {"accountId", "callQueueId", "isOver", "legCount", "snapshotAt", "extra"}


@pytest.mark.parametrize("stream", ROUTES)
def test_a_stream_has_the_fields_that_its_routes_are_defined_to_have(stream):
    """Each has a place, and no other is promised: what else comes is kept in `extra`."""
    schema = TapRingCentral(config={}, validate_config=False).streams[stream].schema
    found = {
        path: field
        for path, field in every_property(schema)
        if path not in ADDED | OLD and not path.startswith("extra.")
    }
    documented = {
        path: field
        for route in ROUTES[stream]
        for path, field in definitions.every_field(definitions.record_of(route))
    }
    assert found.keys() == documented.keys()
    for path, field in documented.items():
        # Definitions of their own are objects. Ids are text here, whatever they are there.
        kind = "object" if "$ref" in field else field["type"]
        if path.rpartition(".")[2].endswith(("id", "Id")):
            kind = "string"
        assert found[path]["type"][0] == kind, path
        assert (found[path].get("format") == "date-time") == (field.get("format") == "date-time")


def test_what_is_added_to_messages():
    """Not the extension's id: RingCentral tells it as well."""
    assert messages_schema()["properties"].keys() > ADDED_TO_MESSAGE
    assert "extensionId" not in ADDED_TO_MESSAGE


@pytest.mark.parametrize("schema", SCHEMAS)
def test_flattening_makes_a_column_of_each_property(schema):
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


def test_a_changed_schema_leaves_the_next_one_alone():
    """A schema that someone changes leaves the next one as it should be."""
    call_log_schema("account")["properties"].clear()
    assert call_log_schema("account")["properties"]
