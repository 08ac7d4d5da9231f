"""How many recordings RingCentral still has, counted by when their calls began.

A run reads little more than new data, so the state keeps the counts of older recordings. The counts
contain numbers, times and ids of extensions, but no ids of recordings and nothing about a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.state.form import time_of
from tap_ringcentral_calllog.state.tally import Tally
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from singer_sdk.helpers.types import Context

    from tap_ringcentral_calllog.plan.windows import Window
    from tap_ringcentral_calllog.state.bookmarks import Bookmarks

# The key of the counts, next to the bookmark.
_RECORDINGS = "recordings"
# In the counts: the bookmark that they were written with. If the bookmark has moved since, a run or
# a version that counts nothing has moved it, and the counts are not complete.
_UP_TO = "upTo"
# In the counts of a kind: from when on all recordings were counted.
_SINCE = "since"


# Recordings that expired less than this long ago are still counted: the next run's clock may be
# behind this one's.
_CLOCKS = timedelta(hours=1)


class CountedRecordings:
    """The recordings of one context of `call_log`, counted by kind.

    The counts of the final range are in the state; the next run reads and counts the rest again.

    Args:
        bookmarks: the bookmarks of `call_log`.
        context: the partition's context, or None.
        kinds: the names of the kinds.
        start: where this run goes on reading; None when it does not read this context.
    """

    def __init__(
        self,
        bookmarks: Bookmarks,
        context: Context | None,
        kinds: Iterable[str],
        start: datetime | None = None,
    ) -> None:
        self._bookmarks = bookmarks
        self._context = context
        self._start = start
        state = bookmarks.peek(context)
        #: Ranges beyond the bookmark that no run reads again.
        self._ahead = bookmarks.ahead(context) if start else []
        noted = state.get(_RECORDINGS)
        if not isinstance(noted, dict) or noted.get(_UP_TO) != state.get("replication_key_value"):
            noted = {}
        self._final: dict[str, Tally] = {}
        #: From when on all of a kind were counted; a kind of which nothing is known is missing.
        self.since: dict[str, datetime] = {}
        for kind in kinds:
            self._begin(kind, noted.get(kind))
        # What is not final yet: kind, start and owner.
        self._fresh: list[tuple[str, datetime, str]] = []
        self._seen = set[str]()

    def _begin(self, kind: str, noted: Any) -> None:  # noqa: ANN401 - any JSON
        tally = Tally.from_state(noted)
        since = time_of(noted.get(_SINCE)) if tally else None
        self._final[kind] = tally if tally and since else Tally()
        if since:
            self.since[kind] = since
        elif self._start:
            # What lies ahead was read by a run that counted nothing.
            self.since[kind] = max([self._start, *(one.end for one in self._ahead)])

    def add(self, kind: str, identity: str, when: datetime, owner: str) -> None:
        """Count a recording, unless it was counted before.

        Args:
            kind: the name of its kind.
            identity: its id.
            when: when its call began.
            owner: whose it is.
        """
        if self._start is None or when < self._start or _is_in(when, self._ahead):
            return
        if identity not in self._seen:
            self._seen.add(identity)
            self._fresh.append((kind, when, owner))

    def settle(
        self, line: datetime, ahead: Sequence[Window], edges: Mapping[str, datetime]
    ) -> None:
        """Write what is final into the state, right before the bookmark moves.

        Args:
            line: where the bookmark is going to be.
            ahead: ranges beyond it that no run reads again.
            edges: of each kind, the start of what RingCentral still keeps.
        """
        # As the bookmark will say it.
        line = moment(timestamp(line))
        fresh, self._fresh = self._fresh, []
        for one in fresh:
            kind, when, owner = one
            if when < line or _is_in(when, ahead):
                self._final[kind].add(when, owner)
            else:
                self._fresh.append(one)
        counted: dict[str, Any] = {_UP_TO: timestamp(line)}
        for kind, since in self.since.items():
            bound = edges[kind] - _CLOCKS
            self._final[kind].forget(bound)
            self.since[kind] = max(since, bound)
            counted[kind] = {
                _SINCE: timestamp(self.since[kind]),
                **self._final[kind].as_state(),
            }
        self._bookmarks.note(self._context, **{_RECORDINGS: counted})

    def tally(self, kind: str) -> Tally:
        """Return the counts of a kind, including recordings that are not final yet."""
        fresh = ((when, owner) for name, when, owner in self._fresh if name == kind)
        return self._final[kind].and_more(fresh)


def _is_in(when: datetime, ranges: Iterable[Window]) -> bool:
    return any(one.start <= when < one.end for one in ranges)
