"""The retention guard: reports data that RingCentral is about to delete. It moves no bookmark."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, cast

from tap_ringcentral_calllog.errors import RequestError, UnavailableError
from tap_ringcentral_calllog.retention import (
    DAY,
    DEFAULT,
    ON_DEMAND,
    kind_of_recording,
    kinds_for,
)
from tap_ringcentral_calllog.state.form import time_of
from tap_ringcentral_calllog.times import moment, timestamp
from tap_ringcentral_calllog.watch.standing import Standing
from tap_ringcentral_calllog.watch.unarchived import Unarchived

if TYPE_CHECKING:
    from datetime import datetime

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Record

    from tap_ringcentral_calllog.retention import Kind
    from tap_ringcentral_calllog.run import Run
    from tap_ringcentral_calllog.state.counted import CountedRecordings
    from tap_ringcentral_calllog.streams.snapshots import SnapshotStream
    from tap_ringcentral_calllog.streams.windowed import WindowedStream

_SETTINGS = "call_recording_settings"
_AUDIO = "recording_files"
_CALLS = "call_log"
_ARCHIVING = (_CALLS, _AUDIO, "messages", "message_files")
# The streams that contain the retention period of recordings, or need it.
_RECORDINGS = ("call_recordings", _AUDIO, _SETTINGS, "retention")

# Beside a bookmark: of each kind, the last range that was deleted before it was archived.
_LOST = "lost"


class Guard:
    """Reports what is in danger when a run begins and ends, and what is lost.

    It uses the state and what the run has read, and reports as unknown what neither contains. It
    does not report runs with `end_date`, which read an old range on purpose.

    Args:
        tap: the tap, whose streams tell how far they are.
        run: what the streams share.
    """

    def __init__(self, tap: Tap, run: Run) -> None:
        self._tap = tap
        self._run = run
        self._begun: dict[str, Standing] = {}

    @cached_property
    def _unarchived(self) -> Unarchived:
        return Unarchived(self._tap.streams, self._run)

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of data that RingCentral deletes, with their retention periods.

        For recordings, the account's own settings count, if they can be read. They are requested
        only if a stream needs them.
        """
        settings, own = self._run.settings, None
        if not self.counts_recordings:
            return kinds_for(settings.account_type)
        try:
            own = cast("SnapshotStream", self._tap.streams[_SETTINGS]).only_row()
        except (RequestError, UnavailableError) as error:
            self._tap.logger.info(
                "How long this account keeps recordings is taken from account_type: %s.", error
            )
            return kinds_for(settings.account_type)
        kinds = kinds_for(settings.account_type, own)
        for kind in kinds:
            if kind.stream == _AUDIO and kind.source == DEFAULT:
                self._tap.logger.info(
                    "How long this account keeps %s is taken from account_type: the account's "
                    "settings do not say it.",
                    kind.words,
                )
        return kinds

    @property
    def counts_recordings(self) -> bool:
        """Whether a selected stream contains the retention period of recordings, or needs it."""
        return any(map(self._is_selected, _RECORDINGS))

    @cached_property
    def edges(self) -> dict[str, datetime]:
        """The start of what RingCentral still has, by the name of each kind of data.

        Kinds without a retention period are missing.
        """
        started = self._run.connection.started
        return {kind.name: started - kind.kept for kind in self.kinds if kind.kept}

    def begin(self) -> None:
        """Log up to when each kind of data is archived, what is in danger, and what is lost."""
        self._unarchived.begin()
        # Requested now, so that the request does not count among those for the log.
        _ = self.kinds
        if self._run.settings.end_date or not any(map(self._has_begun, _ARCHIVING)):
            return
        for kind in self.kinds:
            if self._is_selected(kind.stream):
                standing = self._begun[kind.name] = self._at_begin(kind)
                if loss := standing.loss():
                    self._tap.logger.error("%s.", loss)
                    self._note_loss(standing)
                elif line := standing.distance():
                    self._tap.logger.info("%s.", line)
                self._warn(standing)

    def _note_loss(self, standing: Standing) -> None:
        """Keep what is lost in the state: the bookmark is about to pass it."""
        bookmarks = self._stream(standing.kind.stream).bookmarks
        lost = bookmarks.peek(None).get(_LOST)
        found = {standing.kind.name: [*map(timestamp, standing.gap or ())]}
        bookmarks.note(None, **{_LOST: {**(lost if isinstance(lost, dict) else {}), **found}})

    def _warn(self, standing: Standing) -> None:
        """Log what is in danger: as a warning only if a selected stream archives it."""
        logger = self._tap.logger
        say = logger.warning if self._is_selected(standing.kind.stream) else logger.info
        for line in standing.dangers():
            say("%s.", line)

    def count_recordings(self, counted: CountedRecordings, rows: list[Record], owner: str) -> None:
        """Count the recordings of a call that RingCentral still has.

        Args:
            counted: the counts of the log that contains the call.
            rows: rows of `call_recordings`.
            owner: the extension that the call belongs to, if one is known.
        """
        for row in rows:
            kind, when = kind_of_recording(row["type"]), moment(row["startTime"])
            if row["expiresAt"] is not None and when >= self.edges[kind] - DAY:
                # The number of automatic ones is limited for the whole account.
                whose = owner if kind == ON_DEMAND else self._run.account_id
                counted.add(kind, row["id"], when, whose)

    def see_message(self, kind: str, folder: str, when: datetime) -> None:
        """Record a message.

        Args:
            kind: the name of its kind.
            folder: what tells the folder of a user apart from others.
            when: when it came into being.
        """
        self._unarchived.see_message(kind, folder, when)

    def end(self) -> None:
        """Log what is still in danger at the end, if the run has read anything."""
        if self._run.settings.end_date or not self._run.account_id:
            return
        for kind in self.kinds:
            self._warn(self._at_end(kind))

    def rows(self, account_id: str) -> list[Record]:
        """Return a row for each kind; none of a run with `end_date`."""
        if self._run.settings.end_date:
            return []
        return [self._row(kind, account_id) for kind in self.kinds]

    def _row(self, kind: Kind, account_id: str) -> Record:
        started = self._run.connection.started
        begun = self._begun.get(kind.name) or Standing(kind, started)
        ended = self._at_end(kind)
        gap_from, gap_to = ended.gap or begun.gap or self._lost(kind)
        # Whether runs are too far apart is known only at the start.
        known = (begun.loss(), ended.loss(), begun.too_seldom(), *ended.dangers())
        dangers, unknown = dict.fromkeys(filter(None, known)), ended.unknown()
        return {
            "accountId": account_id,
            "kind": kind.name,
            "checkedAt": timestamp(started),
            "stream": kind.stream,
            "isArchived": self._is_selected(kind.stream),
            "keptForDays": kind.kept / DAY if kind.kept else None,
            "keptForDaysSource": kind.source if kind.kept else None,
            "keptAtMost": kind.most,
            "expected": self._unarchived.expected(kind),
            "arrivePerDay": ended.flow.own,
            "fetchablePerDay": ended.flow.allowed,
            "loginsNeeded": ended.flow.logins_needed,
            "firstLossAt": _text(ended.first_loss),
            "archivedFrom": _text(ended.since),
            "archivedTo": _text(ended.reached),
            "nextToExpire": _text(ended.next_to_expire),
            "waiting": ended.waiting,
            "inDanger": True if dangers else None if unknown else False,
            "reason": "; ".join([*dangers, *([unknown] if unknown else [])]) or None,
            "gapFrom": _text(gap_from),
            "gapTo": _text(gap_to),
        }

    def _lost(self, kind: Kind) -> tuple[datetime | None, datetime | None]:
        """Return the loss that an earlier run found."""
        lost = self._stream(kind.stream).bookmarks.peek(None).get(_LOST)
        found = lost.get(kind.name) if isinstance(lost, dict) else None
        if not isinstance(found, list) or len(found) != len(("from", "to")):
            return None, None
        return time_of(found[0]), time_of(found[1])

    def _at_begin(self, kind: Kind) -> Standing:
        """Return how a kind stands by the state."""
        stream = self._stream(kind.stream)
        since, reached = stream.reach()
        return Standing(
            kind,
            self._run.connection.started,
            reached,
            since,
            self._last_run(kind, reached),
            waiting=self._unarchived.known_waiting(kind),
        )

    def _at_end(self, kind: Kind) -> Standing:
        """Return how a kind stands when all is read."""
        stream = self._stream(kind.stream)
        since, _ = stream.reach()
        bookmarks = [stream.bookmarks.reached(one) for one in stream.archived_contexts()]
        reached = min(filter(None, bookmarks), default=None) if all(bookmarks) else None
        return Standing(
            kind,
            self._run.connection.started,
            reached,
            since,
            self._last_run(kind, reached),
            waiting=self._unarchived.waiting(kind),
            crowd=self._unarchived.crowd(kind),
            expires_next=self._unarchived.expires_next(kind),
            flow=self._unarchived.flow(kind),
        )

    def _last_run(self, kind: Kind, reached: datetime | None) -> datetime | None:
        """Return when the last run started; None when there was none.

        For data that becomes of its kind at any age, it counts only as far as that run has read all
        mailboxes.
        """
        last = self._stream(kind.stream).bookmarks.last_run
        if last and reached and kind.by_runs:
            return min(last, reached + self._run.settings.lookback)
        return last

    def _stream(self, name: str) -> WindowedStream:
        return cast("WindowedStream", self._tap.streams[name])

    def _has_begun(self, name: str) -> bool:
        stream = self._stream(name)
        return stream.selected and any(stream.reach())

    def _is_selected(self, name: str) -> bool:
        return self._tap.streams[name].selected


def _text(when: datetime | None) -> str | None:
    return timestamp(when) if when else None
