"""When RingCentral deletes what messages have."""

from __future__ import annotations

import pytest

from tap_ringcentral_calllog.files.attachments import expires

RECEIVED = "2026-03-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        ({"type": "VoiceMail"}, "2026-03-31T12:00:00.000Z"),
        ({"type": "Fax", "availability": "Alive"}, "2026-03-31T12:00:00.000Z"),
        ({"type": "Fax", "availability": "Deleted"}, "2026-03-06T08:00:00.000Z"),
        ({"type": "SMS", "availability": "Deleted"}, None),
    ],
)
def test_letters_are_kept_for_thirty_days_and_deleted_ones_for_five(fields, until):
    """From their arrival and from the deletion. Text messages are not deleted."""
    message = {"creationTime": RECEIVED, "lastModifiedTime": "2026-03-01T08:00:00.000Z", **fields}
    assert expires(message) == until
