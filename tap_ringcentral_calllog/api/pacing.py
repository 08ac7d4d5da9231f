"""When the next request may leave: rate limits and penalties, per rate-limit group.

RingCentral counts requests per user, app and group in a sliding window, reports the count in every
answer's headers, and answers an excess request with a penalty that every request made during it
restarts. So the pacer waits *before* a request that would exceed the limit, and until a penalty is
over. Two processes with one login that wait equally long would restart each other's penalty
forever, so from the second penalty in a row on, each adds a random time. Times are seconds of a
monotonic clock.

Source: https://developers.ringcentral.com/guide/basics/rate-limits
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from threading import Lock
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import LongWaitError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOO_MANY_REQUESTS = 429

_DEFAULT_WINDOW = 60.0
_DAY = 86_400.0
_DEFAULT_LIMITS = {"heavy": 10, "medium": 40, "light": 50, "auth": 5}

# What RingCentral imposes when it does not say for how long.
_DEFAULT_PENALTY = 60.0
_LONGEST_PENALTY = 600.0

# `Retry-After` is in whole seconds, perhaps rounded down; a request a moment too early restarts it.
_PENALTY_MARGIN = 1.0

# More than that, in requests or seconds, is as good as no limit.
_LARGEST = 86_400.0

#: The longest wait in a run, in seconds. Beyond it, the run ends.
LONGEST_WAIT = 900.0

# Shorter waits are not logged: they would hide the rest of the log.
_WORTH_TELLING = 1.0

_FIRST_PAUSE = 2.0
_LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What an answer's headers say of a rate limit.

    Attributes:
        group: the group's name, in lower case.
        limit: requests allowed in a window.
        window: length of the sliding window in seconds.
        remaining: requests left in the window after the one answered; None when not said.
    """

    group: str
    limit: int
    window: float = _DEFAULT_WINDOW
    remaining: int | None = None

    @property
    def name(self) -> str:
        """The limit's name in a message. An unknown name from a server is not repeated."""
        return f"{self.group} rate limit" if self.group in _DEFAULT_LIMITS else "rate limit"

    @classmethod
    def assumed(cls, group: str) -> RateLimit:
        """Return RingCentral's default limit of a group, the strictest one for an unknown group."""
        return cls(group, _DEFAULT_LIMITS.get(group, _DEFAULT_LIMITS["heavy"]))

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], known: RateLimit) -> RateLimit:
        """Read the `X-Rate-Limit-*` headers.

        Args:
            headers: an answer's headers; any of them may be missing or no number.
            known: what was known before; it stands in for what the headers leave out.

        Returns:
            The limit after the answer.
        """
        limit = _number(headers.get("X-Rate-Limit-Limit"))
        window = _number(headers.get("X-Rate-Limit-Window"))
        remaining = _number(headers.get("X-Rate-Limit-Remaining"))
        return cls(
            group=(headers.get("X-Rate-Limit-Group") or known.group).strip().lower(),
            limit=int(limit) if limit and limit >= 1 else known.limit,
            window=window or known.window,
            remaining=None if remaining is None else int(remaining),
        )


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    if number is None or not 0 <= number < float("inf"):
        return None
    return min(number, _LARGEST)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how long an answer asks to wait, in seconds; None when it does not say.

    Args:
        headers: the answer's headers. `Retry-After` may be a number, or a time, which counts from
            the answer's `Date`. https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    """
    header = headers.get("Retry-After")
    if (number := _number(header)) is not None:
        return number
    try:
        until, now = (parsedate_to_datetime(text or "") for text in (header, headers.get("Date")))
        return min(max((until - now).total_seconds(), 0.0), _LARGEST)
    except (ValueError, TypeError, OverflowError):
        return None


def long_wait(seconds: float, reason: str) -> str:
    """Return the message for a wait that is too long for a run.

    Args:
        seconds: how long the wait would be; infinite if the run may send no more requests.
        reason: why.
    """
    if seconds == float("inf"):
        what = "RingCentral accepts no more requests"
    else:
        what = f"RingCentral asks to wait for {seconds / 60:.0f} minutes"
    return (
        f"{what} ({reason}). What was written is kept: run the tap again later, and it continues "
        "from the last bookmark"
    )


@dataclass(slots=True)
class _Budget:
    """The count of one group.

    Attributes:
        rate: the limit in force.
        ours: when our requests were answered. RingCentral counted them earlier, so a place is never
            considered free too early.
        theirs: the same for requests that someone else must have made with the same budget.
        blocked_until: no request before this time.
        reason: why it is blocked.
        penalties: penalties in a row.
        sent: when the last request left.
        is_told: whether an answer's headers have named the limit.
    """

    rate: RateLimit
    ours: deque[float] = field(default_factory=deque)
    theirs: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0
    reason: str = ""
    penalties: int = 0
    sent: float = 0.0
    is_told: bool = False

    def free_at(self, now: float, share: float) -> tuple[float, str]:
        """Return when the next request may leave, and the reason for the wait."""
        rate = self.rate
        span = rate.window * 1.001 + 0.01
        budget = rate.limit * share
        for uses in (self.ours, self.theirs):
            # A share of less than one request per window means one in a longer window.
            while uses and uses[0] <= now - span / min(budget, 1.0):
                uses.popleft()
        full = f"{rate.name} of {rate.limit} requests in {rate.window:g} s"
        candidates = [(self.blocked_until, self.reason)]
        own = max(int(budget), 1)
        if len(self.ours) >= own:
            candidates.append((self.ours[-own] + span / min(budget, 1.0), full))
        taken = sorted((*self.ours, *self.theirs))
        if len(taken) >= rate.limit:
            candidates.append((taken[-rate.limit] + span, full))
        return max(candidates)

    def last_at(self, now: float, share: float, requests: int, each: float) -> float:
        """Return when the last of several requests is done, if other clients go on as before."""
        span = self.rate.window * 1.001 + 0.01
        budget = self.rate.limit * share
        stretched = span / min(budget, 1.0)
        fits = max(min(int(budget), self.rate.limit - len(self.theirs)), 1)
        # Each request waits for the request one full window before it.
        windows, place = divmod(requests - 1, fits)
        begin = max(now + place * each, self.blocked_until)
        earlier = list(self.ours)[-fits:]
        place -= fits - len(earlier)
        if place >= 0:
            begin = max(begin, earlier[place] + stretched)
        return begin + each + windows * max(stretched + each, fits * each)

    def count(self, now: float, share: float) -> None:
        """Count a request that was answered now, and the requests of others by the headers."""
        # The server counted when the request arrived, so it still saw requests that have expired
        # since.
        self.free_at(self.sent, share)
        self.ours.append(now)
        remaining = self.rate.remaining
        if remaining is None:
            return
        others = self.rate.limit - remaining - len(self.ours)
        if remaining == 0 and (others > 0 or self.theirs):
            # It is not known when the others' requests leave the window: at the latest, in one
            # window from now.
            others = max(others, self.rate.limit)
        while len(self.theirs) > max(others, 0):
            self.theirs.popleft()
        self.theirs.extend([now] * (others - len(self.theirs)))


class Pacer:
    """Delays requests so that they stay within RingCentral's rate limits.

    Args:
        share: the part of each limit that may be used, above 0 and at most 1.
        clock: returns monotonic seconds.
        sleep: waits for a number of seconds.
        report: receives each wait, in seconds, and its reason.
        chance: returns a random number, at least 0 and below 1.

    Attributes:
        waited: how long requests had to wait, in total, in seconds.
    """

    def __init__(
        self,
        *,
        share: float = 1.0,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        report: Callable[[float, str], None],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._share = share
        self._clock = clock
        self._sleep = sleep
        self._report = report
        self._chance = chance
        self._budgets: dict[str, _Budget] = {}
        self._names: dict[str, str] = {}
        # An answer is observed in another thread than the next request waits in.
        self._lock = Lock()
        self.waited = 0.0

    def wait(self, group: str) -> None:
        """Wait until a request of the group may leave.

        Args:
            group: the rate-limit group that the route belongs to.

        Raises:
            LongWaitError: when the wait would be longer than a run should wait.
        """
        budget = self._budget(group)
        reported = False
        while True:
            with self._lock:
                now = self._clock()
                when, reason = budget.free_at(now, self._share)
                if when <= now:
                    budget.sent = now
                    return
            # A small share makes waits longer, as the user wants it.
            if (when - now) * min(budget.rate.limit * self._share, 1.0) > LONGEST_WAIT:
                raise LongWaitError(long_wait(when - now, reason))
            if not reported and when - now >= _WORTH_TELLING:
                self._report(when - now, reason)
                reported = True
            self._sleep(when - now)
            self.waited += self._clock() - now

    def delay(self, group: str) -> float:
        """Return in how many seconds the next request of the group may leave; 0 when it may now."""
        with self._lock:
            now = self._clock()
            return max(self._budget(group).free_at(now, self._share)[0] - now, 0.0)

    def per_day(self, group: str) -> float | None:
        """Return how many requests of the group are allowed in a day; None if no answer says so."""
        budget = self._budget(group)
        if not budget.is_told:
            return None
        return budget.rate.limit * self._share * _DAY / budget.rate.window

    def observe(self, group: str, status: int | None, headers: Mapping[str, str]) -> None:
        """Record an answer.

        Args:
            group: the group that was waited for.
            status: the HTTP status; None when no answer came (RingCentral may have counted it).
            headers: the answer's headers.
        """
        with self._lock:
            self._observe(group, status, headers)

    def _observe(self, group: str, status: int | None, headers: Mapping[str, str]) -> None:
        budget = self._budget(group)
        rate = RateLimit.from_headers(headers, budget.rate)
        if rate.group != budget.rate.group:
            self._names[group.lower()] = rate.group
            budget = self._budget(group)
        budget.rate = rate
        budget.is_told |= _number(headers.get("X-Rate-Limit-Limit")) is not None
        now = self._clock()
        budget.count(now, self._share)
        if status == TOO_MANY_REQUESTS:
            budget.penalties += 1
            if _number(headers.get("X-Rate-Limit-Limit")) is None:
                # The limit is unknown, but lower than assumed.
                fewer = max(len(budget.ours) - 1, rate.limit // 2, 1)
                budget.rate = replace(rate, limit=min(fewer, rate.limit))
            wait = retry_after(headers)
            earlier = budget.penalties - 1
            penalty = wait or min(_DEFAULT_PENALTY * 2**earlier, _LONGEST_PENALTY)
            # One of several waiting processes gets through if no other sends a request for the
            # length of a penalty.
            apart = self._chance() * min(2 * penalty * earlier, _LONGEST_PENALTY)
            reason = f"{rate.name} penalty"
            # Only a wait that RingCentral asks for may end the run: the random time must not make
            # it longer than LONGEST_WAIT.
            seconds = min(penalty + apart, max(penalty, LONGEST_WAIT - 2 * _PENALTY_MARGIN))
            self._block(budget, now + seconds + _PENALTY_MARGIN, reason)
        elif status is not None:
            budget.penalties = 0

    def pause(self, group: str, failures: int, wait: float | None, reason: str) -> None:
        """Delay the group's requests after a failure that may be retried.

        Args:
            group: the group of the request that failed.
            failures: how often it has failed in a row, from 1: the pause doubles each time.
            wait: what the answer's `Retry-After` says, in seconds, if anything.
            reason: what failed, for the report.
        """
        seconds = wait or min(_FIRST_PAUSE * 2 ** (failures - 1), _LONGEST_PAUSE)
        with self._lock:
            self._block(self._budget(group), self._clock() + seconds, reason)

    def close(self, group: str, reason: str) -> None:
        """Stop all further requests of the group.

        Args:
            group: the group.
            reason: why, for the error that `wait` raises.
        """
        with self._lock:
            self._block(self._budget(group), float("inf"), reason)

    def seconds_for(self, group: str, requests: int, each: float) -> float:
        """Return how long requests will take, in seconds, a day at most.

        Args:
            group: their rate-limit group.
            requests: how many, at least 1.
            each: how long one takes without waiting, in seconds.
        """
        with self._lock:
            now = self._clock()
            last = self._budget(group).last_at(now, self._share, requests, each)
            return min(last - now, _LARGEST)

    def shares_limit(self, group: str, other: str) -> bool:
        """Return whether two groups count as one."""
        return self._budget(group) is self._budget(other)

    def _budget(self, group: str) -> _Budget:
        name = self._names.get(group.lower(), group.lower())
        if name not in self._budgets:
            self._budgets[name] = _Budget(RateLimit.assumed(name))
        return self._budgets[name]

    @staticmethod
    def _block(budget: _Budget, until: float, reason: str) -> None:
        if until > budget.blocked_until:
            budget.blocked_until, budget.reason = until, reason
