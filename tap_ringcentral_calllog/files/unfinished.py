"""What the state knows of files: which could not be fetched yet, and which have their row.

Its size is limited. Failed files that do not fit keep the bookmark from passing them.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

Record = dict[str, Any]
Identity = tuple[str, ...]

#: Keys next to the bookmark: what is known of each file that could not be fetched, and short
#: digests of the files that have their row and that the next run finds again in the look-back.
UNFINISHED = "unfinished"
TOLD = "told"

# Before the digest of a file that was given up. No digest contains it.
_GIVEN_UP = "-"

#: The most files of a stream in `unfinished`.
MOST_UNFINISHED = 500
# The most digests of a context in `told`. The rows of other files are written again.
_MOST_TOLD = 5_000

# The sender may have named a file after a person.
_NOT_NOTED = frozenset({"fileName"})


class Unfinished:
    """The files of one context that the state knows.

    Args:
        noted: what is next to the bookmark.
        identity: returns what tells a file apart from the others of the stream.
    """

    def __init__(self, noted: Mapping[str, Any], identity: Callable[[Record], Identity]) -> None:
        self._identity = identity
        self._files = {identity(row): row for row in noted.get(UNFINISHED) or ()}
        # By digest, the replication key; None until the file is met in this run.
        self._told: dict[str, datetime | None] = dict.fromkeys(noted.get(TOLD) or ())

    @property
    def files(self) -> list[Record]:
        """What is known of the files that could not be fetched, in the order of the next tries."""
        return list(self._files.values())

    def __contains__(self, row: Record) -> bool:
        """Return whether a file is one that could not be fetched."""
        return self._identity(row) in self._files

    def has_room(self, elsewhere: int) -> bool:
        """Return whether one more file that could not be fetched fits the state.

        Args:
            elsewhere: how many such files of other contexts the state has.
        """
        return elsewhere + len(self._files) < MOST_UNFINISHED

    def put(self, row: Record) -> None:
        """Note a file that could not be fetched, as the one whose turn comes last."""
        self._files.pop(self._identity(row), None)
        self._files[self._identity(row)] = row

    def renew(self, row: Record) -> None:
        """Update a file that could not be fetched with what RingCentral says of it now."""
        self._files[self._identity(row)] |= row

    def drop(self, row: Record) -> None:
        """Forget a file that is settled, if it is noted."""
        self._files.pop(self._identity(row), None)

    def is_told(self, row: Record) -> bool:
        """Return whether an earlier run of this state has written the row of an archived file."""
        return row not in self and self._digest(row) in self._told

    def tell(self, row: Record, at: datetime) -> None:
        """Note that the row of an archived file was written.

        Args:
            row: what is known of it.
            at: its replication key.
        """
        self._told[self._digest(row)] = at

    def is_given_up(self, row: Record) -> bool:
        """Return whether an earlier run of this state has given up a file, and written its row."""
        return row not in self and self._given_up_digest(row) in self._told

    def give_up(self, row: Record, at: datetime) -> None:
        """Note that a file was given up, and its row was written.

        Args:
            row: what is known of it.
            at: its replication key.
        """
        self._told[self._given_up_digest(row)] = at

    def noted(self, since: datetime, *, whole: bool) -> dict[str, Any]:
        """Return the values to store next to the bookmark.

        Args:
            since: where the next run starts reading.
            whole: whether this run has found everything from there on.
        """
        told = [
            digest
            for digest, at in self._told.items()
            if (at >= since if at is not None else not whole)
        ]
        return {
            UNFINISHED: [_as_noted(row) for row in self._files.values()],
            TOLD: told[-_MOST_TOLD:] or None,
        }

    def _given_up_digest(self, row: Record) -> str:
        # If the call's record changes the length, the file is requested again.
        return _GIVEN_UP + self._digest(row, str(row.get("duration")))

    def _digest(self, row: Record, *more: str) -> str:
        # The expiry is a part of it: when a message is deleted, its files expire earlier, and need
        # a new row that says so.
        text = "\n".join((*self._identity(row), str(row.get("expiresAt")), *more))
        return b64encode(sha256(text.encode("utf-8", "surrogatepass")).digest()[:6]).decode()


def _as_noted(row: Record) -> Record:
    """Return what the state keeps of a file, without personal and empty fields."""
    return {name: row[name] for name in row if row[name] is not None and name not in _NOT_NOTED}
