"""Whose a login is, and which one sends the next request."""

from __future__ import annotations

import logging
from concurrent.futures import TimeoutError  # noqa: A004 - in Python 3.10 it is not the built-in one

import pytest

from tap_ringcentral_calllog.api.background import begin
from tap_ringcentral_calllog.api.logins import Logins, Owner, UserLogin
from tap_ringcentral_calllog.api.pacing import Pacer

URI = "https://platform.ringcentral.com/restapi/v1.0/account/401/extension/7"
ROLES = [{"id": "1"}, {"id": "2", "siteRestricted": False}]
NONE, ONE = frozenset(), frozenset("1")


@pytest.mark.parametrize(
    ("content", "owner"),
    [
        (
            {"uri": URI, "id": 7, "roles": ROLES},
            Owner("401", "7", frozenset("12"), is_limited=False),
        ),
        ({"account": {"id": 401}, "id": "7"}, Owner("401", "7", NONE, is_limited=False)),
        (
            {"id": 7, "roles": ROLES[1:], "siteAccess": "Unlimited"},
            Owner(None, "7", frozenset("2"), is_limited=False),
        ),
        (
            {"id": 7, "roles": ROLES, "siteAccess": "Limited"},
            Owner(None, "7", frozenset("12"), is_limited=True),
        ),
        ({"roles": [{"id": "1", "siteRestricted": True}]}, Owner(None, None, ONE, is_limited=True)),
        (
            {"roles": [{"id": "1", "siteRestricted": "yes"}]},
            Owner(None, None, ONE, is_limited=True),
        ),
        ({"account": "401", "roles": ["1", {}, None]}, Owner(None, None, NONE, is_limited=False)),
        ({"account": None, "roles": {"id": "1"}}, Owner(None, None, NONE, is_limited=False)),
        ({}, Owner(None, None, NONE, is_limited=False)),
    ],
)
def test_what_is_not_told_is_not_known(content, owner):
    """Ids may be numbers or texts; anything but false limits a role to sites."""
    assert Owner.from_answer(content) == owner


@pytest.fixture
def logins():
    """Two logins whose clock stands still."""

    def login(name: str) -> UserLogin:
        pacer = Pacer(clock=lambda: 0.0, sleep=pytest.fail, report=pytest.fail)
        return UserLogin(name, object(), pacer, user_agent="test")

    return Logins(login(""), [login("additional_jwts[0]")], logging.getLogger(__name__))


def in_thread(do):
    """Do something in another thread; return its future when it has begun to wait for a login."""
    future = begin(do)
    with pytest.raises(TimeoutError):
        future.result(0.05)
    return future


def test_a_login_sends_one_request_at_a_time(logins):
    """The other one sends the next; when both are busy, the one that is released first."""
    main, other = logins.all
    assert logins.wait("Heavy", logins.all) is main
    logins.reserve(main)
    assert logins.wait("Heavy", logins.all) is other
    logins.reserve(other)
    waiting = in_thread(lambda: logins.wait("Heavy", logins.all))
    logins.release(other)
    assert waiting.result(60) is other


def test_a_busy_login_that_is_free_sooner_is_waited_for(logins):
    """The idle one would have to wait for its rate limit."""
    main, other = logins.all
    other.pacer.observe("Heavy", 429, {"Retry-After": "600"})
    logins.reserve(main)
    waiting = in_thread(lambda: logins.wait("Heavy", logins.all))
    logins.release(main)
    assert waiting.result(60) is main


def test_a_farewell_waits_for_nothing(logins):
    """Neither for a request of the main login, nor for its limit, nor for another thread's turn."""

    def at_once() -> bool:
        with logins.at_once("Auth") as may_ask:
            return may_ask

    assert at_once()
    logins.reserve(logins.main)
    assert not at_once()
    logins.release(logins.main)
    with logins.turn:
        assert at_once()
        assert not begin(at_once).result(60)
    logins.main.pacer.observe("Auth", 429, {"Retry-After": "60"})
    assert not at_once()
