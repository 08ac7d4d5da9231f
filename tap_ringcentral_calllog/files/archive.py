"""Archives the files that a stream finds, and tells of each what became of it."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from http import HTTPStatus
from operator import itemgetter
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import (
    ForeignHostError,
    LongWaitError,
    RequestError,
    StorageBusyError,
    TapRingCentralError,
    UnavailableError,
    WrongSizeError,
)
from tap_ringcentral_calllog.files.downloads import SUFFIXES, Downloader
from tap_ringcentral_calllog.files.hosts import MediaHosts
from tap_ringcentral_calllog.files.outcomes import Outcome, Outcomes
from tap_ringcentral_calllog.files.unfinished import MOST_UNFINISHED, Unfinished
from tap_ringcentral_calllog.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.files.storage.base import Storage
    from tap_ringcentral_calllog.streams.file_stream import FileStream

# So many files in a row that could not be had mean that it is not the files.
_FAILURES_IN_A_ROW = 3
# A STATE message follows so many files, so that a kill costs no more.
_FILES_PER_STATE = 25

_UNSAFE = re.compile(r"^-|[^A-Za-z0-9-]")
_LONGEST = 100


class FileArchive:
    """Fetches the files that a stream has found in a window.

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
        hosts = MediaHosts(stream.settings.api_url, stream.settings.media_hosts)
        self._downloader = Downloader(stream.connection, storage, hosts)
        self._outcomes = Outcomes(stream)
        self._keys = keys
        self._most = most
        self._fetched = 0
        # So many of them are kept for those that are tried again.
        self._kept = 0
        # In a row, of files that are new, and of those that are tried again.
        self._failures: Counter[bool] = Counter()
        self._retrying = False
        # What RingCentral said when it asked to wait for too long.
        self._wait = ""
        self._found: dict[str, dict[str, Record]] = {}
        self._tried: set[str] = set()
        self._unfinished: dict[str, Unfinished] = {}
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
        stream, key = self._stream, str(self._stream.replication_key)
        self._retrying = False
        unfinished = self._unfinished_of(context)
        self._keep_some(unfinished)
        found = sorted(self._found.pop(repr(context), {}).values(), key=itemgetter(key))
        yield from self._sweep(filter(self._outcomes.is_expired, found), unfinished)
        fresh = [row for row in found if self._identity(row) not in self._tried]
        yield from self._fetch(context, fresh, unfinished, whole=whole)
        # What failed before comes after what is new: it may never come, and must hold up nothing.
        yield from self._retry(unfinished)
        is_read = whole and not stream.progress(context).stopped
        unfinished.note(stream.position(context) if is_read else None)
        if self._reasons:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in self._reasons.items())
            stream.logger.warning("Files that will be tried again in the next run: %s.", reasons)
            self._reasons.clear()

    def has_unfinished(self, context: Context | None) -> bool:
        """Tell whether something could not be had before.

        Args:
            context: the partition's context.
        """
        return bool(self._unfinished_of(context).files)

    def give_up(self, context: Context | None, reason: str) -> list[Record]:
        """Tell that what could not be had yet will never be.

        Args:
            context: the partition's context, which is about to be forgotten.
            reason: why.

        Returns:
            A row for each file.
        """
        outcomes = (
            self._outcomes.given_up(row, reason) for row in self._unfinished_of(context).files
        )
        return [outcome.row for outcome in outcomes if outcome.row]

    def _unfinished_of(self, context: Context | None) -> Unfinished:
        key = repr(context)
        if key not in self._unfinished:
            bookmarks = self._stream.bookmarks
            self._unfinished[key] = Unfinished(
                bookmarks, context, self._identity, self._stream.unfinished
            )
        return self._unfinished[key]

    def _sweep(self, expired: Iterable[Record], unfinished: Unfinished) -> Iterator[Record]:
        """See to files that RingCentral should have forgotten, those first that expired last.

        Where these are gone, those which expired earlier are as well, and no request is wasted on
        each: the more in a row are gone, the fewer are asked for. What is not come to here, is
        left to those that are fetched.

        Args:
            expired: what is known of the files.
            unfinished: what could not be had, to which others come.

        Yields:
            A row for each file that is there or gone for good.
        """
        gone: Counter[str] = Counter()
        for row in sorted(expired, key=itemgetter("expiresAt"), reverse=True):
            if self._why_stop(row, unfinished):
                return
            kind = self._stream.kind_of(row)
            # After none, one, two, four, eight … that are gone.
            ask = gone[kind] & (gone[kind] - 1) == 0
            outcome = self._attempt(row, unfinished, ask=ask)
            gone[kind] = gone[kind] + 1 if outcome.is_gone else 0
            if outcome.row:
                yield outcome.row

    def _fetch(
        self,
        context: Context | None,
        found: list[Record],
        unfinished: Unfinished,
        *,
        whole: bool,
    ) -> Iterator[Record]:
        """Fetch what a window holds, oldest first, and let the bookmark follow.

        Args:
            context: the partition's context.
            found: what is known of the files.
            unfinished: what could not be had, to which others come.
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
                if self._keeps_failing:
                    stream.fail(UnavailableError(f"{stream.name}: {why}"))
            elif told := self._attempt(row, unfinished).row:
                yield told
            if why or at % _FILES_PER_STATE == _FILES_PER_STATE - 1:
                position = stream.position(context, moment(row[key]))
                unfinished.note(position if whole else None)
                if whole:
                    stream.settle(context, position)
            if why:
                return

    def _retry(self, unfinished: Unfinished) -> Iterator[Record]:
        """Try once more what could not be had before, unless RingCentral keeps failing.

        Args:
            unfinished: what could not be had. What is settled leaves it.

        Yields:
            A row for each file that is there or gone for good.
        """
        if self._keeps_failing:
            return
        self._retrying = True
        for row in unfinished.files:
            if self._identity(row) in self._tried:
                continue
            if self._is_spent or self._keeps_failing:
                return
            if told := self._attempt(row, unfinished).row:
                yield told

    def _why_stop(self, row: Record, unfinished: Unfinished) -> str | None:
        """Say why a file, and what comes after it, is left to the next run; None when it is not."""
        if self._is_spent:
            return f"recordings_per_run: {self._most} files were fetched"
        if self._keeps_failing:
            return self._wait or "RingCentral kept failing"
        if not unfinished.has_room(row):
            return (
                f"{MOST_UNFINISHED} files could not be had yet, and no more fit the state: the "
                "bookmark waits"
            )
        return None

    @property
    def _keeps_failing(self) -> bool:
        """Whether it is not the files; some that failed before say nothing about new ones."""
        return bool(self._wait) or self._failures[self._retrying] >= _FAILURES_IN_A_ROW

    @property
    def _is_spent(self) -> bool:
        """Whether as many files were fetched as a run may fetch."""
        kept = 0 if self._retrying else self._kept
        return self._most is not None and self._fetched >= self._most - kept

    def _keep_some(self, unfinished: Unfinished) -> None:
        """Keep up to half of what a run may fetch for what could not be had: it expires first."""
        left = sum(self._identity(row) not in self._tried for row in unfinished.files)
        self._kept = min(left, (self._most or 0) // 2)

    def _attempt(self, row: Record, unfinished: Unfinished, *, ask: bool = True) -> Outcome:
        """See to a file, and take note of it where it can't be had yet.

        Args:
            row: what is known of the file.
            unfinished: what could not be had.
            ask: whether RingCentral may still have it.
        """
        self._tried.add(self._identity(row))
        outcome = self._look(row, unfinished)
        if outcome is None and not ask:
            reason = "it has expired, and RingCentral no longer has later ones"
            outcome = self._outcomes.gone(row, reason)
        outcome = outcome or self._ask(row)
        before = unfinished.take(row)
        if before and outcome.later:
            outcome = self._outcomes.failed_again({**before, **row}, outcome.later)
        if outcome.later:
            self._reasons[outcome.later] += 1
            self._stream.logger.debug("File %s: %s.", self._identity(row), outcome.later)
            unfinished.put({**(before or {}), **row}, self._stream.connection.now())
        return outcome

    def _look(self, row: Record, unfinished: Unfinished) -> Outcome | None:
        """Tell of a file that is in the storage; None when it is not."""
        found = self._storage.find_any(self._stem(row), SUFFIXES)
        if found is None:
            return None
        name, stored = found
        if unfinished.is_told(row, moment(row[str(self._stream.replication_key)]), stored):
            return Outcome()
        path, digest = self._storage.path_of(name), self._storage.digest(name)
        return self._outcomes.stored(row, path, stored, digest)

    def _ask(self, row: Record) -> Outcome:
        """Fetch a file, if it is to be had."""
        self._fetched += 1
        try:
            file = self._downloader.fetch(str(row.get("contentUri")), self._stem(row))
        except LongWaitError as error:
            self._wait = str(error)
            return Outcome(later="RingCentral asks to wait")
        except UnavailableError:
            self._failures[self._retrying] += 1
            return Outcome(later="kept failing")
        except (ForeignHostError, StorageBusyError, WrongSizeError, RequestError) as error:
            outcome = self._outcomes.failed(row, error)
            before = self._failures[self._retrying]
            self._failures[self._retrying] = before + 1 if _is_unsigned(error) else 0
            # What is gone takes neither time nor room.
            if outcome.is_gone:
                self._fetched -= 1
            return outcome
        self._failures[self._retrying] = 0
        return self._outcomes.fetched(row, self._storage.path_of(file.name), file)

    def _identity(self, row: Record) -> str:
        return "-".join(str(row[key]) for key in self._keys)

    def _stem(self, row: Record) -> str:
        """Return a file's name in the storage, without what tells its type.

        Ids are RingCentral's: what is no letter, digit or hyphen in them reaches no path as it is.
        """
        when = moment(row[str(self._stream.replication_key)])
        account, identity = _safe(self._stream.account_id()), _safe(self._identity(row))
        return f"{account}/{when:%Y/%m/%d}/{identity}"


def _is_unsigned(error: TapRingCentralError) -> bool:
    """Tell whether not even a new login was accepted: for one file that is its own fault."""
    return isinstance(error, RequestError) and error.problem.status == HTTPStatus.UNAUTHORIZED


def _safe(part: str) -> str:
    """Return an id as a part of a path, so that no two ids have the same."""
    safe = _UNSAFE.sub(lambda match: f"={ord(match[0]):X}", part)
    return safe if 0 < len(safe) <= _LONGEST else f"={sha256(part.encode()).hexdigest()}"
