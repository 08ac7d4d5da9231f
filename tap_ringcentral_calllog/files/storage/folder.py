"""Files in a folder of this machine.

An interrupted file stays in `.incoming` and is resumed by whichever process receives it next.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.durable import sync_folder
from tap_ringcentral_calllog.errors import SettingsError
from tap_ringcentral_calllog.files.storage.base import (
    INCOMING,
    Incoming,
    Storage,
    Stored,
    checked,
    flat,
)

try:
    import fcntl
except ImportError:  # pragma: no cover  # Windows: two runs at once must not share a folder there.
    fcntl = None  # type: ignore[assignment]  # asked for before each use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from typing import BinaryIO

# The files are private; a folder that exists keeps its mode.
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700

# Seconds after which nobody comes back for an interrupted file.
_LEFT_BEHIND = 7 * 24 * 3600


class Folder(Storage):
    """Keeps files in a folder, on the disk once they have their name.

    Args:
        path: the folder; it need not exist.
        setting: the setting that chose it.

    Raises:
        SettingsError: when the path cannot be a folder.
    """

    def __init__(self, path: str, *, setting: str) -> None:
        try:
            self._root = Path(path).expanduser().resolve()
            usable = self._root.is_dir() or not self._root.exists()
        except (OSError, RuntimeError, ValueError):
            usable = False
        if not usable:
            msg = f"{setting} {path} is not a folder: name one, which need not exist"
            raise SettingsError(msg)
        self._incoming = self._root / INCOMING
        super().__init__(setting, str(self._root))

    def check(self) -> None:
        """Make sure that files can be kept here, and drop what interrupted runs left long ago."""
        with self._failures("written"):
            _make(self._incoming)
            with TemporaryFile(dir=self._incoming, buffering=0) as probe:
                probe.write(b"probe")
                os.fsync(probe.fileno())
            for left in self._incoming.iterdir():
                # Another run may put it in its place, or have it, at this moment.
                with suppress(FileNotFoundError, BlockingIOError):
                    if left.stat().st_mtime < time.time() - _LEFT_BEHIND:
                        with left.open("r+b") as file:
                            _lock(file)
                            left.unlink()

    def find(self, name: str) -> Stored | None:
        """Return the file of that name, if there is one. What is being received is none."""
        path = self._path(name)
        with self._failures("read", name), suppress(FileNotFoundError, NotADirectoryError):
            found = path.stat()
            if stat.S_ISREG(found.st_mode):
                return Stored(found.st_size, datetime.fromtimestamp(found.st_mtime, timezone.utc))
        return None

    @contextmanager
    def receive(self, name: str) -> Iterator[Incoming]:
        """Take in a file. Without a `commit`, what has come is kept to be resumed."""
        path = self._path(name)
        new = self._incoming / flat(name)
        failures = partial(self._failures, "written", name)

        def place(suffix: str) -> Stored:
            with failures():
                _make(path.parent)
                new.replace(self._path(name + suffix))
                _sync(path.parent)
            return self.find(name + suffix) or Stored(incoming.size, None)

        with failures():
            try:
                file = _take(new)
            except BlockingIOError:
                raise self._busy(name) from None
        with file:
            incoming = Incoming(file, lasting=True, failures=failures, place=place)
            try:
                yield incoming
            finally:
                if not (incoming.size or file.closed):
                    with suppress(OSError):
                        new.unlink()

    def _path(self, name: str) -> Path:
        return self._root / checked(name, self._setting)

    def _open(self, name: str) -> BinaryIO:
        return self._path(name).open("rb")

    def _cause(self, error: Exception) -> str:
        return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _take(path: Path) -> FileIO:
    """Open a file for this process alone.

    Raises:
        BlockingIOError: when another one has it.
    """
    while True:
        _make(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, _FILE_MODE)
        file = os.fdopen(handle, "r+b", buffering=0)
        try:
            _lock(file)
            # Whoever had it until now may have put it in its place, where it must not be written.
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(handle)):
                    return file
        except BaseException:
            file.close()
            raise
        file.close()


def _lock(file: FileIO | BinaryIO) -> None:
    """Lock a file until it is closed; the kernel frees the lock of a process that dies."""
    if fcntl is not None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _make(folder: Path) -> None:
    """Make a folder, and those above it, to last through a power cut."""
    if folder.is_dir():
        return
    _make(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir(_FOLDER_MODE)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Make a folder's new names last; some file systems cannot, nor can Windows."""
    with suppress(OSError):
        sync_folder(folder)
