"""How tests wait for a process or a thread: until it has done something, however long that takes.

No test may compare wall time, as a busy machine is not a defect. What a test means by "at once" or
"without waiting" is an order of events: the run ended before the answer came. `PATIENCE` only ends
a test that hangs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Seconds; a hundred times what the slowest of these waits takes on an idle machine.
PATIENCE = 900


def wait_until(condition: Callable[[], T], shown: Callable[[], object] = str) -> T:
    """Return what a condition returns, once that is true.

    Args:
        condition: what to wait for.
        shown: returns what to show of a test that hangs.
    """
    give_up = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < give_up, shown()
        time.sleep(0.01)
    return found
