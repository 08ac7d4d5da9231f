"""Files on whatever fsspec opens: object stores, servers.

fsspec and its drivers take a while to load: nothing here is imported before a URL is to be opened.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime, timezone
from tempfile import TemporaryFile, gettempdir
from threading import RLock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from typing_extensions import override

from tap_ringcentral_calllog.errors import SettingsError, StorageError
from tap_ringcentral_calllog.files.names import checked, flat
from tap_ringcentral_calllog.files.storage.base import INCOMING, Incoming, Storage, Stored

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from io import FileIO
    from typing import BinaryIO

# The extra that installs the driver. These stores show an object when its upload is complete;
# elsewhere a file is uploaded under another name and moved.
EXTRAS = {
    "s3": "s3",
    "s3a": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
}

# Seconds after which no upload can still be under way.
_LEFT_BEHIND = 24 * 3600

# These libraries log whole requests, with key ids and session tokens, at DEBUG; Azure's at INFO.
_TALKATIVE = ("adlfs", "aiobotocore", "aiohttp", "azure", "botocore", "gcsfs", "google", "s3fs")

# What drivers call the time at which a file was written.
_MODIFIED = ("LastModified", "last_modified", "mtime", "updated", "created")


class Remote(Storage):
    """Stores files at a URL. They are received into a temporary file first.

    Args:
        url: the URL.
        shown: the URL without credentials.
        setting: the setting that chose it.

    Raises:
        SettingsError: when there is no driver for it, or the driver does not accept it.
    """

    # Each driver raises errors of its own.
    _errors = Exception

    def __init__(self, url: str, *, shown: str, setting: str) -> None:
        super().__init__(setting, shown)
        scheme = shown.partition(":")[0]
        self._fs, root = self._driver(scheme, url)
        self._root = root.rstrip("/")
        self._atomic = scheme in EXTRAS
        # Other drivers may have one connection, which two threads at once would confuse.
        self._turn: AbstractContextManager[object] = nullcontext() if self._atomic else RLock()

    @override
    def check(self) -> None:
        incoming = f"{self._root}/{INCOMING}"
        with self._failures("written"):
            if not self._atomic:
                self._fs.makedirs(incoming, exist_ok=True)
                self._sweep(incoming)
            # On an object store, a probe that cannot be removed is overwritten by the next run.
            probe = f"{incoming}/{'probe' if self._atomic else uuid4().hex}"
            self._fs.pipe_file(probe, b"probe")
            with suppress(FileNotFoundError, *([PermissionError] if self._atomic else [])):
                self._fs.rm_file(probe)
        self.find("probe")

    @override
    def find(self, name: str) -> Stored | None:
        with self._failures("read", name), self._turn:
            found = self._stored(self._path(name))
            return found if found and found.size else None

    @override
    def _list(self, folder: str) -> dict[str, Stored | None]:
        try:
            with self._turn:
                self._fs.invalidate_cache()
                entries = self._fs.ls(f"{self._root}/{folder}", detail=True)
        except FileNotFoundError:
            return {}
        return {one["name"].rpartition("/")[2]: _found(one) for one in entries}

    @contextmanager
    @override
    def receive(self, name: str) -> Iterator[Incoming]:
        """Receive a file. Without a `commit`, nothing of it remains."""
        self._path(name)
        failures = self._spool_failures
        with failures():
            file = TemporaryFile(buffering=0)  # noqa: SIM115 - closed below, errors told apart
        with file:

            def place(suffix: str) -> Stored:
                with self._failures("written", name), self._turn:
                    stored = self._put(file, self._path(name + suffix), flat(name))
                self._list_also(name + suffix, stored)
                return stored

            yield Incoming(file, failures=failures, place=place)

    def _put(self, file: FileIO, path: str, name: str) -> Stored:
        """Upload a file so that it appears complete under its name, and replaces an older one."""
        target = path if self._atomic else f"{self._root}/{INCOMING}/{name}~{uuid4().hex}"
        try:
            stored = self._upload(file, target)
            if not self._atomic:
                self._fs.makedirs(path.rpartition("/")[0] or "/", exist_ok=True)
                self._fs.mv(target, path)
                stored = self._stored(path) or stored
        except BaseException:
            if not self._atomic:
                with suppress(Exception):
                    self._fs.rm_file(target)
            raise
        return stored

    def _upload(self, file: FileIO, target: str) -> Stored:
        # The temporary file has no name, so that not even a kill leaves private audio behind.
        file.seek(0)
        self._fs.put_file(f"/dev/fd/{file.fileno()}", target)
        stored = self._stored(target)
        if stored and stored.size == os.fstat(file.fileno()).st_size:
            return stored
        msg = f"{self._setting} {self._shown} does not hold what was written to it"
        raise StorageError(msg)

    def _stored(self, path: str) -> Stored | None:
        self._fs.invalidate_cache()
        try:
            found = self._fs.info(path)
        except FileNotFoundError:
            return None
        return _found(found)

    def _sweep(self, incoming: str) -> None:
        self._fs.invalidate_cache()
        for left in self._fs.ls(incoming, detail=True):
            modified = _modified(left)
            if modified and modified.timestamp() < time.time() - _LEFT_BEHIND:
                with suppress(FileNotFoundError):
                    self._fs.rm_file(left["name"])

    def _path(self, name: str) -> str:
        return f"{self._root}/{checked(name, self._setting)}"

    @override
    def digest(self, name: str) -> str:
        with self._turn:
            return super().digest(name)

    @override
    def _open(self, name: str) -> BinaryIO:
        opened: BinaryIO = self._fs.open(self._path(name), "rb")
        return opened

    @override
    def _cause(self, error: Exception) -> str:
        return f"{_named(error)}: check its address, and the credentials and their rights"

    @contextmanager
    def _spool_failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            msg = f"the temporary folder {gettempdir()} cannot be written: {error.strerror}"
            raise StorageError(msg) from None

    def _driver(self, scheme: str, url: str) -> tuple[Any, str]:
        """Open the file system that the URL points to, and its path there."""
        import fsspec  # noqa: PLC0415 - takes a while to load, and --discover needs none of it

        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            fsspec.get_filesystem_class(scheme)
            # A new instance: a cached one may have other credentials and connections.
            opened: tuple[Any, str] = fsspec.core.url_to_fs(url, skip_instance_cache=True)
        except ImportError as error:
            extra = EXTRAS.get(scheme)
            driver = f"run pip install 'tap-ringcentral-calllog[{extra}]'" if extra else error
            msg = f"{self._setting} {self._shown} needs a driver: {driver}"
        except Exception as error:  # noqa: BLE001 - each driver raises errors of its own
            if scheme in fsspec.available_protocols():
                msg = f"{self._setting} {self._shown} cannot be opened: {self._cause(error)}"
            else:
                msg = f"{self._setting} {self._shown}: no such storage, try s3://, gs:// or az://"
        else:
            return opened
        raise SettingsError(msg)


def _named(error: Exception) -> str:
    """Name an error without its text, which may hold what a server wrote, or a secret."""
    if isinstance(error, PermissionError):
        return "access denied"
    if isinstance(error, FileNotFoundError):
        return "no such bucket or folder"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return type(error).__name__


def _found(entry: dict[str, Any]) -> Stored | None:
    """Convert a driver's description of a file; None if it is not a file."""
    return Stored(entry["size"], _modified(entry)) if entry["type"] == "file" else None


def _modified(found: dict[str, Any]) -> datetime | None:
    for value in map(found.get, _MODIFIED):
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
            return aware.astimezone(timezone.utc)
        if isinstance(value, float | int):
            return datetime.fromtimestamp(value, timezone.utc)
    return None
