"""A run asks for files as long as it is of use, and says in a few lines what it could not have."""

from __future__ import annotations

import pytest

from tap_ringcentral_calllog.errors import (
    AccessError,
    FilesError,
    ForeignHostError,
    OccupiedError,
    Problem,
    RequestError,
    UnavailableError,
)
from tap_ringcentral_calllog.files.archive import Fate, Outcome
from tap_ringcentral_calllog.files.effort import Effort
from tap_ringcentral_calllog.files.shortfall import Shortfall

HAD = Outcome(Fate.FETCHED, row={})
WAITS = Outcome(Fate.WAITING, known={}, error=RequestError("HTTP 404", Problem(404)))
BROKEN = Outcome(Fate.FAILED, known={}, error=UnavailableError("long", "HTTP 500"))
SILENT = Outcome(Fate.FAILED, known={}, error=UnavailableError("long", "silence", answered=False))
LACKS = Outcome(
    Fate.FAILED,
    known={},
    error=RequestError("HTTP 403 CMN-408", Problem(403, ("CMN-408",))),
)
FOREIGN = Outcome(Fate.FAILED, known={}, error=ForeignHostError("x.example is not the host"))
IN_THE_WAY = Outcome(Fate.FAILED, known={}, error=OccupiedError("in the way"))


def spent(outcome: Outcome) -> int:
    """Return after how many such outcomes in a row no more files are asked for."""
    effort, count = Effort(), 0
    while not effort.is_hopeless:
        effort.count(outcome)
        count += 1
        if count > 1000:
            return 0
    return count


@pytest.mark.parametrize(
    ("outcome", "most"),
    [(BROKEN, 28), (SILENT, 7), (LACKS, 7), (FOREIGN, 0), (IN_THE_WAY, 0), (WAITS, 0), (HAD, 0)],
)
def test_a_run_stops_where_nothing_can_be_had(outcome, most):
    """Sooner where it hardly is the files. What took no request tells nothing of RingCentral."""
    assert spent(outcome) == most


def test_a_file_that_is_had_begins_the_count_anew():
    """However many failed before."""
    effort = Effort()
    for _ in range(10):
        for _ in range(27):
            effort.count(BROKEN)
        effort.count(HAD)
    assert not effort.is_hopeless


def test_where_many_failed_others_are_asked_for():
    """The newest and one in the middle, in turns; else the oldest."""
    effort, rest = Effort(), list(range(101))
    assert effort.next_of(rest) == 0
    for _ in range(19):
        effort.count(BROKEN)
    assert effort.next_of(rest) == 0
    effort.count(BROKEN)
    assert [effort.next_of(rest) for _ in range(4)] == [100, 50, 100, 50]
    assert effort.next_of([0]) == 0
    effort.count(HAD)
    assert effort.next_of(rest) == 0


def test_a_bounded_run_keeps_some_for_what_could_not_be_had():
    """Half at most; what fails does not count."""
    effort = Effort(most=10, waiting=3)
    for number in range(7):
        assert not effort.is_spent, number
        effort.count(BROKEN)
        effort.count(HAD)
    assert effort.is_spent
    assert effort.may_retry
    for _ in range(3):
        effort.count(HAD, again=True)
    assert not effort.may_retry
    many = Effort(most=10, waiting=500)
    for _ in range(5):
        assert not many.is_spent
        many.count(HAD)
    assert many.is_spent


def test_a_hundred_are_tried_again_in_vain():
    """The turn of the others comes with the next run."""
    effort, tried = Effort(), 0
    while effort.may_retry:
        effort.count(HAD if tried % 20 == 0 else BROKEN, again=True)
        tried += 1
    assert 100 <= tried <= 110


@pytest.fixture
def shortfall():
    """Of a stream."""

    def refusal(problem: Problem) -> RequestError:
        return AccessError("recording_files: the user lacks it", problem)

    return Shortfall("recording_files", refusal)


def test_nothing_is_said_where_nothing_is_missing(shortfall):
    """A run that had all has no line."""
    assert shortfall.waits() == ""
    assert shortfall.errors() == []


def test_what_is_not_there_yet_fails_no_run(shortfall):
    """It is asked for again."""
    shortfall.add("1", WAITS)
    assert shortfall.waits().endswith("the next run requests them again: HTTP 404 (1)")
    assert shortfall.errors() == []


def test_what_failed_is_named_with_its_reasons(shortfall):
    """The most frequent first, and no more than a line holds."""
    for number in range(3):
        shortfall.add(f"{number}", BROKEN)
    shortfall.add("3", LACKS)
    shortfall.add("4", SILENT)
    shortfall.add("5", IN_THE_WAY)
    (error,) = shortfall.errors()
    assert isinstance(error, FilesError)
    assert str(error) == (
        "recording_files: 6 files could not be fetched: HTTP 500 (3), HTTP 403 CMN-408 (1), "
        "silence (1), …. Each run requests them again until they expire; all others are archived. "
        "The first: 0, 1, 2"
    )


def test_a_file_at_another_host_is_a_line_of_its_own(shortfall):
    """To ask again is of no use: a setting is."""
    shortfall.add("1", FOREIGN)
    (error,) = shortfall.errors()
    assert str(error) == ("recording_files: 1 file could not be fetched: x.example is not the host")


def test_a_missing_right_is_named_where_nothing_can_be_had(shortfall):
    """Of single files it may be their own."""
    shortfall.add("1", LACKS)
    (error,) = shortfall.errors()
    assert not isinstance(error, AccessError)
    shortfall.is_cut_short = True
    (error,) = shortfall.errors()
    assert isinstance(error, AccessError)
    assert str(error) == "recording_files: the user lacks it"


def test_a_run_that_was_cut_short_says_so(shortfall):
    """The others are not there."""
    shortfall.add("1", BROKEN)
    shortfall.is_cut_short = True
    (error,) = shortfall.errors()
    assert "the rest is left to the next run" in str(error)


def test_files_are_begun_beside_others_while_they_are_had():
    """Not before the first one is there, nor after a failure; never more than a run may fetch."""
    effort = Effort(most=10, waiting=6)
    assert (effort.may_begin(0), effort.may_begin(1)) == (True, False)
    effort.count(HAD)
    assert (effort.may_begin(3), effort.may_begin(4)) == (True, False)
    effort.count(BROKEN)
    assert (effort.may_begin(0), effort.may_begin(1)) == (True, False)
    effort.count(WAITS)
    assert not effort.may_begin(1)
    effort.count(HAD)
    assert effort.may_begin(1)
