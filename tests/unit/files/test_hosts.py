"""The login is shown to RingCentral's hosts, and to those that the settings add; to no other."""

from __future__ import annotations

import pytest

from tap_ringcentral_calllog.files.hosts import MediaHosts, without_login

COM, BIZ = "https://platform.ringcentral.com", "https://platform.ringcentral.biz"
PATH = "/restapi/v1.0/account/1/recording/2/content"


@pytest.mark.parametrize(
    ("api_url", "allowed"),
    [
        (COM, {"platform.ringcentral.com", "media.ringcentral.com"}),
        # AT&T Office@Hand and Verizon.
        (BIZ, {"platform.ringcentral.biz", "media.ringcentral.biz"}),
        ("https://platform.devtest.ringcentral.com", {"media.devtest.ringcentral.com"}),
        ("https://PLATFORM.ringcentral.BIZ", {"media.ringcentral.biz"}),
        # A gateway of one's own may lead to either.
        (
            "https://ringcentral.example.com",
            {"ringcentral.example.com", "media.ringcentral.com", "media.ringcentral.biz"},
        ),
    ],
)
def test_the_media_host_follows_from_the_api(api_url, allowed):
    """Each environment has its own."""
    hosts = MediaHosts(api_url)
    every = {"media.ringcentral.com", "media.ringcentral.biz", "media.example.com", *allowed}
    assert {host for host in every if hosts.allows(f"https://{host}{PATH}")} == allowed
    assert {host for host in every if hosts.allows(f"https://{host.upper()}:443{PATH}")} == allowed


def test_a_setting_adds_hosts():
    """Only these, and only over TLS."""
    hosts = MediaHosts(COM, ["media.example.com"])
    assert hosts.allows(f"https://media.example.com{PATH}")
    assert hosts.allows(f"https://media.ringcentral.com{PATH}")
    for url in (
        "http://media.example.com",
        "https://media.example.com:8443",
        "https://a.media.example.com",
        "https://media.example.com.example.net",
        "https://example.com",
    ):
        assert not hosts.allows(f"{url}{PATH}")


@pytest.mark.parametrize(
    "url",
    [
        None,
        5,
        "",
        "media.ringcentral.com/x",
        "//media.ringcentral.com/x",
        "ftp://media.ringcentral.com/x",
        "https://user@media.ringcentral.com/x",
        "https://user:word@media.ringcentral.com/x",
        "https://media.ringcentral.com\t/x",
        "https:/\t/media.ringcentral.com/x",
        "https://[media.ringcentral.com/x",
        "https://media.ringcentral.com:x/x",
    ],
)
def test_what_is_no_address_is_none(url):
    """Whatever a server may have written there."""
    assert not MediaHosts(COM).allows(url)


def test_on_this_machine_another_port_will_do():
    """For tests: where the API is there, too, or the setting says so."""
    assert MediaHosts("http://127.0.0.1:1000").allows("http://127.0.0.1:2000/x")
    assert not MediaHosts("http://127.0.0.1:1000").allows("http://localhost:2000/x")
    assert MediaHosts("http://127.0.0.1:1000", ["localhost"]).allows("http://localhost:2000/x")
    assert not MediaHosts(COM).allows("http://127.0.0.1:2000/x")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:word@media.ringcentral.com/x@y", "https://media.ringcentral.com/x@y"),
        ("https://user@media.ringcentral.com", "https://media.ringcentral.com"),
        ("https://a@b@media.ringcentral.com/x", "https://media.ringcentral.com/x"),
        ("https:\\\\user:word@media.ringcentral.com/x", "https:\\\\media.ringcentral.com/x"),
        ("https:user:word@media.ringcentral.com/x", "https:media.ringcentral.com/x"),
        ("//user:word@media.ringcentral.com/x", "//media.ringcentral.com/x"),
        ("https://media.ringcentral.com/x?a=b@c", "https://media.ringcentral.com/x?a=b@c"),
        ("", ""),
        (None, None),
    ],
)
def test_an_address_is_kept_without_a_login(url, shown):
    """It would stand in the state."""
    assert without_login(url) == shown
