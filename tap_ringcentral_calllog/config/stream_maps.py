"""Checks of the setting `stream_maps` before anything is read.

Stream maps often keep numbers and names out of a target. A map without effect would let them in, so
unknown streams, fields and values are refused.

Source: https://sdk.meltano.com/en/latest/stream_maps.html
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.config.settings import hint, shown
from tap_ringcentral_calllog.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ELSE, _FILTER, _KEYS, _SOURCE = "__else__", "__filter__", "__key_properties__", "__source__"
# A variable whose value was not filled in.
_VARIABLE = re.compile(r"\$\{?[A-Za-z_][A-Za-z0-9_]*\}?")


@dataclass(frozen=True, slots=True)
class Shape:
    """The parts of a stream that a stream map can name.

    Attributes:
        fields: the names of all its fields, selected or not.
        keys: the names of the fields of its key.
    """

    fields: frozenset[str]
    keys: frozenset[str]


def check_stream_maps(
    maps: Mapping[str, Any] | None,
    values: Mapping[str, Any] | None,
    streams: Mapping[str, Shape],
) -> None:
    """Check the stream maps against the streams that there are, selected or not.

    Args:
        maps: the setting `stream_maps`, as its schema has it.
        values: the setting `stream_map_config`.
        streams: the streams, by name.

    Raises:
        SettingsError: naming streams and keys, never an expression or a value.
    """
    if maps is not None and not isinstance(maps, dict):
        msg = "stream_maps must be an object"
        raise SettingsError(msg)
    problems = [
        problem
        for name, rules in (maps or {}).items()
        for problem in _problems(name, rules, values or {}, streams)
    ]
    if problems:
        raise SettingsError("; ".join(dict.fromkeys(problems)))


def _problems(
    name: str, rules: object, values: Mapping[str, Any], streams: Mapping[str, Shape]
) -> Iterator[str]:
    place = f"stream_maps.{shown(name)}"
    if name == _ELSE:
        if not _is_nothing(rules):
            yield f"{place} must be null"
        return
    if not isinstance(rules, dict):
        if not _is_nothing(rules):
            yield f"{place} must be an object or null"
            return
        rules = {}
    source = rules.get(_SOURCE, name)
    if not isinstance(source, str):
        yield f"{place}.{_SOURCE} must be a name"
        return
    shapes = [shape for stream, shape in streams.items() if fnmatchcase(stream, source)]
    if not shapes:
        yield (
            f"stream_maps names {shown(source)}, but there is no such stream{hint(source, streams)}"
        )
        return
    whole = Shape(
        frozenset().union(*(shape.fields for shape in shapes)),
        frozenset().union(*(shape.keys for shape in shapes)),
    )
    for key, rule in rules.items():
        check = _OPTIONS.get(key, _unknown if key.startswith("__") else _field)
        for problem in check(key, rule, rules, whole):
            yield f"{place}.{shown(key)} {problem}"
        if key == _FILTER or not key.startswith("__"):
            yield from _unset(f"{place}.{shown(key)}", rule, values)


# Each returns what is wrong with a rule, given all rules of its stream and the stream's shape.
Rules = dict[str, Any]


def _unknown(_key: str, _rule: object, _rules: Rules, _shape: Shape) -> list[str]:
    return ["is not an option of stream maps"]


def _else(_key: str, rule: object, _rules: Rules, _shape: Shape) -> list[str]:
    return [] if _is_nothing(rule) else ["must be null"]


def _name(_key: str, rule: object, _rules: Rules, _shape: Shape) -> list[str]:
    return [] if isinstance(rule, str) else ["must be a name"]


def _filter(_key: str, rule: object, _rules: Rules, _shape: Shape) -> list[str]:
    return [] if _parsed(rule) else ["must be an expression"]


def _key_fields(_key: str, rule: object, rules: Rules, shape: Shape) -> list[str]:
    if not isinstance(rule, list) or not all(isinstance(one, str) for one in rule):
        return ["must be a list of fields"]
    removed = {field for field, one in rules.items() if _is_nothing(one)}
    known = shape.fields.union(rules) - removed
    return [
        f"names {shown(one)}, which is not among the fields" for one in rule if one not in known
    ]


def _field(key: str, rule: object, rules: Rules, shape: Shape) -> list[str]:
    if not _is_nothing(rule):
        return [] if _parsed(rule) else ["must be an expression or null"]
    if key not in shape.fields:
        return [f"removes a field that does not exist{hint(key, shape.fields)}"]
    if key in shape.keys and _KEYS not in rules:
        return ["removes a field of the key"]
    return []


_OPTIONS = {_ELSE: _else, _FILTER: _filter, _KEYS: _key_fields, _SOURCE: _name, "__alias__": _name}


def _is_nothing(rule: object) -> bool:
    return rule is None or rule == "__NULL__"


def _parsed(rule: object) -> ast.Expr | None:
    """Return an expression as the SDK parses it; None for anything else."""
    try:
        (statement,) = ast.parse(rule if isinstance(rule, str) else "").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return statement if isinstance(statement, ast.Expr) else None


def _unset(place: str, rule: object, values: Mapping[str, Any]) -> Iterator[str]:
    """Name the values that an expression needs and `stream_map_config` lacks.

    Otherwise, a hash without its pepper would go unnoticed.
    """
    for node in ast.walk(_parsed(rule) or ast.Module([], [])):
        name = _taken(node)
        found = values.get(name) if name else name
        if name and (found is None or not str(found).strip() or _VARIABLE.fullmatch(str(found))):
            yield (
                f"{place} needs stream_map_config.{shown(name)}, which is not set: if it comes "
                "from an environment variable, set that"
            )


def _taken(node: ast.AST) -> str | None:
    """Return what `config['name']` or `config.get('name')` takes from `stream_map_config`."""
    if isinstance(node, ast.Subscript):
        of, name = node.value, node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        of, name = node.func.value, node.args[0]
    else:
        return None
    if isinstance(of, ast.Name) and of.id == "config" and isinstance(name, ast.Constant):
        return str(name.value)
    return None
