"""What an answer may look like."""

from __future__ import annotations

import msgspec
import pytest

from tap_ringcentral_calllog.records.decoding import Listing, decode, decode_record


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b'{"a": 9007199254740993, "b": 1.26}', {"a": 9007199254740993, "b": 1.26}),
        (b'{"name": "half a \\ud800 pair"}', {"name": "half a \ud800 pair"}),
        (b'{"a": "tab\tin a string"}', {"a": "tab\tin a string"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
    ],
)
def test_what_can_be_read_is_read(body, content):
    """Exact integers, and what strict decoders refuse."""
    assert decode(body) == (content, "")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b'{"records": [', "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_answer_is_named(body, fault):
    """Without repeating it."""
    content, told = decode(body)
    assert content is None
    assert fault in told


@pytest.mark.parametrize(
    "record",
    [
        b'{"a": 1.50}',
        b'{"a": "\\ud83d\\ude00"}',
        b'{"a": "\xff"}',
        b"[1e999]",
        b"1" * 5000,
        b"null",
    ],
)
def test_records_are_left_for_later(record):
    """Each is decoded by itself, so that none takes another with it."""
    content, fault = decode(b'{"records": [{}, ' + record + b'], "paging": {}, "uri": "u"}')
    assert fault == ""
    assert content["uri"] == "u"
    first, second = content["records"]
    assert bytes(second) == record
    assert decode_record(first) == {}
    assert decode_record(second) == decode(b'{"a": ' + record + b"}")[0]["a"]


@pytest.mark.parametrize("record", [b'"half a \\ud800 pair"', b'"tab\tin a string"', b"NaN"])
def test_records_of_an_odd_answer_are_decoded_at_once(record):
    """Where strict decoders refuse the answer as a whole."""
    content, fault = decode(b'{"records": [' + record + b"]}")
    assert fault == ""
    assert not isinstance(content["records"][0], msgspec.Raw)
    assert decode_record(content["records"][0]) is content["records"][0]


@pytest.mark.parametrize(
    ("second", "decoded"), [(b'{"a": 2}', [{"a": 1}, {"a": 2}]), (b'{"a": "two"}', None)]
)
def test_records_that_all_fit_are_decoded_with_the_answer(second, decoded):
    """If one does not fit, all are left for later."""
    typed = msgspec.json.Decoder(Listing[dict[str, int]])
    body = b'{"records": [{"a": 1}, ' + second + b'], "uri": "u", "other": 1}'
    content, fault = decode(body, typed)
    assert (content["uri"], fault) == ("u", "")
    assert "other" not in content
    if decoded:
        assert content["records"] == decoded
    else:
        assert [bytes(one) for one in content["records"]] == [b'{"a": 1}', second]
