"""What tests of the tap share: its messages, and a configuration for a sandbox."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from singer_sdk.contrib.msgspec import MsgSpecWriter


@dataclass
class Output:
    """The messages of a run.

    Attributes:
        messages: all messages, in order.
        slept: how long the tap waited, each time, in seconds. Nothing was waited for real.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def records(self, stream: str = "call_log") -> list[dict[str, Any]]:
        """Return a stream's records."""
        return [
            m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream
        ]

    @property
    def states(self) -> list[dict[str, Any]]:
        """The STATE messages' values."""
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        return self.states[-1] if self.states else {}

    def schema(self, stream: str) -> dict[str, Any]:
        """Return the stream's first SCHEMA message."""
        return next(m for m in self.messages if m["type"] == "SCHEMA" and m["stream"] == stream)


class Collector(MsgSpecWriter):
    """Keeps the messages, exactly as a target would decode them."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def write_message(self, message: Any) -> None:
        self.output.messages.append(json.loads(bytes(self.serialize_message(message))))


def config_for(sandbox: Any, **settings: Any) -> dict[str, Any]:
    """Return a configuration that logs in to a sandbox with its JWT."""
    login = {"jwt": sandbox.jwt} if not {"username", "token_store"} & settings.keys() else {}
    return {
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "api_url": sandbox.url,
        **login,
        **settings,
    }
