"""What many tests begin with: the project's folder, a moment, and an account without limits."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sandbox import Sandbox

ROOT = Path(__file__).parents[1]

# No rate limit that matters, for each group.
FREE = dict.fromkeys(("Auth", "Heavy", "Medium", "Light", "Recordings"), (1_000_000, 60.0))

# The account's time at the start of most tests.
NOW = "2026-03-20T12:00:00Z"
MOMENT = datetime(2026, 3, 20, 12, tzinfo=timezone.utc)


def free_account(**options: Any) -> Sandbox:
    """Return a sandbox that is at `NOW` and has no rate limit, unless the options say otherwise."""
    return Sandbox(**{"now": NOW, "limits": FREE, **options})
