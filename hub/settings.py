"""The settings of a plugin definition, from the JSON schema of the tap's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub.texts import CHOICES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    Schema = dict[str, Any]

# Meltano 4.4 fails to pass on a decimal that stands in an environment variable. The tap takes text.
_KINDS = {"number": "string"}

# Its keys are names of streams, so they cannot be settings of their own.
_WHOLE = frozenset({"stream_maps"})


def settings(schema: Schema) -> list[Schema]:
    """Describe the settings as the Hub wants them: by name.

    Args:
        schema: the JSON schema of the settings, `settings` of `--about`.

    Returns:
        Settings with `name`, `label`, `description`, `kind` and what else they have. A setting
        within an object is called by its path: `faker_config.seed`.
    """
    found = [_setting(name, spec) for name, spec in _leaves(schema)]
    return sorted(found, key=lambda one: str(one["name"]))


def _leaves(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema]]:
    for name, spec in schema["properties"].items():
        if spec.get("properties") and name not in _WHOLE:
            yield from _leaves(spec, f"{prefix}{name}.")
        else:
            yield prefix + name, spec


def _setting(name: str, spec: Schema) -> Schema:
    setting = {
        "name": name,
        "label": spec["title"],
        "description": spec["description"],
        "kind": _kind(name, spec),
    }
    if spec.get("default") is not None:
        setting["value"] = spec["default"]
    if setting["kind"] == "options":
        names = CHOICES.get(name, {})
        setting["options"] = [
            {"label": names.get(value, value.capitalize()), "value": value}
            for value in spec["enum"]
            if value is not None
        ]
    if spec.get("secret"):
        setting["sensitive"] = True
    return setting


def _kind(name: str, spec: Schema) -> str:
    # Not for a list: with the kind `password`, Meltano would pass it on as text.
    if spec.get("secret") and "array" not in _types(spec):
        return "password"
    if name in KINDS:
        return KINDS[name]
    if "enum" in spec:
        return "options"
    if spec.get("format") in {"date", "date-time"}:
        return "date_iso8601"
    types = _types(spec)
    # Of several types, take the one with which every value can be given: a list, or else a text.
    first = types[0] if len(types) == 1 else "array" if "array" in types else "string"
    return _KINDS.get(first, first)


def _types(spec: Schema) -> list[str]:
    branches = spec.get("oneOf") or spec.get("anyOf") or [spec]
    given = [branch["type"] for branch in branches]
    every = [one for item in given for one in ([item] if isinstance(item, str) else item)]
    return [one for one in every if one != "null"]
