"""How long RingCentral keeps things, and what is in danger of being forgotten.

Source: RingCentral's retention table per kind of account; the settings of call recording, where
they can be read, are the account's own. All datetimes are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_ringcentral_calllog.windows import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DAY = timedelta(days=1)

#: What expires so soon is in danger.
SOON = 7 * DAY
# A bookmark is in danger when it is older than this part of what is kept.
_OLD = 0.8
# So much of a limit on a number is near it.
_NEAR = 0.9
# More than any date can stand is no limit that anybody set.
_MOST_DAYS = 36_500

HIPAA = "hipaa"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data that RingCentral forgets.

    Attributes:
        name: what it is called in the stream `retention`.
        stream: the stream that archives it.
        kept: how long it is kept; None where nothing but its number is limited.
        most: how many are kept; None without such a limit.
        per: what that number is counted for, such as `account`.
    """

    name: str
    stream: str
    kept: timedelta | None
    most: int | None = None
    per: str = ""


def kinds_for(account_type: str, recording: Mapping[str, Any] | None = None) -> tuple[Kind, ...]:
    """Return what RingCentral forgets, and when.

    Args:
        account_type: the setting of that name.
        recording: the account's settings of call recording, as RingCentral tells them.

    Returns:
        The kinds. A HIPAA account has no text messages.
    """
    days = 30 if account_type == HIPAA else 90
    kinds = [
        Kind("callLog", "call_log", 365 * DAY),
        Kind("automaticRecordings", "recording_files", days * DAY, 100_000, "account"),
        Kind("onDemandRecordings", "recording_files", days * DAY, 200, "user"),
        Kind("voiceMailAndFax", "messages", 30 * DAY, 200, "folder of a user"),
        Kind("deletedVoiceMailAndFax", "messages", 5 * DAY, 200, "user"),
    ]
    if account_type != HIPAA:
        kinds.append(Kind("textMessages", "messages", None, 5_000, "folder of a user"))
    own = {"automaticRecordings": "automatic", "onDemandRecordings": "onDemand"}
    return tuple(
        _with_own(kind, (recording or {}).get(own[kind.name])) if kind.name in own else kind
        for kind in kinds
    )


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


def expires(start: datetime, recording_type: object, kinds: tuple[Kind, ...]) -> datetime | None:
    """Return when RingCentral forgets a recording.

    Args:
        start: when its call began; a recording is made later, so it may live a little longer.
        recording_type: its type; one that is unknown counts as automatic.
        kinds: what is kept for how long.
    """
    name = "onDemandRecordings" if recording_type == "OnDemand" else "automaticRecordings"
    kept = next(kind.kept for kind in kinds if kind.name == name)
    return start + kept if kept else None


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the archive of a kind is from the edge of what RingCentral keeps.

    Attributes:
        kind: the kind.
        now: the time by RingCentral's clock.
        bookmark: up to where it is archived; None before the first run.
        since: from where on it is archived; None before the first run.
        waiting: how many are known not to be archived and to expire soon.
        count: how many RingCentral is known to keep at most for one user or account; None when
            nobody counted.
    """

    kind: Kind
    now: datetime
    bookmark: datetime | None
    since: datetime | None = None
    waiting: int = 0
    count: int | None = None

    @property
    def edge(self) -> datetime | None:
        """The start of what RingCentral still keeps."""
        return self.now - self.kind.kept if self.kind.kept else None

    @property
    def gap(self) -> tuple[datetime, datetime] | None:
        """The range that was forgotten before it was archived."""
        edge = self.edge
        if edge is None or self.bookmark is None or self.bookmark >= edge:
            return None
        return self.bookmark, edge

    @property
    def is_old(self) -> bool:
        """Whether the bookmark is nearer to the edge than it should be."""
        kept = self.kind.kept
        if kept is None or self.bookmark is None:
            return False
        return self.now - self.bookmark > kept * _OLD

    @property
    def is_crowded(self) -> bool:
        """Whether the number that RingCentral keeps is nearly reached."""
        most = self.kind.most
        return most is not None and self.count is not None and self.count >= most * _NEAR

    @property
    def in_danger(self) -> bool:
        """Whether someone should do something."""
        return bool(self.gap or self.is_old or self.is_crowded or self.waiting)

    def loss(self) -> str | None:
        """Say what is lost, if something is."""
        if not self.gap:
            return None
        begin, end = map(timestamp, self.gap)
        kind = self.kind
        return (
            f"{kind.stream}: {_words(kind.name)} from {begin} to {end} were not archived, and "
            f"RingCentral has forgotten them: it keeps them for {_days(kind.kept)}"
        )

    def dangers(self) -> Iterator[str]:
        """Say what may be lost soon, a line each."""
        kind = self.kind
        if self.is_old and self.bookmark and not self.gap:
            yield (
                f"{kind.stream}: the bookmark is {_days(self.now - self.bookmark)} old, and "
                f"RingCentral keeps {_words(kind.name)} for {_days(kind.kept)}: run it soon, and "
                "more often"
            )
        if self.waiting:
            yield (
                f"{kind.stream}: {self.waiting} {_words(kind.name)} that are not archived yet "
                f"expire within {_days(SOON)}"
            )
        if self.is_crowded:
            yield (
                f"{kind.stream}: there are {self.count} {_words(kind.name)}, and RingCentral keeps "
                f"{kind.most} per {kind.per}: the oldest go first"
            )


def comes_too_seldom(runs: tuple[datetime, ...], kind: Kind) -> bool:
    """Tell whether what is kept could expire between two runs.

    Args:
        runs: when the last runs started, the newest last.
        kind: what is kept for how long.
    """
    if len(runs) < 2 or kind.kept is None:  # noqa: PLR2004 - between two runs
        return False
    return runs[-1] - runs[-2] > kind.kept * _OLD


def _words(name: str) -> str:
    """Return a kind's name in words."""
    return {
        "callLog": "calls",
        "automaticRecordings": "automatic recordings",
        "onDemandRecordings": "on-demand recordings",
        "voiceMailAndFax": "voicemail and fax messages",
        "deletedVoiceMailAndFax": "deleted voicemail and fax messages",
        "textMessages": "text messages",
    }[name]


def _days(span: timedelta | None) -> str:
    return f"{(span or timedelta()) / DAY:.0f} days"
