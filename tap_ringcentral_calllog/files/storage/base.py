"""What every place for files has in common, wherever it is.

A file of a given name is whole or absent, at any moment, whatever becomes of the process.
"""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import (
    OccupiedError,
    StorageBusyError,
    StorageError,
    TapRingCentralError,
    WrongSizeError,
)
from tap_ringcentral_calllog.files.names import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from io import FileIO
    from typing import BinaryIO

# Files that are being received are in this folder. No file's name begins with a dot.
INCOMING = ".incoming"

# An interrupted file is resumed from its last whole step: each was on the disk before the next
# began, so that not even a power cut leaves anything else there.
STEP = 1 << 18

# Error numbers for a link or a folder in place of a file.
_IN_THE_WAY = frozenset({errno.EISDIR, errno.ELOOP, errno.EMLINK, errno.ENXIO})


@dataclass(frozen=True, slots=True)
class Stored:
    """A complete file.

    Attributes:
        size: in bytes.
        modified: when it was stored, in UTC; None if the storage does not say.
    """

    size: int
    modified: datetime | None


@dataclass(frozen=True, slots=True)
class Received(Stored):
    """A file that was put there just now.

    Attributes:
        sha256: of its content, in hexadecimal digits.
    """

    sha256: str


class Incoming:
    """A file that is being received.

    Args:
        file: receives the bytes after those that it holds already. Closed by `commit`.
        failures: turns what the file raises into a `StorageError`.
        place: gives the complete file its name, with a suffix.
        validator: of the bytes that the file holds already; empty if they cannot be continued.
        keep: puts a validator where the next process finds it with the file, or removes it when it
            is empty; None when nothing outlives the process.

    Attributes:
        size: how many bytes are there: at first those of an interrupted attempt, to go on from with
            a Range request.
        validator: identifies the version of the file that these bytes are from, for `If-Range`;
            empty if the server has sent no such header.
    """

    def __init__(
        self,
        file: FileIO,
        *,
        failures: Callable[[], AbstractContextManager[None]],
        place: Callable[[str], Stored],
        validator: str = "",
        keep: Callable[[str], None] | None = None,
    ) -> None:
        self._file = file
        self._failures = failures
        self._place = place
        self._keep = keep
        self._hash = sha256()
        with failures():
            self.size = file.seek(0, os.SEEK_END) // STEP * STEP if validator else 0
            self.validator = validator if self.size else ""
            file.truncate(self.size)
            file.seek(0)
            for chunk in chunks(file):
                self._hash.update(chunk)

    def write(self, chunk: bytes) -> None:
        """Append bytes.

        Raises:
            StorageError: when they cannot be written. What is there, remains.
        """
        rest = memoryview(chunk)
        with self._failures():
            while rest:
                written = self._file.write(rest[: STEP - self.size % STEP])
                self._hash.update(rest[:written])
                self.size += written
                rest = rest[written:]
                if self._keep and self.validator and self.size % STEP == 0:
                    if self.size == STEP:
                        self._keep(self.validator)
                    os.fsync(self._file.fileno())

    def restart(self, validator: str = "") -> None:
        """Discard what was received: the server sends the file from its beginning.

        Args:
            validator: of the version that it sends.

        Raises:
            StorageError: when the file cannot be emptied.
        """
        with self._failures():
            if self._keep:
                self._keep("")
            self._file.seek(0)
            self._file.truncate()
        self._hash = sha256()
        self.size = 0
        self.validator = validator

    def head(self, most: int) -> bytes:
        """Return the first bytes that are there.

        Args:
            most: how many of them.

        Raises:
            StorageError: when they cannot be read.
        """
        with self._failures():
            self._file.seek(0)
            first = self._file.read(most)
            self._file.seek(0, os.SEEK_END)
        return first or b""

    def commit(self, expected: int | None = None, suffix: str = "") -> Received:
        """Give the complete file its name. No bytes can be added afterwards.

        Args:
            expected: the size that the server has announced, if it has.
            suffix: is added to the name that it was received under, such as `.mp3`. Often only the
                server's answer says the type.

        Returns:
            The file as it is stored.

        Raises:
            WrongSizeError: when the size differs. What was received is discarded.
            StorageError: when the file cannot be put in its place.
        """
        if expected is not None and self.size != expected:
            received = self.size
            self.restart()
            msg = f"{received} bytes of a file were received instead of {expected}"
            raise WrongSizeError(msg)
        if self._keep:
            with self._failures():
                os.fsync(self._file.fileno())
        stored = self._place(suffix)
        self._file.close()
        return Received(stored.size, stored.modified, self._hash.hexdigest())


class Storage(ABC):
    """A place for files, by the names that `names` makes.

    All methods raise a `StorageError`, one line without secrets, for invalid names and when the
    place cannot be used.

    Args:
        setting: the setting that chose the place.
        place: the place, as it may be shown.
    """

    _errors: type[Exception] = OSError

    def __init__(self, setting: str, place: str) -> None:
        self._setting = setting
        self._shown = place
        # The folder that was listed last, and what is in it.
        self._listing: tuple[str | None, dict[str, Stored | None]] = (None, {})

    @abstractmethod
    def check(self) -> None:
        """Make sure that files can be kept here, and drop what interrupted runs left long ago."""

    @abstractmethod
    def find(self, name: str) -> Stored | None:
        """Return the complete file of that name, if there is one.

        An empty file does not count: the tap stores none, so something else has made it.
        """

    def find_any(self, stem: str, suffixes: Iterable[str]) -> tuple[str, Stored] | None:
        """Find a file by the beginning of its name, in its folder.

        The last folder is cached: a file that another run has stored there since may be missed, and
        is replaced.

        Args:
            stem: the name without its end.
            suffixes: what it may end with.

        Returns:
            The whole name, and the file; None if there is none.

        Raises:
            OccupiedError: when something other than a file is in its place.
        """
        folder, _, last = checked(stem, self._setting).rpartition("/")
        if self._listing[0] != folder:
            with self._failures("read", stem):
                self._listing = (folder, self._list(folder))
        for suffix in suffixes:
            name = last + suffix
            if name not in self._listing[1]:
                continue
            stored = self._listing[1][name]
            if stored is None:
                raise self._occupied(self.path_of(stem + suffix))
            if stored.size:
                return stem + suffix, stored
        return None

    @abstractmethod
    def _list(self, folder: str) -> dict[str, Stored | None]:
        """Return a folder's entries by their exact names; None for those that are not files.

        Args:
            folder: the folder's name; empty for the place itself.
        """

    def _list_also(self, name: str, stored: Stored) -> None:
        """Record a file that was put into its place."""
        folder, _, last = name.rpartition("/")
        if self._listing[0] == folder:
            self._listing[1][last] = stored

    @abstractmethod
    def receive(self, name: str) -> AbstractContextManager[Incoming]:
        """Receive a file. Without a `commit`, nothing gets that name.

        Raises:
            OccupiedError: when something other than a file or a folder is where one is needed.
            StorageBusyError: when another run is receiving the same file.
        """

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a stored file in hexadecimal digits, by reading it."""
        with self._failures("read", name), self._open(name) as file:
            found = sha256()
            for chunk in chunks(file):
                found.update(chunk)
            return found.hexdigest()

    def path_of(self, name: str) -> str:
        """Return where the file is: an absolute path, or a URL without credentials."""
        slash = "" if self._shown.endswith("/") else "/"
        return f"{self._shown}{slash}{checked(name, self._setting)}"

    @abstractmethod
    def _open(self, name: str) -> BinaryIO:
        """Open a stored file to read."""

    @abstractmethod
    def _cause(self, error: Exception) -> str:
        """Describe an error without secrets."""

    @contextmanager
    def _failures(self, verb: str, name: str | None = None) -> Iterator[None]:
        """Turn what a file system raises into one line."""
        try:
            yield
        except TapRingCentralError:
            raise
        except self._errors as error:
            place = self.path_of(name) if name else self._shown
            if isinstance(error, OSError) and error.errno in _IN_THE_WAY:
                raise self._occupied(error.filename2 or error.filename or place) from None
            msg = f"{self._setting} {place} cannot be {verb}: {self._cause(error)}"
            raise StorageError(msg) from None

    def _busy(self, name: str) -> StorageBusyError:
        return StorageBusyError(f"{self._setting}: another run is receiving {self.path_of(name)}")

    def _occupied(self, path: str) -> OccupiedError:
        return OccupiedError(
            f"{self._setting}: {path} is in the way: it is a link, or not the file or folder that "
            "belongs there. Move it away"
        )


def chunks(file: BinaryIO | FileIO) -> Iterator[bytes]:
    """Read a file from its position to its end."""
    while chunk := file.read(STEP):
        yield chunk
