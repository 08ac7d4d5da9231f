"""What tests of the tap share: its messages, and a configuration for a sandbox."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.api.connection import Connection
from tap_ringcentral_calllog.output import MessageWriter
from tap_ringcentral_calllog.tap import TapRingCentral

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Output:
    """The messages of a run.

    Attributes:
        messages: all messages, in order.
        slept: how long the tap waited, each time, in seconds. Nothing was waited for real: by the
            tap's clock no time passes but this.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def records(self, stream: str = "call_log") -> list[dict[str, Any]]:
        """Return a stream's records."""
        return [
            m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream
        ]

    def seconds(self) -> float:
        """Return the time by the tap's clock."""
        return sum(self.slept)

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


class Collector(MessageWriter):
    """Keeps the messages, exactly as a target would decode them."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self.output = output

    def write_lines(self, lines: bytes | bytearray) -> None:
        self.output.messages += map(json.loads, lines.splitlines())


# What every log record has; anything else was added to it, and some formats show it.
_USUAL = frozenset(vars(logging.makeLogRecord({})))
# How much is kept before it is searched.
_ENOUGH = 1 << 20
# So many characters of a secret are looked up first: hardly any text has them, and there are
# thousands of secrets.
_BEGINNING = 6


class Watch(logging.Handler):
    """Hears what runs say, at DEBUG, and finds the secrets of the sandboxes in it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._open: list[Any] = []
        self._secrets: dict[str, str] = {}
        self._found: dict[str, None] = {}
        self._heard: list[tuple[str, str]] = []
        self._size = 0

    def opened(self, sandbox: Any) -> None:
        """Look out for a sandbox's secrets from now on."""
        self._open.append(sandbox)

    def closed(self, sandbox: Any) -> None:
        """Take note of the secrets that a sandbox had in the end."""
        if sandbox in self._open:
            self._open.remove(sandbox)
            self._secrets.update(sandbox.secrets())

    def guard(self, kind: str, secret: str) -> None:
        """Look out for one more secret, for the rest of the test."""
        self._secrets[secret] = kind

    def hear(self, place: str, text: str) -> None:
        """Take note of a text that anybody may read."""
        self._heard.append((place, text))
        self._size += len(text)
        if self._size > _ENOUGH:
            self._search()

    def hear_error(self, error: BaseException | None, place: str = "exception") -> None:
        """Take note of an exception, and of those that it came from, shown or not."""
        ahead, known = [error], set()
        while ahead:
            one = ahead.pop()
            if one is None or id(one) in known:
                continue
            known.add(id(one))
            notes = getattr(one, "__notes__", ())
            self.hear(f"{place} {type(one).__name__}", "\n".join([str(one), repr(one), *notes]))
            ahead += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]

    def hear_command(self, stdout: str, stderr: str) -> None:
        """Take note of what a process wrote: records are what it is for, STATE and errors not."""
        self.hear("stderr", stderr)
        self.hear("STATE", "\n".join(line for line in stdout.splitlines() if '"STATE"' in line))

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a log record, with its exception and whatever was added to it."""
        place = f"log {record.name} at {record.levelname}"
        added = [str(value) for name, value in vars(record).items() if name not in _USUAL]
        self.hear(place, "\n".join([record.getMessage(), *added]))
        if record.exc_info:
            self.hear_error(record.exc_info[1], f"{place}: exception")

    def leaks(self) -> list[str]:
        """Return which kinds of secret were heard, and where, and forget everything.

        Never the secrets themselves: what tests print is read by anybody as well.
        """
        self._search()
        found, self._found, self._secrets = self._found, {}, {}
        return list(found)

    def _search(self) -> None:
        heard, self._heard, self._size = self._heard, [], 0
        everything = "\n".join({text for _, text in heard})
        if not everything:
            return
        for sandbox in self._open:
            self._secrets.update(sandbox.secrets())
        pieces = {everything[at : at + _BEGINNING] for at in range(len(everything))}
        for secret, kind in self._secrets.items():
            may_be_there = len(secret) < _BEGINNING or secret[:_BEGINNING] in pieces
            if may_be_there and secret in everything:
                places = (place for place, text in heard if secret in text)
                self._found.update(dict.fromkeys(f"{kind} in {place}" for place in places))


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


def run_tap(
    output: Output,
    sandbox: Any,
    state: dict[str, Any] | None = None,
    catalog: dict[str, Any] | None = None,
    *,
    by_its_clock: bool = False,
    writer: Any = None,
    prepare: Callable[[Connection], object] = id,
    **settings: Any,
) -> Output:
    """Run the tap in this process.

    Args:
        output: takes the messages, and the waits.
        sandbox: where it logs in.
        state: what to go on from.
        catalog: what to select.
        by_its_clock: let the tap go by the sandbox's clock, and move that when it waits.
        writer: takes the messages in place of `output`.
        prepare: is given the connection before the run.
        settings: of the tap.
    """
    config = config_for(sandbox, **settings)
    tap = TapRingCentral(
        config={k: v for k, v in config.items() if v is not None},
        state=json.loads(json.dumps(state)) if state else None,
        catalog=catalog,
        message_writer=writer or Collector(output),
    )

    def sleep(seconds: float) -> None:
        output.slept.append(seconds)
        if by_its_clock:
            sandbox.clock.advance(milliseconds=ceil(1000 * seconds))

    tap.run.connection = Connection(
        tap.run.settings,
        logger=tap.logger,
        sleep=sleep,
        clock=sandbox.clock.seconds if by_its_clock else output.seconds,
    )
    prepare(tap.run.connection)
    try:
        tap.read_all()
    finally:
        tap.run.connection.close()
    if tap.run.failures:
        raise tap.run.failures[0]
    return output


@cache
def _catalog() -> str:
    """Return the tap's catalog as JSON. It is the same for every configuration."""
    return json.dumps(TapRingCentral(config={}, validate_config=False).catalog_dict)


def selecting(*names: str) -> dict[str, Any]:
    """Return the tap's catalog with these streams selected, and no others."""
    catalog: dict[str, Any] = json.loads(_catalog())
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in names
    return catalog
