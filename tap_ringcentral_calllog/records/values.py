"""Conversion of single values to a type, or to what any database can store.

Each conversion raises ValueError where it would not be exact.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

# What nests deeper is kept as text: encoders and databases fail at some hundred levels.
_MAX_DEPTH = 30

# Databases index no more than some 2,700 bytes.
LONGEST_KEY = 255

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

INT64 = 2**63
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,18}")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")

# ISO 8601 in its extended form, and what RFC 3339 allows besides.
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[Tt ]([01][0-9]|2[0-4]):([0-5][0-9])(?::([0-5][0-9]|60)(?:[.,]([0-9]+))?)?"
    r" ?(?:[Zz]|([+-])([01][0-9]|2[0-3])(?::?([0-5][0-9]))?)?)?"
)


def to_key(value: object) -> str:
    """Convert a key to text: as `to_string`, but different values stay different."""
    if isinstance(value, bool) or (isinstance(value, float) and not isfinite(value)):
        raise ValueError
    if isinstance(value, str):
        value = _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    key = to_string(value)
    if len(key) > LONGEST_KEY:
        raise ValueError
    return key


def to_string(value: object) -> str:
    """Convert a number or truth value to text, and replace what cannot be stored."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return _UNSTORABLE.sub("\ufffd", str(value))
    raise ValueError


def to_integer(value: object) -> int:
    """Convert a whole number of 64 bits, or its digits."""
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is int and -INT64 <= value < INT64:
        return value
    raise ValueError


def to_number(value: object) -> float:
    """Convert a finite number, or its digits."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        number = float(value)
        if isfinite(number) and Decimal(repr(number)) == Decimal(value):
            return number
    elif isinstance(value, float) and isfinite(value):
        return value
    return to_integer(value)


def to_boolean(value: object) -> bool:
    """Convert a truth value."""
    if isinstance(value, bool):
        return value
    raise ValueError


def to_time(value: object) -> str:
    """Convert a time in any form of ISO 8601, and give it in UTC."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError
    hour, minute, second = (int(match[at] or 0) for at in (4, 5, 6))
    fraction = match[7] or ""
    if (hour, minute, second, fraction.strip("0")) > (24, 0, 0, ""):
        raise ValueError
    # Added up, because a leap second and the hour 24 belong to the next minute and day.
    clock = timedelta(hours=hour, minutes=minute, seconds=second)
    offset = timedelta(hours=int(match[9] or 0), minutes=int(match[10] or 0))
    day = datetime(int(match[1]), int(match[2]), int(match[3]))  # noqa: DTZ001 - "Z" says it
    try:
        moment = day + clock + (offset if match[8] == "-" else -offset)
    except OverflowError as error:
        raise ValueError from error
    return moment.isoformat() + (f".{fraction[:6]}" if fraction else "") + "Z"


def to_storable(value: object) -> object:
    """Copy a value so that every encoder and database takes it: what nests too deep, as text.

    Raises:
        RecursionError: when it nests deeper than Python can encode.
    """
    if _is_deeper(value, _MAX_DEPTH):
        return json.dumps(value, separators=(",", ":"))
    return _copy(value)


def _copy(value: object) -> object:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, int) and not -INT64 <= value < INT64:
        return str(value)
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        copy: dict[str, Any] = {}
        for name, item in value.items():
            put(copy, name, _copy(item))
        return copy
    return value


def _is_deeper(value: object, levels: int) -> bool:
    """Return whether objects and arrays nest in more levels than these."""
    inner = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    if inner is None:
        return False
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)


def put(target: dict[str, Any], name: str, value: object) -> None:
    """Add to an object; a name that exists already gets a number."""
    free = name = _UNSTORABLE.sub("\ufffd", name)
    number = 1
    while free in target:
        number += 1
        free = f"{name}#{number}"
    target[free] = value
