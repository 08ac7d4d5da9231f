"""Moments are read and written exactly."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from paged_log import T0

from tap_ringcentral_calllog.times import in_words, moment, timestamp


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-03-01T00:00:00Z", T0),
        ("2026-03-01T00:00:00.250Z", T0 + timedelta(milliseconds=250)),
        ("2026-03-01T00:00:00.5Z", T0 + timedelta(milliseconds=500)),
        ("2026-03-01T02:00:00.1234567+02:00", T0 + timedelta(microseconds=123456)),
        ("2026-03-01T00:00:00", T0),
    ],
)
def test_moments_are_read_however_exact_they_are(text, when):
    """Any number of digits, an offset, or none: then it is UTC."""
    assert moment(text) == when


def test_what_is_no_moment_is_refused():
    """Text that is no time."""
    with pytest.raises(ValueError, match="isoformat"):
        moment("yesterday")


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (T0, "2026-03-01T00:00:00.000Z"),
        (
            datetime(2026, 3, 1, 2, 0, 0, 1999, tzinfo=timezone(timedelta(hours=2))),
            "2026-03-01T00:00:00.001Z",
        ),
    ],
)
def test_moments_are_written_as_ringcentral_writes_them(when, text):
    """UTC, milliseconds, Z."""
    assert timestamp(when) == text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (3_725, "1 hour 2 minutes"),
        (86_400 + 5, "1 day 5 seconds"),
        (15 * 86_400 + 2 * 3_600 + 61, "15 days 2 hours"),
    ],
)
def test_a_time_span_is_told_in_its_two_largest_units(seconds, words):
    assert in_words(seconds) == words
