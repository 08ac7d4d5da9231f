"""No two files have the same name, and any file system and object store takes each name."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_ringcentral_calllog.errors import StorageError
from tap_ringcentral_calllog.files.names import (
    SUFFIXES,
    checked,
    flat,
    former_stem_of,
    stem_of,
    suffix_of,
    type_of,
)

DAY = datetime(2026, 3, 20, 12, tzinfo=timezone.utc)
ACCOUNT = "401494647008"

# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
RESERVED = {"con", "prn", "aux", "nul"} | {
    f"{device}{number}" for device in ("com", "lpt") for number in "0123456789¹²³"
}

ODD = (
    "_x1", "-x1", "ü1", "+1", "../x", "", " ", ".", "..", "a/b", "a\\b", "a:b", "a\0b", "~", "=",
    "x" * 101, "y" * 300, "\ud83d", "CON", "nul", "com1", "AB", "aB", "ab.", "ab ", "İ", "ﬀ",
)  # fmt: skip


def is_safe_everywhere(name: str) -> bool:
    """Tell by the rules of Windows, POSIX and S3 whether a relative path can be a file's."""
    return len(name.encode()) <= 1024 and all(
        part
        and len(part.encode()) <= 255
        and part == part.rstrip(". ")
        and part.isprintable()
        and part.isascii()
        and not re.search(r'[<>:"\\|?*]', part)
        and part.partition(".")[0].lower() not in RESERVED
        for part in name.split("/")
    )


@pytest.mark.parametrize("count", [1, 3])
def test_every_id_has_a_name_of_its_own_that_is_safe(count):
    """The storage takes it, with its end, and while it is on its way."""
    ids = [(one,) * count for one in (*ODD, "1", "123", "ab")]
    names = {stem_of(ACCOUNT, DAY, one).lower() for one in ids}
    assert len(names) == len(ids)
    for one in ids:
        for suffix in SUFFIXES:
            name = stem_of(ACCOUNT, DAY, one) + suffix
            assert checked(name, "recordings_path") == name
            assert is_safe_everywhere(name)
            # Beside it lies a tag, and elsewhere an upload has a name of 33 characters more.
            assert is_safe_everywhere(f".incoming/{flat(name)}" + "~" * 33)
    for odd in ODD:
        assert is_safe_everywhere(stem_of(odd, DAY, ("1",)))
        assert checked(stem_of(odd, DAY, ("1",)), "recordings_path")


def test_a_message_and_its_attachment_are_told_apart():
    """`2-3` with `4` is another file than `2` with `3-4`."""
    ids = [("1", "2-3", "4"), ("1", "2", "3-4"), ("1-2", "3", "4"), ("1", "2", "3", "4")]
    assert len({stem_of(ACCOUNT, DAY, one) for one in ids}) == len(ids)


@given(st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), unique=True, min_size=2))
def test_no_two_ids_have_one_name(ids):
    """Not even where letters' case makes no difference."""
    names = [stem_of(ACCOUNT, DAY, one).lower() for one in ids]
    assert len({*names}) == len(ids)
    assert all(map(is_safe_everywhere, names))


def test_ids_that_ringcentral_gives_are_names_as_they_are():
    """As they were in versions before: nothing that is archived is fetched again."""
    assert stem_of(ACCOUNT, DAY, ("123",)) == "401494647008/2026/03/20/123"
    assert stem_of(ACCOUNT, DAY, ("1", "22", "333")) == "401494647008/2026/03/20/1-22-333"
    assert former_stem_of(ACCOUNT, DAY, ("123",)) is None


@pytest.mark.parametrize(
    ("ids", "former"),
    [
        # Written by the version before, which took them.
        (("AB",), "AB"),
        (("a-b",), "a-b"),
        (("a_b",), "a=5Fb"),
        (("aü",), "a=FC"),
        (("1", "AB", "3"), "1-AB-3"),
        (("nul",), "nul"),
        # It took none of these, or the name may be another file's.
        (("_x1",), None),
        (("-x1",), None),
        (("ü1",), None),
        (("aﬀ",), None),
        (("1", "2-3", "4"), None),
        (("x" * 101,), None),
        (("",), None),
    ],
)
def test_files_are_found_under_the_names_that_they_had_before(ids, former):
    """Where these were one file's only."""
    found = former_stem_of(ACCOUNT, DAY, ids)
    assert found == (f"{ACCOUNT}/2026/03/20/{former}" if former else None)


def test_no_former_name_is_another_files_name_now():
    """A file that is found under one would be taken for another."""
    ids = [(one,) for one in (*ODD, "1", "ab", "a-b", "a=5Fb", "a_b", "=61", "5F")]
    for one, other in permutations(ids, 2):
        assert former_stem_of(ACCOUNT, DAY, one) != stem_of(ACCOUNT, DAY, other)
    assert len({former_stem_of(ACCOUNT, DAY, one) for one in ids}) > 5


@pytest.mark.parametrize("name", ["", "/", "a//b", "../a", ".a", "a/.b", "a~b", "ä", "a" * 300])
def test_what_is_no_name_is_refused(name):
    """And not shown."""
    with pytest.raises(StorageError, match="recordings_path: a file cannot be kept"):
        checked(name, "recordings_path")


@pytest.mark.parametrize(
    ("content_type", "suffix"),
    [
        ("audio/mpeg", ".mp3"),
        ("audio/x-wav", ".wav"),
        ("application/pdf", ".pdf"),
        ("text/html", ".bin"),
        (None, ".bin"),
    ],
)
def test_the_end_tells_the_type(content_type, suffix):
    """What is unknown, or a browser would run, is `.bin`."""
    assert suffix_of(content_type) == suffix
    assert type_of(f"a/b{suffix}") is not None
    assert type_of("a/b") is None
