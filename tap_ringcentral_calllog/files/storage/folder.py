"""Files in a folder of this machine.

An interrupted file stays in `.incoming` and is resumed by whichever process receives it next.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_ringcentral_calllog.durable import sync_folder
from tap_ringcentral_calllog.errors import OccupiedError, SettingsError
from tap_ringcentral_calllog.files.names import checked, flat
from tap_ringcentral_calllog.files.storage.base import INCOMING, Incoming, Storage, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from typing import BinaryIO

# The files are private; a folder that exists keeps its mode.
_FILE_MODE = 0o600
_FOLDER_MODE = 0o700

# Links are not followed, and opening a pipe does not wait for its other end.
_NO_LINK = os.O_NOFOLLOW | os.O_NONBLOCK
# Much longer than any tag of a version, in bytes.
_LONGEST_TAG = 1024

# Seconds after which an interrupted file is no longer resumed.
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

    @override
    def check(self) -> None:
        with self._failures("written"):
            self._make(INCOMING)
            with TemporaryFile(dir=self._incoming, buffering=0) as probe:
                probe.write(b"probe")
                os.fsync(probe.fileno())
            for left in self._incoming.iterdir():
                # Another run may rename it, or hold it, at this moment.
                with suppress(FileNotFoundError, BlockingIOError):
                    found = left.lstat()
                    is_old = found.st_mtime < time.time() - _LEFT_BEHIND
                    if is_old and stat.S_ISREG(found.st_mode):
                        with _opened(left, os.O_RDWR) as file:
                            _lock(file)
                            left.unlink()

    @override
    def find(self, name: str) -> Stored | None:
        with suppress(OccupiedError), self._failures("read", name), suppress(FileNotFoundError):
            found = _stored(self._path(name).lstat())
            return found if found and found.size else None
        return None

    @override
    def _list(self, folder: str) -> dict[str, Stored | None]:
        try:
            entries = list(os.scandir(self._path(f"{folder}/x" if folder else "x").parent))
        except FileNotFoundError:
            return {}
        found: dict[str, Stored | None] = {}
        for entry in entries:
            with suppress(FileNotFoundError):
                found[entry.name] = _stored(entry.stat(follow_symlinks=False))
        return found

    @contextmanager
    @override
    def receive(self, name: str) -> Iterator[Incoming]:
        """Receive a file. Without a `commit`, what has come is kept to be resumed."""
        new = self._incoming / flat(name)
        tag = new.with_name(f"{new.name}~tag")
        failures = partial(self._failures, "written", name)

        def place(suffix: str) -> Stored:
            whole = name + suffix
            with failures():
                self._make(whole.rpartition("/")[0])
                path = self._path(whole)
                new.replace(path)
                _sync(path.parent)
                tag.unlink(missing_ok=True)
                stored = _stored(path.lstat()) or Stored(incoming.size, None)
            self._list_also(whole, stored)
            return stored

        def keep(validator: str) -> None:
            if not validator:
                with suppress(FileNotFoundError):
                    tag.unlink()
                    _sync(self._incoming)
                return
            with _opened(tag, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as file:
                file.write(validator.encode())
                os.fsync(file.fileno())

        with failures():
            # Fail before the download if the file could not be put into its place.
            with suppress(FileNotFoundError):
                self._path(name)
            try:
                file = self._claim(new)
            except BlockingIOError:
                raise self._busy(name) from None
        with file:
            with failures():
                validator = _read(tag)
            incoming = Incoming(
                file, failures=failures, place=place, validator=validator, keep=keep
            )
            try:
                yield incoming
            finally:
                if not (incoming.size or file.closed):
                    with suppress(OSError):
                        new.unlink()
                        tag.unlink()

    def _path(self, name: str) -> Path:
        """Return the path of a file, through folders only.

        Raises:
            OSError: when one of them does not exist, or is not a folder.
        """
        path = self._root / checked(name, self._setting)
        for folder in (*path.relative_to(self._root).parents,)[-2::-1]:
            _check_folder(self._root / folder)
        return path

    def _make(self, name: str) -> None:
        """Make a folder in this one, and those above it, to last through a power cut.

        Raises:
            OSError: when one of them cannot be made, or is not a folder.
        """
        _make(self._root)
        folder = self._root
        for part in filter(None, name.split("/")):
            parent, folder = folder, folder / part
            with suppress(FileExistsError):
                folder.mkdir(_FOLDER_MODE)
                _sync(parent)
            _check_folder(folder)

    def _claim(self, path: Path) -> FileIO:
        """Open a file in `INCOMING` for this process alone.

        Raises:
            BlockingIOError: when another one has it.
        """
        while True:
            self._make(INCOMING)
            file = _opened(path, os.O_RDWR | os.O_CREAT)
            try:
                _lock(file)
                # The process that had the lock may have moved the file to its place meanwhile,
                # where it must not be written.
                with suppress(FileNotFoundError):
                    if os.path.samestat(path.lstat(), os.fstat(file.fileno())):
                        return file
            except BaseException:
                file.close()
                raise
            file.close()

    @override
    def _open(self, name: str) -> BinaryIO:
        return _opened(self._path(name), os.O_RDONLY)

    @override
    def _cause(self, error: Exception) -> str:
        return (isinstance(error, OSError) and error.strerror) or type(error).__name__


def _stored(found: os.stat_result) -> Stored | None:
    """Convert the system's description of a file; None if it is not a file."""
    if not stat.S_ISREG(found.st_mode):
        return None
    return Stored(found.st_size, datetime.fromtimestamp(found.st_mtime, timezone.utc))


def _opened(path: Path, flags: int) -> FileIO:
    """Open a file.

    Raises:
        OSError: when it is a link or not a file, or when it is to be written and has several names.
    """
    handle = os.open(path, flags | _NO_LINK, _FILE_MODE)
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or (flags != os.O_RDONLY and found.st_nlink > 1):
        os.close(handle)
        raise _in_the_way(path)
    return os.fdopen(handle, "rb" if flags == os.O_RDONLY else "r+b", buffering=0)


def _check_folder(path: Path) -> None:
    """Refuse anything but a folder, such as a link to one."""
    if not stat.S_ISDIR(path.lstat().st_mode):
        raise _in_the_way(path)


def _in_the_way(path: Path) -> OSError:
    return OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


def _read(path: Path) -> str:
    """Return what a small file holds, nothing if there is none."""
    try:
        with _opened(path, os.O_RDONLY) as file:
            return (file.read(_LONGEST_TAG) or b"").decode("ascii", "ignore")
    except FileNotFoundError:
        return ""


def _lock(file: FileIO | BinaryIO) -> None:
    """Lock a file until it is closed; the kernel frees the lock of a process that dies."""
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
    """Make a folder's new names last through a power cut, where the file system can."""
    with suppress(OSError):
        sync_folder(folder)
