"""Distorts a record before it is sent, according to the server's habits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.instants import HOUR, SECOND, iso, parse
from sandbox.plans import mix, number_of_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.habits import Habits, Poison

Record = dict[str, Any]

_TIMES = ("startTime", "lastModifiedTime", "creationTime", "smsDeliveryTime")
_IDS = ("id", "sessionId", "extensionId")
_DROPPED = ("from", "to", "legs", "billing", "recording", "telephonySessionId", "duration", "type")
_NULLED = ("from", "to", "extension", "billing", "recording", "message", "legs", "transferee")
_KEPT = frozenset({"id", "creationTime", "contentUri"})
_ONE_IN = 50


def distorted(text: str, number: int, habits: Habits) -> str:
    """Return a call's JSON text as a server with these habits writes it.

    Args:
        text: the record as rendered.
        number: the record's number, which alone determines its distortion.
        habits: the server's.
    """
    record: Record = json.loads(text)
    if habits.deleted_records == "sparse" and record.get("deleted"):
        record = {key: record[key] for key in ("uri", "id", "startTime", "deleted")}
    chance = mix(number)
    for part in _objects(record):
        _rewrite(part, habits)
    if habits.unknown_fields:
        _add_unknown(record, chance)
    if habits.missing_fields and chance & 3 == 0:
        _drop_some(record, chance >> 2)
    if habits.null_objects and chance >> 10 & 3 == 0:
        _set_some_null(record, chance >> 12)
    for index, poison in enumerate(habits.poison):
        if (chance >> 20) % _ONE_IN == index:
            _POISONERS[poison](record)
    # ASCII only: a lone surrogate can only travel escaped.
    return json.dumps(record, separators=(",", ":"))


def encoded(record: Record, number: int, habits: Habits) -> bytes:
    """Return a record other than a call's as JSON, as a server with these habits writes it.

    Args:
        record: the record; it may be changed.
        number: the record's number, which alone determines its distortion.
        habits: the server's.
    """
    if habits.leave_records_alone:
        return msgspec.json.encode(record)
    chance = mix(number)
    parts = list(_objects(record))
    for part in parts:
        _rewrite(part, habits)
    if habits.unknown_fields:
        record["region"] = "us-01"
        for part in parts[1:]:
            part["presence"] = {"status": "Busy", "since": None}
    if habits.missing_fields and chance & 3 == 0:
        names = [name for name in record if name not in _KEPT]
        del record[names[(chance >> 2) % len(names)]]
    if habits.null_objects and chance >> 10 & 3 == 0:
        objects = [name for name, value in record.items() if isinstance(value, (dict, list))]
        if objects:
            record[objects[(chance >> 12) % len(objects)]] = None
    for index, poison in enumerate(habits.poison):
        if (chance >> 20) % _ONE_IN == index:
            record.update(_POISONED[poison])
    return json.dumps(record, separators=(",", ":")).encode()


def _rewrite(part: Record, habits: Habits) -> None:
    if habits.time_format != "ms":
        for key in _TIMES:
            if isinstance(part.get(key), str):
                part[key] = _written(part[key], habits.time_format)
    if habits.numeric_ids:
        for key in _IDS:
            if key in part:
                part[key] = number_of_id(str(part[key]))
    if habits.text_ids:
        for key in _IDS:
            if key in part:
                part[key] = str(part[key])


def _drop_some(record: Record, chance: int) -> None:
    for part in (record, *record.get("legs", ())):
        part.pop(_DROPPED[chance % len(_DROPPED)], None)
        chance >>= 4


def _set_some_null(record: Record, chance: int) -> None:
    for part in (record, *(record.get("legs") or ())):
        key = _NULLED[chance % len(_NULLED)]
        if key in part:
            part[key] = None
        chance >>= 4


def _objects(part: Record) -> Iterator[Record]:
    yield part
    for value in part.values():
        if isinstance(value, dict):
            yield from _objects(value)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    yield from _objects(item)


def _written(text: str, time_format: str) -> str:
    if time_format in {"seconds", "truncated"}:
        return text[:19] + "Z"
    if time_format == "offset":
        return iso(parse(text) - 5 * HOUR)[:-1] + "-05:00"
    if time_format == "micro":
        return text[:-1] + "000Z"
    if time_format == "no_offset":
        return text[:-1]
    if time_format == "leap_second":
        return text.replace(":59.", ":60.")
    return text if parse(text) % SECOND else text[:19] + "Z"


def _add_unknown(record: Record, chance: int) -> None:
    record["aiInsights"] = {"sentiment": "neutral", "topics": ["renewal"], "score": chance % 100}
    record["region"] = "us-01"
    for key in ("from", "to"):
        record.setdefault(key, {})["verified"] = chance & 1 == 0
    record.setdefault("extension", {})["site"] = {"id": "main-site", "name": "Belmont"}
    for leg in record.get("legs", ()):
        leg["codec"] = "opus"
        leg.setdefault("to", {})["presence"] = {"status": "Busy", "since": None}
        leg.setdefault("billing", {})["currency"] = "USD"


def _surrogate(record: Record) -> None:
    record["from"] = {**(record.get("from") or {}), "name": "Ad\ud83da"}


def _nul(record: Record) -> None:
    record["to"] = {**(record.get("to") or {}), "name": "Ber\x00ta"}


def _wrong_types(record: Record) -> None:
    record["duration"] = str(record.get("duration", 0))
    record["result"] = 7
    record["from"] = {**(record.get("from") or {}), "phoneNumber": 16505550100}
    record["reasonDescription"] = {"text": "an object where a string is due"}


def _big_int(record: Record) -> None:
    record["extension"] = {**(record.get("extension") or {}), "id": 2**63 + 12_345}
    record["durationMs"] = 2**64


def _impossible_date(record: Record) -> None:
    record["lastModifiedTime"] = "2026-02-30T25:61:00.000Z"


_POISONED: dict[Poison, Record] = {
    "lone_surrogate": {"name": "Ad\ud83da", "subject": "Ad\ud83da"},
    "nul": {"name": "Ber\x00ta", "subject": "Ber\x00ta"},
    "wrong_types": {"status": 7, "direction": 7, "subject": {"text": "an object"}},
    "big_int": {"conversationId": 2**63 + 12_345, "duration": 2**64},
    "impossible_date": {"lastModifiedTime": "2026-02-30T25:61:00.000Z"},
}

_POISONERS = {
    "lone_surrogate": _surrogate,
    "nul": _nul,
    "wrong_types": _wrong_types,
    "big_int": _big_int,
    "impossible_date": _impossible_date,
}
