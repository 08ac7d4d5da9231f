"""Starts programs, feeds them pages, and measures them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.server import END, STEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent

#: Runs a program and measures it: a file for the figures and the command follow.
MEASURING = [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "measuring.py")]


@dataclass(frozen=True, slots=True)
class Usage:
    """The resources that a program used.

    Attributes:
        wall: seconds from its start to its end.
        cpu: seconds of processor time, including the operating system's on its behalf.
        memory: peak memory, in MB.
    """

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True, slots=True)
class Range:
    """A server's address, and the range that contains all of its calls."""

    url: str
    start: str
    end: str


@contextmanager
def serving(calls: int, latency: float = 0.0) -> Iterator[Range]:
    """Serve calls in a separate process.

    Args:
        calls: the number of calls.
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
    # The server ends when its input is closed, on leaving the context.
    with server:
        url = server.stdout.readline().strip() if server.stdout else ""
        # The log may be empty.
        bounds = (END - max(calls, 1) * STEP, END)
        start, end = (when.isoformat().replace("+00:00", "Z") for when in bounds)
        yield Range(url, start, end)


def measure(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Usage:
    """Run a program with its output to /dev/null.

    Args:
        command: the program and its arguments.
        environment: its environment variables; by default, those of this process.

    Raises:
        RuntimeError: the program fails.
    """
    with tempfile.NamedTemporaryFile("r") as figures, tempfile.TemporaryFile() as log:
        subprocess.run(
            [*MEASURING, figures.name, *command],
            cwd=ROOT,
            env=environment,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        status, *used = json.load(figures)
        _check(command, status, log)
    return Usage(*used)


def deliver(command: Sequence[str], calls: int, *, pause: float = 0.0) -> tuple[int, float]:
    """Run a program with its output to a pipe, and check that it writes each call once.

    Args:
        command: the program and its arguments.
        calls: number of calls that it must write.
        pause: seconds that the pipe's reader takes for each thousand calls.

    Returns:
        The number of legs that it wrote as separate rows, and the seconds from its start to its
        end.

    Raises:
        RuntimeError: the program fails, or does not write each call once.
    """
    began = time.perf_counter()
    written, legs, ids = 0, 0, set()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log)
        with process:
            for line in process.stdout or ():
                stream, record = _record(line)
                legs += stream == "call_legs"
                if stream == "call_log":
                    written += 1
                    ids.add(record["id"])
                    if pause and written % 100 == 0:
                        time.sleep(pause / 10)
        seconds = time.perf_counter() - began
        _check(command, process.returncode, log)
    if not written == len(ids) == calls:
        msg = f"{_name(command)} wrote {written:,} calls, {len(ids):,} different ones, of {calls:,}"
        raise RuntimeError(msg)
    return legs, seconds


def tell(text: str) -> None:
    """Print a line about progress."""
    sys.stderr.write(f"benchmark: {text}\n")


def _record(line: bytes) -> tuple[str, dict[str, Any]]:
    """Return the stream and the content of a RECORD message, Singer's or Airbyte's."""
    try:
        message = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "", {}
    if message["type"] != "RECORD":
        return "", {}
    record = message["record"]
    if "stream" in message:
        return message["stream"], record
    return record["stream"], record["data"]


def _check(command: Sequence[str], status: int, log: Any) -> None:  # noqa: ANN401 - a private type
    if status:
        log.seek(0)
        last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
        msg = f"{_name(command)} ended with {status}: {last}"
        raise RuntimeError(msg)


def _name(command: Sequence[str]) -> str:
    return " ".join(Path(part).name for part in command[:3])
