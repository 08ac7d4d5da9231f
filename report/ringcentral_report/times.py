"""Local times as whole seconds since the midnight that the report begins with."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringcentral_report.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterable

_EPOCH = date(1970, 1, 1)
_YEARS = range(1970, 2201)


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        ReportError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"{name!r} is not a time zone: --time-zone takes names such as America/New_York"
        raise ReportError(message) from None


def day(text: str, option: str) -> date:
    """Return a date as an option gives it.

    Raises:
        ReportError: it is not a date, or one that no call can be of.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a date: {option} takes days such as 2026-01-31"
        raise ReportError(message) from None
    if found.year not in _YEARS:
        message = f"{option} {text} is not between the years {_YEARS[0]} and {_YEARS[-1]}"
        raise ReportError(message)
    return found


def day_number(local: date) -> int:
    """Return a day as the number of days since 1970."""
    return (local - _EPOCH).days


def seconds(local: datetime) -> int:
    """Return a local time as seconds since the midnight of 1970-01-01 by the same clock."""
    return day_number(local.date()) * 86400 + local.hour * 3600 + local.minute * 60 + local.second


class Clock:
    """Turns times of UTC into local ones.

    Args:
        name: of the zone, None where nobody has told it.
        pairs: moments in UTC, and what the clocks showed, as the marts have them.

    Attributes:
        name: as the page shows it.
    """

    def __init__(self, name: str | None, pairs: Iterable[tuple[datetime, datetime]]) -> None:
        self._zone = zone(name) if name else None
        self._changes: list[tuple[datetime, timedelta]] = []
        for utc, local in sorted(pairs):
            offset = local - utc
            if not self._changes or self._changes[-1][1] != offset:
                self._changes.append((utc, offset))
        offsets = sorted({offset for _, offset in self._changes})
        self.name = name or " / ".join(map(_utc_offset, offsets)) or "UTC"

    def local(self, utc: datetime) -> datetime:
        """Return what the clocks show at a moment; both naive."""
        if self._zone:
            aware = utc.replace(tzinfo=timezone.utc)
            return aware.astimezone(self._zone).replace(tzinfo=None)
        place = bisect_right(self._changes, utc, key=lambda one: one[0])
        return utc + (self._changes[max(place - 1, 0)][1] if self._changes else timedelta())

    def fits(self) -> bool:
        """Return whether the zone's clocks show what the marts say they show."""
        return all(self.local(utc) == utc + offset for utc, offset in self._changes)


def _utc_offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
