"""What a request counts as, and what failures are called."""

from __future__ import annotations

import pytest
import requests

from tap_ringcentral_calllog.api.transport import describe, group_of, host_of


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/restapi/oauth/token", "Auth"),
        ("/restapi/oauth/revoke", "Auth"),
        ("/restapi/v1.0/account/~", "Light"),
        ("/restapi/v1.0/account/~/extension/~", "Light"),
        ("/restapi/v1.0/account/~/call-log?page=1", "Heavy"),
        ("/restapi/v1.0/account/~/active-calls?page=1", "Heavy"),
        ("/restapi/v1.0/account/1/extension?page=1", "Medium"),
        ("/restapi/v1.0/account/~/directory/entries", "Medium"),
        ("/restapi/v1.0/account/~/call-queues?page=1", "Medium"),
        ("/restapi/v1.0/account/~/call-queues/2", "Light"),
        ("/restapi/v1.0/account/~/call-queues/2/members?page=1", "Light"),
        ("/restapi/v1.0/account/~/call-recording", "Light"),
        ("/restapi/v1.0/account/~/extension/~/call-log", "Heavy"),
        ("/anything/else", "Heavy"),
    ],
)
def test_each_route_counts_in_its_group(path, group):
    """The strictest group where nothing is known."""
    assert group_of(path) == group


def test_failures_are_named_without_their_text():
    """An exception's text may hold addresses."""
    for kind in (
        requests.exceptions.SSLError,
        requests.exceptions.ProxyError,
        requests.exceptions.ReadTimeout,
        requests.exceptions.InvalidURL,
    ):
        assert "secret" not in describe(kind("https://secret"))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://files.example.com/x", "files.example.com"),
        ("https://Files.example.com:8443/x", "Files.example.com:8443"),
        ("https://user:word@files.example.com/x", "files.example.com"),
        ("https://[broken/x", "a host that cannot be read"),
        ("https://two words/x", "a host that cannot be read"),
        ("/x", "a host that cannot be read"),
        (None, "a host that cannot be read"),
        ("user:word@proxy.example.com:8080", "proxy.example.com:8080"),
        ("http://user:word@[::1]:8080", "[::1]:8080"),
    ],
)
def test_a_message_names_the_host(url, shown):
    """And nothing else of the address: neither credentials nor a signature."""
    assert host_of(url) == shown
