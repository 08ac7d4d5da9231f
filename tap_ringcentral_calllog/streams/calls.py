"""The call log."""

from __future__ import annotations

from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_ringcentral_calllog.files.call_recordings import recordings_of
from tap_ringcentral_calllog.plan.coverage import parts_of
from tap_ringcentral_calllog.plan.reading import Page
from tap_ringcentral_calllog.plan.windows import settled
from tap_ringcentral_calllog.records.legs import Legs, complete_call
from tap_ringcentral_calllog.records.shaper import Shaper
from tap_ringcentral_calllog.retention import AUTOMATIC, ON_DEMAND
from tap_ringcentral_calllog.schemas.call_log import (
    ADDED_TO_CALL,
    ADDED_TO_DELETION,
    NUMERIC_IN_CALL,
    call_log_deletions_schema,
    call_log_schema,
)
from tap_ringcentral_calllog.state.counted import CountedRecordings
from tap_ringcentral_calllog.streams.changes import ChangeTracking
from tap_ringcentral_calllog.streams.log_stream import LogStream
from tap_ringcentral_calllog.streams.rows import RowStream
from tap_ringcentral_calllog.streams.windowed import read_of
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.plan.progress import Progress
    from tap_ringcentral_calllog.plan.reading import Reading
    from tap_ringcentral_calllog.plan.windows import Window
    from tap_ringcentral_calllog.records.pages import Shaping
    from tap_ringcentral_calllog.run import Run


# A deleted record that lacks one of these is a tombstone: as a row, it would overwrite the archived
# call with empty fields. A field of another type counts as missing.
_SUBSTANCE: tuple[tuple[tuple[str, ...], type], ...] = (
    (("from", "to"), dict),
    (("direction",), str),
    (("type",), str),
    (("duration", "durationMs"), int),
)

# Only tombstones have this field: the tap adds it, and moves a field of this name that a server
# sends to `extra`.
_SEEN_AT = "seenAt"


class CallLog(LogStream):
    """The calls in the log of the account, or of extensions."""

    name = "call_log"
    one_row = "a call, in RingCentral's *Detailed* view, with its `legs`"
    app_permission = "ReadCallLog"
    kept = "12 months; some accounts 9"
    is_required = True

    def __init__(self, tap: Tap, run: Run) -> None:
        super().__init__(tap, run, call_log_schema(run.level))
        self.primary_keys = ("accountId", *(["extensionId"] if self.by_extension else []), "id")
        self._counted: dict[str, CountedRecordings] = {}
        # Start times of the deleted calls in the current window, and of the tombstones in it.
        self._deleted: list[datetime] = []
        self._tombstones: list[datetime] = []

    @cached_property
    @override
    def page_shaping(self) -> Shaping:
        deletions = Shaper(call_log_deletions_schema(self.run.level), ADDED_TO_DELETION)
        return self.shaping(
            self.schema,
            ADDED_TO_CALL,
            "calls",
            NUMERIC_IN_CALL,
            lambda record: deletions if _is_tombstone(record) else None,
        )

    @cached_property
    def _legs(self) -> Legs:
        return Legs(self.schema)

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read what has changed since the last run, if that is wanted, and the next window.

        Yields:
            Calls that fit the schema.
        """
        if self.settings.change_tracking and self.bookmarks.active:
            yield from ChangeTracking(self).read()
        extensions = len(self.contexts)
        if extensions > 1 and not self.begun:
            self.logger.info(
                "Reading the logs of %d extensions takes at least one request for each, %s in "
                "all. At account level (call_log_level), one request reads %d calls.",
                extensions,
                self.time_for(extensions),
                self.settings.page_size,
            )
        # Drop what change tracking, or a window that could not be read, has left in them.
        self._tombstones, self._deleted = [], []
        yield from super().get_records(context)

    @override
    def log_end(self, begun: list[Progress]) -> None:
        """Log the totals of all logs, and the requests that account level would have needed."""
        read = [one for one in begun if not one.failed]
        calls = sum(one.records for one in read)
        self.logger.info(
            "Read the logs of %s extensions: %d calls, %d requests. At account level it would have "
            "been about %d.",
            read_of(len(read), len(begun)),
            calls,
            sum(one.requests for one in begun),
            max(ceil(calls / self.settings.page_size), 1),
        )

    @override
    def page_of(self, context: Context | None, answer: Answer) -> Page:
        """Make an answer's calls ready to be written.

        Returns:
            The calls, shaped and completed, and tombstones, shaped for `call_log_deletions`.

        Raises:
            UnavailableError: when none of many calls can be written.
        """
        page = Page(more=answer.has_more)
        log = {"accountId": self.account_id(answer), **(context or {})}
        for row, is_tombstone in self.page_shaping.rows(answer.content["records"], answer.raw):
            if is_tombstone:
                row.update({**log, _SEEN_AT: timestamp(self.connection.now())})
                if row.get("startTime") is None:
                    # It has no start time, by which pages are read.
                    self._write("call_log_deletions", [row])
                    continue
            else:
                complete_call(row, log)
            page.records.append(row)
            page.ids.append(row["id"])
            page.times.append(moment(row["startTime"]))
        return page

    @override
    def write_related(
        self,
        context: Context | None,
        records: list[dict[str, Any]],
    ) -> list[dict[str, Any]]:
        """Write calls' legs and recordings, and write tombstones to their own stream."""
        tombstones = [one for one in records if _SEEN_AT in one]
        # What is deselected of a row is gone from it once it is written.
        self._tombstones += [moment(one["startTime"]) for one in tombstones]
        self._deleted += [moment(one["startTime"]) for one in records if one.get("deleted") is True]
        self._write("call_log_deletions", tombstones)
        calls = [one for one in records if _SEEN_AT not in one]
        if self._child("call_legs"):
            self._write("call_legs", [row for call in calls for row in self._legs.rows(call)])
        if self.run.guard.counts_recordings:
            self._write_recordings(context, calls)
        return calls

    def _write_recordings(self, context: Context | None, calls: list[dict[str, Any]]) -> None:
        account, guard, counted = {"accountId": self.account_id()}, self.run.guard, self.counted
        rows = []
        for call in calls:
            if found := recordings_of(call, guard.kinds):
                owner = call.get("extensionId") or (call.get("extension") or {}).get("id")
                guard.count_recordings(counted(context), found, str(owner))
                rows += [account | row for row in found]
        self._write("call_recordings", rows)

    def counted(self, context: Context | None) -> CountedRecordings:
        """Return the recordings that were counted in a log, by this run and earlier ones."""
        start = self.begun_at(context)
        key = repr((context, start))
        if key not in self._counted:
            self._counted[key] = CountedRecordings(
                self.bookmarks, context, (AUTOMATIC, ON_DEMAND), start
            )
        return self._counted[key]

    @override
    def note_final(self, context: Context | None, line: datetime, ahead: list[Window]) -> None:
        """Put the recordings that were counted next to the bookmark."""
        if self.run.guard.counts_recordings:
            self.counted(context).settle(line, ahead, self.run.guard.edges)

    @override
    def write_coverage(self, context: Context | None, reading: Reading, requests: int) -> None:
        """Write the rows of `call_log_coverage`."""
        window, now = reading.window, timestamp(self.connection.now())
        end = min(window.end, self.settings.end_date or window.end)
        final = self.connection.started_at_the_latest
        line = settled(end, final, self.settings.lookback)
        rows: list[Record] = []
        for part, records in parts_of(window.start, end, line, reading.times):
            row = {
                "accountId": self.account_id(),
                **(context or {}),
                "callLogLevel": self.run.level,
                "dateFrom": timestamp(part.start),
                "dateTo": timestamp(part.end),
                "settledTo": timestamp(line),
                "records": records,
                "calls": records - part.count(self._tombstones),
                "deleted": part.count(self._deleted),
                "requests": 0 if rows else requests,
                "readAt": now,
            }
            rows.append(row)
        self._tombstones, self._deleted = [], []
        self._write("call_log_coverage", rows)

    def _write(self, name: str, rows: list[dict[str, Any]]) -> None:
        child = self._child(name)
        if child and rows:
            child.write(rows)

    def _child(self, name: str) -> RowStream | None:
        """Return a child stream, if it is selected."""
        for child in self.child_streams:
            if child.name == name and child.selected and isinstance(child, RowStream):
                return child
        return None


def _is_tombstone(record: object) -> bool:
    """Return whether a record says only that a call was deleted."""
    return (
        isinstance(record, dict)
        and (record.get("deleted") is True or record.get("deleted") == "true")
        and not all(
            any(isinstance(record.get(name), type_) for name in names)
            for names, type_ in _SUBSTANCE
        )
    )
