"""What tests share: a sandbox, and a way to run the tap against it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import pytest
from singer_sdk.contrib.msgspec import MsgSpecWriter

from tap_ringcentral_calllog.tap import TapRingCentral
from tap_ringcentral_calllog.transport import Connection


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


@pytest.fixture
def sync():
    """Run the tap in this process and return its output."""

    def run(
        sandbox: Any,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        *,
        output: Output | None = None,
        real_waits: bool = False,
        **settings: Any,
    ) -> Output:
        output = output or Output()
        config = config_for(sandbox, **settings)
        tap = TapRingCentral(
            config={k: v for k, v in config.items() if v is not None},
            state=json.loads(json.dumps(state)) if state else None,
            catalog=catalog,
            message_writer=Collector(output),
        )
        sleep = time.sleep if real_waits else output.slept.append
        tap.connection = Connection(
            tap.settings,
            tap.config,
            user_agent="test",
            logger=tap.logger,
            sleep=sleep,
            **({} if real_waits else {"clock": lambda: time.monotonic() + sum(output.slept)}),
        )
        try:
            tap.sync_all()
        finally:
            tap.connection.close()
        if tap.failures:
            raise tap.failures[0]
        return output

    return run


@pytest.fixture(autouse=True)
def _fresh_logging():
    """Leave no handler behind that a run of the command put there."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    root.handlers[:] = before


@pytest.fixture
def command():
    """Run the command `tap-ringcentral` in a process of its own."""

    def run(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "tap_ringcentral_calllog", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=env,
            timeout=120,
            **options,
        )

    return run
