"""Archives the files that a stream finds, and tells of each what became of it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from http import HTTPStatus
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.downloads import SUFFIXES, Downloader, type_of
from tap_ringcentral_calllog.errors import (
    RequestError,
    StorageBusyError,
    TapRingCentralError,
    UnavailableError,
    WrongSizeError,
    refusal,
)
from tap_ringcentral_calllog.windows import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.storage.base import Storage
    from tap_ringcentral_calllog.streams.file_streams import FileStream

# Under these names beside the bookmark: files that could not be had yet, and when the last STATE
# message was written, by this machine's clock.
UNFINISHED = "unfinished"
_TOLD_UNTIL = "toldUntil"

# So many files that could not be had yet fit the state; then the bookmark waits.
MOST_UNFINISHED = 1_000
# So many files in a row that could not be had mean that it is not the files.
_FAILURES_IN_A_ROW = 3
# A STATE message follows so many files, so that a kill costs no more.
_FILES_PER_STATE = 25
# Clocks of this machine and of a storage may differ by so much.
_CLOCKS = timedelta(minutes=10)
# RingCentral takes so long to make a recording ready.
# https://developers.ringcentral.com/guide/voice/call-recordings
_READY_AFTER = timedelta(minutes=15)

_UNSAFE = re.compile(r"^-|[^A-Za-z0-9-]")
_LONGEST = 100

# Whoever lacks a permission lacks it for all files.
_LACKS = frozenset({"CMN-401", "CMN-402", "CMN-408"})


class FileArchive:
    """Fetches the files that a stream has found in a window, oldest first.

    A file that is in the storage is never fetched again. What could not be had yet stands in the
    state, and is tried again in each run until it expires.

    Args:
        stream: the stream. What it finds are rows with `id`, `contentUri`, the replication key,
            and, where they are known, `duration` (s) and `expiresAt`.
        storage: where the files are kept.
        keys: the fields that tell files of a stream apart.
        most: how many files may be fetched in a run; None for all.
    """

    def __init__(
        self,
        stream: FileStream,
        storage: Storage,
        keys: tuple[str, ...] = ("id",),
        most: int | None = None,
    ) -> None:
        self._stream = stream
        self._storage = storage
        self._downloader = Downloader(stream.connection, storage)
        self._keys = keys
        self._most = most
        self._fetched = 0
        self._failures = 0
        self._found: dict[str, dict[str, Record]] = {}
        self._tried: set[str] = set()
        # Up to when files were told by the last run, by contexts.
        self._told_until: dict[str, datetime | None] = {}
        self._reasons: Counter[str] = Counter()

    def add(self, context: Context | None, rows: list[Record]) -> None:
        """Take note of files that the window holds.

        Args:
            context: the partition's context.
            rows: what is known of each.
        """
        found = self._found.setdefault(repr(context), {})
        found.update({self._identity(row): row for row in rows})

    def take(self, context: Context | None, *, whole: bool) -> Iterator[Record]:
        """Fetch what was found, and what could not be had before.

        Args:
            context: the partition's context.
            whole: whether the window was read to its end, so that the bookmark may follow the
                files.

        Yields:
            A row for each file that is there or gone for good.

        Raises:
            AccessError: when the app or the user may not read such files.
            StorageError: when a file can't be stored.
        """
        stream, bookmarks = self._stream, self._stream.bookmarks
        key = str(stream.replication_key)
        if repr(context) not in self._told_until:
            told = bookmarks.noted(context, _TOLD_UNTIL)
            self._told_until[repr(context)] = moment(told) - _CLOCKS if told else None
        unfinished = {
            self._identity(row): row for row in bookmarks.noted(context, UNFINISHED) or ()
        }
        found = sorted(self._found.pop(repr(context), {}).values(), key=itemgetter(key))
        known = self._tried.union(map(self._identity, found))
        # What failed before comes after what is new: it may never come, and must hold up nothing.
        retries = [row for identity, row in unfinished.items() if identity not in known]
        yield from self._fetch(context, found, unfinished, whole=whole)
        yield from self._retry(context, retries, unfinished)
        self._note(context, unfinished)
        if self._reasons:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in self._reasons.items())
            stream.logger.warning("Files that will be tried again in the next run: %s.", reasons)
            self._reasons.clear()

    def _fetch(
        self,
        context: Context | None,
        found: list[Record],
        unfinished: dict[str, Record],
        *,
        whole: bool,
    ) -> Iterator[Record]:
        """Fetch what a window holds, oldest first, and let the bookmark follow.

        Args:
            context: the partition's context.
            found: what is known of the files.
            unfinished: all that could not be had, by identity, to which others come.
            whole: whether the bookmark may follow.

        Yields:
            A row for each file that is there or gone for good.
        """
        stream, key = self._stream, str(self._stream.replication_key)
        for at, row in enumerate(found):
            if why := self._why_stop(row, unfinished):
                stream.left += found[at:]
                stream.progress(context).stopped = True
                stream.logger.warning("%s: stopped before the rest: %s.", stream.name, why)
            elif outcome := self._attempt(context, row, unfinished):
                yield outcome
            if why or at % _FILES_PER_STATE == _FILES_PER_STATE - 1:
                self._note(context, unfinished)
                if whole:
                    stream.settle(context, moment(row[key]))
            if why:
                return

    def _attempt(
        self, context: Context | None, row: Record, unfinished: dict[str, Record]
    ) -> Record | None:
        """See to a file, and take note of it where it can't be had yet.

        Returns:
            The row that tells what became of it, if something new did.
        """
        identity = self._identity(row)
        self._tried.add(identity)
        done, outcome = self._archive(row, self._told_until[repr(context)])
        if done:
            unfinished.pop(identity, None)
        else:
            unfinished[identity] = row
        return outcome

    def _why_stop(self, row: Record, unfinished: dict[str, Record]) -> str | None:
        """Say why a file, and what comes after it, is left to the next run; None when it is not."""
        if self._is_spent:
            return f"recordings_per_run: {self._most} files were fetched"
        if self._failures >= _FAILURES_IN_A_ROW:
            self._stream.fail(UnavailableError(f"{self._stream.name}: RingCentral kept failing"))
            return "RingCentral kept failing"
        if len(unfinished) >= MOST_UNFINISHED and self._identity(row) not in unfinished:
            return (
                f"{MOST_UNFINISHED} files could not be had yet, and no more fit the state: the "
                "bookmark waits"
            )
        return None

    @property
    def _is_spent(self) -> bool:
        """Whether as many files were fetched as a run may fetch."""
        return self._most is not None and self._fetched >= self._most

    def _retry(
        self, context: Context | None, rows: list[Record], unfinished: dict[str, Record]
    ) -> Iterator[Record]:
        """Try once more what could not be had before, unless RingCentral keeps failing.

        Args:
            context: the partition's context.
            rows: what is known of the files.
            unfinished: all that could not be had, by identity. What is settled leaves it.

        Yields:
            A row for each file that is there or gone for good.
        """
        for row in rows:
            if self._is_spent or self._failures >= _FAILURES_IN_A_ROW:
                return
            if outcome := self._attempt(context, row, unfinished):
                yield outcome

    def _archive(self, row: Record, told_until: datetime | None) -> tuple[bool, Record | None]:
        """See to it that a file is in the storage.

        Returns:
            Whether it is settled what becomes of the file, and the row that tells it, unless an
            earlier run has told it.
        """
        stem = self._stem(row)
        if found := self._storage.find_any(stem, SUFFIXES):
            name, stored = found
            if told_until and stored.modified and stored.modified < told_until:
                return True, None
            outcome = self._row(row, name, stored.size, self._storage.digest(name))
            if stored.modified:
                outcome["archivedAt"] = timestamp(stored.modified)
            return True, outcome
        url = row.get("contentUri")
        if not self._downloader.may_ask(url):
            return self._put_off(row, "its address is one that the login is not shown to")
        self._fetched += 1
        try:
            file = self._downloader.fetch(str(url), stem)
        except UnavailableError:
            self._failures += 1
            return self._put_off(row, "kept failing")
        except (StorageBusyError, WrongSizeError, RequestError) as error:
            self._failures = 0
            return self._judge(row, error)
        self._failures = 0
        outcome = self._row(row, file.name, file.size, file.sha256)
        return True, outcome | {"contentType": file.content_type}

    def _judge(self, row: Record, error: TapRingCentralError) -> tuple[bool, Record | None]:
        """Decide what it means for a file that it could not be had."""
        if not isinstance(error, RequestError):
            return self._put_off(row, str(error))
        problem = error.problem
        lacks = _LACKS & set(problem.codes)
        if problem.status == HTTPStatus.UNAUTHORIZED or lacks:
            stream, right = self._stream, self._stream.app_permission
            raise refusal(
                problem, stream.name, app_permission=right, user_permission=right
            ) from None
        # RingCentral says so itself: a proxy's page for a 404 has no code.
        is_gone = problem.status == HTTPStatus.GONE or (
            problem.status == HTTPStatus.NOT_FOUND and problem.codes
        )
        if is_gone and self._stream.connection.now() > self._ready(row):
            return self._give_up(row, f"RingCentral no longer has it ({problem})")
        return self._put_off(row, str(error))

    def _ready(self, row: Record) -> datetime:
        """Return when a file is ready at the latest."""
        length = timedelta(seconds=row.get("duration") or 0)
        return moment(row[str(self._stream.replication_key)]) + length + _READY_AFTER

    def _put_off(self, row: Record, reason: str) -> tuple[bool, Record | None]:
        """Leave a file to later runs, unless it has expired by now."""
        expires = row.get("expiresAt")
        if expires and self._stream.connection.now() > moment(expires):
            return self._give_up(row, f"it expired before it could be had ({reason})")
        self._reasons[reason] += 1
        self._stream.logger.debug("File %s: %s.", self._identity(row), reason)
        return False, None

    def _give_up(self, row: Record, reason: str) -> tuple[bool, Record]:
        told: dict[str, Any] = {"status": "gone", "reason": reason, "path": None}
        told |= {"size": None, "sha256": None, "contentType": None}
        return True, self._told(row, told)

    def _row(self, row: Record, name: str, size: int, sha256: str) -> Record:
        path = self._storage.path_of(name)
        told = {"status": "archived", "reason": None, "path": path, "size": size}
        return self._told(row, {**told, "sha256": sha256, "contentType": type_of(name)})

    def _told(self, row: Record, told: Record) -> Record:
        now = timestamp(self._stream.connection.now())
        return {"accountId": self._stream.account_id(), **row, **told, "archivedAt": now}

    def _identity(self, row: Record) -> str:
        return "-".join(str(row[key]) for key in self._keys)

    def _stem(self, row: Record) -> str:
        """Return a file's name in the storage, without what tells its type.

        Ids are RingCentral's: what is no letter, digit or hyphen in them reaches no path as it is.
        """
        when = moment(row[str(self._stream.replication_key)])
        account, identity = _safe(self._stream.account_id()), _safe(self._identity(row))
        return f"{account}/{when:%Y/%m/%d}/{identity}"

    def _note(self, context: Context | None, unfinished: dict[str, Record]) -> None:
        self._stream.bookmarks.note(
            context,
            **{
                # Who sent a file may have named it after a person.
                UNFINISHED: [
                    {name: value for name, value in row.items() if name != "fileName"}
                    for row in unfinished.values()
                ],
                _TOLD_UNTIL: timestamp(datetime.now(timezone.utc)),
            },
        )


def _safe(part: str) -> str:
    """Return an id as a part of a path, so that no two ids have the same."""
    safe = _UNSAFE.sub(lambda match: f"={ord(match[0]):X}", part)
    return safe if 0 < len(safe) <= _LONGEST else f"={sha256(part.encode()).hexdigest()}"
