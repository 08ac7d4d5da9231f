"""How many requests a run spends on files that fail, and when it stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import RequestError
from tap_ringcentral_calllog.files.archive import Fate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_ringcentral_calllog.errors import Problem
    from tap_ringcentral_calllog.files.archive import Outcome

# Each failure in a row adds to a weight. From the first weight on, files from other places in the
# list are requested, because the failed ones may all be from one bad hour. If these fail as well,
# up to the second weight, the cause is not the files, and the run requests no more.
_DOUBTFUL = 20
_HOPELESS = 28

# The weight of a failure that is hardly the file's own: no answer at all, or a right that the app
# or the user lacks. Any other failure weighs 1.
_HEAVY = 4
_LACKS = frozenset({"CMN-401", "CMN-402", "CMN-408"})

# At most this many of the files that could not be fetched before may fail again in a run. The next
# run begins with the others.
_MOST_RETRIES = 100


class Effort:
    """Counts what a run has spent on files.

    Args:
        most: how many files it may fetch; None for all.
        waiting: how many could not be fetched before.
    """

    def __init__(self, most: int | None = None, waiting: int = 0) -> None:
        self._most = most
        # A part of `most` is kept for them, because they expire first.
        self._kept = min(waiting, (most or 0) // 2)
        self._fetched = 0
        self._weight = 0
        self._probes = 0
        self._retries = 0
        # Whether the last request brought a file.
        self._fetches = False

    @property
    def is_hopeless(self) -> bool:
        """Whether further requests for files are useless."""
        return self._weight >= _HOPELESS

    @property
    def is_spent(self) -> bool:
        """Whether the run has fetched as many new files as it may."""
        return self._most is not None and self._fetched >= self._most - self._kept

    def may_begin(self, under_way: int) -> bool:
        """Return whether a new file may be begun while others are under way.

        Args:
            under_way: how many others. At first, and after a failure, files are asked for one by
                one, until one is fetched.
        """
        if self._most is not None and self._fetched + under_way >= self._most - self._kept:
            return False
        return self._fetches or not under_way

    @property
    def may_retry(self) -> bool:
        """Whether one more may be tried of those that could not be fetched before."""
        is_spent = self._most is not None and self._fetched >= self._most
        return self._retries < _MOST_RETRIES and not (self.is_hopeless or is_spent)

    def next_of(self, rest: Sequence[object]) -> int:
        """Return the position of the file to ask for next: the oldest, unless many have failed.

        Args:
            rest: what is left, oldest first; at least one.
        """
        if self._weight < _DOUBTFUL:
            return 0
        self._probes += 1
        return len(rest) - 1 if self._probes % 2 else len(rest) // 2

    def count(self, outcome: Outcome, *, again: bool = False) -> None:
        """Count the outcome of a request.

        Args:
            outcome: the outcome.
            again: whether the file could not be fetched before.
        """
        if outcome.fate is Fate.FETCHED:
            self._fetched += 1
            self._weight = 0
            self._fetches = True
        elif outcome.is_failed_request:
            self._fetches = False
            self._weight += _HEAVY if outcome.is_silence or lacks_right(outcome) else 1
            self._retries += again


def lacks_right(outcome: Outcome) -> Problem | None:
    """Return the refusal, if the app or the user lacks a right to a file.

    Args:
        outcome: the outcome of a request for it.
    """
    problem = outcome.error.problem if isinstance(outcome.error, RequestError) else None
    return problem if problem and not _LACKS.isdisjoint(problem.codes) else None
