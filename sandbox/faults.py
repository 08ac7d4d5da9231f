"""Faults on demand: which answer fails, and how."""

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
    """Something that goes wrong.

    The request itself counts against the rate limit; an answer that the limiter refuses stays as it
    is, and the fault waits for the next one.

    Attributes:
        kind: "status" answers with `status` and a RingCentral error body, or `body`; "type" says
            that the body is of another type; "reset" closes the
            connection with a TCP reset before any header; "cut" ends it in mid-body, short of
            `Content-Length`; "truncated_json" sends half the body as if it were whole; "html" sends
            a web page with status 200; "bad_gzip" says gzip and sends something else; "stall"
            answers after `seconds`; "hook" calls `hook`, then answers; "edit" changes the body;
            "partial" answers 206 with half of a list's records, and offers no next page; "date"
            says that it is `date`; "gzip" says that what `edit` makes of the body is compressed;
            "drip" sends a byte each `seconds`.
        on: what the path, with its query, must contain.
        after: how many matching requests pass unharmed first.
        times: how many requests it strikes; None for all from then on.
        status: for "status".
        code: for "status", RingCentral's error code; empty for one that goes with the status.
        body: for "status", what is sent in place of RingCentral's error.
        content_type: for "type", and for `body`.
        retry_after: for "status", seconds in `Retry-After`; None for no header.
        seconds: for "stall" and "drip".
        hook: for "hook"; it runs in the server's thread before the answer is made.
        date: for "date".
        edit: for "edit"; returns the body to send in place of the one it is given.
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
    date: str = ""
    hook: Callable[[], object] | None = None
    edit: Callable[[bytes], bytes] | None = None
    when: Callable[[Target], bool] | None = None


@dataclass(slots=True)
class Armed:
    """A fault in waiting.

    Attributes:
        fault: which.
        met: how many matching requests there were.
        struck: how many of them it struck.
    """

    fault: Fault
    met: int = 0
    struck: int = 0

    def applies(self, target: Target) -> bool:
        """Return whether it may strike this request, which counts if it matches."""
        fault = self.fault
        if fault.on not in target.path or not (fault.when is None or fault.when(target)):
            return False
        self.met += 1
        return self.met > fault.after and self._left()

    def strike(self) -> bool:
        """Count a strike; return False if another request has used up the last one meanwhile."""
        if not self._left():
            return False
        self.struck += 1
        return True

    def _left(self) -> bool:
        return self.fault.times is None or self.struck < self.fault.times


class FaultPlan:
    """The faults in waiting, in the order they were asked for."""

    def __init__(self) -> None:
        self._armed: list[Armed] = []

    def add(self, fault: Fault) -> Armed:
        """Add a fault and return its counters."""
        armed = Armed(fault)
        self._armed.append(armed)
        return armed

    def clear(self) -> None:
        """Forget all faults."""
        self._armed.clear()

    def due(self, target: Target) -> Armed | None:
        """Return the first fault that may strike this request; `strike` tells if it does."""
        due = [armed for armed in self._armed if armed.applies(target)]
        return due[0] if due else None
