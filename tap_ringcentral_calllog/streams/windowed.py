"""Streams that are read by windows of their replication key."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pendulum

from tap_ringcentral_calllog.client import RingCentralStream
from tap_ringcentral_calllog.errors import AccessError, SettingsError, StateError
from tap_ringcentral_calllog.settings import DEFAULT_RANGE
from tap_ringcentral_calllog.state import Bookmarks
from tap_ringcentral_calllog.windows import (
    OVERLAP,
    Keyset,
    Planner,
    Query,
    Window,
    settled,
    timestamp,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
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

    records: list[dict[str, Any]]
    ids: list[str]
    times: list[datetime]
    more: bool


@dataclass(slots=True)
class Progress:
    """How far a context has been read.

    Attributes:
        start: where this run's range begins.
        end: where it ends.
        planner: divides the range into windows.
        covers: where the range begins that the state covers.
        coarse: the server was seen to cut bounds to whole seconds.
        tail: ids read at the end of the last window, where the next one begins.
        account_id: the account's id, known from the first answer.
        refused: the context can't be read.
    """

    start: datetime
    end: datetime
    planner: Planner
    covers: datetime
    coarse: bool = False
    tail: set[str] = field(default_factory=set)
    account_id: str = ""
    refused: bool = False

    @property
    def done(self) -> bool:
        """Whether nothing is left to read in this run."""
        return self.refused or not self.planner.left

    @property
    def share(self) -> float:
        """The part of the range that is read, from 0 to 1."""
        return 1 - self.planner.left / (self.end - self.start) if self.end > self.start else 1.0


class RoundRobin(list[dict[str, Any]]):
    """Partitions that come round again, a window each, as long as one has something left.

    Args:
        contexts: the partitions' contexts.
        is_done: tells of a context whether nothing is left to read.
    """

    def __init__(
        self, contexts: Iterable[dict[str, Any]], is_done: Callable[[dict[str, Any]], bool]
    ) -> None:
        super().__init__(contexts)
        self._is_done = is_done

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give every context once, then those again that are not done."""
        waiting = list(super().__iter__())
        while waiting:
            yield from waiting
            waiting = [context for context in waiting if not self._is_done(context)]


class WindowedStream(RingCentralStream):
    """A stream that is read window by window, each followed by a bookmark."""

    def __init__(self, tap: TapRingCentral, schema: dict[str, Any]) -> None:
        super().__init__(tap, schema)
        self._bookmarks = Bookmarks(self, tap.level)
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

    def compare_start_date(self, value: str, start_date_value: str) -> str:  # noqa: ARG002
        """Let the bookmark win over `start_date`: what lies between would be lost otherwise."""
        return value

    @abstractmethod
    def read_page(self, context: Context | None, query: Query) -> Page:
        """Ask for a page.

        Args:
            context: the partition's context.
            query: the bounds and the page number.
        """

    def is_writable(self, record: dict[str, Any]) -> bool:  # noqa: ARG002
        """Tell whether a record is to be written."""
        return True

    def write_children(self, records: list[dict[str, Any]]) -> None:
        """Write what child streams take from a page, before the page itself is written.

        Args:
            records: the page's records. Later, deselected properties are gone from them.
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
                yield from self._read_window(context, progress)
                if context is not None:
                    return
        except AccessError as error:
            if len(self.contexts) <= 1:
                raise
            # The other partitions can still be read; the run tells of it at its end.
            progress.refused = True
            self._bookmarks.abandon(context)
            self._tap_ringcentral.failures.append(error)

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
        self._bookmarks.check_level()
        self.check_scope()
        settings, now = self.settings, self.connection.started
        end = min(settings.end_date or now, now)
        configured = settings.start_date
        bookmark = self._bookmarks.read(context, now)
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
            covers = self._bookmarks.start_date(context) or timestamp(bookmark)
            if configured and covers != timestamp(configured) and not self._start_date_told:
                self._start_date_told = True
                self.logger.warning(
                    "start_date is %s, but the state covers everything since %s and goes on from "
                    "its bookmark. To read an older range as well, give it a state of its own.",
                    timestamp(configured),
                    covers,
                )
        return Progress(start, end, Planner(start, end), covers=start)

    def _read_window(self, context: Context | None, progress: Progress) -> Iterator[Record]:
        window = progress.planner.next()
        if window is None:
            return
        keyset = Keyset.over(window, coarse=progress.coarse)
        self._bookmarks.begin(context)
        sent = self.connection.sent
        count = longest = 0
        first = True
        tail: set[str] = set()
        while (query := keyset.query) is not None:
            page = self.read_page(context, query)
            if first and page.more and (narrower := progress.planner.cut(window, page.times)):
                window = narrower
                keyset = Keyset.over(window, coarse=progress.coarse)
                continue
            first = False
            fresh = keyset.advance(page.ids, page.times, more=page.more)
            tail.update(page.ids[at] for at in fresh if page.times[at] >= window.end - OVERLAP)
            unread = (page.records[at] for at in fresh if page.ids[at] not in progress.tail)
            records = [record for record in unread if self.is_writable(record)]
            count += len(records)
            longest = max(longest, len(page.ids))
            self.write_children(records)
            yield from records
        if keyset.repeats:
            self.logger.warning(
                "RingCentral offered further pages without anything new on them; the window to %s "
                "counts as read.",
                timestamp(window.end),
            )
        progress.coarse, progress.tail = keyset.coarse, tail
        progress.planner.finish(window, count, longest)
        line = settled(window.end, self.connection.started, self.settings.lookback)
        self._bookmarks.settle(
            context, max(line, progress.start), progress.account_id, progress.covers
        )
        self._log_window(window, count, self.connection.sent - sent)

    def _log_window(self, window: Window, records: int, requests: int) -> None:
        everything = list(self._progress.values())
        share = sum(progress.share for progress in everything) / len(everything)
        self.logger.info(
            "Read %s to %s: %d records, %d requests; %.0f %% done%s.",
            timestamp(window.start),
            timestamp(window.end),
            records,
            requests,
            share * 100,
            self._time_left(everything),
        )

    def _time_left(self, everything: list[Progress]) -> str:
        left = sum(progress.planner.requests_left for progress in everything)
        if not left:
            return ""
        limit, window = self.connection.pacer.rate(self.rate_limit_group)
        # The limit tells how fast it can go, the run so far whether something else is slower.
        seconds = left * max(window / limit, self.connection.seconds_per_request)
        return f", about {pendulum.duration(seconds=int(seconds) + 1).in_words(locale='en')} left"
