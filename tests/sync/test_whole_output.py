"""What the tap writes arrives whole and in order, whatever takes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from fcntl import F_SETPIPE_SZ, fcntl, ioctl
from struct import unpack
from termios import FIONREAD
from typing import TYPE_CHECKING

import pytest
from fixtures import FREE
from harness import config_for
from processes import SMALLEST_PIPE, messages
from waiting import PATIENCE, wait_until

from sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.unmeasured

CALLS = 300

OUTPUTS = pytest.mark.parametrize(
    ("unbuffered", "blocking"),
    [
        pytest.param(True, True, id="unbuffered-blocking"),
        pytest.param(False, False, id="buffered-non-blocking"),
        pytest.param(True, False, id="unbuffered-non-blocking", marks=pytest.mark.prove),
        pytest.param(False, True, id="buffered-blocking", marks=pytest.mark.prove),
    ],
)


@pytest.fixture(scope="module")
def account():
    """Calls that fill a small pipe a few hundred times."""
    with Sandbox(seed=17, calls=CALLS, days=5, limits=FREE) as sandbox:
        yield sandbox


class Run:
    """A run of the command whose output goes through the smallest pipe there is."""

    def __init__(self, arguments: list[str], *, unbuffered: bool, blocking: bool) -> None:
        self.output, output = os.pipe()
        fcntl(self.output, F_SETPIPE_SZ, SMALLEST_PIPE)
        os.set_blocking(output, blocking)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tap_ringcentral_calllog", *arguments],
            stdout=output,
            stderr=self._errors,
            env={**os.environ, "PYTHONUNBUFFERED": "1" if unbuffered else ""},
        )
        os.close(output)

    def waits(self) -> bool:
        """Wait until nothing more gets into the pipe; False when the run ended before that."""
        filled: list[int] = []

        def is_full() -> bool:
            filled.append(*unpack("i", ioctl(self.output, FIONREAD, bytes(4))))
            return len(filled) > 10 and filled[-1] > 0 and len(set(filled[-10:])) == 1

        wait_until(lambda: is_full() or self.process.poll() is not None)
        return self.process.poll() is None

    def stop_and_continue(self) -> None:
        """Stop the process, as job control or a paused container does, and let it go on."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)
        self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        """Read no more."""
        os.dup2(self._errors.fileno(), self.output)

    def end(self) -> tuple[int, str]:
        """Return the exit code, and the lines that are more than INFO."""
        code = self.process.wait(PATIENCE)
        os.close(self.output)
        self._errors.seek(0)
        with self._errors:
            lines = self._errors.read().decode().splitlines()
        return code, "\n".join(line for line in lines if "| INFO" not in line)


@contextmanager
def running(account: Sandbox, folder: Path, *arguments: str, **options: bool) -> Iterator[Run]:
    config = folder / "config.json"
    config.write_text(json.dumps(config_for(account)))
    run = Run(["--config", str(config), *arguments], **options)
    try:
        yield run
    finally:
        run.process.kill()


def check_whole(account: Sandbox, output: bytes) -> None:
    """Check that all lines are whole, all calls are there, and the last line is a STATE."""
    assert output.endswith(b"\n")
    written = messages(output)
    records = [m for m in written if m["type"] == "RECORD" and m["stream"] == "call_log"]
    calls = sorted(m["record"]["id"] for m in records)
    assert calls == sorted(call["id"] for call in account.truth(level="account"))
    assert written[-1]["type"] == "STATE"


@OUTPUTS
def test_a_reader_that_pauses_gets_everything(account, tmp_path, unbuffered, blocking):
    """A pipe that is full takes a part of a write or none, and the rest comes when it is read."""
    with running(account, tmp_path, unbuffered=unbuffered, blocking=blocking) as run:
        output, pauses = b"", 0
        while part := os.read(run.output, SMALLEST_PIPE):
            output += part
            if pauses < 20:
                pauses += run.waits()
        assert run.end() == (0, "")
    assert pauses == 20
    check_whole(account, output)


@pytest.mark.parametrize("unbuffered", [True, False], ids=["unbuffered", "buffered"])
def test_a_run_that_is_stopped_in_the_middle_of_a_write_loses_nothing(
    account, tmp_path, unbuffered
):
    """A write that a signal interrupts has written a part only."""
    with running(account, tmp_path, unbuffered=unbuffered, blocking=True) as run:
        output, stops = b"", 0
        while part := os.read(run.output, SMALLEST_PIPE // 2):
            output += part
            if stops < 20 and run.waits():
                stops += 1
                run.stop_and_continue()
        assert run.end() == (0, "")
    assert stops == 20
    check_whole(account, output)


@OUTPUTS
def test_a_reader_that_is_gone_fails_the_run(account, tmp_path, unbuffered, blocking):
    """Also one that goes while the run waits for it: exit code 1, and one line."""
    with running(account, tmp_path, unbuffered=unbuffered, blocking=blocking) as run:
        os.read(run.output, SMALLEST_PIPE)
        assert run.waits()
        run.close()
        code, errors = run.end()
    assert code == 1
    assert len(errors.splitlines()) == 1, errors
    assert "The output cannot be written" in errors


def test_a_catalog_is_whole_as_well(account, tmp_path):
    """The SDK prints it past the writer of messages."""
    with running(account, tmp_path, "--discover", unbuffered=True, blocking=False) as run:
        assert run.waits()
        output = b""
        while part := os.read(run.output, SMALLEST_PIPE):
            output += part
        assert run.end() == (0, "")
    assert {one["stream"] for one in json.loads(output)["streams"]} >= {"call_log", "retention"}


@pytest.mark.parametrize("arguments", [(), ("--discover",)], ids=["run", "discover"])
def test_without_an_output_the_run_fails(account, tmp_path, arguments):
    """One that was closed before the start; nothing gets into whatever takes its place."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(config_for(account)))
    command = [sys.executable, "-m", "tap_ringcentral_calllog", "--config", str(config)]
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" >&-', "-", *command, *arguments],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "| INFO" not in line]
    assert "The output cannot be written (it is closed)" in line
