"""How much data is not archived, as far as the state and a run show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from tap_ringcentral_calllog.api.logins import RECORDINGS
from tap_ringcentral_calllog.config.schema import EXTENSION
from tap_ringcentral_calllog.retention import AUTOMATIC, DAY, ON_DEMAND, SOON
from tap_ringcentral_calllog.streams.calls import CallLog
from tap_ringcentral_calllog.streams.file_stream import FileStream
from tap_ringcentral_calllog.streams.recordings import RecordingFiles
from tap_ringcentral_calllog.times import later, moment
from tap_ringcentral_calllog.watch.standing import Census, Flow, begins_late, projected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from singer_sdk import Stream
    from singer_sdk.helpers.types import Context

    from tap_ringcentral_calllog.retention import Kind
    from tap_ringcentral_calllog.run import Run
    from tap_ringcentral_calllog.state.tally import Tally
    from tap_ringcentral_calllog.streams.windowed import WindowedStream

_AUDIO = RecordingFiles.name
# The number that comes in per day is an average over this time, because the days of a week differ.
_LATELY = 7 * DAY


class Unarchived:
    """Says how much is not archived, or that this is not known.

    A recording counts as not archived if a run has found it in the call log and it is later than
    what `recording_files` has archived. Of all other data, only the archived range is known.
    """

    def __init__(self, streams: Mapping[str, Stream], run: Run) -> None:
        self._streams = streams
        self._run = run
        self._census = Census()
        self._last_run: datetime | None = None

    def begin(self) -> None:
        """Record what the state says before anything is read."""
        self._last_run = self._stream("messages").bookmarks.last_run

    def see_message(self, kind: str, folder: str, when: datetime) -> None:
        """Record a message.

        Args:
            kind: the name of its kind.
            folder: what tells the folder of a user apart from others.
            when: when it came into being.
        """
        is_new = self._last_run is None or when >= self._last_run
        self._census.add(kind, folder, is_new=is_new)

    def known_waiting(self, kind: Kind) -> int:
        """Return how many files are known not to be archived and to expire soon."""
        if not isinstance(self._stream(kind.stream), FileStream):
            return 0
        counted = self._counted_waiting(kind)
        return self._noted_waiting(kind) if counted is None else counted

    def waiting(self, kind: Kind) -> int | None:
        """Return how many are not archived and expire soon, or None when that is not known."""
        stream = self._stream(kind.stream)
        if kind.stream == _AUDIO and (counted := self._counted_waiting(kind)) is not None:
            return counted
        is_file = isinstance(stream, FileStream)
        seen_up_to = stream.seen_up_to if isinstance(stream, FileStream) else stream.read_up_to
        contexts = stream.archived_contexts()
        seen = [seen_up_to(context) for context in contexts]
        if not seen:
            return None
        # Data without a retention period may be deleted any day, because its number is limited.
        needed = self._edge(kind) + SOON if kind.kept else self._now
        if any(one is None or one < min(needed, self._settled) for one in seen):
            return None
        known = self._noted_waiting(kind) if is_file else 0
        edge = self._edge(kind) if kind.kept else None
        if any(begins_late(stream.bookmarks.begins(context), edge) for context in contexts):
            # There may be older ones as well.
            return known or None
        return known

    def crowd(self, kind: Kind) -> int | None:
        """Return how many no earlier run has archived, for the owner with most; None if unknown."""
        if kind.most is None:
            return 0
        stream = self._stream(kind.stream)
        contexts = stream.archived_contexts()
        read = [stream.read_up_to(context) for context in contexts]
        is_current = bool(read) and all(one and one >= self._settled for one in read)
        if kind.stream != _AUDIO:
            if not is_current or not stream.selected:
                return None
            expected = self.expected(kind)
            return self._census.new(kind) if expected is None else expected
        if is_current:
            return 0
        archived = min(filter(None, read), default=None) if all(read) else None
        if archived is None:
            return self.expected(kind)
        return self._largest(kind, max(archived, self._edge(kind)))

    def expected(self, kind: Kind) -> int | None:
        """Return how many RingCentral has, for the owner with most of them; None if unknown."""
        if kind.most is None:
            return None
        if kind.stream == _AUDIO:
            return self._largest(kind, self._edge(kind), projecting=True)
        # Later runs see only what is new.
        begun = self._stream(kind.stream).begun
        if not begun or self._last_run is not None:
            return None
        return self._census.expected(kind, self._now - max(one.start for one in begun))

    def flow(self, kind: Kind) -> Flow:
        """Return how fast recordings come in, and how fast the rate limit allows to download them.

        Args:
            kind: a kind of recordings; for any other kind, nothing is known.
        """
        if kind.stream != _AUDIO:
            return Flow()
        came = {name: self._per_day(name) for name in (AUTOMATIC, ON_DEMAND)}
        known = [one for one in came.values() if one is not None]
        logins, group = self._run.connection.logins, self._audio.files_group
        return Flow(
            came[kind.name],
            sum(known) if len(known) == len(came) else None,
            logins.per_day(group, RECORDINGS) if group else None,
            len(logins.able(RECORDINGS)),
        )

    def _per_day(self, kind: str) -> float | None:
        """Return how many recordings of a kind came in a day of the last week, or None."""
        begin, total = self._now - _LATELY, 0
        for log in self._logs:
            counted = self._counted(kind, log)
            if not counted or counted.since > begin or counted.up_to < self._settled:
                return None
            total += counted.tally.total(begin, self._now)
        return total / (_LATELY / DAY)

    def expires_next(self, kind: Kind) -> datetime | None:
        """Return when RingCentral deletes the first item known not to be archived, or None."""
        found = [until for _, until in self._missing(kind) if until >= self._now]
        if kind.stream == _AUDIO and not any(map(self._audio.read_up_to, self._logs)):
            edge, logs = self._edge(kind), [self._counted(kind.name, log) for log in self._logs]
            if all(log and log.since <= edge and log.up_to >= self._settled for log in logs):
                # What comes after what was read will not be archived either.
                firsts = (log.tally.first(edge) or log.up_to for log in logs if log)
                found += [one + kind.kept for one in firsts if kind.kept]
        return min(found, default=None)

    def _counted_waiting(self, kind: Kind) -> int | None:
        """Count the recordings that expire soon beyond what is archived, and those left behind."""
        edge = self._edge(kind)
        count = 0
        passed: list[datetime] = []
        for log in self._logs:
            archived, since = self._audio.read_up_to(log), self._audio.bookmarks.begins(log)
            passed += [archived] if archived else []
            ranges = [(max(edge, archived or edge), edge + SOON)]
            if archived and since and begins_late(since, edge):
                # What is older was never archived.
                ranges.append((edge, min(since, *ranges[0])))
            for begin, end in ranges:
                if begin >= end:
                    continue
                counted = self._counted(kind.name, log)
                if not counted or counted.since > begin or counted.up_to < min(end, self._settled):
                    return None
                count += counted.tally.total(begin, end)
        return count + self._noted_waiting(kind, before=max(passed, default=None))

    def _largest(self, kind: Kind, begin: datetime, *, projecting: bool = False) -> int | None:
        """Count those that began since a moment, of the owner with most of them."""
        if self._run.level == EXTENSION and kind.name == AUTOMATIC:
            # Those of other extensions count for the account's limit, too.
            return None
        found = []
        for log in self._logs:
            counted = self._counted(kind.name, log)
            if not counted or counted.up_to < self._settled:
                return None
            count: int | None = counted.tally.largest(begin)
            if counted.since > begin:
                seen = counted.up_to - counted.since
                count = projected(count or 0, kind, seen) if projecting else None
            if count is None:
                return None
            found.append(count)
        return max(found, default=None)

    def _noted_waiting(self, kind: Kind, before: datetime | None = None) -> int:
        """Count the files that could not be fetched, or were left to the next run, and expire soon.

        Args:
            kind: their kind.
            before: count only files of calls that began before this moment, because the caller
                counts the others; None for all.
        """
        return sum(
            self._now <= until < self._now + SOON and (before is None or when < before)
            for when, until in self._missing(kind)
        )

    def _missing(self, kind: Kind) -> Iterator[tuple[datetime, datetime]]:
        """Yield start and expiry of the files that are known not to be archived."""
        stream = self._stream(kind.stream)
        if not isinstance(stream, FileStream) or not kind.kept:
            return
        for row in stream.waiting():
            when = moment(row[str(stream.replication_key)])
            # A row of an older run may have been made by other settings.
            if stream.kind_of(row) == kind.name and (until := later(when, kind.kept)):
                yield when, until

    def _counted(self, kind: str, log: Context | None) -> _Counted | None:
        """Return the counts of the recordings of a kind in a log; None if they are not known."""
        counted, up_to = self._calls.counted(log), self._calls.read_up_to(log)
        since = counted.since.get(kind)
        if since is None or up_to is None:
            return None
        return _Counted(counted.tally(kind), since, up_to)

    def _edge(self, kind: Kind) -> datetime:
        """Return the start of what RingCentral still keeps."""
        return self._now - kind.kept if kind.kept else self._now

    @property
    def _logs(self) -> list[Context | None]:
        return self._calls.archived_contexts()

    @property
    def _calls(self) -> CallLog:
        return cast("CallLog", self._streams[CallLog.name])

    @property
    def _audio(self) -> RecordingFiles:
        return cast("RecordingFiles", self._streams[_AUDIO])

    @property
    def _now(self) -> datetime:
        return self._run.connection.started

    @property
    def _settled(self) -> datetime:
        """The moment before which everything that was read is final."""
        return self._now - self._run.settings.lookback

    def _stream(self, name: str) -> WindowedStream:
        return cast("WindowedStream", self._streams[name])


@dataclass(frozen=True, slots=True)
class _Counted:
    """The recordings of a kind that were counted in a log.

    Attributes:
        tally: how many there are.
        since: from when on all are counted.
        up_to: up to when.
    """

    tally: Tally
    since: datetime
    up_to: datetime
