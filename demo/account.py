"""The demo's account: the same in every run, with a few more calls each time."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONVERSATIONS = 4_000
PEOPLE = 16
DAYS = 90
#: The company's time zone.
ZONE = "America/New_York"
#: Requests a minute. RingCentral's default is 10, with which a first run takes minutes.
RATE_LIMIT = 1_000
NEW_CALLS = 12

_KINDS = ("answered", "voicemail", "internal")


@contextmanager
def account(memory: Path) -> Iterator[tuple[Sandbox, int]]:
    """Serve the account until the context ends.

    Args:
        memory: a file with the times of earlier runs, which makes the next account the same.

    Yields:
        The sandbox, and how many calls were added since the previous run.
    """
    now = datetime.now(timezone.utc).replace(microsecond=0)
    runs = [datetime.fromisoformat(one) for one in _read(memory)] + [now]
    sandbox = Sandbox(
        seed=2016,
        calls=0,
        conversations=CONVERSATIONS,
        extensions=PEOPLE,
        days=DAYS,
        zone=ZONE,
        now=runs[0],
        running=True,
        limits={"Heavy": (RATE_LIMIT, 60.0)},
    )
    sandbox.clock.set(now)
    # Calls of earlier runs must exist again. The same order gives them the same ids.
    for run in runs[1:]:
        for number in range(NEW_CALLS):
            sandbox.add_call(
                kind=_KINDS[number % len(_KINDS)],
                start_time=run - timedelta(minutes=2, seconds=20 * number),
                duration=30 + number,
            )
    memory.write_text(json.dumps([run.isoformat() for run in runs]))
    with sandbox:
        yield sandbox, NEW_CALLS if runs[1:] else 0


def _read(memory: Path) -> list[str]:
    try:
        return list(json.loads(memory.read_text()))
    except (OSError, ValueError):
        return []
