"""Whether a call that RingCentral lists as active was under way, or over already.

RingCentral keeps listing some calls for minutes after their end.
Source: https://developers.ringcentral.com/api-reference/Call-Log/listCompanyActiveCalls
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tap_ringcentral_calllog.records.shaper import Record

# A call and its legs have this result from their start to their end, and no length meanwhile.
_UNDER_WAY = "in progress"
_NOT_KNOWN = frozenset({"", "unknown"})


def is_over(call: Record) -> bool | None:
    """Return whether a call was over.

    Args:
        call: the call with its legs, shaped.

    Returns:
        False while the call or one of its legs is in progress; True when the call has another
        result and a length; None where neither tells.
    """
    result = _result_of(call)
    legs = call.get("legs") or []
    if _UNDER_WAY in {result, *map(_result_of, legs)}:
        return False
    has_length = call.get("duration") is not None or call.get("durationMs") is not None
    return True if has_length and result not in _NOT_KNOWN else None


def _result_of(part: Record) -> str:
    return str(part.get("result") or "").lower()
