"""Files that could not be had yet, as they stand beside a bookmark in the state."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.files.storage.base import Stored
    from tap_ringcentral_calllog.state.bookmarks import Bookmarks

#: Under this name beside the bookmark: what is known of each file.
UNFINISHED = "unfinished"
#: In what is known of a file: when it could not be had for the first time.
TRIED_SINCE = "triedSince"
# What was stored before the one moment, by this machine's clock, is told up to the other, by the
# replication key.
_TOLD_UNTIL = "toldUntil"
_TOLD_TO = "toldTo"

#: So many files of a stream fit the state.
MOST_UNFINISHED = 1_000

# Clocks of this machine and of a storage may differ by so much.
_CLOCKS = timedelta(minutes=10)


class Unfinished:
    """The files of one context that could not be had yet.

    Args:
        bookmarks: the stream's bookmarks.
        context: the partition's context, or None.
        identity: returns what tells a file apart from the others of the stream.
        everywhere: returns what is noted of all contexts that are read.
    """

    def __init__(
        self,
        bookmarks: Bookmarks,
        context: Context | None,
        identity: Callable[[Record], str],
        everywhere: Callable[[], list[Record]],
    ) -> None:
        self._bookmarks = bookmarks
        self._context = context
        self._identity = identity
        self._everywhere = everywhere
        noted = bookmarks.noted(context, UNFINISHED) or ()
        self._files: dict[str, Record] = {identity(row): row for row in noted}
        until, to = (bookmarks.noted(context, name) for name in (_TOLD_UNTIL, _TOLD_TO))
        # A state of an older version does not say up to where: what it told is told again.
        self._told = (moment(until) - _CLOCKS, moment(to)) if until and to else None

    @property
    def files(self) -> list[Record]:
        """What is known of each, with `triedSince`."""
        return list(self._files.values())

    def has_room(self, row: Record) -> bool:
        """Tell whether a file still fits the state.

        Args:
            row: what is known of it.
        """
        if self._identity(row) in self._files:
            return True
        noted = len(self._bookmarks.noted(self._context, UNFINISHED) or ())
        elsewhere = len(self._everywhere()) - noted
        return elsewhere + len(self._files) < MOST_UNFINISHED

    def is_told(self, row: Record, at: datetime, stored: Stored) -> bool:
        """Tell whether an earlier run has told that a file is there.

        What it told ends where it stopped: a file beyond may have been there for long, stored by a
        run whose state is lost, or by one with another state.

        Args:
            row: what is known of the file.
            at: its replication key.
            stored: the file.
        """
        if self._told is None or stored.modified is None or self._identity(row) in self._files:
            return False
        until, to = self._told
        return stored.modified < until and at < to

    def take(self, row: Record) -> Record | None:
        """Take a file out.

        Args:
            row: what is known of it.

        Returns:
            What was known of it, if it was here.
        """
        return self._files.pop(self._identity(row), None)

    def put(self, row: Record, now: datetime) -> None:
        """Put a file in.

        Args:
            row: what is known of it, with `triedSince` if it was here before.
            now: the time by RingCentral's clock.
        """
        self._files[self._identity(row)] = {TRIED_SINCE: timestamp(now), **row}

    def note(self, told_to: datetime | None = None) -> None:
        """Write all of it into the state. The next STATE message carries it.

        Args:
            told_to: up to which replication key all files are told; None where that is as before.
        """
        told = {}
        if told_to is not None:
            now = datetime.now(timezone.utc)
            told = {_TOLD_UNTIL: timestamp(now), _TOLD_TO: timestamp(told_to)}
        # Who sent a file may have named it after a person.
        rows = [
            {name: value for name, value in row.items() if name != "fileName"} for row in self.files
        ]
        self._bookmarks.note(self._context, **{UNFINISHED: rows}, **told)
