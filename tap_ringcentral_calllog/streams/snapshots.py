"""Streams that are read completely in each run: people, queues, settings and calls in progress.

Their rows are never deleted: the last row of an id that is gone keeps an older `snapshotAt`. Each
id has one row: if RingCentral gives the id to another person, the row shows the new person.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
from typing_extensions import override

from tap_ringcentral_calllog.errors import (
    AccessError,
    RequestError,
    SettingsError,
    UnavailableError,
    retold,
)
from tap_ringcentral_calllog.plan.numbered import NumberedPages
from tap_ringcentral_calllog.records.pages import Shaping
from tap_ringcentral_calllog.streams.base import RingCentralStream
from tap_ringcentral_calllog.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.errors import Failure
    from tap_ringcentral_calllog.run import Run
    from tap_ringcentral_calllog.schemas.parts import Schema

_ACCOUNT_ID = "accountId"
_ID = "id"
_STATUS = "status"
_SNAPSHOT_AT = "snapshotAt"
_QUEUE_ID = "callQueueId"
# A list is kept in memory until it is read to its end. So much fits half a gigabyte.
_MOST_BYTES = 128 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The properties of one snapshot stream.

    Attributes:
        name: the stream's name.
        one_row: what a row is, for docs/streams.md.
        path: its route, below the account's. A name in braces stands for the id of a row of
            `parent`, which has a list of its own; it is also the name of the key field for that id.
        details: the route, below the account's, for the fields of a queue that the list leaves out.
        kept: how long RingCentral keeps it, for docs/streams.md.
        keys: the key.
        schema: makes the JSON schema of a record.
        app_permission: the permission that the app needs.
        user_permission: the permission that the user needs, if one is documented.
        params: query parameters, besides those of pages.
        parent: the stream whose rows have a list each.
        single: whether the answer is the only record, and no list.
        added: functions that make the value of a field that the tap adds, by its name.
    """

    name: str
    one_row: str
    path: str
    details: str = ""
    kept: str = "while it exists"
    keys: tuple[str, ...] = (_ACCOUNT_ID, _ID)
    schema: Callable[[], Schema]
    app_permission: str = "ReadAccounts"
    user_permission: str = "ReadExtensions"
    params: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""
    single: bool = False
    added: Mapping[str, Callable[[Record], object]] = field(default_factory=dict)


class SnapshotStream(RingCentralStream):
    """A snapshot stream.

    Args:
        tap: the tap.
        run: what the streams share.
        snapshot: the stream's properties.
        parent: the stream whose rows have a list each, if the kind has one.
    """

    # Each takes requests, and most of them a further permission.
    selected_by_default = False

    def __init__(
        self, tap: Tap, run: Run, snapshot: Snapshot, parent: SnapshotStream | None = None
    ) -> None:
        self.name, self.one_row = snapshot.name, snapshot.one_row
        self.path, self.details, self.kept = snapshot.path, snapshot.details, snapshot.kept
        self.app_permission, self.user_permission = (
            snapshot.app_permission,
            snapshot.user_permission,
        )
        super().__init__(tap, run, snapshot.schema())
        self.primary_keys = snapshot.keys
        self._snapshot = snapshot
        self._parent = parent
        self._only: Answer | None = None
        self._statuses: dict[str, str | None] | None = None
        self._failure: Failure | None = None

    @cached_property
    def _shaping(self) -> Shaping:
        added = {_ACCOUNT_ID, _SNAPSHOT_AT, *self._snapshot.added}
        if self._parent:
            # What stands between the account's id and the row's own.
            added.update(self._snapshot.keys[1:-1])
        return Shaping(
            self.schema,
            frozenset(added),
            "rows",
            logger=self.logger,
            on_unknown=self.log_unknown,
            plain=True,
            enough=1,
        )

    @override
    def get_url(self, context: Context | None) -> str:
        """Return the list's address.

        Args:
            context: names the parent's row whose list it is, if the stream has a parent.
        """
        return self._address(self._snapshot.path, context)

    def _address(self, path: str, context: Context | None) -> str:
        # The ids come from a server and must not change the path.
        ids = {name: quote(str(one), safe="") for name, one in (context or {}).items()}
        return self.account_url + path.format(**ids)

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read everything. A failure does not stop other streams, but fails the run.

        Yields:
            Records that fit the schema.

        Raises:
            TapRingCentralError: in a test of the connection, when something can't be read.
        """
        if self.ABORT_AT_RECORD_COUNT is not None:
            yield from self._read(self._snapshot.details)
            return
        try:
            # All or nothing: anyone missing from a partial list would seem to have left.
            rows = _whole(self._read(self._snapshot.details))
        except (RequestError, UnavailableError) as error:
            self._failure = error
            self.report(error)
        except SettingsError as error:
            self.run.fail(error)
        else:
            yield from rows

    def statuses(self) -> dict[str, str | None]:
        """Return the status of each of the account's rows, by its id; None where rows have none.

        The list is requested, unless this run has read it or has failed to.

        Raises:
            TapRingCentralError: when that fails.
        """
        if self._statuses is None:
            with self._once():
                rows = self._read(details="")
                self._statuses = {row[_ID]: row.get(_STATUS) for row in rows}
        return self._statuses

    @contextmanager
    def _once(self) -> Iterator[None]:
        """Request something that several streams need, but not again after a failure."""
        if self._failure:
            raise self._failure
        try:
            yield
        except (RequestError, UnavailableError) as error:
            self._failure = error
            raise

    def only_row(self) -> Record:
        """Return the only row of a single-record stream. It is requested once in a run.

        Returns:
            What RingCentral sent, shaped, without the fields that the tap adds.

        Raises:
            TapRingCentralError: when that fails.
        """
        if self._only is None:
            with self._once():
                self.check_scope()
                answer = self.fetch(None, {**self._snapshot.params})
                self._shaping.row(answer.content, answer.raw)
                self._only = answer
        return self._only.content

    @override
    def is_whole(self, content: dict[str, Any]) -> bool:
        """Return whether an answer holds a list, or something of the only record."""
        if self._snapshot.single:
            return not self.schema["properties"].keys().isdisjoint(content)
        return super().is_whole(content)

    def _read(self, details: str) -> Iterator[Record]:
        """Read all lists.

        Args:
            details: the route for the fields that the lists leave out; empty to leave them out.
        """
        self.check_scope()
        sent, found, count = self.connection.sent, {}, 0
        # The same time for all rows: an older one marks rows that no longer exist.
        now = timestamp(self.connection.now())
        for asked in self._lists():
            for row in self._read_list(asked):
                found[row.get(_ID, "")] = row.get(_STATUS)
                count += 1
                more = self._details_of(row, details)
                more.update({name: make(row) for name, make in self._snapshot.added.items()})
                yield {**row, **more, **asked, _SNAPSHOT_AT: now}
        self._statuses = found
        self.logger.info("Rows read: %d. Requests: %d.", count, self.connection.sent - sent)

    def _details_of(self, row: Record, path: str) -> Record:
        """Return the fields of a row that need their own request; none if that fails."""
        if not path:
            return {}
        context = {_QUEUE_ID: row[_ID]}

        def is_whole(content: dict[str, Any]) -> bool:
            return bool(str(content.get(_ID)) == row[_ID])

        try:
            answer = self.fetch(context, {}, self._address(path, context), is_whole=is_whole)
        except (RequestError, UnavailableError) as error:
            self._handle_failure(context, error)
            return {}
        found = self._shaping.row(answer.content, answer.raw)
        both = {**(row["extra"] or {}), **(found["extra"] or {})}
        return {**found, "extra": both or None}

    def _handle_failure(self, asked: dict[str, str], error: Failure) -> None:
        """Record that a row's request failed: the run fails, unless the row no longer exists.

        Raises:
            TapRingCentralError: the error, in a test of the connection.
        """
        # RingCentral says so itself: a proxy's page for a 404 has no code.
        problem = error.problem if isinstance(error, AccessError) else None
        if problem and problem.codes and problem.status == HTTPStatus.NOT_FOUND:
            self.logger.warning("%s.", error)
            return
        if self.ABORT_AT_RECORD_COUNT is not None:
            raise self.placed(error, asked) from None
        self.report(error, asked)

    def _lists(self) -> list[dict[str, str]]:
        """Return the contexts of all lists."""
        if self._parent is None:
            return [{}]
        try:
            return [
                {name: one} for one in self._parent.statuses() for name in self._snapshot.keys[1:-1]
            ]
        except (RequestError, UnavailableError) as error:
            needed = self._parent.placed(error)
            raise retold(error, f"{self.name} needs {needed}") from None

    def _read_list(self, asked: dict[str, str]) -> Iterator[Record]:
        """Read a list. If it is one of several and can't be read, none of its rows is yielded."""
        try:
            rows = self._read_pages(asked)
            yield from _whole(rows) if asked and self.ABORT_AT_RECORD_COUNT is None else rows
        except (RequestError, UnavailableError) as error:
            if not asked:
                raise
            self._handle_failure(asked, error)

    def _read_pages(self, asked: dict[str, str]) -> Iterator[Record]:
        if self._snapshot.single:
            row = self.only_row()
            yield {**row, _ACCOUNT_ID: self.account_id(self._only)}
            return
        pages = NumberedPages()
        while pages.page is not None:
            where = {"perPage": self.settings.page_size, "page": pages.page}
            answer = self.fetch(asked, {**self._snapshot.params, **where})
            account = {_ACCOUNT_ID: self.account_id(answer)}
            found = self._shaping.rows(answer.content["records"], answer.raw)
            rows = [{**row, **account} for row, _ in found]
            for at in pages.add(answer.content, [row[_ID] for row in rows]):
                yield rows[at]
        if pages.repeats:
            self.logger.warning("RingCentral offered further pages with nothing new on them.")


def _whole(rows: Iterable[Record]) -> Iterator[Record]:
    """Read all rows before any is yielded. Encoded, they need a fifth of the memory.

    Raises:
        UnavailableError: when they are too large.
    """
    kept, size = [], 0
    for row in rows:
        kept.append(msgspec.json.encode(row))
        size += len(kept[-1])
        if size > _MOST_BYTES:
            msg = f"the list is longer than {_MOST_BYTES >> 20} MB"
            raise UnavailableError(msg)
    return map(msgspec.json.decode, kept)
