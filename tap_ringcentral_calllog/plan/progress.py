"""How far a run has read, and what is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from tap_ringcentral_calllog.plan.windows import Planner

#: The value of `Progress.in_window` while no window is being read.
NOTHING = (timedelta(), 0)


@dataclass(slots=True)
class Progress:
    """How far a context has been read.

    Attributes:
        start: where this run's range begins.
        end: where it ends.
        planner: divides the range into windows.
        covers: where the range begins that the state covers.
        tail: ids of records near the newer ends of the windows; the overlap of the next window
            contains them again.
        in_window: how much of the current window is read, and how many records were in it.
        requests: requests so far, without those for the current window.
        records: records so far, without those of the current window.
        failed: the context can't be read in this run.
        stopped: the context is not read any further in this run.
        held: the time that the bookmark must not pass in this run; None if there is none.
    """

    start: datetime
    end: datetime
    planner: Planner
    covers: datetime
    tail: set[str] = field(default_factory=set)
    in_window: tuple[timedelta, int] = NOTHING
    requests: int = 0
    records: int = 0
    failed: bool = False
    stopped: bool = False
    held: datetime | None = None

    def hold(self, at: datetime) -> None:
        """Keep the bookmark from passing a record.

        Args:
            at: its replication key.
        """
        self.held = min(at, self.held or at)

    @property
    def done(self) -> bool:
        """Whether nothing is left to read in this run."""
        return self.failed or self.stopped or not self.planner.left

    @property
    def share(self) -> float:
        """The part of the range that is read, from 0 to 1."""
        if self.done or self.end <= self.start:
            return 1.0
        return 1 - (self.planner.left - self.in_window[0]) / (self.end - self.start)

    @property
    def requests_left(self) -> float:
        """How many requests are to be expected, at least one as long as something is left."""
        if self.done:
            return 0.0
        left = self.planner.records_left(*self.in_window) / self.planner.page_size
        return max(left, 1.0)


def share_done(begun: Sequence[Progress], contexts: int) -> float:
    """Return the part of a stream that is read, from 0 to 1.

    Args:
        begun: the contexts that were begun.
        contexts: how many there are.
    """
    return sum(progress.share for progress in begun) / contexts


def requests_left(begun: Sequence[Progress], contexts: int) -> float:
    """Return the expected number of requests; contexts that were not begun count like the others.

    Args:
        begun: the contexts that were begun, at least one.
        contexts: how many there are.
    """
    left = sum(progress.requests_left for progress in begun)
    spent = sum(progress.requests for progress in begun)
    return left + (contexts - len(begun)) * max((left + spent) / len(begun), 1.0)


class RoundRobin(list[dict[str, Any]]):
    """Partitions in turns, one window each, as long as one has something left.

    Args:
        contexts: the partitions' contexts.
        is_done: tells of a context whether nothing is left to read.
        last: returns those that come once more when all are done.
    """

    def __init__(
        self,
        contexts: Iterable[dict[str, Any]],
        is_done: Callable[[dict[str, Any]], bool],
        last: Callable[[], Iterable[dict[str, Any]]] = tuple,
    ) -> None:
        super().__init__(contexts)
        self._is_done = is_done
        self._last = last

    @override
    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield every context once, then those that are not done, again."""
        waiting = list(super().__iter__())
        while waiting:
            yield from waiting
            waiting = [context for context in waiting if not self._is_done(context)]
        yield from self._last()
