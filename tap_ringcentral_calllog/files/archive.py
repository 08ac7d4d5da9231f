"""Archives files one by one and returns their outcomes. It knows no stream and no state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.errors import (
    FilesError,
    ForeignHostError,
    LongWaitError,
    OccupiedError,
    RequestError,
    StorageBusyError,
    TapRingCentralError,
    UnavailableError,
    WrongSizeError,
)
from tap_ringcentral_calllog.files.downloads import Wanted
from tap_ringcentral_calllog.files.names import SUFFIXES, former_stem_of, stem_of, type_of
from tap_ringcentral_calllog.times import later, moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_ringcentral_calllog.files.downloads import Downloader
    from tap_ringcentral_calllog.files.storage.base import Storage

Record = dict[str, Any]

#: Fields of a file's row in the state: when it could not be fetched for the first time, and when
#: RingCentral said for the first time that it does not exist.
TRIED_SINCE = "triedSince"
MISSING_SINCE = "missingSince"

# RingCentral needs up to this long after a call to make its recording available.
# https://developers.ringcentral.com/guide/voice/call-recordings
_READY_AFTER = timedelta(minutes=15)

# RingCentral keeps no shorter recordings, in seconds. A call's record may name one all the same: it
# is gone if RingCentral says twice that it does not exist.
# https://developers.ringcentral.com/guide/voice/call-log/recordings
_SHORTEST = 30
_APART_IF_SHORT = timedelta(minutes=30)

# No call takes a year, in seconds.
_LONGEST_CALL = 366 * 86_400

# How long a file without a known expiry is tried again.
_TRIED_FOR = timedelta(days=30)

# A file is gone if it does not exist on two different days, in answers at least this far apart.
_APART = timedelta(hours=6)

# "Resource for parameter … is not found". Any other 404 says nothing about the file.
# https://developers.ringcentral.com/guide/basics/errors
_NOT_FOUND = "CMN-102"
# The statuses of answers about a file that is not ready yet.
_NOT_READY = frozenset(
    {HTTPStatus.OK, HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}
)

# Failures without a request, or that say nothing about RingCentral.
_NOT_ASKED = (FilesError, ForeignHostError, StorageBusyError, OccupiedError)


class Fate(Enum):
    """What became of a file."""

    STORED = "it was archived before"
    FETCHED = "it was archived now"
    GONE = "it is no longer available"
    WAITING = (
        "it may be available later: it is not ready, or RingCentral said once that it does not "
        "exist"
    )
    FAILED = "it could not be fetched, although it should be available"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of processing a file.

    Attributes:
        fate: what became of it.
        row: the row to write, if the file is settled and has no row yet.
        known: what the state is to keep of it, if it is not settled.
        error: why it is not settled.
    """

    fate: Fate
    row: Record | None = None
    known: Record | None = None
    error: TapRingCentralError | None = None

    @property
    def is_failed_request(self) -> bool:
        """Whether RingCentral was asked, and did not give the file that it should have."""
        return self.fate is Fate.FAILED and not isinstance(self.error, _NOT_ASKED)

    @property
    def is_silence(self) -> bool:
        """Whether there was no answer at all."""
        return isinstance(self.error, UnavailableError) and not self.error.answered

    @property
    def reason(self) -> str:
        """Why it was not fetched, in a few words."""
        return (isinstance(self.error, UnavailableError) and self.error.fault) or str(self.error)


class FileArchive:
    """Archives files: each is found in the storage, or fetched into it.

    A file is described by a row with its keys and a time and, as far as they are known,
    `contentUri`, `contentType`, `size` (bytes), `duration` (s) and `expiresAt`.

    Args:
        storage: where the files are kept.
        downloader: fetches them.
        keys: the fields that tell files of an account apart.
        time_key: the field with the time under which a file is kept.
        account_id: returns the account's id.
        now: returns the time by RingCentral's clock.
    """

    def __init__(  # noqa: PLR0913 - what it needs to know of the stream and the account
        self,
        storage: Storage,
        downloader: Downloader,
        *,
        keys: tuple[str, ...],
        time_key: str,
        account_id: Callable[[], str],
        now: Callable[[], datetime],
    ) -> None:
        self._storage = storage
        self._downloader = downloader
        self._keys = keys
        self._time_key = time_key
        self._account_id = account_id
        self._now = now

    def identity(self, row: Record) -> tuple[str, ...]:
        """Return what tells a file apart from others of the account."""
        return tuple(str(row[key]) for key in self._keys)

    def find(self, row: Record, *, told: bool) -> Outcome | None:
        """Look for a file in the storage.

        Args:
            row: what is known of it.
            told: whether its row was written before: then the stored file is not read for a row.

        Returns:
            The outcome; None when it is not there.

        Raises:
            StorageError: when the storage can't be read.
        """
        day, ids, account = moment(row[self._time_key]), self.identity(row), self._account_id()
        for stem in (stem_of(account, day, ids), former_stem_of(account, day, ids)):
            try:
                found = self._storage.find_any(stem, SUFFIXES) if stem else None
            except OccupiedError as error:
                return self._open(row, Fate.FAILED, error)
            if found and told:
                return Outcome(Fate.STORED)
            if found:
                name, stored = found
                facts = {
                    "path": self._storage.path_of(name),
                    "size": stored.size,
                    "sha256": self._storage.digest(name),
                    "contentType": row.get("contentType") or type_of(name),
                }
                if stored.modified:
                    facts["archivedAt"] = timestamp(stored.modified)
                return self._settled(row, Fate.STORED, facts)
        return None

    def fetch(self, row: Record) -> Outcome:
        """Fetch a file.

        Raises:
            LongWaitError: when RingCentral asks to wait for longer than a run does.
            StorageError: when it can't be stored.
        """
        day, ids = moment(row[self._time_key]), self.identity(row)
        if not row.get("contentUri"):
            error = FilesError("a record without an address")
            return self._open(row, Fate.FAILED, error)
        wanted = Wanted(
            url=row["contentUri"],
            stem=stem_of(self._account_id(), day, ids),
            content_type=row.get("contentType"),
            size=row.get("size"),
        )
        try:
            file = self._downloader.fetch(wanted)
        except LongWaitError:
            raise
        except RequestError as error:
            return self._refused(row, error)
        except StorageBusyError as error:
            return self._open(row, Fate.WAITING, error)
        except (ForeignHostError, OccupiedError, UnavailableError, WrongSizeError) as error:
            return self._open(row, Fate.FAILED, error)
        facts = {"path": self._storage.path_of(file.name), "contentType": file.content_type}
        return self._settled(row, Fate.FETCHED, {**facts, "size": file.size, "sha256": file.sha256})

    def give_up(self, row: Record, reason: str) -> Outcome:
        """Give a file up: it counts as gone, and no later run tries it again.

        Args:
            row: what is known of it.
            reason: why, for its row.
        """
        return self._settled(row, Fate.GONE, {"reason": reason})

    def is_expired(self, row: Record) -> bool:
        """Return whether RingCentral should have deleted a file."""
        expires = row.get("expiresAt")
        return expires is not None and self._now() > moment(expires)

    def _refused(self, row: Record, error: RequestError) -> Outcome:
        """Decide whether a refused file may still become available, is gone, or has failed."""
        problem = error.problem
        ready = self._ready(row)
        if problem.status in _NOT_READY and not (ready and self._now() > ready):
            return self._open(row, Fate.WAITING, error)
        # RingCentral says so itself: a proxy's page for a 404 has no code.
        is_missing = problem.status == HTTPStatus.GONE or (
            problem.status == HTTPStatus.NOT_FOUND and _NOT_FOUND in problem.codes
        )
        if not is_missing:
            return self._open(row, Fate.FAILED, error)
        if self.is_expired(row) or self._was_missing(row):
            return self.give_up(row, f"RingCentral no longer has it ({problem})")
        if _is_short(row) and self._missing_for(row) > _APART_IF_SHORT:
            reason = f"RingCentral keeps no recording of less than {_SHORTEST} seconds ({problem})"
            return self.give_up(row, reason)
        return self._open({MISSING_SINCE: timestamp(self._now()), **row}, Fate.WAITING, error)

    def _was_missing(self, row: Record) -> bool:
        """Return whether RingCentral said on another day that there is no such file."""
        apart = self._missing_for(row)
        return apart > _APART and self._now().date() != (self._now() - apart).date()

    def _missing_for(self, row: Record) -> timedelta:
        """Return how long ago RingCentral said for the first time that there is no such file."""
        since = row.get(MISSING_SINCE)
        return self._now() - moment(since) if since else timedelta()

    def _ready(self, row: Record) -> datetime | None:
        """Return when a file is ready at the latest; None if no datetime is that late."""
        # An impossible duration is ignored.
        seconds = row.get("duration") or 0
        length = timedelta(seconds=seconds if 0 <= seconds <= _LONGEST_CALL else 0)
        return later(moment(row[self._time_key]), length + _READY_AFTER)

    def _open(self, row: Record, fate: Fate, error: TapRingCentralError) -> Outcome:
        """Leave a file to a later run, unless it was tried for long enough."""
        known = {TRIED_SINCE: timestamp(self._now()), **row}
        outcome = Outcome(fate, known=known, error=error)
        since = row.get(TRIED_SINCE)
        if since and self.is_expired(row):
            return self.give_up(row, f"it expired before it could be fetched ({outcome.reason})")
        if since and not row.get("expiresAt") and self._now() > moment(since) + _TRIED_FOR:
            reason = f"it could not be fetched for {_TRIED_FOR.days} days ({outcome.reason})"
            return self.give_up(row, reason)
        return outcome

    def _settled(self, row: Record, fate: Fate, facts: Record) -> Outcome:
        known = {name: row[name] for name in row if name not in {TRIED_SINCE, MISSING_SINCE}}
        nothing = dict.fromkeys(("reason", "path", "size", "sha256", "contentType"))
        status = "gone" if fate is Fate.GONE else "archived"
        row = {"accountId": self._account_id(), **known, "status": status, **nothing}
        return Outcome(fate, {**row, "archivedAt": timestamp(self._now()), **facts})


def _is_short(row: Record) -> bool:
    return 0 < (row.get("duration") or 0) < _SHORTEST
