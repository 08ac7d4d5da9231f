"""Answers become records that fit; what cannot be written is counted and named."""

from __future__ import annotations

import json
import logging

import msgspec
import pytest

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.records.pages import Shaping
from tap_ringcentral_calllog.records.shaper import MalformedError, Shaper
from tap_ringcentral_calllog.records.typed import Fields
from tap_ringcentral_calllog.schemas.call_log import (
    ADDED_TO_CALL,
    ADDED_TO_DELETION,
    NUMERIC_IN_CALL,
    call_log_deletions_schema,
    call_log_schema,
)
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


@pytest.mark.parametrize("plain", [True, False])
def test_records_that_fit_are_kept_and_deletions_get_their_own_schema(plain):
    """An answer whose records all fit is decoded in one step."""
    deletions = Shaper(call_log_deletions_schema("account"), ADDED_TO_DELETION)
    calls = Shaping(
        call_log_schema("account"),
        ADDED_TO_CALL,
        "calls",
        logger=logging.getLogger("pages"),
        on_unknown=print,
        plain=plain,
        numeric=NUMERIC_IN_CALL,
        other=lambda record: None if "type" in record else deletions,
    )
    start = "2026-03-01T10:00:00.000Z"
    sent = [
        {"id": "1", "startTime": start, "type": "Voice", "extension": {"id": 5}},
        {"id": "2", "startTime": start, "type": "Voice", "deleted": True},
        {"id": "3", "startTime": start, "deleted": True},
    ]
    body = json.dumps({"records": sent}).encode()
    content, _ = calls.decode(body)
    assert all(isinstance(one, Fields) for one in content["records"])
    rows = list(calls.rows(content["records"], body))
    assert all(isinstance(row, dict if plain or other else Fields) for row, other in rows)
    written = [(json.loads(msgspec.json.encode(row)), other) for row, other in rows]
    assert written == [
        ({**sent[0], "extension": {"id": "5"}, "extra": None}, False),
        ({**sent[1], "extra": None}, False),
        ({**sent[2], "extra": None}, True),
    ]
