"""The account's id, as found in RingCentral's answers."""

from __future__ import annotations

import re
from typing import Any

from tap_ringcentral_calllog.records.typed import Fields

_ACCOUNT_IN_URI = re.compile(r"/account/(\d+)(?:/|$)")


def account_id_in(*answers: object) -> str | None:
    """Find the account's id in the addresses that RingCentral puts into answers and records.

    Args:
        answers: decoded answers or records; anything but an object is ignored.

    Returns:
        The id, or None when no `uri` names it: for example, because a proxy rewrites addresses.
    """
    for answer in answers:
        uri: Any = answer.get("uri") if isinstance(answer, dict | Fields) else None
        if isinstance(uri, str) and (match := _ACCOUNT_IN_URI.search(uri)):
            return match[1]
    return None
