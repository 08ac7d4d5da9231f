"""Rate limits: a sliding window for each user, app and group, and a penalty for exceeding it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_LIMITS: dict[str, tuple[int, float]] = {
    "Heavy": (10, 60.0),
    "Medium": (40, 60.0),
    "Light": (50, 60.0),
    "Auth": (5, 60.0),
    # Not a documented group: see `Habits.recording_group`.
    "Recordings": (40, 60.0),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The limiter's decision about a request.

    Attributes:
        allowed: whether it may pass.
        limit: requests in a window.
        remaining: requests left after this one.
        window: length of the window, s.
        retry_after: the rest of the penalty in whole seconds; 0 when allowed.
    """

    allowed: bool
    limit: int
    remaining: int
    window: float
    retry_after: int = 0


@dataclass(slots=True)
class _Count:
    times: deque[float] = field(default_factory=deque)
    blocked_until: float = 0.0


class RateLimiter:
    """Counts requests.

    After a penalty, the window starts empty, so a client that waited as told is let in.

    Args:
        limits: for each group, the number of requests and the seconds of the window; other groups
            have the limit of Heavy.
        penalty: how long a request over the limit blocks its group, s. Each request during the
            penalty restarts it.
        monotonic: returns seconds.

    Attributes:
        rejected: number of refused requests.
        penalties_restarted: number of those that arrived during a penalty.
    """

    def __init__(
        self,
        limits: Mapping[str, tuple[int, float]],
        penalty: float,
        monotonic: Callable[[], float],
    ) -> None:
        self.limits = {**DEFAULT_LIMITS, **limits}
        self.penalty = penalty
        self.rejected = 0
        self.penalties_restarted = 0
        self._monotonic = monotonic
        self._counts: dict[tuple[str, str, str], _Count] = {}

    def admit(self, user: str, app: str, group: str) -> Verdict:
        """Count a request, or refuse it."""
        limit, window = self.limits.get(group, self.limits["Heavy"])
        now = self._monotonic()
        count = self._count(user, app, group, now)
        inside = now < count.blocked_until
        if inside or len(count.times) >= limit:
            self.rejected += 1
            self.penalties_restarted += inside
            count.blocked_until = now + self.penalty
            return Verdict(
                allowed=False,
                limit=limit,
                remaining=0,
                window=window,
                retry_after=ceil(self.penalty),
            )
        count.times.append(now)
        return Verdict(allowed=True, limit=limit, remaining=limit - len(count.times), window=window)

    def use(self, user: str, app: str, group: str, requests: int) -> None:
        """Count requests that another client of the same user and app has made."""
        now = self._monotonic()
        self._count(user, app, group, now).times.extend([now] * requests)

    def now(self) -> float:
        """Return the time on the limiter's clock, s."""
        return self._monotonic()

    def forget_rejections(self) -> None:
        """Reset the counts of refused requests."""
        self.rejected = self.penalties_restarted = 0

    def _count(self, user: str, app: str, group: str, now: float) -> _Count:
        count = self._counts.setdefault((user, app, group), _Count())
        if 0 < count.blocked_until <= now:
            count.blocked_until = 0.0
            count.times.clear()
        window = self.limits.get(group, self.limits["Heavy"])[1]
        while count.times and count.times[0] <= now - window:
            count.times.popleft()
        return count
