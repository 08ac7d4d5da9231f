"""Instants as the API writes them: ISO 8601 text, HTTP dates, milliseconds since 1970 in UTC."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)

# In Python 3.10, `datetime.fromisoformat` accepts no `Z`, and no fractions of one or two digits.
_ISO_8601 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:Z|([+-])(\d\d):?(\d\d))",
    re.ASCII,
)


def to_ms(instant: datetime | str) -> int:
    """Return milliseconds since 1970 of an aware datetime or of ISO 8601 text.

    Raises:
        ValueError: the text is not a time, or has no offset from UTC.
    """
    if isinstance(instant, str):
        return parse(instant)
    if instant.tzinfo is None:
        message = "an aware datetime is needed"
        raise ValueError(message)
    return (instant - _EPOCH) // _MILLISECOND


def to_datetime(ms: int) -> datetime:
    """Return the aware UTC datetime of milliseconds since 1970."""
    return _EPOCH + ms * _MILLISECOND


def parse(text: str) -> int:
    """Return milliseconds since 1970 of ISO 8601 text that has a time of day and an offset.

    Digits beyond the millisecond are dropped.

    Raises:
        ValueError: the text does not have that form, or the day or time does not exist.
    """
    match = _ISO_8601.fullmatch(text)
    if match is None:
        message = f"not ISO 8601 with an offset: {text!r}"
        raise ValueError(message)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, sign, hours, minutes = match.groups()[6:]
    ms = to_ms(datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc))
    ms += int((fraction or "0").ljust(3, "0")[:3])
    offset = int(hours or 0) * HOUR + int(minutes or 0) * MINUTE
    return ms + offset if sign == "-" else ms - offset


@lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    return f"{to_datetime(minutes * MINUTE):%Y-%m-%dT%H:%M:}"


_SECONDS = tuple(f"{second:02d}." for second in range(60))
_MILLIS = tuple(f"{ms:03d}Z" for ms in range(1000))


def iso(ms: int) -> str:
    """Return an instant as RingCentral usually writes it, such as `2026-03-01T12:00:00.000Z`."""
    minutes, rest = divmod(ms, MINUTE)
    seconds, millis = divmod(rest, SECOND)
    return _minute(minutes) + _SECONDS[seconds] + _MILLIS[millis]


def http_date(ms: int) -> str:
    """Return an instant as the `Date` header writes it."""
    return formatdate(ms // SECOND, usegmt=True)
