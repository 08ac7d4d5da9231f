"""The time by RingCentral's clock: this machine's may be wrong."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

_LARGEST_SKEW = timedelta(minutes=5)
# A `Date` further from this machine's clock is invalid.
_CREDIBLE_SKEW = timedelta(days=3650)
# A `Date` further from the first one of the run is ignored.
_LARGEST_JUMP = timedelta(days=1)


class ServerClock:
    """Tells the time by the `Date` of RingCentral's answers, or by this machine before the first.

    Args:
        logger: receives a line about each way in which a clock is wrong.
    """

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._skew: timedelta | None = None
        self._skew_at_start = self._least_skew = timedelta()
        self._logged: set[str] = set()

    @property
    def now(self) -> datetime:
        """The time."""
        return datetime.now(timezone.utc) + (self._skew or timedelta())

    def start(self) -> datetime:
        """Return the time at which the run starts."""
        self._skew_at_start = self._skew or timedelta()
        return self.now

    @property
    def drift(self) -> timedelta:
        """How far the start moves by the answer whose `Date` was the furthest behind.

        It is zero, or negative when that is more than five minutes.
        """
        drift = self._least_skew - self._skew_at_start
        return drift if drift < -_LARGEST_SKEW else timedelta()

    def compare(self, date: str | None) -> None:
        """Compare this machine's clock with the `Date` of an answer that has just come.

        Args:
            date: the header. One that is missing, no date, or years off is ignored.
        """
        try:
            theirs = parsedate_to_datetime(date or "")
        except (ValueError, OverflowError):
            return
        if theirs.tzinfo is None:
            return
        skew = theirs - datetime.now(timezone.utc)
        if abs(skew) > _CREDIBLE_SKEW:
            self._warn_once("A date in RingCentral's answers is years off: it is ignored.")
            return
        self._least_skew = skew if self._skew is None else min(self._least_skew, skew)
        if self._skew is not None and abs(skew - self._skew) > _LARGEST_JUMP:
            self._warn_once(
                "RingCentral's clock jumped by more than a day between two answers: the first "
                "time is used, and the earliest for bookmarks."
            )
            return
        self._skew = skew
        if abs(skew) > _LARGEST_SKEW:
            self._warn_once(
                "This machine's clock is %.0f s off: RingCentral's is used.",
                -skew.total_seconds(),
            )

    def _warn_once(self, line: str, *values: float) -> None:
        if line not in self._logged:
            self._logged.add(line)
            self._logger.warning(line, *values)
