"""How long RingCentral keeps things: its retention per kind of account."""

from __future__ import annotations

from datetime import timedelta

_HIPAA = "hipaa"


def recordings_kept(account_type: str) -> timedelta:
    """Return how long RingCentral keeps a recording after its call.

    Args:
        account_type: the setting of that name.
    """
    return timedelta(days=30 if account_type == _HIPAA else 90)
