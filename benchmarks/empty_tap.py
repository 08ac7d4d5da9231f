"""A tap without streams: how long the SDK alone takes to start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk import Stream


class EmptyTap(Tap):
    """A tap with nothing to read."""

    name = "tap-empty"
    config_jsonschema: ClassVar[dict[str, Any]] = {"type": "object", "properties": {}}

    def discover_streams(self) -> Sequence[Stream]:
        """Return no streams."""
        return []


if __name__ == "__main__":
    EmptyTap.cli()
