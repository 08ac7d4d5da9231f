"""The retention guard: watches over what RingCentral is about to forget. It moves no bookmark."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

from tap_ringcentral_calllog.errors import RequestError, UnavailableError
from tap_ringcentral_calllog.retention import (
    DAY,
    ON_DEMAND,
    SOON,
    Census,
    Kind,
    Standing,
    kind_of_recording,
    kinds_for,
)
from tap_ringcentral_calllog.streams.file_stream import FileStream
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from singer_sdk.helpers.types import Record

    from tap_ringcentral_calllog.run import Run
    from tap_ringcentral_calllog.streams.windowed import WindowedStream
    from tap_ringcentral_calllog.tap import TapRingCentral

_SETTINGS = "call_recording_settings"
_AUDIO = "recording_files"
_CALLS = "call_log"
_RECORDINGS = "call_recordings"
_ARCHIVING = (_CALLS, _AUDIO, "messages", "message_files")


class Guard:
    """Says what is in danger when a run begins and ends, and what is lost.

    Nothing is said of a run with `end_date`: it reads an old range on purpose.

    Args:
        tap: the tap, whose streams tell how far they are.
        run: what the streams share.
    """

    def __init__(self, tap: TapRingCentral, run: Run) -> None:
        self._tap = tap
        self._run = run
        self._begun: dict[str, Standing] = {}
        self._census = Census()
        #: Recordings that expire soon, and that no stream archives.
        self._unarchived: Counter[str] = Counter()

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """What RingCentral keeps for how long: by the account's own settings, where they are read.

        They are asked for where it matters, which takes a request.
        """
        own = None
        if self._is_selected(_AUDIO) or self._is_selected(_SETTINGS):
            try:
                own = self._tap.snapshot(_SETTINGS).only_row()
            except (RequestError, UnavailableError) as error:
                self._tap.logger.info(
                    "How long this account keeps recordings is taken from account_type: %s.", error
                )
        return kinds_for(self._run.settings.account_type, own)

    def begin(self) -> None:
        """Say how far the archive is from the edge, what is in danger, and what is lost."""
        if self._run.settings.end_date or not any(map(self._has_begun, _ARCHIVING)):
            return
        for kind in self.kinds:
            if self._is_selected(kind.stream):
                standing = self._begun[kind.name] = self._standing(kind)
                if loss := standing.loss():
                    self._tap.logger.error("%s.", loss)
                elif told := standing.distance():
                    self._tap.logger.info("%s.", told)
                self._warn(standing)

    def _warn(self, standing: Standing) -> None:
        for line in standing.dangers():
            self._tap.logger.warning("%s.", line)

    def see_recordings(self, recordings: list[Record], owner: str) -> None:
        """Take note of the recordings of a call.

        Args:
            recordings: rows of `call_recordings`.
            owner: the extension that the call belongs to, if one is known.
        """
        started = self._run.connection.started
        now, soon = timestamp(started), timestamp(started + SOON)
        for row in recordings:
            until = row["expiresAt"]
            if until is None or until < now:
                continue
            kind = kind_of_recording(row["type"])
            self._census.add(kind, owner if kind == ON_DEMAND else "")
            if until < soon and not self._is_selected(_AUDIO):
                self._unarchived[kind] += 1

    def see_message(self, kind: str, folder: str) -> None:
        """Take note of a message.

        Args:
            kind: the name of its kind.
            folder: what tells the folder of a user apart from others.
        """
        self._census.add(kind, folder)

    def end(self) -> None:
        """Say what is in danger after all, by what the run has seen, if it has seen anything."""
        if self._run.settings.end_date or not self._run.account_id:
            return
        for kind in self.kinds:
            self._warn(self._ended(kind))

    def rows(self, account_id: str) -> list[Record]:
        """Return a row for each kind; none of a run with `end_date`.

        Args:
            account_id: the account's id.
        """
        if self._run.settings.end_date:
            return []
        return [self._row(kind, account_id) for kind in self.kinds]

    def _row(self, kind: Kind, account_id: str) -> Record:
        started = self._run.connection.started
        begun = self._begun.get(kind.name) or Standing(kind, started)
        ended = self._ended(kind)
        gap_from, gap_to = begun.gap or (None, None)
        return {
            "accountId": account_id,
            "kind": kind.name,
            "checkedAt": timestamp(started),
            "stream": kind.stream,
            "isArchived": self._is_selected(kind.stream),
            "keptForDays": kind.kept / DAY if kind.kept else None,
            "keptAtMost": kind.most,
            "expected": ended.expected,
            "archivedFrom": _text(ended.since),
            "archivedTo": _text(ended.reached),
            "nextToExpire": _text(ended.next_to_expire),
            "waiting": ended.waiting,
            "inDanger": bool(begun.gap or begun.is_seldom or any(ended.dangers())),
            "gapFrom": _text(gap_from),
            "gapTo": _text(gap_to),
        }

    def _standing(self, kind: Kind) -> Standing:
        """Return how a kind stands by the state."""
        stream, started = self._stream(kind.stream), self._run.connection.started
        if not stream.selected:
            return Standing(kind, started, waiting=self._unarchived[kind.name])
        since, reached = stream.reach()
        waiting = self._waiting(stream, kind, started) if isinstance(stream, FileStream) else 0
        last_run = stream.bookmarks.last_run
        return Standing(kind, started, reached, since, last_run, waiting=waiting)

    def _ended(self, kind: Kind) -> Standing:
        """Return how a kind stands when all is read."""
        return replace(self._standing(kind), expected=self._expected(kind))

    @staticmethod
    def _waiting(stream: FileStream, kind: Kind, now: datetime) -> int:
        """Count the files that are known not to be archived, and expire soon."""
        times = (
            row.get("expiresAt") for row in stream.waiting() if stream.kind_of(row) == kind.name
        )
        return sum(now <= moment(one) < now + SOON for one in times if one)

    def _expected(self, kind: Kind) -> int | None:
        """Return how many there may be, if the run has seen enough to tell."""
        is_audio = kind.stream == _AUDIO
        source = self._stream(_CALLS if is_audio else kind.stream)
        counted = self._is_selected(_RECORDINGS if is_audio else kind.stream)
        if kind.most is None or not counted or not source.begun:
            return None
        seen = self._run.connection.started - min(one.start for one in source.begun)
        return self._census.expected(kind, min(seen, kind.kept or seen))

    def _stream(self, name: str) -> WindowedStream:
        return cast("WindowedStream", self._tap.streams[name])

    def _has_begun(self, name: str) -> bool:
        stream = self._stream(name)
        return stream.selected and any(stream.reach())

    def _is_selected(self, name: str) -> bool:
        return self._tap.streams[name].selected


def _text(when: datetime | None) -> str | None:
    return timestamp(when) if when else None
