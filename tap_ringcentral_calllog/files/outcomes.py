"""What becomes of a file: the rows that tell it, and what it means that one could not be had."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import RequestError, TapRingCentralError, refusal
from tap_ringcentral_calllog.files.downloads import type_of
from tap_ringcentral_calllog.files.unfinished import TRIED_SINCE
from tap_ringcentral_calllog.times import later, moment, timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from tap_ringcentral_calllog.files.downloads import File
    from tap_ringcentral_calllog.files.storage.base import Stored
    from tap_ringcentral_calllog.streams.file_stream import FileStream

# RingCentral takes so long to make a recording ready.
# https://developers.ringcentral.com/guide/voice/call-recordings
_READY_AFTER = timedelta(minutes=15)

# No call takes a year, in seconds.
_LONGEST_CALL = 366 * 86_400

# A file of which nothing says when it expires is tried again for so long.
_TRIED_FOR = timedelta(days=30)

# Whoever lacks a permission lacks it for all files.
_LACKS = frozenset({"CMN-401", "CMN-402", "CMN-408"})

_GONE = "gone"
_ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of seeing to a file.

    Attributes:
        row: the row that tells it; None when an earlier run has told it, and when it is not
            settled.
        later: why it is left to a later run; empty when it is settled.
        is_gone: whether RingCentral no longer has it, by what it says of this or of later ones.
    """

    row: Record | None = None
    later: str = ""
    is_gone: bool = False


class Outcomes:
    """Says what became of a stream's files.

    Args:
        stream: the stream.
    """

    def __init__(self, stream: FileStream) -> None:
        self._stream = stream

    def stored(self, row: Record, path: str, stored: Stored, sha256: str) -> Outcome:
        """Tell of a file that an earlier run has stored.

        Args:
            row: what is known of it.
            path: where it is, as `Storage.path_of` says.
            stored: the file.
            sha256: its SHA-256, in hexadecimal.
        """
        told = {"path": path, "size": stored.size, "sha256": sha256, "contentType": type_of(path)}
        if stored.modified:
            told["archivedAt"] = timestamp(stored.modified)
        return self._settled(row, _ARCHIVED, told)

    def fetched(self, row: Record, path: str, file: File) -> Outcome:
        """Tell of a file that was fetched just now.

        Args:
            row: what is known of it.
            path: where it is, as `Storage.path_of` says.
            file: the file.
        """
        told = {"path": path, "size": file.size, "sha256": file.sha256}
        return self._settled(row, _ARCHIVED, {**told, "contentType": file.content_type})

    def gone(self, row: Record, reason: str) -> Outcome:
        """Tell that RingCentral no longer has a file.

        Args:
            row: what is known of it.
            reason: how that is known.
        """
        return replace(self.given_up(row, reason), is_gone=True)

    def given_up(self, row: Record, reason: str) -> Outcome:
        """Give a file up for good.

        Args:
            row: what is known of it.
            reason: why.
        """
        return self._settled(row, _GONE, {"reason": reason})

    def failed(self, row: Record, error: TapRingCentralError) -> Outcome:
        """Decide what it means for a file that it could not be had.

        Args:
            row: what is known of it.
            error: what came instead of it.

        Raises:
            AccessError: when the app or the user may not read such files.
        """
        if not isinstance(error, RequestError):
            return Outcome(later=str(error))
        problem = error.problem
        if _LACKS & set(problem.codes):
            stream, right = self._stream, self._stream.app_permission
            raise refusal(
                problem, stream.name, app_permission=right, user_permission=right
            ) from None
        # RingCentral says so itself: a proxy's page for a 404 has no code.
        is_gone = problem.status == HTTPStatus.GONE or (
            problem.status == HTTPStatus.NOT_FOUND and problem.codes
        )
        ready = self._ready(row)
        if is_gone and ready and self._stream.connection.now() > ready:
            return self.gone(row, f"RingCentral no longer has it ({problem})")
        return Outcome(later=str(error))

    def failed_again(self, row: Record, reason: str) -> Outcome:
        """Decide what it means for a file that it could not be had in this run either.

        Args:
            row: what is known of it, with `triedSince`.
            reason: why it could not be had.
        """
        now = self._stream.connection.now()
        expires = row.get("expiresAt")
        if expires and now > moment(expires):
            return self.given_up(row, f"it expired before it could be had ({reason})")
        since = row.get(TRIED_SINCE)
        if not expires and since and now > moment(since) + _TRIED_FOR:
            return self.given_up(row, f"it could not be had for {_TRIED_FOR.days} days ({reason})")
        return Outcome(later=reason)

    def is_expired(self, row: Record) -> bool:
        """Tell whether RingCentral should have forgotten a file.

        Args:
            row: what is known of it.
        """
        expires = row.get("expiresAt")
        return expires is not None and self._stream.connection.now() > moment(expires)

    def _ready(self, row: Record) -> datetime | None:
        """Return when a file is ready at the latest; None when no date can be so late."""
        # A number that no call can have had is as good as none.
        seconds = row.get("duration") or 0
        length = timedelta(seconds=seconds if 0 <= seconds <= _LONGEST_CALL else 0)
        return later(moment(row[str(self._stream.replication_key)]), length + _READY_AFTER)

    def _settled(self, row: Record, status: str, told: Record) -> Outcome:
        known = {name: value for name, value in row.items() if name != TRIED_SINCE}
        nothing = dict.fromkeys(("reason", "path", "size", "sha256", "contentType"))
        now = timestamp(self._stream.connection.now())
        row = {"accountId": self._stream.account_id(), **known, "status": status, **nothing}
        return Outcome({**row, "archivedAt": now, **told})
