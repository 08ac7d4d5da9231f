"""Whose a login is, and which one sends the next request."""

from __future__ import annotations

import logging
from concurrent.futures import TimeoutError  # noqa: A004 - in Python 3.10 it is not the built-in one
from threading import Event

import pytest

from tap_ringcentral_calllog.api.background import begin
from tap_ringcentral_calllog.api.logins import Logins, Owner, UserLogin
from tap_ringcentral_calllog.api.pacing import Pacer
from tap_ringcentral_calllog.errors import UnreachableError

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


def logins_of(sleep, clock=float):
    """Return two logins, whose clock stands still by default."""

    def login(name: str) -> UserLogin:
        pacer = Pacer(clock=clock, sleep=sleep, report=lambda *_: None)
        return UserLogin(name, object(), pacer, user_agent="test")

    return Logins(login(""), [login("additional_jwts[0]")], logging.getLogger(__name__))


@pytest.fixture
def logins():
    """Two logins that must not sleep."""
    return logins_of(pytest.fail)


def in_thread(do):
    """Do something in another thread; return its future when it has begun to wait for a login."""
    future = begin(do)
    with pytest.raises(TimeoutError):
        future.result(0.05)
    return future


def test_a_login_sends_one_request_at_a_time(logins):
    """The other one sends the next; when both are busy, the one that is released first."""
    main, other = logins.all
    assert logins.take("Heavy", logins.all) is main
    taken = Event()

    def both() -> UserLogin:
        assert logins.take("Heavy", logins.all) is other
        taken.set()
        return logins.take("Heavy", [main])

    waiting = begin(both)
    assert taken.wait(60)
    later = in_thread(lambda: logins.take("Heavy", [other]))
    logins.release(main)
    assert waiting.result(60) is main
    logins.release(other)
    assert later.result(60) is other


def test_a_busy_login_that_is_free_sooner_is_waited_for(logins):
    """The idle one would have to wait for its rate limit."""
    main, other = logins.all
    other.pacer.observe("Heavy", 429, {"Retry-After": "600"})
    assert logins.take("Heavy", logins.all) is main
    waiting = in_thread(lambda: logins.take("Heavy", logins.all))
    logins.release(main)
    assert waiting.result(60) is main


def test_a_login_that_logs_in_before_it_is_free_is_not_held_up(logins):
    """Whoever waits for it, and not for the main login's penalty, keeps nobody from logging in."""
    main, other = logins.all
    main.pacer.observe("Heavy", 429, {"Retry-After": "7200"})
    assert logins.take("Heavy", logins.all) is other
    waiting = in_thread(lambda: logins.take("Heavy", logins.all))
    assert logins.take("Auth", [main]) is main
    logins.release(main)
    logins.release(other)
    assert waiting.result(60) is other


def test_a_thread_may_log_in_by_the_login_that_it_has_taken(logins):
    """Until it releases that for the last time, no other thread uses it."""
    main, _ = logins.all
    assert logins.take("Heavy", [main]) is main
    assert logins.take("Auth", [main]) is main
    waiting = in_thread(lambda: logins.take("Heavy", [main]))
    logins.release(main)
    with pytest.raises(TimeoutError):
        waiting.result(0.05)
    logins.release(main)
    assert waiting.result(60) is main


def test_a_farewell_waits_for_nothing(logins):
    """Neither for the main login's limit, nor for another thread that logs in."""
    assert logins.is_free("Auth")
    logins.take("Heavy", [logins.main])
    assert logins.is_free("Auth")
    logins.release(logins.main)
    logins.take("Auth", [logins.main])
    assert not logins.is_free("Auth")
    logins.release(logins.main)
    logins.main.pacer.observe("Auth", 429, {"Retry-After": "60"})
    assert not logins.is_free("Auth")


def test_a_farewell_is_sent_beside_other_requests():
    """One of the main login is under way, and another thread sleeps until the limit allows one."""
    asleep, awake, slept = Event(), Event(), [0.0]

    def sleep(seconds: float) -> None:
        asleep.set()
        awake.wait(60)
        slept.append(seconds)

    logins = logins_of(sleep, lambda: sum(slept))
    main, other = logins.all
    assert begin(lambda: logins.take("Heavy", [main])).result(60) is main
    other.pacer.observe("Heavy", 429, {"Retry-After": "60"})
    sleeper = begin(lambda: logins.take("Heavy", [other]))
    assert asleep.wait(60)
    logins.end()
    assert logins.is_free("Auth")
    assert logins.take("Auth", [main]) is main
    logins.release(main)
    awake.set()
    with pytest.raises(UnreachableError):
        sleeper.result(60)


def test_after_the_end_no_other_thread_sends_a_request(logins, caplog):
    """Neither one that waits already, nor one that comes later; and none complains of a login."""
    for one in logins.all:
        assert logins.take("Heavy", [one]) is one
    waiting = in_thread(lambda: logins.take("Heavy", logins.all))
    logins.end()
    with pytest.raises(UnreachableError):
        waiting.result(60)
    with pytest.raises(UnreachableError):
        begin(lambda: logins.take("Heavy", logins.all)).result(60)
    begin(lambda: logins.leave_out(logins.all[1], "it came too late")).result(60)
    assert not caplog.records
