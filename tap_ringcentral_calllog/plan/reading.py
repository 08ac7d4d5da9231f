"""Reading one window: which page to request next, and what is new on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.plan.keyset import Keyset
from tap_ringcentral_calllog.plan.progress import NOTHING
from tap_ringcentral_calllog.plan.windows import OVERLAP

if TYPE_CHECKING:
    from datetime import datetime

    from tap_ringcentral_calllog.plan.keyset import Query
    from tap_ringcentral_calllog.plan.progress import Progress
    from tap_ringcentral_calllog.plan.windows import Window


@dataclass(frozen=True, slots=True)
class Page:
    """An answer's records, ready to be written.

    Attributes:
        more: whether the answer offers a next page.
        records: the records.
        ids: their ids.
        times: their replication keys.
    """

    more: bool
    records: list[dict[str, Any]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)


class Reading:
    """What was read of a window.

    Ask `query`, pass the page to `add`, until `query` is None; then `finish`.

    Args:
        progress: how far the window's context is read.
        window: the window.

    Attributes:
        window: the window, or its newer part when it was divided.
        whole: whether the window was read to its end, and not divided.
        pages: how many pages were read.
        records: how many records were new.
        times: the replication keys of all records in the window and its overlap, each once.
    """

    def __init__(self, progress: Progress, window: Window) -> None:
        self.window = window
        self.whole = True
        self.pages = 0
        self.records = 0
        self.times: list[datetime] = []
        self._progress = progress
        self._keyset = Keyset.over(window)
        self._longest = 0
        self._tail: set[str] = set()

    @property
    def query(self) -> Query | None:
        """The next request, or None when the window is read."""
        return self._keyset.query if self.whole else None

    @property
    def repeats(self) -> bool:
        """Whether the server kept offering pages that held nothing new."""
        return self._keyset.repeats

    def add(self, page: Page) -> list[int]:
        """Process the page that was asked for.

        Returns:
            The positions of the records that are to be written.
        """
        progress, keyset = self._progress, self._keyset
        self.pages += 1
        self._longest = max(self._longest, len(page.ids))
        if page.more:
            progress.planner.see_page(self._longest)
        fresh = keyset.advance(page.ids, page.times, more=page.more)
        self.times += [page.times[at] for at in fresh]
        near_end = self.window.end - OVERLAP
        self._tail.update(page.ids[at] for at in fresh if page.times[at] >= near_end)
        unread = [at for at in fresh if page.ids[at] not in progress.tail]
        self.records += len(unread)
        if (down_to := keyset.read_down_to) is not None:
            progress.in_window = (self.window.end - down_to, self.records)
            newer = progress.planner.divide(self.window, down_to, self.pages, self.records)
            if newer:
                self.window, self.whole = newer, False
                # The rest overlaps with it.
                known = zip(page.ids, page.times, strict=True)
                self._tail.update(identity for identity, time in known if time <= newer.start)
        return unread

    def finish(self) -> None:
        """Record that there is nothing more to ask for."""
        progress = self._progress
        progress.in_window = NOTHING
        progress.tail |= self._tail
        if self.whole:
            progress.planner.finish(self.window, self.records, self._longest)
