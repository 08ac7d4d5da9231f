"""The format of this tap's state.

A bookmark is the settled line of one context: everything that started before it is in the target,
for good. It looks like this, at account level under `bookmarks.call_log`, at extension level in its
`partitions`:

    {"replication_key": "startTime", "replication_key_value": "2026-03-01T00:00:00.000Z",
     "startDate": "2025-03-01T00:00:00.000Z", "accountId": "401494647008",
     "callLogLevel": "account"}

`startDate` is where the range begins that the state covers. `readAhead` holds ranges beyond the
bookmark that are read for good as well, as pairs of times, the next one last. They need not be read
again if a run dies while it reads what lies before them.

`lastRun` is when the last run started that has read something of the stream.

`failedAt` in a partition is when it could not be read. It is removed when the partition is read.

At extension level `firstInTurn` beside the partitions is the context that the last run began with.

Streams of files note beside it, in `unfinished`, what is known of the files that could not be
fetched yet, with the time `triedSince` of the first try, and `missingSince` when RingCentral first
said that there is none; in `told` short digests of the files after the bookmark that have their
row, with a minus sign for those that were given up. Older states have `toldTo` and `toldUntil` in
its place, which are dropped.

`recordings` next to a bookmark of `call_log` counts the recordings that RingCentral still has: see
`counted`. `lost` holds, of each kind of `retention`, the last range that was deleted before it was
archived, as a pair of times.

With change tracking, `syncToken` and `syncTime` are next to them: up to when RingCentral has
reported changes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.errors import StateError
from tap_ringcentral_calllog.plan.windows import Window
from tap_ringcentral_calllog.times import YEARS, moment

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


# What is known of each file of a message.
_ATTACHMENT = frozenset({"creationTime", "messageId", "extensionId"})
_NUMBERS = ("duration", "size")
_TRIED = ("triedSince", "missingSince")


def check_structure(state: dict[str, Any], streams: Collection[str]) -> None:
    """Refuse a state that this tap did not write, before the SDK fails on it.

    Args:
        state: what `--state` holds.
        streams: names of the tap's streams.

    Raises:
        StateError: when bookmarks or partitions are not what they must be, or another tap's.
    """
    bookmarks = state.get("bookmarks", {})
    if (state and "bookmarks" not in state) or (
        isinstance(bookmarks, dict) and bookmarks and bookmarks.keys().isdisjoint(streams)
    ):
        msg = (
            "the state is not this tap's: it contains no bookmark of call_log. Use the state that "
            "the last run wrote, or start without a state"
        )
        raise StateError(msg)
    sound = isinstance(bookmarks, dict) and all(
        _is_sound(bookmark)
        and isinstance(partitions := bookmark.get("partitions", []), list)
        and all(_is_sound(part) and isinstance(part.get("context"), dict) for part in partitions)
        and len({_identity(part) for part in partitions}) == len(partitions)
        for bookmark in bookmarks.values()
    )
    if not sound:
        msg = (
            "the state is damaged: its bookmarks do not have the form that this tap writes. "
            "Restore an older one, or start without a state"
        )
        raise StateError(msg)


def _identity(partition: dict[str, Any]) -> str:
    return json.dumps(partition["context"], sort_keys=True)


def _is_sound(bookmark: object) -> bool:
    texts = ("accountId", "callLogLevel", "replication_key", "syncToken")
    times = ("startDate", "syncTime", "toldTo", "toldUntil")
    return (
        isinstance(bookmark, dict)
        and all(isinstance(bookmark.get(name, ""), str) for name in texts)
        and all(time_of(bookmark[name]) is not None for name in times if name in bookmark)
        and ranges(bookmark.get("readAhead", [])) is not None
        and isinstance(bookmark.get("progress_markers", {}), dict)
        and isinstance(told := bookmark.get("told", []), list)
        and all(isinstance(one, str) for one in told)
        and isinstance(unfinished := bookmark.get("unfinished", []), list)
        and all(_is_file(one, bookmark.get("replication_key")) for one in unfinished)
    )


def _is_file(row: object, key: str | None) -> bool:
    """Return whether a value is a valid item of `unfinished`.

    Args:
        row: the value.
        key: the replication key of the stream; None if the state does not name it.
    """
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        return False
    is_recording, is_attachment = "startTime" in row, row.keys() >= _ATTACHMENT
    is_known = (is_recording or is_attachment) and (key is None or key in row)
    texts = all(isinstance(row[name], str | None) for name in row if name not in _NUMBERS)
    # What RingCentral gave may be any time and number: it must block no later run.
    return (
        is_known
        and texts
        and all(isinstance(row.get(name), int | None) for name in _NUMBERS)
        and _any_time(row.get("startTime") or row.get("creationTime")) is not None
        and (row.get("expiresAt") is None or _any_time(row["expiresAt"]) is not None)
        and all(row.get(name) is None or _any_time(row[name]) for name in _TRIED)
    )


def ranges(value: object) -> list[Window] | None:
    """Read what `readAhead` holds, the next range last; None if it is not valid."""
    if not isinstance(value, list):
        return None
    found: list[Window] = []
    for pair in value:
        if not isinstance(pair, list) or len(pair) != len(("start", "end")):
            return None
        start, end = map(time_of, pair)
        if start is None or end is None or start >= end or (found and end > found[-1].start):
            return None
        found.append(Window(start, end))
    return found


def time_of(value: object) -> datetime | None:
    """Read a time, in UTC; None if this tap did not write it."""
    when = _any_time(value)
    return when if when and when.year in YEARS else None


def _any_time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return moment(value)
    except ValueError:
        return None
