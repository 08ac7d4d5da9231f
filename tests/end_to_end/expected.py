"""What a target must hold: the sandbox's truth, with what the tap adds, as rows by their key."""

from __future__ import annotations

from datetime import datetime
from typing import Any

Row = dict[str, Any]
Rows = dict[tuple[Any, ...], Row]

CALL_KEY = ("accountId", "id")
LEG_KEY = ("accountId", "callId", "legIndex")
EXTENSION_CALL_KEY = ("accountId", "extensionId", "id")
EXTENSION_LEG_KEY = ("accountId", "extensionId", "callId", "legIndex")

#: The only unknown field that `ringcentral` of conftest.py sends.
UNKNOWN = "futureField"


def calls(
    truth: list[Row], account_id: str, extension_id: str | None = None, *, legs: bool = False
) -> Rows:
    """Return the rows of call_log, at extension level for one extension.

    Args:
        truth: the calls.
        account_id: their account.
        extension_id: the extension in whose log they are.
        legs: whether the column `legs` is selected, which meltano.yml does not do.
    """
    rows = []
    for call in map(text_ids, truth):
        extra = {UNKNOWN: call.pop(UNKNOWN)} if UNKNOWN in call else None
        added = {"accountId": account_id, "legCount": len(call.get("legs", [])), "extra": extra}
        if not legs:
            call.pop("legs", None)
        rows.append({**call, **added, **_log(extension_id)})
    return by_key(rows, EXTENSION_CALL_KEY if extension_id else CALL_KEY)


def legs(truth: list[Row], account_id: str, extension_id: str | None = None) -> Rows:
    """Return the rows of call_legs, at extension level for one extension."""
    return by_key(
        [
            {
                "accountId": account_id,
                "callId": call["id"],
                "callStartTime": call["startTime"],
                "legIndex": index,
                "legCount": len(call["legs"]),
                **leg,
                **_log(extension_id),
            }
            for call in map(text_ids, truth)
            for index, leg in enumerate(call.get("legs", []))
        ],
        EXTENSION_LEG_KEY if extension_id else LEG_KEY,
    )


def _log(extension_id: str | None) -> Row:
    return {"extensionId": extension_id} if extension_id else {}


def by_key(rows: list[Row], key: tuple[str, ...]) -> Rows:
    """Return rows by their key, which no two of them may share."""
    found = {tuple(row[name] for name in key): row for row in rows}
    assert len(found) == len(rows), "two rows have the same key"
    return found


def text_ids(value: Any) -> Any:
    """Return JSON with all ids as text: RingCentral mixes both."""
    if isinstance(value, dict):
        return {
            name: str(one) if name == "id" and isinstance(one, int) else text_ids(one)
            for name, one in value.items()
        }
    return [text_ids(one) for one in value] if isinstance(value, list) else value


def moment(text: str | None) -> datetime | None:
    """Return a time as databases without time zones store it: in UTC."""
    return text and datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def with_moments(rows: Rows) -> Rows:
    """Return rows with the times in their own columns as moments."""
    return {
        key: {
            name: moment(value) if name.endswith("Time") else value for name, value in row.items()
        }
        for key, row in rows.items()
    }


def differences(actual: Rows, expected: Rows) -> list[str]:
    """Compare value by value; what a row lacks and what it holds as null is the same.

    Returns:
        A line for each of the first few differences.
    """
    found = [f"{key} is missing" for key in expected.keys() - actual.keys()]
    found += [f"{key} should not be there" for key in actual.keys() - expected.keys()]
    for key in expected.keys() & actual.keys():
        for name in sorted(expected[key].keys() | actual[key].keys()):
            is_, should = actual[key].get(name), expected[key].get(name)
            if is_ != should or isinstance(is_, bool) != isinstance(should, bool):
                found.append(f"{key} {name} is {is_!r}, should be {should!r}")
    return found[:10]
