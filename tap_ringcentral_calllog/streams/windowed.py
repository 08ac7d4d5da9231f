"""Streams that are read by windows of their replication key."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.client import RingCentralStream
from tap_ringcentral_calllog.errors import AccessError, SettingsError, StateError
from tap_ringcentral_calllog.paging import Keyset, Query
from tap_ringcentral_calllog.settings import DEFAULT_RANGE
from tap_ringcentral_calllog.state import Bookmarks
from tap_ringcentral_calllog.streams.progress import (
    Progress,
    RoundRobin,
    requests_left,
    share_done,
)
from tap_ringcentral_calllog.windows import OVERLAP, Planner, Window, settled, timestamp

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.tap import TapRingCentral


@dataclass(frozen=True, slots=True)
class Page:
    """An answer's records, ready to be written.

    Attributes:
        records: the records.
        ids: their ids.
        times: their replication keys.
        more: whether the answer offers a next page.
    """

    more: bool
    records: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class Reading:
    """What was read of a window.

    Attributes:
        window: the window; its newer part, when it was divided.
        keyset: its pages.
        whole: whether the window was read to its end.
        pages: how many pages were read.
        records: how many records were new.
        deleted: how many of them stand for something deleted.
        longest: how many records the longest page held.
        requests: requests that it took, those of a login included.
        tail: ids near the newer end.
    """

    window: Window
    keyset: Keyset
    whole: bool = True
    pages: int = 0
    records: int = 0
    deleted: int = 0
    longest: int = 0
    requests: int = 0
    tail: set[str] = field(default_factory=set)


class WindowedStream(RingCentralStream):
    """A stream that is read window by window, each followed by a bookmark."""

    def __init__(self, tap: TapRingCentral, schema: dict[str, Any]) -> None:
        super().__init__(tap, schema)
        self.bookmarks = Bookmarks(self, tap.level)
        self._progress: dict[str, Progress] = {}
        self._start_date_told = False

    @property
    def contexts(self) -> list[dict[str, Any]]:
        """The partitions, empty when the stream has none."""
        return []

    @property
    def partitions(self) -> list[dict[str, Any]] | None:
        """The partitions, read in turns."""
        return RoundRobin(self.contexts, lambda context: self.progress(context).done) or None

    def compare_start_date(self, value: str, start_date_value: str) -> str:  # noqa: ARG002 - the SDK's
        """Let the bookmark win over `start_date`: what lies between would be lost otherwise."""
        return value

    @abstractmethod
    def read_page(self, context: Context | None, query: Query) -> Page:
        """Ask for a page.

        Args:
            context: the partition's context.
            query: the bounds and the page number.
        """

    @abstractmethod
    def account_id(self, context: Context | None) -> str:
        """Return the account's id, known from the first answer.

        Args:
            context: the partition's context.
        """

    def write_related(
        self, context: Context | None, records: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Write what child streams take from a page, before the page itself is written.

        Args:
            context: the partition's context.
            records: the page's new records. Later, deselected properties are gone from them.

        Returns:
            Those that are to be written.
        """
        del context
        return records

    def write_coverage(self, context: Context | None, reading: Reading) -> None:
        """Write down that a window was read, after its records and before its bookmark.

        Args:
            context: the partition's context.
            reading: what was read.
        """

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read a partition's next window, or the whole range where there are no partitions.

        Args:
            context: the partition's context, or None.

        Yields:
            Records that fit the schema.

        Raises:
            TapRingCentralError: when the stream can't be read.
        """
        progress = self.progress(context)
        try:
            while not progress.done:
                whole = yield from self._read_window(context, progress)
                # Not in mid-window: the SDK would take its newest record for the bookmark.
                if whole and context is not None:
                    return
        except AccessError as error:
            # A test ends with the first refusal; a run goes on with the other partitions.
            if len(self.contexts) <= 1 or self.ABORT_AT_RECORD_COUNT is not None:
                raise
            progress.refused = True
            self.bookmarks.abandon(context)
            self._tap_ringcentral.fail(error)

    def progress(self, context: Context | None) -> Progress:
        """Return how far a context has been read in this run.

        Args:
            context: the partition's context, or None.

        Raises:
            SettingsError: when the range is impossible.
            StateError: when the state does not fit.
        """
        key = repr(sorted((context or {}).items()))
        if key not in self._progress:
            self._progress[key] = self._begin(context)
        return self._progress[key]

    def _begin(self, context: Context | None) -> Progress:
        self.bookmarks.check_level()
        self.check_scope()
        settings, now = self.settings, self.connection.started
        end = min(settings.end_date or now, now)
        configured = settings.start_date
        bookmark = self.bookmarks.read(context, now)
        if bookmark is None:
            start = configured or now - DEFAULT_RANGE
            if start > now:
                msg = "start_date lies in the future"
                raise SettingsError(msg)
            if start >= end:
                msg = "end_date must be later than start_date, by default 365 days back"
                raise SettingsError(msg)
        elif settings.end_date and bookmark > settings.end_date:
            msg = (
                f"{self.name}: the state has reached {timestamp(bookmark)}, later than end_date. "
                "Reading an older range needs a state of its own (Meltano: --state-id-suffix)"
            )
            raise StateError(msg)
        else:
            start = bookmark
            covers = self.bookmarks.start_date(context) or timestamp(bookmark)
            if configured and covers != timestamp(configured) and not self._start_date_told:
                self._start_date_told = True
                self.logger.warning(
                    "start_date is %s, but the state covers everything since %s and goes on from "
                    "its bookmark. To read an older range as well, give it a state of its own.",
                    timestamp(configured),
                    covers,
                )
        return Progress(start, end, Planner(start, end), covers=start)

    def _read_window(
        self, context: Context | None, progress: Progress
    ) -> Generator[Record, None, bool]:
        """Read the next window, and move the bookmark.

        Returns:
            Whether the bookmark was moved, as the window was read to its end.
        """
        planner, window = progress.planner, progress.planner.next()
        if window is None:
            return True
        reading = Reading(window, Keyset.over(window, coarse=progress.coarse))
        self.bookmarks.begin(context)
        sent = self.connection.sent
        yield from self._read_pages(context, progress, reading)
        reading.requests = self.connection.sent - sent
        window, keyset = reading.window, reading.keyset
        if keyset.repeats:
            self.logger.warning(
                "RingCentral offered further pages without anything new on them; the window to %s "
                "counts as read.",
                timestamp(window.end),
            )
        progress.coarse = keyset.coarse
        progress.requests += reading.requests
        progress.tail |= reading.tail
        if reading.whole:
            planner.finish(window, reading.records, reading.longest)
        self.write_coverage(context, reading)
        if reading.whole:
            line = settled(planner.position, self.connection.started, self.settings.lookback)
            self.bookmarks.settle(
                context, max(line, progress.start), self.account_id(context), progress.covers
            )
        self._log_window(context, reading)
        return reading.whole

    def _read_pages(
        self, context: Context | None, progress: Progress, reading: Reading
    ) -> Iterator[Record]:
        """Read a window's pages, until it is read or far too long."""
        planner, page = progress.planner, Page(more=True)
        while (query := reading.keyset.query) is not None:
            newer = planner.divide(
                reading.window, reading.keyset.read_down_to, reading.pages, reading.records
            )
            if newer:
                reading.window, reading.whole = newer, False
                # The rest overlaps with it.
                known = zip(page.ids, page.times, strict=True)
                reading.tail.update(identity for identity, time in known if time <= newer.start)
                return
            page = self.read_page(context, query)
            narrower = None
            if not reading.pages and page.more:
                narrower = planner.cut(reading.window, page.times)
            if narrower:
                reading.window = narrower
                reading.keyset = Keyset.over(narrower, coarse=progress.coarse)
                continue
            reading.pages += 1
            reading.longest = max(reading.longest, len(page.ids))
            fresh = reading.keyset.advance(page.ids, page.times, more=page.more)
            near_end = reading.window.end - OVERLAP
            reading.tail.update(page.ids[at] for at in fresh if page.times[at] >= near_end)
            unread = [page.records[at] for at in fresh if page.ids[at] not in progress.tail]
            reading.records += len(unread)
            reading.deleted += sum(record.get("deleted") is True for record in unread)
            yield from self.write_related(context, unread)

    def _log_window(self, context: Context | None, reading: Reading) -> None:
        begun, contexts = list(self._progress.values()), max(len(self.contexts), 1)
        left = requests_left(begun, contexts)
        self.logger.info(
            "Read %s%s to %s: %d records, %d requests; %.0f %% done%s.",
            f"extension {context['extensionId']}, " if context else "",
            timestamp(reading.window.start),
            timestamp(reading.window.end),
            reading.records,
            reading.requests,
            share_done(begun, contexts) * 100,
            f", about {self._duration(left)} left" if left else "",
        )

    def _duration(self, requests: float) -> str:
        """Say how long so many requests will take."""
        import pendulum  # noqa: PLC0415 - takes a while to load, and --discover needs none of it

        limit, window = self.connection.pacer.rate(self.rate_limit_group)
        # The limit tells how fast it can go, the run so far whether something else is slower.
        seconds = requests * max(window / limit, self.connection.seconds_per_request)
        return pendulum.duration(seconds=int(seconds) + 1).in_words(locale="en")
