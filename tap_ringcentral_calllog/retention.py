"""What RingCentral forgets, and when: its retention per kind of data and of account.

Calls are kept for twelve months, recordings for 90 days (30 on accounts under HIPAA), voicemail and
faxes for 30, deleted ones for 5. Some things are limited by their number as well; then the oldest
go first. An account may have limits of its own for recordings: see `call_recording_settings`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.config.schema import HIPAA
from tap_ringcentral_calllog.times import later, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DAY = timedelta(days=1)

#: How long voicemail and faxes are kept; and those that were deleted.
MESSAGES_KEPT = 30 * DAY
DELETED_MESSAGES_KEPT = 5 * DAY

#: What expires so soon is in danger.
SOON = 7 * DAY
# A bookmark is in danger when it is older than this part of what is kept.
_OLD = 0.8
# Runs come too seldom when what is kept does not outlast so many of them.
_RUNS = 2
# So much of a limit on a number is near it.
_NEAR = 0.9
# So much of what is kept must have been seen to tell how much there is.
_ENOUGH = 0.05
# A number of days beyond this is no limit that anybody set.
_MOST_DAYS = 36_500

AUTOMATIC = "automaticRecordings"
ON_DEMAND = "onDemandRecordings"
MESSAGES = "voiceMailAndFax"
MESSAGE_FILES = "voiceMailAndFaxFiles"
DELETED_MESSAGES = "deletedVoiceMailAndFax"
TEXTS = "textMessages"

_WORDS = {
    "callLog": "calls",
    AUTOMATIC: "automatic recordings",
    ON_DEMAND: "on-demand recordings",
    MESSAGES: "voicemail and fax messages",
    MESSAGE_FILES: "files of voicemail and fax messages",
    DELETED_MESSAGES: "deleted voicemail and fax messages",
    TEXTS: "text messages",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data that RingCentral forgets.

    Attributes:
        name: what it is called in the stream `retention`.
        stream: the stream that archives it.
        kept: how long it is kept; None where nothing but its number is limited.
        most: how many are kept; None without such a limit.
        per: what that number is counted for, such as "account".
        by_runs: it may come into being at any age, so that what counts is when the last run was,
            and not how far the bookmark is.
    """

    name: str
    stream: str
    kept: timedelta | None
    most: int | None = None
    per: str = ""
    by_runs: bool = False

    @property
    def words(self) -> str:
        """What it is called in the log."""
        return _WORDS[self.name]


def kinds_for(account_type: str, own: Mapping[str, object] | None = None) -> tuple[Kind, ...]:
    """Return what RingCentral forgets, and when.

    Args:
        account_type: the setting of that name.
        own: the account's own settings of call recording, as `call_recording_settings` has them.

    Returns:
        The kinds. A HIPAA account has no text messages.
    """
    days = 30 if account_type == HIPAA else 90
    folder = "folder of a user"
    kinds = [
        Kind("callLog", "call_log", 365 * DAY),
        _with_own(
            Kind(AUTOMATIC, "recording_files", days * DAY, 100_000, "account"),
            (own or {}).get("automatic"),
        ),
        _with_own(
            Kind(ON_DEMAND, "recording_files", days * DAY, 200, "user"), (own or {}).get("onDemand")
        ),
        Kind(MESSAGES, "messages", MESSAGES_KEPT, 200, folder),
        Kind(MESSAGE_FILES, "message_files", MESSAGES_KEPT),
        Kind(DELETED_MESSAGES, "messages", DELETED_MESSAGES_KEPT, 200, "user", by_runs=True),
    ]
    if account_type != HIPAA:
        kinds.append(Kind(TEXTS, "messages", None, 5_000, folder))
    return tuple(kinds)


def _with_own(kind: Kind, settings: object) -> Kind:
    """Put the account's own limits in the place of the usual ones."""
    if not isinstance(settings, dict):
        return kind
    days, most = settings.get("retentionPeriod"), settings.get("maxNumberLimit")
    if isinstance(days, int) and 0 < days < _MOST_DAYS:
        kind = replace(kind, kept=days * DAY)
    if isinstance(most, int) and most > 0:
        kind = replace(kind, most=most)
    return kind


def kind_of_recording(recording_type: object) -> str:
    """Return the name of the kind that a recording is of.

    Args:
        recording_type: its type; one that is unknown counts as automatic.
    """
    return ON_DEMAND if recording_type == "OnDemand" else AUTOMATIC


def expires(start: datetime, recording_type: object, kinds: tuple[Kind, ...]) -> datetime | None:
    """Return when RingCentral forgets a recording.

    Args:
        start: when its call began; a recording is made later, so it may live a little longer.
        recording_type: its type.
        kinds: what is kept for how long.
    """
    name = kind_of_recording(recording_type)
    kept = next(kind.kept for kind in kinds if kind.name == name)
    return later(start, kept) if kept else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the archive of a kind is from the edge of what RingCentral keeps.

    Attributes:
        kind: the kind.
        now: the time by RingCentral's clock.
        reached: up to where it is archived; None before the first run.
        since: from where on it is archived; None before the first run.
        last_run: when the last run started; None before the first one.
        waiting: how many are known not to be archived and to expire soon.
        expected: how many there are to be expected for the owner with most of them; None when
            nobody counted.
    """

    kind: Kind
    now: datetime
    reached: datetime | None = None
    since: datetime | None = None
    last_run: datetime | None = None
    waiting: int = 0
    expected: int | None = None

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
        """The range that was forgotten before it was archived."""
        position, edge = self.position, self.edge
        if edge is None or position is None or position >= edge:
            return None
        return position, edge

    @property
    def next_to_expire(self) -> datetime | None:
        """When RingCentral forgets the first that need not be archived yet."""
        position, kept = self.position, self.kind.kept
        return position + kept if position and kept and not self.kind.by_runs else None

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
        most, expected = self.kind.most, self.expected
        return most is not None and expected is not None and expected >= most * _NEAR

    def loss(self) -> str | None:
        """Say what is lost, if something is."""
        if not self.gap:
            return None
        begin, end = map(timestamp, self.gap)
        return (
            f"{self.kind.stream}: {self.kind.words} from {begin} to {end} were not archived, and "
            f"RingCentral has forgotten them: it keeps them for {_days(self.kind.kept)}"
        )

    def dangers(self) -> Iterator[str]:
        """Say what may be lost soon, a line each."""
        kind, position = self.kind, self.position
        if self.is_old and position:
            yield (
                f"{kind.stream}: the archive ends {_days(self.now - position)} ago, and "
                f"RingCentral keeps {kind.words} for {_days(kind.kept)}"
            )
        if self.is_seldom and self.last_run:
            yield (
                f"{kind.stream}: the last run was {_days(self.now - self.last_run)} ago, and "
                f"RingCentral keeps {kind.words} for {_days(kind.kept)}: run it more often"
            )
        if self.waiting:
            yield (
                f"{kind.stream}: {self.waiting} {kind.words} that are not archived yet expire "
                f"within {_days(SOON)}"
            )
        if self.is_crowded:
            yield (
                f"{kind.stream}: about {self.expected} {kind.words} are there, and RingCentral "
                f"keeps {kind.most} per {kind.per}: the oldest go first"
            )

    def distance(self) -> str | None:
        """Say how far the archive is from the edge, if that is known."""
        if not self.reached or not self.edge:
            return None
        return (
            f"{self.kind.stream}: archived up to {timestamp(self.reached)}; RingCentral keeps "
            f"{self.kind.words} since {timestamp(self.edge)}"
        )


@dataclass(slots=True)
class Census:
    """Counts what a run sees of something whose number RingCentral limits."""

    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, kind: str, owner: str) -> None:
        """Count one.

        Args:
            kind: the kind's name.
            owner: what the number is limited for: an account, a user, a folder.
        """
        self._counts[kind, owner] += 1

    def expected(self, kind: Kind, seen: timedelta) -> int | None:
        """Return how many there are to be expected for the owner with most of them.

        Args:
            kind: the kind.
            seen: the length of the range of time that the run has seen. What is kept for longer is
                taken to have come as often before.

        Returns:
            The number; None when too little was seen to tell.
        """
        if seen < (kind.kept or DAY) * _ENOUGH:
            return None
        most = max((n for (name, _), n in self._counts.items() if name == kind.name), default=0)
        return round(most * max(kind.kept / seen, 1.0)) if kind.kept else most


def _days(span: timedelta | None) -> str:
    days = round((span or timedelta()) / DAY)
    return "1 day" if days == 1 else f"{days} days"
