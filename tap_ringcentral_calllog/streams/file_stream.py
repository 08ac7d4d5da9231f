"""Streams whose rows are files, which are fetched into a storage window by window."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, deque
from dataclasses import dataclass
from functools import cached_property, partial
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_ringcentral_calllog.api.background import begin
from tap_ringcentral_calllog.api.connection import Load
from tap_ringcentral_calllog.api.transport import group_of
from tap_ringcentral_calllog.errors import (
    LongWaitError,
    SettingsError,
    StorageError,
    TapRingCentralError,
    refusal,
)
from tap_ringcentral_calllog.files.archive import Fate, FileArchive, Outcome
from tap_ringcentral_calllog.files.downloads import Downloader
from tap_ringcentral_calllog.files.effort import Effort
from tap_ringcentral_calllog.files.hosts import MediaHosts
from tap_ringcentral_calllog.files.shortfall import Shortfall
from tap_ringcentral_calllog.files.storage.urls import open_storage
from tap_ringcentral_calllog.files.unfinished import TOLD, UNFINISHED, Unfinished
from tap_ringcentral_calllog.plan.progress import RoundRobin, requests_left
from tap_ringcentral_calllog.plan.windows import OVERLAP
from tap_ringcentral_calllog.streams.base import shown
from tap_ringcentral_calllog.streams.windowed import LOG_EVERY, WindowedStream
from tap_ringcentral_calllog.times import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.errors import Problem, RequestError
    from tap_ringcentral_calllog.plan.reading import Reading
    from tap_ringcentral_calllog.plan.windows import Window
    from tap_ringcentral_calllog.run import Run

# A STATE message is written after so many files, which is what a kill costs at most.
_FILES_PER_STATE = 25
# With several logins, so many files for each are under way or wait for their turn.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Begun:
    """A file that is under way.

    Attributes:
        row: what is known of it.
        result: waits for the outcome and returns it.
    """

    row: Record
    result: Callable[[], Outcome]


class FileStream(WindowedStream):
    """A stream of files, oldest first, because the oldest expire first.

    A file that fails does not stop the others: the state keeps it as unfinished, and each run tries
    it again at its end, until it expires.

    A subclass reads the records that name files, by `ask` and `page_of`, and finds the files in a
    record, by `files_of`.
    """

    # The setting that names where the files are kept.
    path_setting: ClassVar[str]

    # Where RingCentral's answer says that a file is, for docs/streams.md.
    file_address: ClassVar[str]

    # The purpose of the requests for the files: see `Logins.able`.
    files_purpose: ClassVar[str]

    # What tells a file apart from the others of the account.
    file_keys: ClassVar[tuple[str, ...]] = ("id",)

    selected_by_default = False

    def __init__(self, tap: Tap, run: Run, schema: dict[str, Any], *more: Any) -> None:  # noqa: ANN401 - the next class's
        super().__init__(tap, run, schema, *more)
        #: What was found, and left to the next run.
        self.left: list[Record] = []
        # Whether nothing more is read in this run, with all partitions.
        self._is_stopped = False
        self._found: dict[str, dict[tuple[str, ...], Record]] = {}
        self._noted: dict[str, Unfinished] = {}
        self._tried: set[tuple[str, ...]] = set()
        self._is_full = False
        # Pages that were read, files that were found on them, and processed.
        self._pages = self._to_see = self._seen_to = 0
        #: The rate-limit group of the files; None before one was asked for.
        self.files_group: str | None = None

    @abstractmethod
    def files_of(self, record: Record) -> list[Record]:
        """Find the files of a record."""

    @abstractmethod
    def kind_of(self, row: Record) -> str:
        """Return the name of a file's kind, as the stream `retention` has it."""

    def unfinished(self) -> list[Record]:
        """Return what the state knows of files that could not be fetched yet.

        At extension level, only the extensions that this run reads count.
        """
        # At account level all mailboxes are read, and to list them would take a request.
        contexts = self.contexts if self.by_extension else None
        return self.bookmarks.noted_anywhere(UNFINISHED, contexts)

    def waiting(self) -> list[Record]:
        """Return what is known of files that are not archived yet, and that this run reads."""
        return [*self.unfinished(), *self.left]

    def seen_up_to(self, context: Context | None) -> datetime | None:
        """Return up to when all files are known; None when nothing is known.

        Each of these files is archived, or gone, or among those that `waiting` returns.
        """
        if self.begun_at(context) and (progress := self.progress(context)).held:
            return progress.planner.position
        return self.read_up_to(context)

    @property
    def most_files(self) -> int | None:
        """How many files may be fetched in a run; None for all."""
        return None

    @override
    def prepare(self) -> None:
        """Open the place for the files. Without one, the stream is not read.

        That is not an error, because a catalog may select every stream.

        Raises:
            SettingsError: when the address is wrong, or its driver not installed.
            StorageError: when the place can't be used.
        """
        if self._path:
            _ = self.archive
            return
        self.selected = False
        self.logger.warning(
            "%s is selected, but not read: set %s to a folder, or to an address such as "
            "s3://bucket/folder.",
            self.name,
            self.path_setting,
        )

    @property
    def _path(self) -> str:
        """Where the files are kept; empty when nothing says it."""
        return getattr(self.settings, self.path_setting) or ""

    @cached_property
    def archive(self) -> FileArchive:
        """What finds and fetches the files."""
        storage = open_storage(self._path, setting=self.path_setting)
        storage.check()
        hosts = MediaHosts(self.settings.api_url, self.settings.media_hosts)
        return FileArchive(
            storage,
            Downloader(self.connection, storage, hosts, self.files_purpose),
            keys=self.file_keys,
            time_key=str(self.replication_key),
            account_id=self.account_id,
            now=self.connection.now,
        )

    @cached_property
    def _effort(self) -> Effort:
        return Effort(self.most_files, len(self.unfinished()))

    @cached_property
    def _shortfall(self) -> Shortfall:
        def refused(problem: Problem) -> RequestError:
            right = self.app_permission
            return refusal(problem, self.name, app_permission=right, user_permission=right)

        return Shortfall(self.name, refused)

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        """The partitions, read in turns; then those with files that could not be fetched."""
        contexts = self.bookmarks.in_turn(self.contexts)
        rounds = RoundRobin(contexts, lambda one: self.progress(one).done, self._last_round)
        return rounds or None

    def _last_round(self) -> Iterator[dict[str, Any]]:
        if self.is_test or not self._path:
            return
        for context in self.contexts:
            if self._unfinished_of(context).files:
                yield context
        self._log_shortfall()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read a partition's next window, or the whole range where there are no partitions.

        Files that could not be fetched before are tried again after everything else is read,
        because they may never succeed.

        Yields:
            A row for each file that is there, or gone for good.

        Raises:
            TapRingCentralError: when the stream can't be read.
        """
        progress = self.progress(context)
        if self._is_stopped or not (self._path or self.is_test):
            progress.failed = True
            return
        is_read = progress.done
        try:
            yield from super().get_records(context)
            if context is None or is_read:
                yield from self._retry(context)
        except (SettingsError, StorageError) as error:
            progress.failed = True
            self._stop(error)
        if context is None:
            self._log_shortfall()

    @override
    def write_related(self, context: Context | None, records: list[Record]) -> list[Record]:
        """Record the records' files, and write nothing yet. A `--test` fetches none."""
        if not self.is_test:
            found = self._found.setdefault(repr(context), {})
            before = len(found)
            for record in records:
                found.update({self.archive.identity(row): row for row in self.files_of(record)})
            self._to_see += len(found) - before
            self._pages += 1
        return []

    @override
    def close_window(self, context: Context | None, reading: Reading) -> Iterator[Record]:
        """Fetch the files of a window, and yield a row for each that is settled."""
        if self.is_test:
            return
        noted, fresh = self._unfinished_of(context), []
        found = self._found.pop(repr(context), {})
        for identity, row in found.items():
            if row in noted:
                noted.renew(row)
            elif noted.is_given_up(row):
                noted.give_up(row, moment(row[str(self.replication_key)]))
            elif identity not in self._tried:
                fresh.append(row)
        fresh.sort(key=itemgetter(str(self.replication_key)))
        self._to_see -= len(found) - len(fresh)
        yield from self._sweep(context, filter(self.archive.is_expired, fresh))
        rest = [row for row in fresh if self.archive.identity(row) not in self._tried]
        yield from self._fetch(context, rest, whole=reading.whole)

    @override
    def note_final(self, context: Context | None, line: datetime, ahead: list[Window]) -> None:
        """Store what the state keeps about files.

        Args:
            context: the partition's context.
            line: where the bookmark is going to be.
            ahead: what is final beyond it.
        """
        super().note_final(context, line, ahead)
        progress = self.progress(context)
        is_whole = progress.done and not (progress.failed or progress.stopped)
        known = self._unfinished_of(context).noted(line - OVERLAP, whole=is_whole)
        # Earlier versions kept times here instead of digests.
        self.bookmarks.note(context, **known, toldTo=None, toldUntil=None)

    def give_up(self, context: Context | None, reason: str) -> list[Record]:
        """Give up the files that could not be fetched.

        Args:
            context: the partition's context, which is about to be forgotten.
            reason: why.

        Returns:
            A row for each file.
        """
        files = self._unfinished_of(context).files
        self._noted[repr(context)] = Unfinished({}, self.archive.identity)
        outcomes = [self.archive.give_up(row, reason) for row in files]
        return [self._whole_row(context, one.row) for one in outcomes if one.row]

    def _unfinished_of(self, context: Context | None) -> Unfinished:
        key = repr(context)
        if key not in self._noted:
            noted = {name: self.bookmarks.noted(context, name) for name in (UNFINISHED, TOLD)}
            self._noted[key] = Unfinished(noted, self.archive.identity)
        return self._noted[key]

    def _sweep(self, context: Context | None, expired: Iterable[Record]) -> Iterator[Record]:
        """Process files that RingCentral should have deleted, those that expired last first.

        If these are gone, files that expired earlier are gone as well. So the more files in a row
        are gone, the fewer are requested; the others are marked as gone without a request. If the
        run stops here, the files that were not reached are left to `_fetch`.

        Args:
            context: the partition's context.
            expired: what is known of the files.

        Yields:
            A row for each file that is there or gone for good.
        """
        gone: Counter[str] = Counter()
        for row in sorted(expired, key=itemgetter("expiresAt"), reverse=True):
            kind = self.kind_of(row)
            # Request a file after none, one, two, four, eight … that are gone.
            ask = gone[kind] & (gone[kind] - 1) == 0
            outcome = None if self._is_over else self._see_to(context, row, ask=ask)
            if outcome is None:
                return
            gone[kind] = gone[kind] + 1 if outcome.fate is Fate.GONE else 0
            if outcome.row:
                yield self._whole_row(context, outcome.row)

    def _fetch(
        self, context: Context | None, rest: list[Record], *, whole: bool
    ) -> Iterator[Record]:
        """Fetch what a window holds, oldest first, and let the bookmark follow.

        Args:
            context: the partition's context.
            rest: what is known of the files, oldest first. Processed files are removed from it.
            whole: whether the bookmark may follow.

        Yields:
            A row for each file that is there or gone for good.
        """
        seen, left = 0, []
        # The oldest file is last now, where removing it is cheap.
        rest.reverse()
        begun: deque[_Begun] = deque()
        while self._begin_more(context, rest, begun):
            one = begun.popleft()
            outcome = self._note(context, one.row, one.result)
            if outcome is None:
                # Those that are under way are still processed.
                left.append(one.row)
                continue
            if outcome.row:
                yield self._whole_row(context, outcome.row)
            seen += 1
            ahead = [*left, *(one.row for one in begun), *rest[-1:]]
            if whole and seen % _FILES_PER_STATE == 0 and ahead:
                self.settle(context, self._oldest(ahead))
            self._log_file_progress()
        if left := [*left, *rest]:
            self.left += left
            progress = self.progress(context)
            progress.stopped = True
            progress.hold(self._oldest(left))
            self._log_stop()
            self.settle(context)

    def _oldest(self, rows: Iterable[Record]) -> datetime:
        """Return the time of the oldest of some files."""
        return min(moment(row[str(self.replication_key)]) for row in rows)

    def _begin_more(
        self, context: Context | None, rest: list[Record], begun: deque[_Begun]
    ) -> bool:
        """Begin as many files as may be under way at once.

        Each login downloads one file at a time. Some more wait for their turn, so that no login
        has to wait until a large file is complete.

        Args:
            context: the partition's context.
            rest: what is known of the files, oldest last. What is begun is removed.
            begun: those that are under way, in the order of their rows.

        Returns:
            Whether any is under way.
        """
        logins = len(self.connection.logins.able(self.files_purpose))
        most = 1 if logins == 1 else _AHEAD * logins
        while rest and len(begun) < most and not self._is_over:
            if not self._effort.may_begin(len(begun)):
                break
            row = rest.pop(len(rest) - 1 - self._effort.next_of(rest))
            result = self._outcome_of(context, row)
            begun.append(_Begun(row, result if most == 1 else begin(result).result))
        return bool(begun)

    def _retry(self, context: Context | None) -> Iterator[Record]:
        """Try once more what could not be fetched before.

        Yields:
            A row for each file that is there or gone for good.
        """
        noted = self._unfinished_of(context)
        if self.is_test or self.progress(context).failed or not noted.files:
            return
        for row in noted.files:
            if self.archive.identity(row) in self._tried:
                continue
            may = self._effort.may_retry and not self._is_stopped
            outcome = self._see_to(context, row, again=True) if may else None
            if outcome is None:
                break
            if outcome.row:
                yield self._whole_row(context, outcome.row)
            self._log_file_progress()
        self.settle(context)

    @property
    def _is_over(self) -> bool:
        """Whether no new file is processed any more in this run."""
        if self._effort.is_hopeless and not self._is_stopped:
            self._is_stopped = self._shortfall.is_cut_short = True
        return self._is_stopped or self._effort.is_spent

    def _see_to(
        self, context: Context | None, row: Record, *, ask: bool = True, again: bool = False
    ) -> Outcome | None:
        """Process a file, and note the outcome.

        Args:
            context: the partition's context.
            row: what is known of the file.
            ask: whether RingCentral may still have it.
            again: whether it could not be fetched in an earlier run.

        Returns:
            The outcome; None when RingCentral asks to wait for longer than a run does.

        Raises:
            StorageError: when the file can't be stored.
        """
        return self._note(context, row, self._outcome_of(context, row, ask=ask), again=again)

    def _outcome_of(
        self, context: Context | None, row: Record, *, ask: bool = True
    ) -> Callable[[], Outcome]:
        """Look for a file in the storage.

        Args:
            context: the partition's context.
            row: what is known of the file.
            ask: whether RingCentral may still have it.

        Returns:
            What returns the outcome. It fetches the file if that is needed, and may be called in
            another thread.

        Raises:
            StorageError: when the storage can't be read.
        """
        archive = self.archive
        found = archive.find(row, told=self._unfinished_of(context).is_told(row))
        if found is not None:
            return lambda: found
        if not ask:
            reason = "it has expired, and RingCentral no longer has files that expired after it"
            return partial(archive.give_up, row, reason)
        self.files_group = group_of(str(row.get("contentUri")))
        return partial(archive.fetch, row)

    def _note(
        self,
        context: Context | None,
        row: Record,
        result: Callable[[], Outcome],
        *,
        again: bool = False,
    ) -> Outcome | None:
        """Note the outcome of a file.

        Args:
            context: the partition's context.
            row: what is known of the file.
            result: returns the outcome.
            again: whether it could not be fetched before.

        Returns:
            The outcome; None when RingCentral asks to wait for longer than a run does.

        Raises:
            StorageError: when the file can't be stored.
        """
        archive, noted = self.archive, self._unfinished_of(context)
        try:
            outcome = result()
        except LongWaitError as error:
            if not self._is_stopped:
                self._stop(self.placed(error))
            return None
        self._effort.count(outcome, again=again)
        self._tried.add(archive.identity(row))
        self._to_see += again
        self._seen_to += 1
        at = moment(row[str(self.replication_key)])
        if outcome.known is None:
            noted.drop(row)
            if outcome.fate is Fate.GONE:
                noted.give_up(row, at)
            else:
                noted.tell(row, at)
            return outcome
        self._shortfall.add("-".join(map(shown, archive.identity(row))), outcome)
        here = len(self.bookmarks.noted(context, UNFINISHED) or ())
        if row in noted or noted.has_room(len(self.unfinished()) - here):
            noted.put(outcome.known)
        else:
            self.left.append(row)
            self.progress(context).hold(at)
            self._is_full = True
        return outcome

    def _whole_row(self, context: Context | None, row: Record) -> Record:
        """Return a row with all its fields: the state leaves out the empty ones."""
        names = self.schema["properties"].keys() - (context or {}).keys()
        return {**dict.fromkeys(names), **row}

    def _stop(self, error: TapRingCentralError) -> None:
        """End the stream with all its partitions, but not the run."""
        self._is_stopped = True
        self.run.fail(error)

    def _log_stop(self) -> None:
        """Log that files are left to the next run, if no error says so."""
        if not self._is_stopped:
            self.logger.warning(
                "%s: stopped at the limit recordings_per_run: %s files were fetched.",
                self.name,
                self.most_files,
            )

    def _log_shortfall(self) -> None:
        """Log which files could not be fetched. The run fails if some should be available."""
        if waits := self._shortfall.waits():
            self.logger.info("%s: %s.", self.name, waits)
        if self._is_full:
            self.logger.warning(
                "%s: the state cannot hold more files that could not be fetched: the bookmark "
                "stays, and the next run checks all later files again.",
                self.name,
            )
        for error in self._shortfall.errors():
            self.run.fail(error)

    def _log_file_progress(self) -> None:
        """Log the progress within a long window, but not too often."""
        now = self.connection.elapsed
        if now - self._logged_at >= LOG_EVERY:
            self._logged_at = now
            self.logger.info(
                "%s: %d of %d files found so far are done; %s.",
                self.name,
                self._seen_to,
                self._to_see,
                self._outlook(),
            )

    @override
    def _outlook(self) -> str:
        """Return how much is done, and how long the rest will take, files included."""
        begun, contexts = self.begun, max(len(self.contexts), 1)
        lists = requests_left(begun, contexts)
        files = self._to_see - self._seen_to + lists * self._to_see / max(self._pages, 1)
        if not lists and not files:
            return "100 % done"
        seen = self._pages + self._seen_to
        done = f"{seen / (seen + lists + files) * 100:.0f} % done"
        files_left = Load(self.files_group or "Heavy", ceil(files), self.files_purpose)
        return f"{done}, about {self.time_for(ceil(lists), files_left)} left"
