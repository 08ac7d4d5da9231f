"""What every place for files has in common, wherever it is.

A file of a given name is whole or absent, at any moment, whatever becomes of the process.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import (
    StorageBusyError,
    StorageError,
    TapRingCentralError,
    WrongSizeError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime
    from io import FileIO
    from typing import BinaryIO

# What is being received lies in this folder of the place. No name of a file begins with a dot.
INCOMING = ".incoming"

# An interrupted file is resumed up to the last whole step: each was on the disk before the next
# began, so that not even a power cut leaves anything else there. Of that, so many bytes are asked
# for again: if they are others now, so is the file.
STEP = 1 << 18
ASKED_AGAIN = 1 << 12

_NAME = re.compile(r"(?=.{1,200}\Z)[A-Za-z0-9_][A-Za-z0-9_.=-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.=-]*)*")


@dataclass(frozen=True, slots=True)
class Stored:
    """A whole file.

    Attributes:
        size: in bytes.
        modified: when it was put there, in UTC; None where the place does not tell.
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
    """A file on its way.

    Args:
        file: takes the bytes; what it holds already is kept. Closed by `commit`.
        lasting: whether it outlives the process, to be resumed.
        failures: turns what the file raises into a `StorageError`.
        place: puts the whole file in its place, with a suffix to its name.

    Attributes:
        size: how many bytes are there: at first those of an interrupted attempt, to go on from with
            a Range request.
    """

    def __init__(
        self,
        file: FileIO,
        *,
        lasting: bool,
        failures: Callable[[], AbstractContextManager[None]],
        place: Callable[[str], Stored],
    ) -> None:
        self._file = file
        self._lasting = lasting
        self._failures = failures
        self._place = place
        with failures():
            whole = file.seek(0, os.SEEK_END) // STEP * STEP
            self.size = max(whole - ASKED_AGAIN, 0)
            file.seek(self.size)
            self._expected = file.read(whole - self.size)
            file.truncate(self.size)
            file.seek(0)
            self._hash = sha256()
            for chunk in chunks(file):
                self._hash.update(chunk)

    def write(self, chunk: bytes) -> bool:
        """Append bytes.

        Returns:
            Whether they go with what is there: otherwise that is another file's.

        Raises:
            StorageError: when they cannot be written. What is there, remains.
        """
        expected, self._expected = self._expected[: len(chunk)], self._expected[len(chunk) :]
        if not chunk.startswith(expected):
            return False
        rest = memoryview(chunk)
        with self._failures():
            while rest:
                written = self._file.write(rest[: STEP - self.size % STEP])
                self._hash.update(rest[:written])
                self.size += written
                rest = rest[written:]
                if self._lasting and self.size % STEP == 0:
                    os.fsync(self._file.fileno())
        return True

    def restart(self) -> None:
        """Drop what is there: the server sends the file from its beginning.

        Raises:
            StorageError: when the file cannot be emptied.
        """
        with self._failures():
            self._file.seek(0)
            self._file.truncate()
        self._hash = sha256()
        self._expected = b""
        self.size = 0

    def commit(self, expected: int | None = None, suffix: str = "") -> Received:
        """Put the whole file in its place. It takes no more bytes then.

        Args:
            expected: the size that the server has announced, if it has.
            suffix: what its name ends with beside the one that it was received under, such as
                `.mp3`: often only the server's answer tells.

        Returns:
            The file as it is stored.

        Raises:
            WrongSizeError: when the size is another one. What is there is thrown away.
            StorageError: when the file cannot be put in its place.
        """
        if expected is not None and self.size != expected:
            received = self.size
            self.restart()
            msg = f"{received} bytes of a file were received instead of {expected}"
            raise WrongSizeError(msg)
        if self._lasting:
            with self._failures():
                os.fsync(self._file.fileno())
        stored = self._place(suffix)
        self._file.close()
        return Received(stored.size, stored.modified, self._hash.hexdigest())


class Storage(ABC):
    """A place for files.

    Names are relative paths such as `2026/03/01/401-123.mp3`: ASCII letters, digits and `_.=-`,
    no part of which begins with a dot. All methods raise a `StorageError`, one line that holds no
    secret, for another name and when the place cannot be used.

    Args:
        setting: the setting that chose the place.
        place: the place, as it may be shown.
    """

    _errors: type[Exception] = OSError

    def __init__(self, setting: str, place: str) -> None:
        self._setting = setting
        self._shown = place

    @abstractmethod
    def check(self) -> None:
        """Make sure that files can be kept here, and drop what interrupted runs left long ago."""

    @abstractmethod
    def find(self, name: str) -> Stored | None:
        """Return the file of that name, if there is one. What is being received is none."""

    def find_any(self, stem: str, suffixes: Iterable[str]) -> tuple[str, Stored] | None:
        """Find a file of which not all of the name is known.

        Args:
            stem: the name without its end.
            suffixes: what it may end with.

        Returns:
            The whole name, and the file; None when there is none.
        """
        for name in (stem + suffix for suffix in suffixes):
            if stored := self.find(name):
                return name, stored
        return None

    @abstractmethod
    def receive(self, name: str) -> AbstractContextManager[Incoming]:
        """Take in a file. Without a `commit`, nothing gets that name.

        Raises:
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
        """Say what is wrong in words that hold no secret."""

    @contextmanager
    def _failures(self, verb: str, name: str | None = None) -> Iterator[None]:
        """Turn what a file system raises into one line."""
        try:
            yield
        except TapRingCentralError:
            raise
        except self._errors as error:
            place = self.path_of(name) if name else self._shown
            msg = f"{self._setting} {place} cannot be {verb}: {self._cause(error)}"
            raise StorageError(msg) from None

    def _busy(self, name: str) -> StorageBusyError:
        return StorageBusyError(f"{self._setting}: another run is receiving {self.path_of(name)}")


def checked(name: str, setting: str) -> str:
    """Return a file's name if it is one.

    Raises:
        StorageError: when it is none. It is not shown: a server may have had a hand in it.
    """
    if _NAME.fullmatch(name):
        return name
    msg = f"{setting}: a file cannot be kept under a name with other characters than A-Z a-z 0-9 "
    raise StorageError(msg + "_ . = - and / or over 200 of them")


def flat(name: str) -> str:
    """Return a file's name as one of a file in `INCOMING`, another one for each."""
    return name.replace("/", "~")


def chunks(file: BinaryIO | FileIO) -> Iterator[bytes]:
    """Read a file from where it stands to its end."""
    while chunk := file.read(STEP):
        yield chunk
