"""How far the archive is from RingCentral's retention limits, and the messages about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.retention import DAY, SOON
from tap_ringcentral_calllog.times import later, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tap_ringcentral_calllog.retention import Kind

# A bookmark is in danger when its age is more than this part of the retention period.
_OLD = 0.8
# Runs are too far apart when fewer than this many fit into the retention period.
_RUNS = 2
# A number is near its limit when it is at least this part of it.
_NEAR = 0.9
# Tolerance for an archive that began with the oldest data kept, by a clock that was a little ahead.
_CLOCKS = timedelta(hours=1)
# An archive that falls behind by less than this, in days per day, loses nothing for centuries.
_SLIGHT = 0.001
# A run must have seen this part of the retention period, so that the total can be estimated.
_ENOUGH = 0.05


@dataclass(frozen=True, slots=True)
class Flow:
    """How fast recordings come in, and how fast the rate limit allows to download them.

    Attributes:
        own: how many recordings of one kind came in per day lately; None if not known.
        arrivals: the same for all kinds together.
        allowed: how many files per day the rate limit allows to download; None if not known.
        logins: the number of logins that `allowed` is for.
    """

    own: float | None = None
    arrivals: float | None = None
    allowed: float | None = None
    logins: int = 1

    @property
    def logins_needed(self) -> int | None:
        """How many logins are needed to download all recordings; None if not known."""
        if self.arrivals is None or not self.allowed:
            return None
        return max(ceil(self.arrivals * self.logins / self.allowed), 1)

    @property
    def growth(self) -> float:
        """By how many days the archive falls behind per day; 0 if it does not, or if not known.

        Each day, only the allowed part of the day's recordings is archived.
        """
        if not self.own or not self.arrivals or not self.allowed:
            return 0.0
        growth = 1 - self.allowed / self.arrivals
        return growth if growth > _SLIGHT else 0.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the archive of a kind of data is from losing some of it.

    Attributes:
        kind: the kind.
        now: the time by RingCentral's clock.
        reached: up to when it is archived; None before the first run.
        since: from when on it is archived; None before the first run.
        last_run: when the last run started; None before the first one.
        waiting: how many are not archived and expire soon; None if not known.
        crowd: how many no earlier run has archived, for the owner (account, user or folder) with
            most of them; None if not known.
        expires_next: when RingCentral deletes the first of those that are known not to be archived.
        flow: how fast files come in, and how fast they may be downloaded.
    """

    kind: Kind
    now: datetime
    reached: datetime | None = None
    since: datetime | None = None
    last_run: datetime | None = None
    waiting: int | None = 0
    crowd: int | None = 0
    expires_next: datetime | None = None
    flow: Flow = Flow()

    @property
    def edge(self) -> datetime | None:
        """The start of what RingCentral still keeps."""
        return self.now - self.kind.kept if self.kind.kept else None

    @property
    def position(self) -> datetime | None:
        """What the age of the archive is measured from."""
        return self.last_run if self.kind.by_runs else self.reached

    @property
    def gap(self) -> tuple[datetime, datetime] | None:
        """The range that was deleted before it was archived."""
        position, edge = self.position, self.edge
        if edge is None or position is None or position >= edge:
            return None
        return position, edge

    @property
    def next_to_expire(self) -> datetime | None:
        """When RingCentral deletes the first data that may be unarchived; None if unknown."""
        position, kept = self.position, self.kind.kept
        if begins_late(self.since, self.edge):
            return None
        bound = position + kept if position and kept and not self.kind.by_runs else None
        return min(filter(None, (bound, self.expires_next)), default=None)

    @property
    def is_old(self) -> bool:
        """Whether the archive is nearer to the edge than it should be."""
        position, kept = self.position, self.kind.kept
        is_behind = position and kept and self.now - position > kept * _OLD
        return bool(is_behind and not self.gap and not self.kind.by_runs)

    @property
    def is_seldom(self) -> bool:
        """Whether data would be lost if a single run failed."""
        last, kept = self.last_run, self.kind.kept
        return bool(last and kept and (self.now - last) * _RUNS > kept)

    @property
    def is_crowded(self) -> bool:
        """Whether the number that RingCentral keeps is nearly reached."""
        most, crowd = self.kind.most, self.crowd
        return most is not None and crowd is not None and crowd >= most * _NEAR

    @property
    def first_loss(self) -> datetime | None:
        """When the first recording is deleted before it is downloaded, without pauses between runs.

        None if that will not happen, or is not known.
        """
        reached, kept, growth = self.reached, self.kind.kept, self.flow.growth
        if not growth or not reached or not kept or self.gap:
            return None
        return later(self.now, (kept - (self.now - reached)) / growth)

    def loss(self) -> str | None:
        """Return the message about a loss, if any."""
        if not self.gap:
            return None
        begin, end = map(timestamp, self.gap)
        return (
            f"{self.kind.stream}: {self.kind.words} from {begin} to {end} were not archived, and "
            f"RingCentral has deleted them: it keeps them for {_days(self.kind.kept)}"
        )

    def too_seldom(self) -> str | None:
        """Return the message that runs are too far apart, if they are."""
        if not self.is_seldom or not self.last_run:
            return None
        kind = self.kind
        return (
            f"{kind.stream}: the last run was {_days(self.now - self.last_run)} ago, and "
            f"RingCentral keeps {kind.words} for {_days(kind.kept)}: run it more often"
        )

    def dangers(self) -> Iterator[str]:
        """Yield a message for each thing that may be lost soon."""
        kind, position = self.kind, self.position
        if self.is_old and position:
            yield (
                f"{kind.stream}: archived only up to {_days(self.now - position)} ago, and "
                f"RingCentral keeps {kind.words} for {_days(kind.kept)}"
            )
        if seldom := self.too_seldom():
            yield seldom
        if self.waiting:
            yield (
                f"{kind.stream}: {self.waiting} {kind.words} that are not archived yet expire "
                f"within {_days(SOON)}"
            )
        if self.flow.growth:
            yield self._overflow()
        if self.is_crowded:
            yield (
                f"{kind.stream}: RingCentral has about {self.crowd} {kind.words} and keeps "
                f"{kind.most} per {kind.per}: it deletes the oldest first"
            )

    def _overflow(self) -> str:
        """Say that files come in faster than they may be fetched."""
        flow, kind, when = self.flow, self.kind, self.first_loss
        lost = f"; the first {kind.words} will be lost on {when:%Y-%m-%d}" if when else ""
        logins = "1 login" if flow.logins == 1 else f"{flow.logins} logins"
        return (
            f"{kind.stream}: about {flow.arrivals:.0f} recordings come in a day, and the rate "
            f"limit allows {flow.allowed:.0f} with {logins}: {flow.logins_needed} logins are "
            f"needed (additional_jwts){lost}"
        )

    def unknown(self) -> str | None:
        """Return the message about what is not known, if any."""
        kind, unknown = self.kind, []
        if self.waiting is None:
            late = begins_late(self.since, self.edge) and self.since
            why = f", because the archive starts at {timestamp(late)}" if late else ""
            unknown.append(f"how many of them expire within {_days(SOON)}{why}")
        if kind.most is not None and self.crowd is None:
            unknown.append(f"how close they are to the limit of {kind.most} per {kind.per}")
        if not unknown:
            return None
        missing = " and ".join(unknown)
        return f"{kind.stream}: for {kind.words} that are not archived, it is not known {missing}"

    def distance(self) -> str | None:
        """Return how far the archive is from the edge, if known."""
        if not self.reached or not self.edge:
            return None
        return (
            f"{self.kind.stream}: archived up to {timestamp(self.reached)}; RingCentral keeps "
            f"{self.kind.words} from {timestamp(self.edge)} on"
        )


def begins_late(since: datetime | None, edge: datetime | None) -> bool:
    """Return whether RingCentral still has data that is older than the archive.

    Args:
        since: from when on it is archived; None without an archive.
        edge: the start of what RingCentral still has; None if only the number is limited.
    """
    return bool(since and edge and since > edge + _CLOCKS)


@dataclass(slots=True)
class Census:
    """Counts the items of a run whose number RingCentral limits."""

    _all: Counter[tuple[str, str]] = field(default_factory=Counter)
    _new: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, kind: str, owner: str, *, is_new: bool) -> None:
        """Count one.

        Args:
            kind: the kind's name.
            owner: what the number is limited for: a user, a folder.
            is_new: whether it came in after the last run, so that no run has archived it.
        """
        self._all[kind, owner] += 1
        if is_new:
            self._new[kind, owner] += 1

    def new(self, kind: Kind) -> int:
        """Return the largest number that came in for one owner since the last run."""
        return _most(self._new, kind)

    def expected(self, kind: Kind, seen: timedelta) -> int | None:
        """Return the number to be expected for the owner with most of them.

        Args:
            kind: the kind.
            seen: the length of the range of time that the run has seen.

        Returns:
            The number; None when too little was seen to tell.
        """
        return projected(_most(self._all, kind), kind, seen)


def projected(count: int, kind: Kind, seen: timedelta) -> int | None:
    """Estimate a total from the number that came in during a range of time.

    If the retention period is longer than the range, as many are assumed to have come in before.

    Args:
        count: how many came.
        kind: what they are.
        seen: the length of the range.

    Returns:
        The number; None when the range is too short to tell.
    """
    if seen < (kind.kept or DAY) * _ENOUGH:
        return None
    return round(count * max(kind.kept / seen, 1.0)) if kind.kept else count


def _most(counts: Counter[tuple[str, str]], kind: Kind) -> int:
    return max((count for (name, _), count in counts.items() if name == kind.name), default=0)


def _days(span: timedelta | None) -> str:
    days = round((span or 0 * DAY) / DAY)
    return "1 day" if days == 1 else f"{days} days"
