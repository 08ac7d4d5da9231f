"""A mart's rows compared with what they must be, value by value."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

KEYS = {
    "calls": ("conversation_id",),
    "queue_performance": ("queue_id", "local_hour"),
    "people_performance": ("person_id", "local_date"),
    "missed_calls": ("conversation_id",),
    "callers": ("number",),
    "first_call_resolution": ("conversation_id",),
    "concurrency": ("local_quarter",),
    "recordings": ("recording_id",),
    "archive_health": ("month",),
    "volume": ("local_weekday", "local_hour", "direction", "outcome"),
}


def differences(mart: str, actual: list[Row], expected: list[Row]) -> tuple[int, list[str]]:
    """Compare the rows of a mart.

    Args:
        mart: its name.
        actual: the rows that it has. They may have more columns than are expected.
        expected: the rows that it must have.

    Returns:
        How many values were compared, and a line for each that differs.
    """
    key = KEYS[mart]
    found = _by_key(actual, key)
    wanted = _by_key(expected, key)
    wrong = (
        [f"{mart}: {len(actual) - len(found)} rows share a key"] if len(actual) > len(found) else []
    )
    wrong += [f"{mart} {one}: missing: {wanted[one]}" for one in wanted.keys() - found.keys()]
    wrong += [
        f"{mart} {one}: should not be there: {found[one]}" for one in found.keys() - wanted.keys()
    ]
    values = 0
    for one in wanted.keys() & found.keys():
        for name, value in wanted[one].items():
            values += 1
            should, is_ = plain(value), plain(found[one].get(name, "no such column"))
            if not _same(should, is_):
                wrong.append(f"{mart} {one} {name}: is {is_!r}, should be {should!r}")
    return values, wrong


def _same(one: Any, other: Any) -> bool:
    # Half a thousandth may be rounded either way.
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < 0.0015
    return bool(one == other)


def _by_key(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    return {tuple(plain(row[name]) for name in key): row for row in rows}


def plain(value: Any) -> Any:
    """Return a value as it compares in any database: lists as text, numbers to a thousandth."""
    if isinstance(value, list):
        return ",".join(value) or None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).replace(tzinfo=None) if value.tzinfo else value
    return value.isoformat() if isinstance(value, date) else value
