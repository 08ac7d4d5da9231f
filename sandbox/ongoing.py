"""The calls in progress, in the form of active-calls records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.edits import Edited
from sandbox.instants import parse
from sandbox.log import DETAILS
from sandbox.plans import LONGEST, SHOWN_AFTER

if TYPE_CHECKING:
    from sandbox.log import CallLog
    from sandbox.query import Query

# Fields that are unknown before the end of the call.
_KNOWN_LATER = frozenset(
    {
        "duration", "durationMs", "reason", "reasonDescription", "recording", "shortRecording",
        "message", "billing", "lastModifiedTime", "deleted",
    }
)  # fmt: skip


def ongoing(
    log: CallLog, query: Query, now: int, viewer: int, lag: int = 0
) -> list[tuple[int, dict[str, Any]]]:
    """Return the calls that have started and not yet ended, newest first.

    Args:
        log: the call log.
        query: the query; its dates are ignored.
        now: the sandbox's time, ms.
        viewer: `ACCOUNT`, or the index of the extension whose calls are read.
        lag: how long ended calls are still listed, ms.

    Returns:
        The number and the record of each call.
    """
    found: list[tuple[int, int, dict[str, Any]]] = []
    for entry in log.started(now - LONGEST - SHOWN_AFTER - lag, now, viewer):
        plan = log.plan(entry)
        end = min(plan.start + plan.duration, plan.visible)
        if not plan.start <= now < end + lag:
            continue
        record = log.record(entry, now, viewer)
        fields = entry.fields if isinstance(entry, Edited) else {}
        if query.matches(record):
            shown = _in_view(record if end <= now else _so_far(record, now), query)
            found.append((plan.start, plan.number, {**shown, **fields}))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [(number, record) for _, number, record in found]


def _so_far(record: dict[str, Any], now: int) -> dict[str, Any]:
    legs = [leg for leg in record["legs"] if parse(leg["startTime"]) <= now]
    return {**_without_end(record), "legs": [_without_end(leg) for leg in legs]}


def _in_view(record: dict[str, Any], query: Query) -> dict[str, Any]:
    if query.detailed:
        return record
    record["uri"] = record["uri"].replace("view=Detailed", "view=Simple")
    return {name: value for name, value in record.items() if name not in DETAILS}


def _without_end(part: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in part.items() if name not in _KNOWN_LATER}
    return {**known, "result": "In Progress"}
