"""Processes that put files into a folder: killed at each step, or many at a time.

They fork from one that has imported what it takes, and has no threads.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.errors import StorageBusyError
from tap_ringcentral_calllog.files.storage import base
from tap_ringcentral_calllog.files.storage.folder import Folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NAME = "2026/03/01/401-123.mp3"

# What tells the version of a file.
TAG = '"one"'

CONTENT = bytes(range(256)) + b"the end"
CHUNK = 50

_CODE = str(Path(base.__file__).parent)


def receive(folder: Path, name: str, content: bytes) -> int:
    """Receive a file, or what is missing of it; return where that began."""
    with Folder(str(folder), setting="recordings_path").receive(name) as incoming:
        begin = incoming.size
        assert incoming.validator == (TAG if begin else "")
        if not begin:
            incoming.restart(TAG)
        for at in range(begin, len(content), CHUNK):
            incoming.write(content[at : at + CHUNK])
        received = incoming.commit(len(content))
    assert received.sha256 == sha256(content).hexdigest()
    return begin


def tell(found: object) -> None:
    """Write a line for the test."""
    os.write(1, json.dumps(found).encode() + b"\n")


def fork(work: Callable[[], Any]) -> int:
    """Do something in another process; return its id."""
    if pid := os.fork():
        return pid
    try:
        work()
    except BaseException:  # noqa: BLE001 - the parent is told by the exit code
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ended(pid: int) -> int:
    """Wait for a process; return its exit code, or minus the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def die_at(line: int) -> None:
    """Kill this process before the storage's code runs its so-and-so-manieth line from now."""
    left = line

    def step(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        left -= event == "line"
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return step

    def enter(frame: FrameType, _event: str, _argument: Any) -> Any:
        return step if frame.f_code.co_filename.startswith(_CODE) else None

    sys.settrace(enter)


def killed_everywhere(folder: Path) -> None:
    """Kill a process at each line in turn; tell whether the file was there, and what was kept."""
    storage = Folder(str(folder), setting="recordings_path")

    def doomed() -> None:
        die_at(line)
        receive(folder, NAME, CONTENT)

    line = 0
    while True:
        line += 1
        shutil.rmtree(folder, ignore_errors=True)
        if not (code := ended(fork(doomed))):
            return
        assert code == -signal.SIGKILL
        found = storage.find(NAME)
        whole = found is not None
        assert found is None or (
            found.size == len(CONTENT) and storage.digest(NAME) == sha256(CONTENT).hexdigest()
        )
        resumed = receive(folder, NAME, CONTENT)
        assert (folder / NAME).read_bytes() == CONTENT
        files = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
        assert files == [NAME]
        tell([whole, resumed])


def all_at_once(folder: Path) -> None:
    """Let processes receive the same few files, each with bytes of its own; tell who lost."""
    names = [f"{number}.mp3" for number in range(3)]

    def work(own: int) -> None:
        storage = Folder(str(folder), setting="recordings_path")
        busy = 0
        for turn in range(300):
            name = names[(turn + own) % len(names)]
            try:
                receive(folder, name, bytes([own]) * len(CONTENT))
            except StorageBusyError:
                busy += 1
            content = (folder / name).read_bytes() if storage.find(name) else bytes(len(CONTENT))
            assert len(content) == len(CONTENT)
            assert len(set(content)) == 1
        tell(busy)

    workers = [fork(lambda own=own: work(own)) for own in range(1, 5)]
    assert [ended(worker) for worker in workers] == [0] * len(workers)


if __name__ == "__main__":
    # Small, so that few bytes make several steps.
    base.STEP = 64
    # A kill, unlike a power cut, does not undo what was not synced.
    os.fsync = lambda _handle: None
    {"kill": killed_everywhere, "race": all_at_once}[sys.argv[1]](Path(sys.argv[2]))
