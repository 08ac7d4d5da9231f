"""`make simulation`: how long a backfill takes, with the tap's own planner and pacer.

There is no server, and the clock moves only when something waits, so a year of a large account
takes a minute. The simulation makes requests like `streams/windowed.py` and answers like
RingCentral.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.api.pacing import Pacer
from tap_ringcentral_calllog.plan.progress import Progress, requests_left, share_done
from tap_ringcentral_calllog.plan.reading import Page, Reading
from tap_ringcentral_calllog.plan.windows import Planner
from tap_ringcentral_calllog.times import MILLISECOND

if TYPE_CHECKING:
    from tap_ringcentral_calllog.plan.keyset import Query

END = datetime(2026, 3, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)

# Calls per 1000 in each hour of the day, with a dip at lunch and few at night.
_HOURS = (2, 1, 1, 1, 1, 3, 9, 30, 85, 120, 125, 105, 70, 95, 115, 105, 80, 35, 12, 8, 5, 4, 3, 2)
# The weight of each weekday, from Monday.
_WEEKDAYS = (1.25, 1.1, 1.05, 1.05, 0.95, 0.12, 0.06)
_SPREAD = (0.6, 1.4)


@dataclass(frozen=True, slots=True)
class Account:
    """An account whose log is read from its start.

    Attributes:
        name: its name in the table.
        calls: calls in its log.
        days: number of days with calls.
        limit: requests that RingCentral allows in a minute.
    """

    name: str
    calls: int
    days: int = 365
    limit: int = 10


ACCOUNTS = (
    Account("4,000 users x 10 calls a day", 4_000 * 10 * 365),
    Account("the same, with 100 requests a minute", 4_000 * 10 * 365, limit=100),
    Account("the same, with 1000 requests a minute", 4_000 * 10 * 365, limit=1_000),
    Account("20 users x 10 calls a day", 20 * 10 * 365),
    Account("ten calls in the year", 10),
    Account("the same, whose log began 90 days ago", 4_000 * 10 * 90, days=90),
)


class Log:
    """The log of an account. The number of calls depends on the hour and the weekday.

    Calls are evenly spaced within an hour, so that a page follows from its bounds.

    Args:
        account: the account.
        page_size: records on a page.
    """

    def __init__(self, account: Account, page_size: int) -> None:
        chance = random.Random(1)  # noqa: S311 - the same account in each run
        self.start = END - timedelta(days=account.days)
        self._page_size = page_size
        hours = [self.start + at * HOUR for at in range(account.days * 24)]
        weights = [
            _HOURS[hour.hour] * _WEEKDAYS[hour.weekday()] * chance.uniform(*_SPREAD)
            for hour in hours
        ]
        total = sum(weights)
        # Round the running sum, so that no call is lost.
        self._ends = [round(one / total * account.calls) for one in accumulate(weights)]

    def page(self, query: Query) -> Page:
        """Answer a request, newest first."""
        first = self._before(query.date_from)
        last = self._before(query.date_to + MILLISECOND) - (query.page - 1) * self._page_size
        begin = max(last - self._page_size, first)
        positions = range(last - 1, begin - 1, -1)
        page = Page(more=begin > first)
        page.ids.extend(map(str, positions))
        page.times.extend(map(self._time, positions))
        return page

    def _time(self, position: int) -> datetime:
        hour = bisect_right(self._ends, position)
        begin, end = self._span(hour)
        within = 3_600_000 * (position - begin) // (end - begin)
        return self.start + hour * HOUR + within * MILLISECOND

    def _before(self, when: datetime) -> int:
        """Count the calls that start before a moment."""
        hour = int((when - self.start) // HOUR)
        if hour < 0:
            return 0
        if hour >= len(self._ends):
            return self._ends[-1]
        begin, end = self._span(hour)
        within = -((self.start + hour * HOUR - when) // MILLISECOND)
        return min(begin - (-(within * (end - begin)) // 3_600_000), end)

    def _span(self, hour: int) -> tuple[int, int]:
        return self._ends[hour - 1] if hour else 0, self._ends[hour]


@dataclass
class Run:
    """A backfill and its figures.

    Attributes:
        calls: calls that were read.
        requests: requests that were sent.
        windows: windows that were read completely.
        refused: requests that were sent too early.
        seconds: time from the first request to the last answer.
        rereads: at each request, how many requests the next run would repeat after a kill.
        estimates: the share done, the time, and the estimate of the time left, in seconds.
    """

    calls: int = 0
    requests: int = 0
    windows: int = 0
    refused: int = 0
    seconds: float = 0.0
    rereads: list[int] = field(default_factory=list)
    estimates: list[tuple[float, float, float]] = field(default_factory=list)

    def worst_estimate(self) -> float:
        """Return the largest relative error of an estimate after the first tenth of the run.

        The error is relative to the time left. Estimates in the last twentieth and errors of up to
        a minute are ignored, because little time is left.
        """
        return max(
            (
                max(abs(told - (self.seconds - when)) - 60, 0) / (self.seconds - when)
                for share, when, told in self.estimates
                if 0.1 <= share <= 0.95  # noqa: PLR2004 - see above
            ),
            default=0.0,
        )


def simulate(account: Account, *, answer: float = 1.0, page_size: int = 1000) -> Run:
    """Read an account's log from its start to its end.

    Args:
        account: the account.
        answer: seconds that RingCentral takes to answer.
        page_size: records on a page.
    """
    log, run, server = Log(account, page_size), Run(), _Server(account.limit)
    pacer = Pacer(clock=server.clock, sleep=server.sleep, report=lambda *_: None)
    # A first run asks for a year, as far as RingCentral remembers.
    start = END - timedelta(days=365)
    planner = Planner(start, END, page_size=page_size)
    progress = Progress(start, END, planner, covers=start)
    unsettled = 0
    while (window := planner.next()) is not None:
        reading = Reading(progress, window)
        spent = run.requests
        while (query := reading.query) is not None:
            pacer.wait("Heavy")
            headers = server.answer(answer)
            pacer.observe("Heavy", 200, headers)
            run.requests += 1
            unsettled += 1
            run.rereads.append(unsettled)
            page = log.page(query)
            new = reading.add(page)
            run.calls += len(new)
            left = ceil(requests_left([progress], 1))
            if left:
                told = pacer.seconds_for("Heavy", left, answer)
                run.estimates.append((share_done([progress], 1), server.now, told))
        reading.finish()
        progress.requests += run.requests - spent
        progress.records += reading.records
        run.windows += 1
        # The state also contains the requests that were set aside.
        unsettled = 0
    run.seconds, run.refused = server.now, server.refused
    return run


class _Server:
    """RingCentral's rate limit: a sliding window with its own clock."""

    def __init__(self, limit: int) -> None:
        self.now = 0.0
        self.refused = 0
        self._limit = limit
        self._arrivals: deque[float] = deque()

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def answer(self, seconds: float) -> dict[str, str]:
        """Count a request, and answer it after these seconds."""
        while self._arrivals and self._arrivals[0] <= self.now - 60:
            self._arrivals.popleft()
        self._arrivals.append(self.now)
        self.refused += len(self._arrivals) > self._limit
        self.now += seconds
        return {
            "X-Rate-Limit-Group": "heavy",
            "X-Rate-Limit-Limit": str(self._limit),
            "X-Rate-Limit-Remaining": str(max(self._limit - len(self._arrivals), 0)),
            "X-Rate-Limit-Window": "60",
        }


def fewest_requests(account: Account, page_size: int = 1000) -> int:
    """Return the minimum number of requests for an account's calls.

    Args:
        account: the account.
        page_size: records on a page.
    """
    return max(ceil(account.calls / page_size), 1)


def fewest_seconds(requests: int, limit: int, answer: float = 1.0) -> float:
    """Return the shortest time in which the rate limit allows requests, in seconds.

    Args:
        requests: the number of requests.
        limit: the number of requests that RingCentral allows in a minute.
        answer: seconds that RingCentral takes to answer; requests are sent one at a time.
    """
    windows, rest = divmod(requests - 1, limit)
    return max(windows * 60 + (rest + 1) * answer, requests * answer)


def main() -> None:
    """Print the table."""
    head = (
        "account",
        "calls",
        "requests",
        "relative to the minimum",
        "windows",
        "hours",
        "relative to the limit",
        "requests repeated after a kill: maximum",
        "average",
        "largest error of the estimate",
    )
    lines = [head, ("---", *["---:"] * (len(head) - 1))]
    for account in ACCOUNTS:
        run = simulate(account)
        fewest, best = fewest_requests(account), fewest_seconds(run.requests, account.limit)
        if run.calls < account.calls or run.refused:
            sys.exit(f"{account.name}: {run.calls} of {account.calls} calls, {run.refused} refused")
        lines.append(
            (
                account.name,
                f"{account.calls:,}",
                f"{run.requests:,}",
                f"{run.requests / fewest:.3f}",
                f"{run.windows:,}",
                f"{run.seconds / 3600:.2f}",
                f"{run.seconds / best:.3f}",
                str(max(run.rereads)),
                f"{sum(run.rereads) / len(run.rereads):.0f}",
                f"{run.worst_estimate():.0%}",
            )
        )
    sys.stdout.writelines(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
