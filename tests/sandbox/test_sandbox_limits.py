"""Rate limits and their penalties."""

from __future__ import annotations

import pytest

from sandbox import Habits
from sandbox.limits import RateLimiter

HEAVY = {"Heavy": (3, 60.0), "Auth": (100, 60.0)}


class Ticks:
    """A monotonic clock that stands still."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def ticks():
    return Ticks()


def test_a_place_is_free_again_after_a_window(ticks):
    """A place is free again one window after it was taken, not earlier."""
    limiter = RateLimiter(HEAVY, 60.0, ticks)
    for seconds in (0, 20, 20):
        ticks.now += seconds
        assert limiter.admit("u", "a", "Heavy").allowed
    ticks.now += 19.9
    assert limiter.admit("u", "b", "Heavy").remaining == 2
    assert limiter.admit("v", "a", "Heavy").remaining == 2
    assert limiter.admit("u", "a", "Light").remaining == 49
    ticks.now += 0.1
    verdict = limiter.admit("u", "a", "Heavy")
    assert (verdict.allowed, verdict.remaining) == (True, 0)
    assert not limiter.admit("u", "a", "Heavy").allowed


def test_each_request_restarts_the_penalty(ticks):
    """Every request inside the penalty restarts it, and is counted."""
    limiter = RateLimiter(HEAVY, 60.0, ticks)
    for _ in range(4):
        verdict = limiter.admit("u", "a", "Heavy")
    assert (verdict.allowed, verdict.retry_after, limiter.penalties_restarted) == (False, 60, 0)
    ticks.now += 59
    assert limiter.admit("u", "a", "Heavy").retry_after == 60
    assert (limiter.rejected, limiter.penalties_restarted) == (2, 1)
    ticks.now += 59.9
    assert not limiter.admit("u", "a", "Heavy").allowed
    ticks.now += 60
    assert limiter.admit("u", "a", "Heavy").remaining == 2


def test_over_the_limit_the_answer_is_429(opened, ticks):
    """Over the limit the answer is 429 CMN-301 with the penalty in `Retry-After`."""
    rc, client = opened(calls=10, limits=HEAVY, penalty=2.0, monotonic=ticks)
    assert [client.get().status_code for _ in range(3)] == [200] * 3
    answer = client.get()
    assert (answer.status_code, answer.json()["errorCode"]) == (429, "CMN-301")
    assert answer.headers["Retry-After"] == "2"
    assert answer.headers["X-Rate-Limit-Remaining"] == "0"
    assert (rc.rejected, rc.penalties_restarted) == (1, 0)
    ticks.now += 2
    assert client.get().status_code == 200
    assert [seen.status for seen in rc.requests_to("call-log")] == [200] * 3 + [429, 200]
    assert {seen.group for seen in rc.requests} == {"Heavy"}
    rc.forget_requests()
    assert (rc.requests, rc.rejected) == ([], 0)


def test_others_use_the_budget(opened):
    """Another client of the same app leaves less of the budget."""
    rc, client = opened(calls=10, limits=HEAVY)
    rc.use_budget("Heavy", 2)
    assert client.get().headers["X-Rate-Limit-Remaining"] == "0"


def test_a_refused_request_counts(opened):
    """A request that is refused for its parameters counts all the same."""
    _, client = opened(calls=10, limits=HEAVY)
    assert client.get(perPage=0).headers["X-Rate-Limit-Remaining"] == "2"


def test_limits_on_the_sandbox_clock(opened):
    """On request, limits go by the sandbox's clock."""
    rc, client = opened(calls=10, limits=HEAVY, limits_on_sandbox_clock=True)
    assert [client.get().status_code for _ in range(4)] == [200, 200, 200, 429]
    rc.clock.advance(seconds=60)
    assert client.get().status_code == 200


def test_groups_and_headers_may_differ(opened):
    """Groups may have other names, and headers may be missing."""
    _, client = opened(calls=10, group_names={"Heavy": "call-log-v2"})
    assert client.get().headers["X-Rate-Limit-Group"] == "call-log-v2"
    silent = Habits(rate_headers=False, retry_after=False)
    _, client = opened(calls=10, limits=HEAVY, habits=silent)
    answers = [client.get() for _ in range(4)]
    assert answers[-1].status_code == 429
    headers = {name.lower() for answer in answers for name in answer.headers}
    assert not [name for name in headers if name.startswith(("x-rate", "retry"))]


def test_logins_have_a_group_of_their_own(opened):
    """Logging in counts in the Auth group: five a minute."""
    _, client = opened(calls=10, limits={})
    statuses = []
    for _ in range(5):
        answer = client.token(grant_type="password")
        statuses.append(answer.status_code)
        assert answer.headers["X-Rate-Limit-Group"] == "auth"
    assert statuses == [400] * 4 + [429]
