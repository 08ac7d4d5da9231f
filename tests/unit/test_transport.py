"""What a request counts as, and what an answer may look like."""

from __future__ import annotations

import pytest
import requests

from tap_ringcentral_calllog.transport import decode, describe, group_of

API = "https://platform.ringcentral.com"


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/restapi/oauth/token", "Auth"),
        ("/restapi/oauth/revoke", "Auth"),
        ("/restapi/v1.0/account/~", "Light"),
        ("/restapi/v1.0/account/~/call-log?page=1", "Heavy"),
        ("/restapi/v1.0/account/~/extension/~/call-log", "Heavy"),
        ("/anything/else", "Heavy"),
    ],
)
def test_each_route_counts_in_its_group(path, group):
    """The strictest group where nothing is known."""
    assert group_of(requests.Request("GET", API + path).prepare()) == group


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
        (b"[1]", "no JSON object"),
        (b"null", "no JSON object"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_answer_is_named(body, fault):
    """Without repeating it."""
    content, told = decode(body)
    assert content is None
    assert fault in told


def test_failures_are_named_without_their_text():
    """An exception's text may hold addresses."""
    for kind in (
        requests.exceptions.SSLError,
        requests.exceptions.ProxyError,
        requests.exceptions.ReadTimeout,
        requests.exceptions.InvalidURL,
    ):
        assert "secret" not in describe(kind("https://secret"))
