"""Change tracking: what changed in an account's log since the last run, however old the call.

Source: https://developers.ringcentral.com/api-reference/Call-Log/syncCompanyCallLogExtract
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.errors import RequestError, UnavailableError
from tap_ringcentral_calllog.plan.windows import OVERLAP
from tap_ringcentral_calllog.times import YEARS, moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.streams.calls import CallLog

_RECORDS = 1000
# The error codes for a token that can't be used any more.
_TOKEN_CODES = frozenset({"CLG-101", "CLG-102", "CLG-103", "CLG-104", "CLG-105"})
_TOKEN = "syncToken"  # noqa: S105 - the name of a parameter
# Reading stops after this many answers in a row that promise more changes, but contain none or only
# those of the answer before.
_MOST_EMPTY = 5


class ChangeTracking:
    """Reads what changed since the last run.

    The token of the last answer stands in the state. It moves when the answer's calls are written.
    """

    def __init__(self, stream: CallLog) -> None:
        self._stream = stream
        self._url = stream.get_url(None) + "-extract-sync"
        self._records = 0

    def read(self) -> Iterator[Record]:
        """Read the changes, or start tracking them. If that is not possible, the reason is logged.

        Yields:
            Calls that changed, and lie in the range that the state covers.

        Raises:
            TapRingCentralError: when nothing else can be read either.
        """
        stream = self._stream
        # Checks that the state fits the settings, and logs in.
        stream.progress(None)
        token, since = stream.bookmarks.sync_point()
        sent = stream.connection.sent
        try:
            yield from self._follow(token, since) if token else self._begin(since)
        except (RequestError, UnavailableError) as error:
            stream.logger.warning(
                "change_tracking is not possible: %s. Only changes within the look-back are seen.",
                error,
            )
        else:
            stream.logger.info(
                "Read the changes since %s: %d records, %d requests.",
                timestamp(since) if since else "the start of this run",
                self._records,
                stream.connection.sent - sent,
            )

    def _follow(self, token: str, since: datetime | None) -> Iterator[Record]:
        """Continue from a token, or start again if RingCentral does not accept it."""
        try:
            yield from self._ask({"syncType": "ISync", _TOKEN: token})
        except RequestError as error:
            problem = error.problem
            if not _TOKEN_CODES & set(problem.codes) and problem.parameter != _TOKEN:
                raise
            self._stream.logger.warning(
                "RingCentral no longer accepts the sync token (%s): change_tracking starts again. "
                "Changes since %s to calls older than the look-back may be missing.",
                problem,
                timestamp(since) if since else "the last run",
            )
            yield from self._begin(since)

    def _begin(self, since: datetime | None) -> Iterator[Record]:
        """Begin to track changes: from where an earlier token ended, if RingCentral goes so far."""
        started = self._stream.connection.started - OVERLAP
        if since is not None and since < started:
            try:
                yield from self._ask(self._first(since - OVERLAP))
            except RequestError:
                pass
            else:
                return
        yield from self._ask(self._first(started))

    @staticmethod
    def _first(date_from: datetime) -> dict[str, Any]:
        return {"syncType": "FSync", "dateFrom": timestamp(date_from)}

    def _ask(self, params: dict[str, Any]) -> Iterator[Record]:
        """Request until RingCentral has reported all changes."""
        stream = self._stream
        empty, before = 0, set[tuple[Any, ...]]()
        while True:
            answer = stream.fetch(
                None,
                {**params, "view": "Detailed", "recordCount": _RECORDS},
                self._url,
                is_whole=_is_whole,
                decode=stream.page_shaping.decode,
            )
            page = stream.page_of(None, answer)
            calls = [
                record
                for record, time in zip(page.records, page.times, strict=True)
                if self._covers(time)
            ]
            self._records += len(calls)
            yield from stream.write_page(stream.write_related(None, calls))
            info = answer.content["syncInfo"]
            stream.bookmarks.track(info[_TOKEN], self._time_of(answer), stream.account_id())
            versions: set[tuple[Any, ...]] = {
                (call["id"], call.get("lastModifiedTime")) for call in page.records
            }
            empty = empty + 1 if before.issuperset(versions) else 0
            before = versions
            if info.get("newerRecordsExist") is not True or empty >= _MOST_EMPTY:
                return
            params = {"syncType": "ISync", _TOKEN: info[_TOKEN]}

    def _covers(self, time: datetime) -> bool:
        """Return whether a call lies in the range that the state covers, or is going to."""
        stream = self._stream
        progress, end = stream.progress(None), stream.settings.end_date
        covered = stream.bookmarks.start_date(None)
        start = moment(covered) if covered else progress.covers
        return start <= time and (end is None or time <= end)

    def _time_of(self, answer: Answer) -> datetime:
        """Return the time up to which an answer tells of changes: not later than now."""
        now = self._stream.connection.now()
        try:
            when = moment(answer.content["syncInfo"]["syncTime"])
        except (AttributeError, KeyError, ValueError):
            return now
        return min(when, now) if when.year in YEARS else now


def _is_whole(content: dict[str, Any]) -> bool:
    """Return whether an answer holds a list of changes, and the token to continue with."""
    info = content.get("syncInfo")
    if not isinstance(content.get("records"), list) or not isinstance(info, dict):
        return False
    token = info.get(_TOKEN)
    return isinstance(token, str) and bool(token)
