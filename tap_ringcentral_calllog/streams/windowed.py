"""Streams that are read by windows of their replication key."""

from __future__ import annotations

import logging
from abc import abstractmethod
from functools import cached_property, partial
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_ringcentral_calllog.api.background import begin
from tap_ringcentral_calllog.api.connection import Load
from tap_ringcentral_calllog.api.logins import ALONE
from tap_ringcentral_calllog.api.transport import group_of
from tap_ringcentral_calllog.config.schema import EXTENSION
from tap_ringcentral_calllog.config.settings import DEFAULT_RANGE
from tap_ringcentral_calllog.errors import (
    AccessError,
    RequestError,
    SettingsError,
    StateError,
    UnavailableError,
)
from tap_ringcentral_calllog.plan.keyset import Keyset
from tap_ringcentral_calllog.plan.progress import (
    Progress,
    RoundRobin,
    requests_left,
    share_done,
)
from tap_ringcentral_calllog.plan.reading import Page, Reading
from tap_ringcentral_calllog.plan.windows import OVERLAP, Planner, Window, settled
from tap_ringcentral_calllog.state.bookmarks import Bookmarks
from tap_ringcentral_calllog.streams.base import RingCentralStream, shown
from tap_ringcentral_calllog.times import in_words, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from datetime import datetime

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.errors import Failure
    from tap_ringcentral_calllog.plan.keyset import Query
    from tap_ringcentral_calllog.records.pages import Shaping
    from tap_ringcentral_calllog.run import Run


# How often a run logs its progress, in seconds.
LOG_EVERY = 60.0

# How many partitions a test of the connection looks into for a record.
_MOST_TRIES = 3

_NO_OTHERS = Load()


def read_of(read: int, all_: int) -> str:
    """Return how many of all were read, in words."""
    return str(read) if read == all_ else f"{read} of {all_}"


class WindowedStream(RingCentralStream):
    """A stream that is read window by window, each followed by a bookmark."""

    # Whether a run ends when the stream can't be read at account level. Otherwise, and at extension
    # level, the run continues with the rest, and fails at its end.
    is_required: ClassVar[bool] = False

    # The purpose of the requests for its pages: see `Logins.able`.
    purpose: str = ALONE

    def __init__(self, tap: Tap, run: Run, schema: dict[str, Any]) -> None:
        super().__init__(tap, run, schema)
        self.by_extension = run.level == EXTENSION
        self.bookmarks = Bookmarks(self, run.level)
        self._progress: dict[str, Progress] = {}
        self._start_date_logged = False
        self._is_account_checked = False
        self._logged_at = 0.0
        #: In a test of the connection: whether a page had records.
        self.has_records = False
        self._tries = 0

    @property
    def contexts(self) -> list[dict[str, Any]]:
        """The partitions, empty when the stream has none."""
        return []

    def extension_ids(self) -> list[str]:
        """Return the extensions of the setting without repeats, `~` being the one that logged in.

        Raises:
            SettingsError: when RingCentral does not tell who logged in.
        """
        configured = self.settings.extension_ids
        return list(dict.fromkeys(self._owner_id() if one == "~" else one for one in configured))

    def _owner_id(self) -> str:
        if owner := self.connection.log_in().owner_id:
            return owner
        msg = (
            "RingCentral did not say which extension logged in: put its id into extension_ids "
            "instead of '~'"
        )
        raise SettingsError(msg)

    @property
    @override
    def partitions(self) -> list[dict[str, Any]] | None:
        contexts = self.bookmarks.in_turn(self.contexts)
        return RoundRobin(contexts, lambda context: self.progress(context).done) or None

    @override
    def compare_start_date(self, value: str, start_date_value: str) -> str:
        """Prefer the bookmark to `start_date`: otherwise, what is between them would be lost."""
        return value

    @property
    @abstractmethod
    def page_shaping(self) -> Shaping:
        """What decodes a page, and makes its records fit."""

    @abstractmethod
    def ask(self, context: Context | None, query: Query) -> Answer:
        """Ask for a page. It may be called in another thread.

        Args:
            context: the partition's context.
            query: the bounds and the page number.
        """

    @abstractmethod
    def page_of(self, context: Context | None, answer: Answer) -> Page:
        """Make an answer's records ready to be written."""

    def reach(self) -> tuple[datetime | None, datetime | None]:
        """Return from when on and up to when everything is archived, according to the state."""
        return self.bookmarks.reach(self.contexts)

    def archived_contexts(self) -> list[Context | None]:
        """Return the contexts that belong to the archive: `[None]` for a stream without partitions.

        It must not take a request.
        """
        return [*self.contexts] or [None]

    def read_up_to(self, context: Context | None) -> datetime | None:
        """Return up to when this run or earlier ones have read a context; None if none has."""
        progress = self._progress.get(_key(context))
        if progress is None:
            return self.bookmarks.reached(context)
        if progress.failed or progress.held or progress.stopped or not progress.done:
            return self.bookmarks.reached(context) or progress.start
        return progress.end

    @override
    def account_id(self, answer: Answer | None = None) -> str:
        """Return the account's id, and make sure that the state is this account's.

        Args:
            answer: an answer of the stream. Needed until the id is known.

        Raises:
            StateError: when the state is another account's.
        """
        account_id = super().account_id(answer)
        if not self._is_account_checked:
            self.bookmarks.check_account(account_id)
            self._is_account_checked = True
        return account_id

    def write_related(
        self, context: Context | None, records: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Write the rows of child streams, before the page itself is written.

        Args:
            context: the partition's context.
            records: the page's new records. Later, deselected properties are gone from them.

        Returns:
            Those that are to be written.
        """
        del context
        return records

    def close_window(self, context: Context | None, reading: Reading) -> Iterator[Record]:
        """Yield rows that need the complete window, before its bookmark.

        It may move the bookmark itself, and stop the context's progress.
        """
        del context, reading
        yield from ()

    def write_coverage(self, context: Context | None, reading: Reading, requests: int) -> None:
        """Write what was read of a window, after its records and before its bookmark.

        Args:
            context: the partition's context.
            reading: what was read.
            requests: requests that it took, those of a login included.
        """

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read a partition's next window, or the whole range where there are no partitions.

        Yields:
            Records that fit the schema.

        Raises:
            TapRingCentralError: when the stream can't be read.
        """
        progress = self.progress(context)
        try:
            if self.is_test:
                yield from self._try(context, progress)
            while not progress.done:
                yield from self._read_window(context, progress)
                if context is not None:
                    break
        except (RequestError, UnavailableError) as error:
            if self._ends_run:
                raise self.placed(error, context) from None
            progress.failed = True
            self.handle_failure(context, error)
        begun, contexts = self.begun, len(self.contexts)
        if contexts > 1 and len(begun) == contexts and all(one.done for one in begun):
            self.log_end(begun)

    def log_end(self, begun: list[Progress]) -> None:
        """Log the totals of all partitions."""
        read = [one for one in begun if not one.failed]
        self.logger.info(
            "Read %s extensions: %d records, %d requests.",
            read_of(len(read), len(begun)),
            sum(one.records for one in read),
            sum(one.requests for one in begun),
        )

    def _try(self, context: Context | None, progress: Progress) -> Iterator[Record]:
        """Read a page of the whole range, with the newest records, if none was read before."""
        progress.stopped = True
        if self.has_records or self._tries == _MOST_TRIES:
            return
        self._tries += 1
        query = Keyset.over(Window(progress.start, progress.end)).query
        if query is not None:
            page = self.page_of(context, self.ask(context, query))
            self.has_records = bool(page.records)
            yield from self.write_page(self.write_related(context, page.records))

    @property
    def _ends_run(self) -> bool:
        """Whether a failure of this stream ends the run.

        A test of the connection ends at the first failure. A run continues with everything else
        that it can read.
        """
        is_all = self.is_required and not self.by_extension
        return is_all or self.ABORT_AT_RECORD_COUNT is not None

    def handle_failure(self, context: Context | None, error: Failure) -> None:
        """Record a partition that can't be read: the run fails at its end.

        Its bookmark stays where it is. The next run begins with the others.
        """
        self.report(error, context)
        if context is not None:
            self.bookmarks.note_failure(context, self.connection.now())

    @property
    def begun(self) -> list[Progress]:
        """The progress of each context that this run has begun to read."""
        return list(self._progress.values())

    def begun_at(self, context: Context | None) -> datetime | None:
        """Return where this run began to read a context; None where it did not."""
        progress = self._progress.get(_key(context))
        return progress.start if progress else None

    def progress(self, context: Context | None) -> Progress:
        """Return how far a context has been read in this run.

        Raises:
            SettingsError: when the range is impossible.
            StateError: when the state does not fit.
        """
        key = _key(context)
        if key not in self._progress:
            self._progress[key] = self._begin(context)
        return self._progress[key]

    def _begin(self, context: Context | None) -> Progress:
        self.bookmarks.check_level()
        failed = self._lacks_permission
        settings, now = self.settings, self.connection.started
        # A server may leave out what starts at the very bound that is asked for.
        end = min(settings.end_date + OVERLAP, now) if settings.end_date else now
        configured = settings.start_date
        bookmark = self.bookmarks.read(context, now)
        if bookmark is None:
            start = configured or now - DEFAULT_RANGE
            if start > now:
                msg = "start_date is in the future"
                raise SettingsError(msg)
            if start >= end:
                msg = "end_date must be later than start_date, by default 365 days back"
                raise SettingsError(msg)
        elif settings.end_date and bookmark > settings.end_date:
            msg = (
                f"{self.name}: the state has reached {timestamp(bookmark)}, later than end_date. "
                "Reading an older range needs its own state (Meltano: --state-id-suffix)"
            )
            raise StateError(msg)
        else:
            start = bookmark
            if bookmark == settings.end_date:
                end = bookmark
            covers = self.bookmarks.start_date(context) or timestamp(bookmark)
            if configured and covers != timestamp(configured) and not self._start_date_logged:
                self._start_date_logged = True
                self.logger.warning(
                    "start_date is %s, but the state covers everything since %s and the tap "
                    "continues from its bookmark. To read the older range too, use a separate "
                    "state.",
                    timestamp(configured),
                    covers,
                )
        ahead = [
            Window(one.start, min(one.end, end))
            for one in self.bookmarks.ahead(context)
            if start < one.start < end
        ]
        planner = Planner(start, end, page_size=settings.page_size, ahead=ahead)
        return Progress(start, end, planner, covers=start, failed=failed)

    @cached_property
    def _lacks_permission(self) -> bool:
        """Whether the login's scope shows that the app may not read the stream. Reported once.

        Raises:
            AccessError: when nothing else can be read.
        """
        try:
            self.check_scope()
        except AccessError as error:
            if self._ends_run:
                raise
            self.run.fail(error)
            return True
        return False

    def _read_window(self, context: Context | None, progress: Progress) -> Iterator[Record]:
        """Read the next window, or the newer part of it, and move the bookmark."""
        window = progress.planner.next()
        if window is None:
            return
        reading = Reading(progress, window)
        sent, ahead = self.connection.sent, None
        while (query := reading.query) is not None:
            page = self.page_of(context, ahead.result() if ahead else self.ask(context, query))
            last = self.settings.end_date
            unread = [
                page.records[at]
                for at in reading.add(page)
                if last is None or page.times[at] <= last
            ]
            ahead = self._prefetch(context, reading.query)
            yield from self.write_page(self.write_related(context, unread))
            self._log_progress(context, reading)
        reading.finish()
        requests = self.connection.sent - sent
        progress.requests += requests
        progress.records += reading.records
        if reading.repeats:
            self.logger.warning(
                "RingCentral offered further pages with nothing new on them; the window to %s "
                "counts as read.",
                timestamp(reading.window.end),
            )
        self.write_coverage(context, reading, requests)
        yield from self.close_window(context, reading)
        if not progress.stopped:
            self.settle(context)
        self._log_window(context, reading, requests)

    def settle(self, context: Context | None, position: datetime | None = None) -> None:
        """Move the bookmark up to what is final, and record what is final beyond it.

        Args:
            context: the partition's context.
            position: up to where everything is read, if not to the end of the last window.
        """
        progress, final = self.progress(context), self.connection.started_at_the_latest
        ahead = [
            Window(one.start, settled(one.end, final, self.settings.lookback))
            for one in progress.planner.ahead
            if progress.held is None or one.end < progress.held
        ]
        line = self.line(context, position)
        ahead = [one for one in ahead if one.start < one.end]
        self.bookmarks.note_run(final)
        self.note_final(context, line, ahead)
        self.bookmarks.settle(context, line, self.account_id(), start=progress.covers, ahead=ahead)

    def note_final(self, context: Context | None, line: datetime, ahead: list[Window]) -> None:
        """Store what a stream knows about the final range, right before the bookmark moves.

        Args:
            context: the partition's context.
            line: where the bookmark is going to be.
            ahead: what is final beyond it.
        """

    def line(self, context: Context | None, position: datetime | None = None) -> datetime:
        """Return the bookmark for what was read of a partition.

        Args:
            context: the partition's context.
            position: up to where everything is read, if not to the end of the last window. A server
                may have returned records outside the request.
        """
        progress = self.progress(context)
        limits = (position, self.settings.end_date, progress.held)
        reached = min(one for one in (progress.planner.position, *limits) if one)
        final = self.connection.started_at_the_latest
        return max(settled(reached, final, self.settings.lookback), progress.start)

    def _prefetch(self, context: Context | None, query: Query | None) -> Future[Answer] | None:
        """Request the next page while this one is written."""
        if query is None or self.ABORT_AT_RECORD_COUNT is not None:
            return None
        return begin(partial(self.ask, context, query))

    def _log_progress(self, context: Context | None, reading: Reading) -> None:
        """Log the progress within a long window, but not too often."""
        now = self.connection.elapsed
        if reading.query is not None and now - self._logged_at >= LOG_EVERY:
            self._logged_at = now
            self.logger.info(
                "Reading %s%s to %s: %d records so far; %s.",
                *self._named(context, reading),
                self._outlook(),
            )

    def _log_window(self, context: Context | None, reading: Reading, requests: int) -> None:
        """Log what was read of a window; partitions with nothing new only now and then."""
        now, level = self.connection.elapsed, logging.INFO
        if context is not None and not reading.records and now - self._logged_at < LOG_EVERY:
            level = logging.DEBUG
        else:
            self._logged_at = now
        if self.logger.isEnabledFor(level):
            self.logger.log(
                level,
                "Read %s%s to %s: %d records, %s; %s.",
                *self._named(context, reading),
                "1 request" if requests == 1 else f"{requests} requests",
                self._outlook(),
            )

    @staticmethod
    def _named(context: Context | None, reading: Reading) -> tuple[str, str, str, int]:
        """Name what is read, and count it."""
        return (
            f"extension {shown(context['extensionId'])}, " if context else "",
            timestamp(reading.window.start),
            timestamp(reading.window.end),
            reading.records,
        )

    def _outlook(self) -> str:
        """Return how much is done, and how long the rest will take."""
        begun, contexts = self.begun, max(len(self.contexts), 1)
        done = f"{share_done(begun, contexts) * 100:.0f} % done"
        left = ceil(requests_left(begun, contexts))
        if not left:
            return done
        return f"{done}, about {self.time_for(left)} left"

    def time_for(self, requests: int, others: Load = _NO_OTHERS) -> str:
        """Return how long requests will take, in words.

        Args:
            requests: how many of the stream's own.
            others: further ones.
        """
        group = group_of(self.get_url(next(iter(self.contexts), None)))
        load = Load(group, requests, self.purpose)
        return in_words(max(ceil(self.connection.seconds_for(load, others)), 1))


def _key(context: Context | None) -> str:
    return repr(sorted((context or {}).items()))
