"""What the tap adds to a call, and the rows of its legs."""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.records.typed import Fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_ringcentral_calllog.records.shaper import Record

    Objects = dict[str, "Objects"]

_LEG_PATH = re.compile(r"legs\[(0|[1-9][0-9]{0,5})\]\.(.*)", re.DOTALL)


def complete_call(call: Record, log: Mapping[str, str]) -> None:
    """Add to a shaped call what the tap knows about it.

    Args:
        call: the call, changed in place.
        log: the log that it was read from: `accountId`, and `extensionId` at extension level.
    """
    call.update(log)
    legs = call.get("legs")
    call["legCount"] = None if legs is None else len(legs)


class Legs:
    """Makes the records of `call_legs` from calls.

    Args:
        schema: the JSON schema of `call_log`.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._objects = _objects(schema["properties"]["legs"]["items"])

    def rows(self, call: Record) -> list[Record]:
        """Make a row of each leg.

        Args:
            call: a call, shaped and completed. Its legs stay as they are, and share no object with
                the rows, because the SDK takes deselected properties out of either in place.

        Returns:
            The rows, in the order of the legs.
        """
        legs = call.get("legs")
        if not legs:
            return []
        added = {
            "accountId": call["accountId"],
            "callId": call["id"],
            "legCount": len(legs),
            "callStartTime": call["startTime"],
            "extra": None,
        }
        extension_id = call.get("extensionId")
        rows = []
        for index, leg in enumerate(legs):
            row: Any = copy(leg) if isinstance(leg, Fields) else _copy(leg, self._objects)
            if extension_id is not None:
                if "extensionId" in row:
                    row["legExtensionId"] = row["extensionId"]
                row["extensionId"] = extension_id
            row.update(added)
            row["legIndex"] = index
            rows.append(row)
        for path, value in (call["extra"] or {}).items():
            if (match := _LEG_PATH.fullmatch(path)) and int(match[1]) < len(rows):
                row = rows[int(match[1])]
                if row["extra"] is None:
                    row["extra"] = {}
                row["extra"][match[2]] = value
        return rows


def _objects(schema: Mapping[str, Any]) -> Objects:
    """Find which properties are objects, and which of theirs."""
    return {
        name: _objects(field)
        for name, field in schema["properties"].items()
        if "object" in field["type"]
    }


def _copy(value: Record, objects: Objects) -> Record:
    copied = value.copy()
    for name, inner in objects.items():
        if name in copied:
            copied[name] = _copy(copied[name], inner)
    return copied
