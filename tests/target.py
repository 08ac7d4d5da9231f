"""A target that upserts by key, and what it should hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sandbox import Sandbox

# What the tap adds to a call.
_ADDED = frozenset({"accountId", "extensionId", "legCount", "extra"})


class Target:
    """Keeps the last version of each row, as a database would.

    Attributes:
        state: the last state received.
    """

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}
        self._keys: dict[str, list[str]] = {}
        self._rows: dict[str, dict[tuple[Any, ...], dict[str, Any]]] = {}

    def apply(self, messages: Iterable[dict[str, Any]]) -> None:
        """Take in messages of a run."""
        for message in messages:
            if message["type"] == "STATE":
                self.state = message["value"]
                continue
            stream = message["stream"]
            if message["type"] == "SCHEMA":
                self._keys[stream] = message["key_properties"]
            else:
                row = message["record"]
                key = tuple(row[name] for name in self._keys[stream])
                self._rows.setdefault(stream, {})[key] = row

    def rows(self, stream: str = "call_log") -> list[dict[str, Any]]:
        """Return the rows of a stream."""
        return list(self._rows.get(stream, {}).values())

    def call(self, *key: str) -> dict[str, Any] | None:
        """Return a call as RingCentral would show it, put together from both streams.

        Args:
            key: the key in `call_log`.
        """
        row = self._rows.get("call_log", {}).get(key)
        if row is None:
            return None
        call = {name: value for name, value in row.items() if name not in _ADDED}
        legs = self._rows.get("call_legs", {})
        for index, leg in enumerate(call.get("legs") or []):
            written = legs.get((*key, index), {})
            if any(leg[name] != written.get(name) for name in leg.keys() - _ADDED):
                return {**call, "legs": f"leg {index} is {written}"}
        return call


def truth(
    sandbox: Sandbox, extension_id: str | None = None, start: datetime | str | None = None
) -> dict[str, dict[str, Any]]:
    """Return by id what RingCentral shows now, with ids as the schema declares them: texts."""
    level = "extension" if extension_id else "account"
    calls = sandbox.truth(level=level, extension_id=extension_id, start=start)
    return {str(call["id"]): _with_text_ids(call) for call in calls}


def _with_text_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: str(item)
            if name in {"id", "extensionId"} and isinstance(item, int)
            else _with_text_ids(item)
            for name, item in value.items()
        }
    return [_with_text_ids(item) for item in value] if isinstance(value, list) else value
