"""The words of the marts, in the order in which the page shows them."""

OUTCOMES = (
    "answered", "voicemail", "callback_requested", "missed", "abandoned", "not_connected",
    "failed", "blocked", "emergency", "fax", "unknown",
)  # fmt: skip
#: Those that somebody should be called back for.
TO_CALL_BACK = ("missed", "voicemail", "abandoned")
DIRECTIONS = ("Inbound", "Outbound")
TYPES = ("Voice", "Fax")
