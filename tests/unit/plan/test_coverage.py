"""The parts of a window that was read lie side by side, and each call counts in one of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_ringcentral_calllog.plan.coverage import parts_of

LATER = datetime(2030, 1, 1, tzinfo=timezone.utc)


def at(text):
    return datetime.fromisoformat(f"2026-{text}+00:00")


@pytest.mark.parametrize(
    ("window", "line", "times", "expected"),
    [
        (
            ("01-01 00:00", "12-31 07:00"),
            LATER,
            [],
            [("01-01 00:00", "12-31 07:00", 0)],
        ),
        (
            ("03-01 08:00", "03-02 09:00"),
            LATER,
            ["03-01 08:00", "03-01 23:59:59.999", "03-02 00:00"],
            [("03-01 08:00", "03-02 00:00", 2), ("03-02 00:00", "03-02 09:00", 1)],
        ),
        (
            ("03-01 08:00", "03-09 09:00"),
            LATER,
            ["03-05 12:00", "03-05 11:00"],
            [
                ("03-01 08:00", "03-05 00:00", 0),
                ("03-05 00:00", "03-06 00:00", 2),
                ("03-06 00:00", "03-09 09:00", 0),
            ],
        ),
        (
            ("03-01 08:00", "03-02 09:00"),
            at("03-01 20:00"),
            ["03-01 19:59:59.999", "03-01 20:00", "03-02 01:00"],
            [
                ("03-01 08:00", "03-01 20:00", 1),
                ("03-01 20:00", "03-02 00:00", 1),
                ("03-02 00:00", "03-02 09:00", 1),
            ],
        ),
        # What lies in the overlap, or at the end, is another window's.
        (
            ("03-01 08:00", "03-01 09:00"),
            LATER,
            ["03-01 07:59:59", "03-01 08:00", "03-01 09:00"],
            [("03-01 08:00", "03-01 09:00", 1)],
        ),
        # Borders are written down in milliseconds.
        (
            ("03-01 08:00:00.123900", "03-01 09:00:00.456900"),
            LATER,
            ["03-01 08:00:00.123000", "03-01 09:00:00.456000", "03-01 09:00:00.455999"],
            [("03-01 08:00:00.123000", "03-01 09:00:00.456000", 2)],
        ),
        (("03-01 08:00", "03-01 08:00"), LATER, ["03-01 08:00"], []),
        (("03-01 08:00", "03-01 07:59"), LATER, ["03-01 08:00"], []),
    ],
)  # fmt: skip
def test_a_window_is_divided_by_days_with_calls_and_where_it_is_final(
    window, line, times, expected
):
    """Its first moment is part of it, its end is the next one's."""
    found = parts_of(at(window[0]), at(window[1]), line, map(at, times))
    assert [(part.start, part.end, count) for part, count in found] == [
        (at(start), at(end), count) for start, end, count in expected
    ]


START = at("02-27 13:00")
MOMENTS = st.integers(0, 10 * 86_400_000).map(lambda ms: START + timedelta(milliseconds=ms))


@given(st.lists(MOMENTS), MOMENTS, MOMENTS, MOMENTS)
def test_no_time_is_left_out_and_every_call_counts_once(times, start, end, line):
    """Whatever the window, and wherever the calls and the line are."""
    found = parts_of(start, end, line, times)
    if start < end:
        assert (found[0][0].start, found[-1][0].end) == (start, end)
    assert all(one.end == after.start for (one, _), (after, _) in pairwise(found))
    assert sum(count for _, count in found) == sum(start <= time < end for time in times)
    for part, count in found:
        assert part.count(times) == count
        assert part.start < part.end
        assert not part.start < line < part.end
        assert not count or part.start.date() == (part.end - timedelta(microseconds=1)).date()
