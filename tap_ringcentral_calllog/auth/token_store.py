"""The file that keeps the refresh token from run to run.

RingCentral replaces a refresh token at each use. The old one stays valid for up to 60 minutes while
the new access token is unused, and for about ten seconds after its first use. So the new refresh
token must be on the disk before that access token is used: then the file contains a valid token
whenever a run dies.
Source: https://developers.ringcentral.com/guide/authentication/refresh-tokens
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tap_ringcentral_calllog.durable import sync_folder
from tap_ringcentral_calllog.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWNER_ONLY = 0o600
_ROOT = 0

# A file that is itself a mount point can be written, but not replaced.
# https://man7.org/linux/man-pages/man2/rename.2.html
_MOUNTED = frozenset({errno.EBUSY, errno.EXDEV})

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Stored:
    """The file's content. All fields are required, so that no other JSON file is accepted.

    Attributes:
        refresh_token: the token to use next.
        configured_hash: SHA-256 of the configured token that it supersedes, in hexadecimal digits.
        stored_at: when it was written, ISO 8601 in UTC; for people.
    """

    refresh_token: str = field(repr=False)
    configured_hash: str | None
    stored_at: str


class TokenStore:
    """Keeps the latest refresh token in a JSON file that only its owner can read.

    Args:
        path: the file. Of a symbolic link, the file that it points to is replaced, not the link.
        configured: the setting `refresh_token`, if given. It is used until it has been exchanged.
            After that the stored token is used, until another one is configured.

    Raises:
        SettingsError: when the path is not usable.
    """

    def __init__(self, path: str | Path, configured: str | None = None) -> None:
        try:
            self.path = Path(path).expanduser().resolve()
        except (OSError, RuntimeError, ValueError):
            msg = f"token_store {path} is not a usable path"
            raise SettingsError(msg) from None
        self._new = self.path.with_name(f"{self.path.name}.new")
        self._lock = self.path.with_name(f"{self.path.name}.lock")
        self._configured = (configured or "").strip()
        self._hash = _fingerprint(self._configured) if self._configured else None
        self._exposures_logged = False

    def check(self) -> None:
        """Make sure that a token can be kept here.

        Raises:
            SettingsError: when the folder can't be written to, or the file is not a token store.
        """
        with self.locked():
            pass

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs with the same store out, so that no two runs use the same token.

        Hold it only while a token is read, exchanged and written. Waits while another run holds it.
        The kernel frees the lock of a process that dies. The lock file stays: if it were removed,
        two runs could lock two different files.

        Warns if others could read or replace the store.

        Raises:
            SettingsError: when the store could not be written afterwards, or is damaged.
        """
        try:
            # The lock has a name that anybody can guess, so somebody else's link may lie there.
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _OWNER_ONLY)
        except OSError as error:
            if error.errno == errno.ELOOP:
                msg = f"token_store: {self._lock} is a symbolic link: remove it"
                raise SettingsError(msg) from None
            raise self._unusable(error, "written") from None
        try:
            try:
                self._wait_for(lock)
                exposures = self._exposures()
                self._rehearse()
            except OSError as error:
                raise self._unusable(error, "written") from None
            for line in exposures:
                _LOGGER.warning("token_store %s %s.", self.path, line)
            yield
        finally:
            os.close(lock)

    def _rehearse(self) -> None:
        """Try what `write` will do, before a token is used: write a file and rename it.

        Raises:
            OSError: when that is not possible.
            SettingsError: when the store is damaged, or no file.
        """
        if self._load() is None:
            os.close(self._create_new())
            trial = self.path.with_name(f"{self.path.name}.try")
            self._new.replace(trial)
            trial.unlink()
        else:
            self._replace(self.path.read_bytes())

    def _replace(self, content: bytes) -> None:
        with os.fdopen(self._create_new(), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            self._new.replace(self.path)
        except OSError:
            self._new.unlink()
            raise

    def _exposures(self) -> list[str]:
        """Return, once, how others could read or replace the store.

        Rights of a group are accepted: Kubernetes sets them with `fsGroup`.

        Raises:
            OSError: when the folder can't be looked at.
        """
        if self._exposures_logged:
            return []
        self._exposures_logged = True
        found = []
        with suppress(FileNotFoundError):
            if self.path.stat().st_mode & stat.S_IROTH:
                found.append(
                    "could be read by everybody on this machine until now: if somebody may have "
                    "read it, run tap-ringcentral-login again"
                )
        folder, user = self.path.parent.stat(), os.geteuid()
        if folder.st_mode & stat.S_IWOTH or (user != _ROOT and folder.st_uid not in {user, _ROOT}):
            found.append(
                "is in a folder that other users can change: move it to one that belongs to the "
                "user who runs the tap"
            )
        return found

    def read(self) -> str:
        """Return the refresh token to use now.

        Raises:
            SettingsError: if there is none, or the file is damaged.
        """
        stored = self._load()
        if self._configured and (stored is None or stored.configured_hash != self._hash):
            return self._configured
        if stored is None:
            msg = (
                f"token_store {self.path} does not exist yet: run tap-ringcentral-login, or "
                "configure a refresh_token beside it"
            )
            raise SettingsError(msg)
        return stored.refresh_token

    def write(self, token: str) -> None:
        """Write a refresh token to the disk, durably.

        Args:
            token: the token. It supersedes the configured one, and the store's.

        Raises:
            SettingsError: when it cannot be written, or when that would overwrite a damaged store
                or another file.
        """
        previous = self._load()
        inherited = previous.configured_hash if previous else None
        stored = _Stored(
            refresh_token=token,
            configured_hash=self._hash or inherited,
            stored_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )
        try:
            self._replace(msgspec.json.encode(stored) + b"\n")
        except OSError as error:
            raise self._unusable(error, "written") from None
        # The file is in place; some file systems cannot sync a folder.
        with suppress(OSError):
            sync_folder(self.path.parent)

    def _load(self) -> _Stored | None:
        try:
            # Reading from a device or a pipe might never end.
            if self.path.exists() and not (self.path.is_file() or self.path.is_dir()):
                msg = f"token_store {self.path} is not a file"
                raise SettingsError(msg)
            stored = msgspec.json.decode(self.path.read_bytes(), type=_Stored)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error, "read") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            stored = None
        if stored is None or not stored.refresh_token:
            msg = (
                f"token_store {self.path} is damaged or is not a token store: restore it, or "
                "delete it and run tap-ringcentral-login again"
            )
            raise SettingsError(msg)
        return stored

    def _create_new(self) -> int:
        """Create the file that will replace the store, readable only by its owner."""
        self._new.unlink(missing_ok=True)
        return os.open(self._new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)

    @staticmethod
    def _wait_for(lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _LOGGER.info("Waiting for another run that uses the same token_store.")
            fcntl.flock(lock, fcntl.LOCK_EX)

    def _unusable(self, error: OSError, verb: str) -> SettingsError:
        if error.errno in _MOUNTED:
            msg = (
                f"token_store {self.path} cannot be replaced ({error.strerror}), because the file "
                "itself is mounted: mount its folder instead"
            )
            return SettingsError(msg)
        return SettingsError(f"token_store {self.path} cannot be {verb}: {error.strerror}")


def _fingerprint(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()
