"""Files that could not be had yet, as they stand beside a bookmark in the state."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.windows import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.state import Bookmarks

#: Under this name beside the bookmark: what is known of each file.
UNFINISHED = "unfinished"
#: In what is known of a file: when it could not be had for the first time.
TRIED_SINCE = "triedSince"
# When the last STATE message was written, by this machine's clock.
_TOLD_UNTIL = "toldUntil"

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

    Attributes:
        told_until: files that were stored before then were told by an earlier run; None in the
            first one.
    """

    def __init__(
        self, bookmarks: Bookmarks, context: Context | None, identity: Callable[[Record], str]
    ) -> None:
        self._bookmarks = bookmarks
        self._context = context
        self._identity = identity
        noted = bookmarks.noted(context, UNFINISHED) or ()
        self._files: dict[str, Record] = {identity(row): row for row in noted}
        told = bookmarks.noted(context, _TOLD_UNTIL)
        self.told_until = moment(told) - _CLOCKS if told else None

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
        elsewhere = len(self._bookmarks.noted_anywhere(UNFINISHED)) - noted
        return elsewhere + len(self._files) < MOST_UNFINISHED

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

    def note(self) -> None:
        """Write all of it into the state. The next STATE message carries it."""
        self._bookmarks.note(
            self._context,
            **{
                # Who sent a file may have named it after a person.
                UNFINISHED: [
                    {name: value for name, value in row.items() if name != "fileName"}
                    for row in self.files
                ],
                _TOLD_UNTIL: timestamp(datetime.now(timezone.utc)),
            },
        )
