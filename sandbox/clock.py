"""The sandbox's clock, which runs, or stands still until a test moves it."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.instants import to_datetime, to_ms

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """The server's clock.

    Args:
        start: the initial time; None for the machine's time.
        running: whether the clock runs.
        monotonic: returns monotonic seconds, which drive a running clock.
    """

    def __init__(
        self,
        start: datetime | str | None = None,
        *,
        running: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.running = running
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._base = int(time.time() * 1000) if start is None else to_ms(start)
        self._since = monotonic()

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        with self._lock:
            return self._read()

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        return to_datetime(self.now_ms())

    def seconds(self) -> float:
        """Return the time in seconds since 1970."""
        return self.now_ms() / 1000

    def advance(self, **amount: float) -> datetime:
        """Move the clock, with the arguments of `datetime.timedelta`, and return the new time."""
        with self._lock:
            self._base += timedelta(**amount) // timedelta(milliseconds=1)
            return to_datetime(self._read())

    def set(self, instant: datetime | str) -> datetime:
        """Set the clock, forwards or backwards, and return the new time."""
        with self._lock:
            self._base = to_ms(instant)
            self._since = self._monotonic()
            return to_datetime(self._read())

    def _read(self) -> int:
        passed = int((self._monotonic() - self._since) * 1000) if self.running else 0
        return self._base + passed
