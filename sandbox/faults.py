"""Faults that a test requests: which answer fails, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

FaultKind = Literal[
    "status",
    "type",
    "reset",
    "cut",
    "truncated_json",
    "html",
    "bad_gzip",
    "stall",
    "hook",
    "edit",
    "partial",
    "date",
    "gzip",
    "drip",
]


@dataclass(frozen=True, slots=True)
class Target:
    """The request that an answer is for; `path` includes the query string."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in some of the answers.

    The request counts against the rate limit. If the limiter refuses it, the fault does not affect
    it, but applies to the next request.

    Attributes:
        kind: "status" answers with `status` and a RingCentral error body, or `body`; "type" sends
            `content_type`; "reset" closes the connection with a TCP reset before any header; "cut"
            ends it within the body, before `Content-Length` bytes; "truncated_json" sends half the
            body as if it were complete; "html" sends a web page with status 200; "bad_gzip"
            declares gzip, but sends something else; "stall" answers after `seconds`, or as soon as
            `until` returns true; "hook" calls `hook`, then answers; "edit" changes the body;
            "partial" answers 206 with half of a list's records and no next page; "date" sends
            `date` in the `Date` header; "gzip"
            compresses the body, or declares the result of `edit` as compressed; "drip" sends a byte
            every `seconds`.
        on: text that the path and query must contain.
        after: number of matching requests to spare first.
        times: number of requests to strike; None for all later ones.
        status: for "status".
        code: for "status", RingCentral's error code; empty for the usual code of the status.
        body: for "status", the body instead of RingCentral's error.
        content_type: for "type", and for `body`.
        retry_after: for "status", seconds in `Retry-After`; None for no header.
        seconds: for "stall" and "drip".
        until: for "stall"; called again and again in the server's thread.
        hook: for "hook"; it runs in the server's thread before the answer is made.
        date: for "date".
        edit: for "edit" and "gzip"; receives the body and returns the one to send.
        when: a further condition on the request.
    """

    kind: FaultKind
    on: str = ""
    after: int = 0
    times: int | None = 1
    status: int = 503
    code: str = ""
    body: bytes | None = None
    content_type: str = "text/html"
    retry_after: float | None = None
    seconds: float = 0.0
    until: Callable[[], bool] | None = None
    date: str = ""
    hook: Callable[[], object] | None = None
    edit: Callable[[bytes], bytes] | None = None
    when: Callable[[Target], bool] | None = None


@dataclass(slots=True)
class Armed:
    """A fault that is waiting for requests.

    Attributes:
        fault: the fault.
        met: number of matching requests so far.
        struck: number of them that it struck.
    """

    fault: Fault
    met: int = 0
    struck: int = 0

    def applies(self, target: Target) -> bool:
        """Return whether it may strike this request, and count the request if it matches."""
        fault = self.fault
        if fault.on not in target.path or not (fault.when is None or fault.when(target)):
            return False
        self.met += 1
        return self.met > fault.after and self._left()

    def strike(self) -> bool:
        """Count a strike; return False if another request has taken the last one."""
        if not self._left():
            return False
        self.struck += 1
        return True

    def _left(self) -> bool:
        return self.fault.times is None or self.struck < self.fault.times


class FaultPlan:
    """The waiting faults, in the order in which they were added."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []

    def add(self, fault: Fault) -> Armed:
        """Add a fault and return its counters."""
        armed = Armed(fault)
        self._armed.append(armed)
        return armed

    def clear(self) -> None:
        """Remove all faults."""
        self._armed.clear()

    def due(self, target: Target) -> Armed | None:
        """Return the first fault that may strike this request; `strike` decides."""
        due = [armed for armed in self._armed if armed.applies(target)]
        return due[0] if due else None
