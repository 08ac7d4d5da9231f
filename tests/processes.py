"""Runs of the command `tap-ringcentral` in processes of their own that start within milliseconds.

One process imports the tap and forks for each run, because imports take most of a short run's time.
A run is a process as any other: its output goes through a pipe, and what kills it, kills it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import F_SETPIPE_SZ, fcntl, ioctl
from functools import partial
from importlib import import_module
from runpy import run_module
from select import select
from struct import unpack
from termios import FIONREAD
from typing import TYPE_CHECKING, Any

from waiting import PATIENCE, wait_until

from tap_ringcentral_calllog.plan.windows import Planner
from tap_ringcentral_calllog.streams import windowed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Linux gives no smaller pipe than a page.
SMALLEST_PIPE = 4096

PAGES_PER_WINDOW = 4


def serve(channel: socket.socket) -> None:
    """Fork a run for each order until the channel is closed."""
    import_module("tap_ringcentral_calllog.tap")
    while True:
        order, handles, *_ = socket.recv_fds(channel, 1 << 16, 2)
        if not order:
            return
        if not (pid := os.fork()):
            for handle, standard in zip(handles, (1, 2), strict=True):
                os.dup2(handle, standard)
                os.close(handle)
            channel.recv(1)
            given = json.loads(order)
            os.environ.clear()
            os.environ.update(given["environment"])
            sys.argv = ["tap-ringcentral", *given["arguments"]]
            run_module("tap_ringcentral_calllog", run_name="__main__")
            sys.exit()
        for handle in handles:
            os.close(handle)
        channel.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        channel.send(str(os.waitstatus_to_exitcode(status)).encode())


@dataclass(frozen=True)
class Ended:
    """How a run ended.

    Attributes:
        code: its exit code.
        errors: what it wrote to its standard error.
    """

    code: int
    errors: str

    @property
    def complaints(self) -> list[str]:
        """The lines that are more than INFO, but for the one about a sandbox's own time."""
        usual = ("| INFO", "This machine's clock is")
        return [
            line for line in self.errors.splitlines() if not any(text in line for text in usual)
        ]


class Process:
    """A run that waits for `go`.

    Attributes:
        output: the reading end of its standard output.
    """

    def __init__(
        self,
        channel: socket.socket,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        place: str | None,
    ) -> None:
        self._channel = channel
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed in `wait`)
        self.output, output = os.pipe()
        if place:
            os.close(output)
            output = os.open(place, os.O_WRONLY)
        order = json.dumps({"arguments": arguments, "environment": dict(environment)}).encode()
        socket.send_fds(channel, [order], [output, self._errors.fileno()])
        os.close(output)
        self._pid = int(channel.recv(16))

    def go(self) -> None:
        """Let it run."""
        self._channel.send(b"!")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal, if it is still there."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, number)

    def narrow(self) -> None:
        """Let it write no more than a page before it is read."""
        fcntl(self.output, F_SETPIPE_SZ, SMALLEST_PIPE)

    def close(self) -> None:
        """Read no more."""
        os.dup2(self._errors.fileno(), self.output)

    def read(self, most: int = sys.maxsize) -> bytes:
        """Read what it writes, to the end or so many bytes."""
        parts = []
        while most > 0:
            assert select([self.output], [], [], PATIENCE)[0], "the run hangs"
            part = os.read(self.output, min(most, 1 << 16))
            if not part:
                break
            parts.append(part)
            most -= len(part)
        return b"".join(parts)

    def wait_until_full(self) -> None:
        """Wait until nothing comes to what is there to read."""
        filled: list[int] = []

        def is_full() -> bool:
            filled.append(*unpack("i", ioctl(self.output, FIONREAD, bytes(4))))
            return len(filled) > 20 and filled[-1] > 0 and len(set(filled[-20:])) == 1

        wait_until(is_full)

    def wait(self) -> Ended:
        """Wait for its end."""
        code = int(self._channel.recv(16))
        os.close(self.output)
        self._errors.seek(0)
        with self._errors:
            return Ended(code, self._errors.read().decode())


class Nursery:
    """Starts runs, one at a time."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def start(
        self, *arguments: str, env: Mapping[str, str] | None = None, output: str | None = None
    ) -> Process:
        """Prepare a run.

        Args:
            arguments: of the command line.
            env: the whole environment; this process's by default.
            output: where its output goes instead of the pipe.
        """
        return Process(self._channel, arguments, os.environ if env is None else env, output)


@contextmanager
def nursery(*, small_windows: bool = False) -> Iterator[Nursery]:
    """Provide a `Nursery`.

    Args:
        small_windows: let windows have `PAGES_PER_WINDOW`, so that a short run has many of them.
    """
    ours, theirs = socket.socketpair()
    command = [sys.executable, __file__, str(theirs.fileno()), str(int(small_windows))]
    ours.settimeout(PATIENCE)
    with ours, subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL):
        theirs.close()
        try:
            yield Nursery(ours)
        finally:
            # It ends then; whoever waits for it before would wait for ever.
            ours.close()


def messages(output: bytes) -> list[dict[str, Any]]:
    """Return the whole messages in an output: the last line may be half a one."""
    return [json.loads(line) for line in output.splitlines(keepends=True) if line.endswith(b"\n")]


if __name__ == "__main__":
    if int(sys.argv[2]):
        windowed.Planner = partial(Planner, pages=PAGES_PER_WINDOW)  # type: ignore[misc]  # only here, in a process of its own
    serve(socket.socket(fileno=int(sys.argv[1])))
