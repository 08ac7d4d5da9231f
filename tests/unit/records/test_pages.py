"""Answers become records that fit; what cannot be written is counted and named."""

from __future__ import annotations

import logging

import msgspec
import pytest

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.records.pages import Shaping
from tap_ringcentral_calllog.records.shaper import MalformedError
from tap_ringcentral_calllog.schemas.directory import call_queues_schema

SOUND = b'{"id": "1", "name": "Support"}'
# Python decodes and encodes a thousand levels at most.
DEEP = b'{"id": "2", "new": ' + b"[" * 2000 + b"]" * 2000 + b"}"


def shaping(enough: int) -> Shaping:
    return Shaping(
        call_queues_schema(),
        frozenset({"accountId", "snapshotAt"}),
        "rows",
        logger=logging.getLogger("pages"),
        on_unknown=print,
        plain=True,
        enough=enough,
    )


def test_a_record_that_python_cannot_decode_holds_up_no_other(caplog):
    """It is counted among those that cannot be written."""
    records = [msgspec.Raw(SOUND), msgspec.Raw(DEEP)]
    rows = [row["id"] for row, _ in shaping(1).rows(records, SOUND + DEEP)]
    assert rows == ["1"]
    assert "Rows that cannot be written: record nests too deep (1)." in caplog.text


@pytest.mark.parametrize(("enough", "fails"), [(2, True), (3, False)])
def test_an_answer_of_which_nothing_can_be_written_is_an_error(enough, fails):
    """From so many records on: few may be broken by chance."""
    rows = shaping(enough).rows([{}, {"id": ""}], b"")
    if not fails:
        assert list(rows) == []
        return
    with pytest.raises(UnavailableError, match=r"none of 2 rows can be written: id is missing \(2"):
        list(rows)


def test_a_single_record_is_shaped_or_refused():
    """As those of a list are."""
    assert shaping(1).row({"id": 7, "other": 1}, b"") == {"id": "7", "extra": {"other": 1}}
    with pytest.raises(MalformedError, match="id is missing"):
        shaping(1).row({}, b"")
