"""Programs that are started, fed with pages, and measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.server import END, STEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Usage:
    """What a program took.

    Attributes:
        wall: seconds from its start to its end.
        cpu: seconds of processor time, those of the operating system on its behalf included.
        memory: the most memory that it had, in MB.
    """

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Range:
    """A server's address, and the range that all of its calls are in."""

    url: str
    start: str
    end: str


@contextmanager
def serving(calls: int, latency: float = 0.0) -> Iterator[Range]:
    """Serve calls in a process of its own.

    Args:
        calls: how many.
        latency: seconds that each answer takes.
    """
    command = [sys.executable, "-m", "benchmarks.server"]
    server = subprocess.Popen(
        [*command, "--calls", str(calls), "--latency", str(latency)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin, server.stdout  # noqa: S101 - for the type checker
    try:
        assert server.stdout  # noqa: S101 - for the type checker
        url = server.stdout.readline().strip()
        start, end = (when.isoformat().replace("+00:00", "Z") for when in (END - calls * STEP, END))
        yield Range(url, start, end)
    finally:
        server.stdin.close()
        server.wait()


def measure(command: Sequence[str], *, output: int = subprocess.DEVNULL) -> Usage:
    """Run a program to its end.

    Args:
        command: the program and its arguments.
        output: where its standard output goes.

    Raises:
        RuntimeError: when it fails.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=output, stderr=subprocess.PIPE, start_new_session=True
    )
    assert process.stderr  # noqa: S101 - for the type checker
    with process.stderr:
        log = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        last = log.decode(errors="replace").strip().rpartition("\n")[2]
        msg = f"{' '.join(command[:4])} … ended with {process.returncode}: {last}"
        raise RuntimeError(msg)
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def count_calls(command: Sequence[str]) -> int:
    """Run a program, and count the calls that it writes.

    Args:
        command: the program and its arguments.
    """
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout  # noqa: S101 - for the type checker
    with process.stdout:
        calls = sum(1 for line in process.stdout if _is_call(line))
    process.wait()
    return calls


def _is_call(line: bytes) -> bool:
    if b'"RECORD"' not in line[:40] and b'"RECORD"' not in line[-40:]:
        return False
    message = json.loads(line)
    # What airbyte-cdk calls a record, and what Singer does.
    inner = message["record"]
    return "call_log" in {message.get("stream"), inner.get("stream")}
