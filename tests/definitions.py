"""What RingCentral's answers look like, by its own definitions of July 2026, as JSON schemas.

`definitions.json` holds, for each route that the sandbox serves, the names, types, required fields
and enumerations of its answer, and no prose. Schemas are closed: a field that RingCentral does not
define is an error. This module makes the file from RingCentral's definitions:

    python tests/definitions.py ringcentral_definitions_2026-07.json
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from functools import cache
from pathlib import Path

import jsonschema

FILE = Path(__file__).with_suffix(".json")
ACCOUNT = "/restapi/{apiVersion}/account/{accountId}"
MESSAGES = "/extension/{extensionId}/message-store"
# A single message: the definitions have it as a record of the list only.
MESSAGE = f"{MESSAGES}/{{messageId}}"
ROUTES = (
    "/active-calls", "/call-log", "/call-log-extract-sync", "/call-log-sync", "/call-queues",
    "/call-queues/{groupId}", "/call-queues/{groupId}/members", "/call-recording",
    "/directory/entries", "/extension", "/extension/{extensionId}",
    "/extension/{extensionId}/active-calls", "/extension/{extensionId}/call-log",
    "/extension/{extensionId}/call-log-sync", MESSAGES,
    "/extension/{extensionId}/message-sync", "/recording/{recordingId}",
)  # fmt: skip
_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_time(value):
    return not isinstance(value, str) or datetime.fromisoformat(value.replace("Z", "+00:00"))


@_FORMATS.checks("uri")
def _is_address(value):
    return not isinstance(value, str) or value.startswith(("http://", "https://"))


@cache
def definitions():
    """Return the file's content."""
    return json.loads(FILE.read_bytes())


def fields(name):
    """Return the properties of a definition by name, each as a JSON schema."""
    return definitions()["$defs"][name]["properties"]


def words(name, field):
    """Return the documented values of a field."""
    return set(fields(name)[field]["enum"])


def answer_of(route):
    """Return the name of the definition that a route's answer has."""
    return definitions()["routes"][route]["answer"]


def facts_of(route):
    """Return a route's rate-limit group, and the permissions that app and user need."""
    return [definitions()["routes"][route][name] for name in ("group", "app", "user")]


def record_of(route):
    """Return the name of what a route's list holds, or of its answer where that is no list."""
    answer = answer_of(route)
    records = fields(answer).get("records")
    return records["items"]["$ref"].rpartition("/")[2] if records else answer


def every_field(name, path=""):
    """Yield each field of a definition with its path, at any depth.

    Objects in lists are written `list[].field`.
    """
    for own, schema in fields(name).items():
        yield f"{path}{own}", schema
        mark = "[]" if "items" in schema else ""
        inner = schema.get("items", schema).get("$ref")
        if inner:
            yield from every_field(inner.rpartition("/")[2], f"{path}{own}{mark}.")


@cache
def validator(route):
    """Return what checks an answer of a route.

    Args:
        route: the route below the account's, as in `ROUTES`.
    """
    schema = {"$defs": definitions()["$defs"], "$ref": f"#/$defs/{answer_of(route)}"}
    return jsonschema.Draft202012Validator(schema, format_checker=_FORMATS)


def _make(source):
    routes = {
        one["path"].removeprefix(ACCOUNT): {
            "answer": one["answer"],
            "group": one["group"],
            "app": one["appPermission"],
            "user": one["userPermission"],
        }
        for one in source["operations"]
        if one["method"] == "GET" and one["path"].removeprefix(ACCOUNT) in ROUTES
    }
    routes[MESSAGE] = {**routes[MESSAGES], "answer": "GetMessageInfoResponse"}
    made, ahead = {}, [one["answer"] for one in routes.values()]
    while ahead:
        name = ahead.pop()
        if name not in made:
            made[name], used = _object(source["definitions"][name], source["definitions"])
            ahead += used
    return {"routes": dict(sorted(routes.items())), "$defs": dict(sorted(made.items()))}


def _object(definition, known):
    """Return a definition as a JSON schema, and the names of those that it uses."""
    properties, used = {}, []
    for name, field in sorted(definition.items()):
        kind = field["type"].removesuffix("[]")
        schema = {"$ref": f"#/$defs/{kind}"} if kind in known else _value(name, kind, field)
        used += [kind] if kind in known else []
        is_list = field["type"].endswith("[]")
        properties[name] = {"type": "array", "items": schema} if is_list else schema
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    required = sorted(name for name, field in definition.items() if field.get("required"))
    return (schema | {"required": required} if required else schema), used


def _value(name, kind, field):
    form = field.get("format")
    if kind == "number" and form in {"int32", "int64"}:
        return {"type": "integer"}
    schema = {"type": kind}
    # Ids have the form of an address there in some places; they are none.
    if form == "date-time" or (form == "uri" and name != "id"):
        schema["format"] = form
    if "enum" in field:
        schema["enum"] = sorted(field["enum"])
    return schema


def _write(content):
    """Write the file, a line for each definition."""

    def dump(value):
        return json.dumps(value, separators=(",", ":"))

    parts = [
        f"{dump(part)}: {{\n"
        + ",\n".join(f"{dump(name)}: {dump(value)}" for name, value in content[part].items())
        + "\n}"
        for part in content
    ]
    FILE.write_text("{\n" + ",\n".join(parts) + "\n}\n")


if __name__ == "__main__":
    _write(_make(json.loads(Path(sys.argv[1]).read_bytes())))
