"""The bookmarks: their content, their owner, and when a STATE message is written.

This is the only module that touches the SDK's state. Its format is described in `form`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

# Private, but the only name of what the public `Tap.state_writer` returns.
from singer_sdk.helpers._state import StateWriter
from singer_sdk.singerlib import StateMessage
from typing_extensions import override

from tap_ringcentral_calllog.errors import StateError
from tap_ringcentral_calllog.state.form import ranges, time_of
from tap_ringcentral_calllog.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from singer_sdk import Stream
    from singer_sdk.helpers.types import Context, TapState

    from tap_ringcentral_calllog.output import MessageWriter
    from tap_ringcentral_calllog.plan.windows import Window

# What the SDK keeps in the state while a stream is being read. It says nothing about what is final.
_IN_PROGRESS = ("progress_markers", "replication_key_signpost", "starting_replication_value")

# The key, in a stream's state, of the start of the last run that has read something.
_LAST_RUN = "lastRun"

# The key, in a partition's state, of the time when it could not be read. It is removed when the
# partition is read.
_FAILED_AT = "failedAt"

# A bookmark may be ahead of a clock that is a little wrong.
_TOLERANCE = timedelta(minutes=10)

# A STATE message is written after a request for so many bookmarks in it, at the latest.
_BOOKMARKS_PER_REQUEST = 4


class SettledStateWriter(StateWriter):
    """Writes STATE messages of what is final, but not more often than is worthwhile.

    A STATE message holds all bookmarks: half a megabyte where there are a thousand mailboxes. One
    after each mailbox would be a gigabyte in a run that finds nothing new. So one is written when
    the rows since the last one are as long as it is, or when there was a request for every four
    bookmarks in it. Where there are no more than four bookmarks, that is after each request.

    Everything in a message is final: its rows were written before it.

    Args:
        message_writer: takes the messages.
        sent: returns how many requests were sent so far.
    """

    def __init__(self, message_writer: MessageWriter, sent: Callable[[], int]) -> None:
        super().__init__(message_writer)
        self._writer = message_writer
        self._sent = sent
        self._last: TapState = {}
        # What there was up to the last STATE message.
        self._rows_at = 0
        self._sent_at = 0
        self._length = 0

    def begin(self, state: TapState) -> None:
        """Record the state that the run continues from. The SDK writes it by itself."""
        self._last = _settled(state)
        self._length = len(self._writer.serialize_message(StateMessage(value=self._last)))

    @override
    def write_state(self, state: TapState) -> None:
        """Write the final part of the state, if it has changed and is worth it.

        The SDK calls this in mid-window, too, and with each page of a child stream.
        """
        requests = self._sent() - self._sent_at
        if (
            self._rows_since >= self._length
            or requests * _BOOKMARKS_PER_REQUEST >= _bookmarks_in(state)
        ) and (settled := _settled(state)) != self._last:
            self._write(settled)

    def finish(self, state: TapState) -> None:
        """Write a run's last STATE message, if it confirms anything that none has confirmed yet."""
        settled = _settled(state)
        if settled and (settled != self._last or self._rows_since):
            self._write(settled)

    @property
    def _rows_since(self) -> int:
        """The length of the rows since the last STATE message, in bytes."""
        return self._writer.rows - self._rows_at

    def _write(self, settled: TapState) -> None:
        self._writer.write_message(StateMessage(value=settled))
        self._last, self._length = settled, self._writer.last
        self._rows_at, self._sent_at = self._writer.rows, self._sent()


def _bookmarks_in(state: TapState) -> int:
    bookmarks = state.get("bookmarks", {}).values()
    return sum(len(one.get("partitions", ())) or 1 for one in bookmarks if one)


def _settled(state: TapState) -> TapState:
    """Return a copy of what is final in a state."""
    bookmarks = _without_progress(state).get("bookmarks", {})
    # The SDK makes an empty one for each stream that has none.
    found = {name: one for name, one in bookmarks.items() if one}
    return {"bookmarks": found} if found else {}


def _without_progress(state: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(state, dict):
        return {
            key: _without_progress(value) for key, value in state.items() if key not in _IN_PROGRESS
        }
    if isinstance(state, list):
        return [_without_progress(item) for item in state]
    return state


class Bookmarks:
    """The bookmarks of one stream.

    Args:
        stream: the stream; with a forced FULL_TABLE replication it has none.
        level: the setting `call_log_level`.
    """

    def __init__(self, stream: Stream, level: str) -> None:
        self._stream = stream
        self._level = level
        self._turn_noted = False

    def check_level(self) -> None:
        """Refuse a state of the other level, before any request.

        Raises:
            StateError: when the state was written with another `call_log_level`.
        """
        others = self._recorded("callLogLevel") - {self._level}
        if others:
            msg = (
                f"{self._stream.name}: the state was written with call_log_level "
                f"'{', '.join(sorted(others))}', not '{self._level}'. Each level needs its own "
                "state (Meltano: --state-id-suffix)"
            )
            raise StateError(msg)

    def _recorded(self, name: str) -> set[str]:
        """Return the values of a field in the stream's state and its partitions."""
        state = self._stream.get_context_state(None)
        return {part[name] for part in (state, *state.get("partitions", [])) if name in part}

    def in_turn(self, contexts: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Put partitions in the order in which this run reads them.

        Those whose bookmarks are furthest behind come first, because an interrupted run did not
        reach them. Among equal bookmarks, the partition that was first in the last run comes last.
        Partitions that could not be read in the last run come after all others: they may take long,
        and fail again.
        """
        state = self._stream.tap_state.get("bookmarks", {}).get(self._stream.name, {})
        places = {
            repr(part["context"]): (_FAILED_AT in part, str(part.get("replication_key_value", "")))
            for part in state.get("partitions", [])
        }
        last = state.get("firstInTurn")
        begin = contexts.index(last) + 1 if last in contexts else 0
        turned = [*contexts[begin:], *contexts[:begin]]
        return sorted(turned, key=lambda context: places.get(repr(context), (False, "")))

    def forget(self, context: Context | None) -> None:
        """Drop the bookmark of a partition that no longer exists."""
        state = self._stream.get_context_state(None)
        state["partitions"] = [
            one for one in state.get("partitions", []) if one["context"] != context
        ]

    def contexts(self) -> list[dict[str, Any]]:
        """Return the contexts of the partitions that have a bookmark."""
        state = self._stream.get_context_state(None)
        return [one["context"] for one in state.get("partitions", [])]

    def read(self, context: Context | None, now: datetime) -> datetime | None:
        """Return the bookmark of a context, or None when it has none.

        Args:
            context: the partition's context, or None.
            now: the time by RingCentral's clock.

        Raises:
            StateError: when it is damaged or lies in the future.
        """
        if not self.active:
            return None
        state = self._stream.get_context_state(context)
        value = state.get("replication_key_value")
        if value is None:
            return None
        bookmark = time_of(value)
        if bookmark is None or state.get("replication_key") != self._stream.replication_key:
            problem = "is damaged: its bookmark is no time of this stream"
        elif bookmark > now + _TOLERANCE:
            problem = "has a bookmark in the future"
        else:
            return bookmark
        msg = (
            f"{self._stream.name}: the state {problem}. Restore an older one, or start without a "
            "state"
        )
        raise StateError(msg)

    def peek(self, context: Context | None) -> dict[str, Any]:
        """Return a context's part of the state, to be read only. Nothing is created in it."""
        state: dict[str, Any] = self._stream.tap_state.get("bookmarks", {}).get(
            self._stream.name, {}
        )
        if not self.active:
            return {}
        if context is None:
            return state
        parts = (one for one in state.get("partitions", []) if one["context"] == context)
        return next(parts, {})

    def reached(self, context: Context | None) -> datetime | None:
        """Return the bookmark of a context; None if it has none."""
        return time_of(self.peek(context).get("replication_key_value"))

    def begins(self, context: Context | None) -> datetime | None:
        """Return from when on a context is archived, or None when the state doesn't say.

        Args:
            context: the partition's context, or None.
        """
        return time_of(self.peek(context).get("startDate"))

    def start_date(self, context: Context | None) -> str | None:
        """Return where the range begins that the state covers, or None when it doesn't say."""
        value = self._stream.get_context_state(context).get("startDate")
        return value if isinstance(value, str) else None

    def check_account(self, account_id: str) -> None:
        """Refuse the state of another account, before any record.

        Raises:
            StateError: when a part of it belongs to another account.
        """
        others = self._recorded("accountId") - {account_id}
        if self.active and others:
            msg = (
                f"{self._stream.name}: the state belongs to account {', '.join(sorted(others))}, "
                f"the login to account {account_id}. Each account needs its own state (Meltano: "
                "--state-id-suffix)"
            )
            raise StateError(msg)

    def ahead(self, context: Context | None) -> list[Window]:
        """Return what is read for good beyond the bookmark, the next range last."""
        if not self.active:
            return []
        return ranges(self._stream.get_context_state(context).get("readAhead", [])) or []

    def settle(
        self,
        context: Context | None,
        bookmark: datetime,
        account_id: str,
        *,
        start: datetime,
        ahead: Sequence[Window],
    ) -> None:
        """Move the bookmark and write a STATE message, after a window's last record.

        A bookmark never moves back.

        Args:
            context: the partition's context, or None.
            bookmark: the settled line.
            account_id: the account that was read.
            start: where the range begins that the state covers from now on.
            ahead: what is read for good beyond the bookmark, the next range last.
        """
        if not self.active:
            return
        stream = self._stream
        state = stream.get_context_state(context)
        before = time_of(state.get("replication_key_value"))
        state.update(
            callLogLevel=self._level,
            replication_key=stream.replication_key,
            replication_key_value=timestamp(max(bookmark, before) if before else bookmark),
            accountId=account_id,
        )
        state.setdefault("startDate", timestamp(start))
        state.pop("readAhead", None)
        state.pop(_FAILED_AT, None)
        if ahead:
            state["readAhead"] = [[timestamp(one.start), timestamp(one.end)] for one in ahead]
        if context is not None and not self._turn_noted:
            self._turn_noted = True
            stream.get_context_state(None)["firstInTurn"] = dict(context)
        stream.finalize_state_progress_markers(state)

    def note_failure(self, context: Context, when: datetime) -> None:
        """Record that a partition could not be read, and write a STATE message.

        Its bookmark stays. Even if the run is killed, the next one reads other partitions first.
        """
        if self.active:
            state = self._stream.get_context_state(context)
            state[_FAILED_AT] = timestamp(when)
            self._stream.finalize_state_progress_markers(state)

    def note_run(self, started: datetime) -> None:
        """Record when a run started. The next STATE message contains it."""
        self.note(None, **{_LAST_RUN: timestamp(started)})

    @property
    def last_run(self) -> datetime | None:
        """When the last run started that has read something; None when there was none."""
        return time_of(self._stream.get_context_state(None).get(_LAST_RUN)) if self.active else None

    def reach(
        self, contexts: list[dict[str, Any]] | None = None
    ) -> tuple[datetime | None, datetime | None]:
        """Return from when on and up to when everything is archived; each None if not known.

        Of several partitions, the one that is furthest behind counts. Nothing is known before the
        first run.

        Args:
            contexts: the partitions that count; None for all, empty for a stream without any.
        """
        if not self.active:
            return None, None
        state = self._stream.get_context_state(None)
        parts = [state]
        if contexts or (contexts is None and state.get("partitions")):
            known = {repr(one) for one in contexts or ()}
            parts = state.get("partitions", [])
            parts = [one for one in parts if contexts is None or repr(one["context"]) in known]
        since = [time_of(part.get("startDate")) for part in parts]
        until = [time_of(part.get("replication_key_value")) for part in parts]
        if any(end is None and _FAILED_AT in part for end, part in zip(until, parts, strict=True)):
            # Of one that could not be read from the beginning, nothing is archived.
            return max(filter(None, since), default=None), None
        return max(filter(None, since), default=None), min(filter(None, until), default=None)

    def noted_anywhere(self, name: str, contexts: list[dict[str, Any]] | None = None) -> list[Any]:
        """Return the items of all lists that are next to a bookmark under a name.

        Args:
            name: the name.
            contexts: those of the partitions that matter; None for all.
        """
        if not self.active:
            return []
        state = self._stream.get_context_state(None)
        parts = [
            one
            for one in state.get("partitions", [])
            if contexts is None or one["context"] in contexts
        ]
        return [item for part in (state, *parts) for item in part.get(name) or ()]

    def noted(self, context: Context | None, name: str) -> Any:  # noqa: ANN401 - any JSON
        """Return what is next to a bookmark under a name, or None."""
        return self._stream.get_context_state(context).get(name) if self.active else None

    def note(self, context: Context | None, **values: object) -> None:
        """Store values next to a bookmark. The next STATE message contains them.

        Args:
            context: the partition's context, or None.
            values: the values by name; None removes one.
        """
        if self.active:
            state = self._stream.get_context_state(context)
            state.update(values)
            for name in [name for name in values if values[name] is None]:
                del state[name]

    def sync_point(self) -> tuple[str | None, datetime | None]:
        """Return the token of change tracking, and the time that it stands for."""
        state = self._stream.get_context_state(None)
        return state.get("syncToken"), time_of(state.get("syncTime"))

    def track(self, token: str, when: datetime, account_id: str) -> None:
        """Move change tracking on and write a STATE message, after an answer's last record.

        Args:
            token: the answer's token.
            when: the time that it stands for.
            account_id: the account that was read.
        """
        state = self._stream.get_context_state(None)
        state.update(
            syncToken=token,
            syncTime=timestamp(when),
            accountId=account_id,
            callLogLevel=self._level,
        )
        self._stream.finalize_state_progress_markers(state)

    @property
    def active(self) -> bool:
        """Whether the stream has bookmarks: not with a forced FULL_TABLE replication."""
        return self._stream.replication_method == "INCREMENTAL"
