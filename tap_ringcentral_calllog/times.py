"""Times: parsing, formatting and arithmetic. All datetimes are aware and in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

#: Years that a time from RingCentral can have: it was founded in the first.
YEARS = range(1999, 9999)

MILLISECOND = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)


def timestamp(when: datetime) -> str:
    """Format a moment as RingCentral writes it: ISO 8601, UTC, milliseconds."""
    utc = when.astimezone(timezone.utc).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def moment(text: str) -> datetime:
    """Read a time in ISO 8601, with any number of digits below the second.

    Args:
        text: the time, with `Z` or an offset; without either, it is taken as UTC.

    Raises:
        ValueError: when the text is not a time.
    """
    text = text.replace("Z", "+00:00")
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        # Python 3.10 reads three or six digits only.
        whole, _, rest = text.partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        parsed = datetime.fromisoformat(f"{whole}.{digits[:6]:0<6}{rest[len(digits) :]}")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def in_words(seconds: int) -> str:
    """Write a time span in its two largest units, such as "2 hours 1 minute".

    Args:
        seconds: how long it is, at least 1.
    """
    words = []
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            words.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(words[:2])


def later(when: datetime, span: timedelta) -> datetime | None:
    """Add a span to a moment; return None if no datetime is that late, as a server may cause.

    Args:
        when: the moment.
        span: how long after it.
    """
    try:
        return when + span
    except OverflowError:
        return None
