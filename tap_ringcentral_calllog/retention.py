"""How long RingCentral keeps things: its retention per kind of account."""

from __future__ import annotations

from datetime import timedelta

_HIPAA = "hipaa"

#: How long voicemail and faxes are kept; and those that were deleted.
MESSAGES_KEPT = timedelta(days=30)
DELETED_MESSAGES_KEPT = timedelta(days=5)


def recordings_kept(account_type: str) -> timedelta:
    """Return how long RingCentral keeps a recording after its call.

    Args:
        account_type: the setting of that name.
    """
    return timedelta(days=30 if account_type == _HIPAA else 90)
