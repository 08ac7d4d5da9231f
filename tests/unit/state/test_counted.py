"""Recordings counted beside a bookmark: each once, and none twice, whoever reads it again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from fixtures import MOMENT

from tap_ringcentral_calllog.plan.windows import Window
from tap_ringcentral_calllog.retention import AUTOMATIC
from tap_ringcentral_calllog.state.counted import CountedRecordings
from tap_ringcentral_calllog.times import timestamp

DAY = timedelta(days=1)
EDGES = {AUTOMATIC: MOMENT - 90 * DAY}


class Bookmarks:
    """A context's part of a state, with a bookmark, and ranges ahead of it."""

    def __init__(self, ahead: list[Window]) -> None:
        self.state: dict[str, Any] = {"replication_key_value": timestamp(MOMENT - 10 * DAY)}
        self._ahead = ahead

    def peek(self, _: None) -> dict[str, Any]:
        return self.state

    def ahead(self, _: None) -> list[Window]:
        return self._ahead

    def note(self, _: None, **values: Any) -> None:
        self.state.update(values)


def counted(bookmarks: Bookmarks, start: datetime | None = None) -> CountedRecordings:
    return CountedRecordings(bookmarks, None, (AUTOMATIC,), start)


def total(recordings: CountedRecordings) -> int:
    return recordings.tally(AUTOMATIC).total(MOMENT - 90 * DAY, MOMENT + DAY)


def test_what_the_state_covers_is_not_counted_again():
    """Neither what began before the bookmark, nor what lies in a range ahead, nor an id twice."""
    bookmarks = Bookmarks([Window(MOMENT - 5 * DAY, MOMENT - 3 * DAY)])
    recordings = counted(bookmarks, MOMENT - 10 * DAY)
    for identity, days in (("a", 11), ("b", 9), ("b", 9), ("c", 4), ("d", 2)):
        recordings.add(AUTOMATIC, identity, MOMENT - days * DAY, "1")
    assert total(recordings) == 2
    # What lies ahead was read by a run that counted nothing.
    assert recordings.since == {AUTOMATIC: MOMENT - 3 * DAY}


def test_a_run_that_does_not_read_the_log_counts_nothing():
    """It knows what the state says: here, nothing."""
    recordings = counted(Bookmarks([]))
    recordings.add(AUTOMATIC, "a", MOMENT, "1")
    assert (total(recordings), recordings.since) == (0, {})


def test_what_is_final_is_known_to_the_next_run_and_the_rest_is_counted_by_it():
    """What lies ahead of the bookmark is final as well."""
    bookmarks = Bookmarks([])
    first = counted(bookmarks, MOMENT - 10 * DAY)
    for identity, days in (("a", 9), ("b", 6), ("c", 4), ("d", 2)):
        first.add(AUTOMATIC, identity, MOMENT - days * DAY, "1")
    ahead = [Window(MOMENT - 5 * DAY, MOMENT - 3 * DAY)]
    first.settle(MOMENT - 7 * DAY, ahead, EDGES)
    assert total(first) == 4
    bookmarks.state["replication_key_value"] = timestamp(MOMENT - 7 * DAY)
    bookmarks.ahead(None).extend(ahead)
    second = counted(bookmarks, MOMENT - 7 * DAY)
    assert total(second) == 2
    for identity, days in (("b", 6), ("c", 4), ("d", 2)):
        second.add(AUTOMATIC, identity, MOMENT - days * DAY, "1")
    assert total(second) == 4
    assert second.since == first.since == {AUTOMATIC: MOMENT - 10 * DAY}
