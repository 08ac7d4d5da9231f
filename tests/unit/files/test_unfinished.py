"""The state knows few things of files, and not more than fit it."""

from __future__ import annotations

import json
from datetime import timedelta

from fixtures import MOMENT

from tap_ringcentral_calllog.files import unfinished
from tap_ringcentral_calllog.files.unfinished import TOLD, UNFINISHED, Unfinished


def identity(row):
    return tuple(row["ids"])


def of(noted=None):
    return Unfinished(noted or {}, identity)


def row(*ids, **known):
    return {"ids": [*ids], **known}


def test_a_file_that_failed_again_comes_last():
    """So that each has its turn."""
    files = of({UNFINISHED: [row("1"), row("2"), row("3")]})
    files.put(row("1", triedSince="x"))
    assert [one["ids"] for one in files.files] == [["2"], ["3"], ["1"]]


def test_files_are_told_apart_by_each_of_their_ids():
    """A message's and its attachment's."""
    files = of()
    files.put(row("2-3", "4"))
    files.tell(row("2", "3-4"), MOMENT)
    assert row("2", "3-4") not in files
    assert not files.is_told(row("2-3", "4"))
    assert files.is_told(row("2", "3-4"))


def test_a_file_whose_end_comes_nearer_is_told_again():
    files = Unfinished({}, identity)
    files.tell({**row("1"), "expiresAt": "2026-04-19T11:00:00Z"}, MOMENT)
    assert files.is_told({**row("1"), "expiresAt": "2026-04-19T11:00:00Z"})
    assert not files.is_told({**row("1"), "expiresAt": "2026-03-25T13:00:00Z"})


def test_a_file_that_was_given_up_is_neither_told_nor_asked_for():
    """Unless its record changes, or it is to be had again."""
    files = of()
    files.give_up(row("1", duration=20), MOMENT)
    files = of(json.loads(json.dumps(files.noted(MOMENT, whole=True))))
    assert files.is_given_up(row("1", duration=20))
    assert not files.is_told(row("1", duration=20))
    assert not files.is_given_up(row("1", duration=40))
    assert not files.is_given_up(row("2", duration=20))
    files.put(row("1", duration=20))
    assert not files.is_given_up(row("1", duration=20))


def test_what_could_not_be_had_is_not_told_whatever_was_before():
    """Its row is to be written when it is there."""
    files = of()
    files.tell(row("1"), MOMENT)
    files.put(row("1"))
    assert not files.is_told(row("1"))


def test_of_what_is_told_the_state_holds_what_is_met_again():
    """From the bookmark on; of an earlier run what this one has not come to yet."""
    early = of()
    early.tell(row("old"), MOMENT - timedelta(hours=3))
    early.tell(row("new"), MOMENT)
    before = early.noted(MOMENT - timedelta(hours=5), whole=True)
    files = of(json.loads(json.dumps(before)))
    assert files.is_told(row("old"))
    files.tell(row("new"), MOMENT)
    assert len(files.noted(MOMENT - timedelta(hours=1), whole=False)[TOLD]) == 2
    assert len(files.noted(MOMENT - timedelta(hours=1), whole=True)[TOLD]) == 1
    assert files.noted(MOMENT + timedelta(hours=1), whole=True)[TOLD] is None


def test_the_newest_files_are_those_met_again(monkeypatch):
    """The newest files are those that are met again."""
    monkeypatch.setattr(unfinished, "MOST_UNFINISHED", 3)
    files = of({UNFINISHED: [row("1")]})
    assert files.has_room(elsewhere=1)
    assert not files.has_room(elsewhere=2)
    for number in range(6_000):
        files.tell(row(str(number)), MOMENT + timedelta(seconds=number))
    noted = files.noted(MOMENT, whole=True)[TOLD]
    assert len(noted) == 5_000
    later = of({TOLD: noted})
    assert later.is_told(row("5999"))
    assert not later.is_told(row("0"))
    assert len(json.dumps(noted)) < 70_000


def test_the_state_holds_no_name_and_nothing_empty():
    """Who sent a file may have named it after a person."""
    files = of()
    files.put(row("1", fileName="Ada Example.pdf", uri=None, size=5))
    assert files.noted(MOMENT, whole=True)[UNFINISHED] == [{"ids": ["1"], "size": 5}]


def test_what_ringcentral_says_anew_counts_and_what_is_settled_goes():
    """The first try stays as it was."""
    files = of({UNFINISHED: [row("1", triedSince="then", expiresAt="soon")]})
    files.renew(row("1", expiresAt="later"))
    assert files.files == [row("1", triedSince="then", expiresAt="later")]
    files.drop(row("1"))
    files.drop(row("1"))
    assert files.files == []
