"""The pacer keeps the rate limit by itself and sits out penalties."""

from __future__ import annotations

import random
from collections import deque

import pytest

from tap_ringcentral_calllog.api.pacing import Pacer, RateLimit, retry_after
from tap_ringcentral_calllog.errors import LongWaitError


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Server:
    """Counts requests in a sliding window as RingCentral does, and penalises."""

    def __init__(self, clock: Clock, limit: int, window: float, *, headers: bool = True) -> None:
        self.clock, self.limit, self.window, self.headers = clock, limit, window, headers
        self.seen: deque[float] = deque()
        self.penalty_until = 0.0
        self.rejected = self.restarted = 0

    def use(self, count: int = 1) -> bool:
        """Count requests; tell whether they fit."""
        now = self.clock.now
        while self.seen and self.seen[0] <= now - self.window:
            self.seen.popleft()
        if now < self.penalty_until:
            self.restarted += 1
        elif len(self.seen) + count <= self.limit:
            self.seen.extend([now] * count)
            return True
        self.rejected += 1
        self.penalty_until = now + 60
        return False

    def answer(self) -> tuple[int, dict[str, str]]:
        """Serve a request."""
        fits = self.use()
        headers = {
            "X-Rate-Limit-Group": "Heavy",
            "X-Rate-Limit-Limit": str(self.limit),
            "X-Rate-Limit-Remaining": str(self.limit - len(self.seen)),
            "X-Rate-Limit-Window": str(self.window),
        }
        status, penalty = (200, {}) if fits else (429, {"Retry-After": "60"})
        return status, {**(headers if self.headers else {}), **penalty}


def make(clock: Clock, share: float = 1.0) -> tuple[Pacer, list[tuple[float, str]]]:
    waits: list[tuple[float, str]] = []
    pacer = Pacer(
        share=share,
        clock=clock,
        sleep=clock.sleep,
        report=lambda seconds, reason: waits.append((seconds, reason)),
        chance=lambda: 0.0,
    )
    return pacer, waits


def send(pacer: Pacer, server: Server, latency: float = 0.2) -> int:
    pacer.wait("Heavy")
    status, headers = server.answer()
    server.clock.now += latency
    pacer.observe("Heavy", status, headers)
    return status


@pytest.mark.parametrize("headers", [True, False])
@pytest.mark.parametrize("latency", [0.0, 0.2, 5.0])
def test_a_long_run_is_never_refused_and_wastes_little_time(headers, latency):
    """At the default limit 200 requests take hardly longer than the limit allows."""
    clock = Clock()
    server = Server(clock, 10, 60, headers=headers)
    pacer, _ = make(clock)
    begin = clock.now
    for _ in range(200):
        assert send(pacer, server, latency) == 200
    best = (200 // 10 - 1) * 60
    assert server.rejected == 0
    assert clock.now - begin <= best * 1.02 + 20 * 2 * latency + 1


@pytest.mark.parametrize(("limit", "window"), [(100, 60.0), (1000, 60.0), (10, 2.0), (1, 1.0)])
def test_the_headers_decide_how_much_is_allowed(limit, window):
    """A raised limit, or another window, is used fully from the first answer on."""
    clock = Clock()
    server = Server(clock, limit, window)
    pacer, _ = make(clock)
    begin = clock.now
    count = limit * 5
    for _ in range(count):
        assert send(pacer, server, 0.0) == 200
    assert server.rejected == 0
    assert clock.now - begin <= 4 * window * 1.02 + 1


@pytest.mark.parametrize(("share", "per_window"), [(0.5, 5), (0.25, 2), (0.05, 0.5)])
def test_only_the_configured_share_is_used(share, per_window):
    """With a share, no more than that part of the limit is used in any window."""
    clock = Clock()
    server = Server(clock, 10, 60)
    pacer, _ = make(clock, share)
    begin = clock.now
    for _ in range(20):
        send(pacer, server, 0.0)
    assert clock.now - begin >= (20 / per_window - max(1, 1 / per_window)) * 60 - 1


def test_requests_of_others_count():
    """When someone else uses the same budget, the headers are believed and nothing is refused."""
    clock = Clock()
    server = Server(clock, 10, 60)
    pacer, waits = make(clock)
    server.use(7)
    for _ in range(30):
        assert send(pacer, server) == 200
    assert server.rejected == 0
    assert waits


def test_others_who_stop_are_forgotten():
    """What others used is not held against us once the headers say that it is free again."""
    clock = Clock()
    server = Server(clock, 10, 60)
    pacer, _ = make(clock)
    server.use(5)
    send(pacer, server)
    server.seen.popleft()
    server.seen.popleft()
    send(pacer, server)
    begin = clock.now
    for _ in range(5):
        assert send(pacer, server, 0.0) == 200
    assert clock.now == begin


def test_a_penalty_is_sat_out_once():
    """When someone else has used up the budget, our one refused request is the only one."""
    clock = Clock()
    server = Server(clock, 10, 60)
    pacer, waits = make(clock)
    server.use(10)
    assert send(pacer, server) == 429
    for _ in range(20):
        assert send(pacer, server) == 200
    assert (server.rejected, server.restarted) == (1, 0)
    assert "penalty" in waits[0][1]


@pytest.mark.parametrize(
    ("retry_after", "shortest"),
    [("60", 60), ("7", 7), (None, 30), ("soon", 30), ("", 30), ("-5", 30), ("inf", 30)],
)
def test_a_penalty_lasts_as_long_as_told(retry_after, shortest):
    """`Retry-After` is kept; where it is missing or nonsense, at least 30 seconds pass."""
    clock = Clock()
    pacer, waits = make(clock)
    pacer.observe("Heavy", 429, {} if retry_after is None else {"Retry-After": retry_after})
    begin = clock.now
    pacer.wait("Heavy")
    assert shortest <= clock.now - begin <= shortest + 40
    assert len(waits) == 1
    assert "penalty" in waits[0][1]


def test_penalties_in_a_row_grow():
    """Where the length is not told, each further penalty is taken for twice as long."""
    clock = Clock()
    pacer, _ = make(clock)
    lengths = []
    for _ in range(6):
        pacer.observe("Heavy", 429, {})
        begin = clock.now
        pacer.wait("Heavy")
        lengths.append(clock.now - begin)
    assert lengths == sorted(lengths)
    assert lengths[1] > lengths[0] * 1.9
    assert lengths[-1] <= 601
    pacer.observe("Heavy", 200, {})
    pacer.observe("Heavy", 429, {})
    begin = clock.now
    pacer.wait("Heavy")
    assert clock.now - begin < 62


@pytest.mark.parametrize("processes", [2, 3, 5])
def test_processes_that_wait_for_the_same_penalty_part(processes):
    """Those that were refused soon after each other do not restart the penalty for ever."""
    for seed in range(100):
        chance = random.Random(seed).random
        # When each may ask next, and how it waits; a second after each other.
        asking = []
        for start in range(processes):
            clock = Clock()
            clock.now += start
            pacer = Pacer(clock=clock, sleep=clock.sleep, report=lambda *_: None, chance=chance)
            asking.append((clock, pacer))
        end, refusals = 1000.0 + 60, {clock: 0 for clock, _ in asking}
        while asking:
            clock, pacer = min(asking, key=lambda one: one[0].now)
            if clock.now >= end:
                asking.remove((clock, pacer))
                continue
            end = clock.now + 60
            refusals[clock] += 1
            pacer.observe("Auth", 429, {"Retry-After": "60"})
            pacer.wait("Auth")
        assert max(refusals.values()) < 10


def test_pauses_grow_and_a_told_pause_is_kept():
    """A failing server is left alone for longer each time, up to a minute."""
    clock = Clock()
    pacer, waits = make(clock)
    for failures in range(1, 9):
        pacer.pause("Heavy", failures, None, "HTTP 503, trying again")
        pacer.wait("Heavy")
    assert clock.slept == [2, 4, 8, 16, 32, 60, 60, 60]
    assert waits[0] == (2, "HTTP 503, trying again")
    pacer.pause("Heavy", 1, 25.0, "HTTP 503, trying again")
    pacer.pause("Heavy", 1, None, "a shorter pause changes nothing")
    pacer.wait("Heavy")
    assert clock.slept[-1] == 25


DATE = "Mon, 23 Nov 2026 05:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "soon", "Date": DATE}, None),
        ({"Retry-After": "Mon, 23 Nov 2026 05:01:30 GMT", "Date": DATE}, 90),
        ({"Retry-After": "Mon, 23 Nov 2026 04:01:30 GMT", "Date": DATE}, 0),
        ({"Retry-After": "Mon, 23 Nov 2026 05:01:30 GMT"}, None),
        ({"Retry-After": "Mon, 23 Nov 2026 05:01:30 -0000", "Date": DATE}, None),
    ],
)
def test_both_forms_of_retry_after_are_understood(headers, seconds):
    """Seconds, or a time, which counts from the answer's own."""
    assert retry_after(headers) == seconds


def per_window(pacer, clock, group="Heavy"):
    """Return how many requests leave within a minute, once all earlier ones are forgotten."""
    pacer.wait(group)
    clock.now += 200
    begin, count = clock.now, 0
    while clock.now < begin + 59:
        pacer.observe(group, 200, {})
        pacer.wait(group)
        count += 1
    return count


def test_a_limit_that_nobody_names_is_learned():
    """Refused without headers, the next windows hold fewer requests than were too many."""
    clock = Clock()
    pacer, _ = make(clock)
    for _ in range(8):
        pacer.wait("Heavy")
        pacer.observe("Heavy", 200, {})
    pacer.observe("Heavy", 429, {"Retry-After": "60"})
    assert per_window(pacer, clock) == 8
    clock.now += 200
    pacer.wait("Heavy")
    pacer.observe("Heavy", 429, {"Retry-After": "60"})
    assert per_window(pacer, clock) == 4


def test_a_sleep_that_ends_early_is_gone_on_with():
    """A wait that the system cuts short is reported once, and still sat out."""
    clock = Clock()
    waits: list[float] = []
    pacer = Pacer(
        clock=clock,
        sleep=lambda seconds: clock.sleep(min(seconds, 1)),
        report=lambda seconds, _: waits.append(seconds),
    )
    pacer.pause("Heavy", 2, None, "HTTP 503, trying again")
    begin = clock.now
    pacer.wait("Heavy")
    assert clock.now - begin == 4
    assert waits == [4]


def test_groups_are_counted_apart():
    """A penalty of one group does not hold back another."""
    clock = Clock()
    pacer, _ = make(clock)
    pacer.observe("Heavy", 429, {"Retry-After": "60"})
    assert pacer.delay("Heavy") == pytest.approx(61)
    assert pacer.delay("Light") == 0
    pacer.wait("Light")
    assert not clock.slept


def test_a_group_may_have_another_name_than_expected():
    """The name in the headers wins: what was counted under it counts for the route."""
    clock = Clock()
    pacer, _ = make(clock)
    renamed = {"X-Rate-Limit-Group": "Analytics", "X-Rate-Limit-Limit": "2"}
    for _ in range(2):
        pacer.wait("Heavy")
        pacer.observe("Heavy", 200, renamed)
    pacer.wait("Heavy")
    assert sum(clock.slept) == pytest.approx(60, abs=1)
    assert per_window(pacer, clock) == per_window(pacer, clock, "Analytics") == 2


def test_a_request_without_an_answer_counts():
    """RingCentral may have counted what it never answered."""
    clock = Clock()
    pacer, _ = make(clock)
    for _ in range(10):
        pacer.wait("Heavy")
        pacer.observe("Heavy", None, {})
    pacer.wait("Heavy")
    assert sum(clock.slept) == pytest.approx(60, abs=1)


def test_headers_that_are_no_numbers_change_nothing():
    """Nonsense in a header leaves what was known before."""
    known = RateLimit("heavy", 10, 60)
    nonsense = {
        "X-Rate-Limit-Limit": "many",
        "X-Rate-Limit-Window": "0",
        "X-Rate-Limit-Remaining": "?",
    }
    assert RateLimit.from_headers(nonsense, known) == known
    assert RateLimit.from_headers({"X-Rate-Limit-Limit": "0"}, known) == known


def test_absurd_headers_neither_fill_the_memory_nor_block_for_years():
    """A limit of a hundred million, used up by others, and a penalty of centuries."""
    clock = Clock()
    pacer, _ = make(clock)
    absurd = {"X-Rate-Limit-Limit": "100000000", "X-Rate-Limit-Remaining": "0"}
    pacer.observe("Heavy", 429, {**absurd, "Retry-After": "99999999999"})
    with pytest.raises(LongWaitError):
        pacer.wait("Heavy")
    clock.now += 90_000
    pacer.wait("Heavy")
    assert not clock.slept


@pytest.mark.parametrize(
    ("headers", "answers", "minutes"),
    [
        ({"X-Rate-Limit-Limit": "3", "X-Rate-Limit-Window": "86400"}, 3, 1441),
        ({"X-Rate-Limit-Window": "1e99"}, 10, 1441),
        ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Window": "3600"}, 1, 60),
    ],
    ids=["a day", "for ever", "used up by others"],
)
def test_a_window_that_no_run_should_wait_for_is_named(headers, answers, minutes):
    """What fits it is asked for; then one line says how long it takes, and nothing is waited."""
    clock = Clock()
    pacer, _ = make(clock)
    for _ in range(answers):
        pacer.wait("Heavy")
        pacer.observe("Heavy", 200, headers)
    with pytest.raises(LongWaitError, match=rf"asks to wait for {minutes} minutes \(heavy rate"):
        pacer.wait("Heavy")
    assert not clock.slept
    pacer.wait("Light")


def test_what_the_user_gives_away_may_take_longer():
    """A hundredth of five logins a minute is one in twenty minutes, and that is waited for."""
    clock = Clock()
    pacer, _ = make(clock, share=0.01)
    for _ in range(2):
        pacer.wait("Auth")
        pacer.observe("Auth", 200, {})
    assert sum(clock.slept) == pytest.approx(1200, rel=0.01)


@pytest.mark.parametrize("begun", [1000.0, 0.1, 4_611.7, 91_234.56789])
def test_penalties_in_a_row_stay_within_what_is_waited_for(begun):
    """The time that is added by chance must not make a long wait of a short one."""
    clock = Clock()
    clock.now = begun
    pacer = Pacer(clock=clock, sleep=clock.sleep, report=lambda *_: None, chance=lambda: 0.999)
    for number in range(100):
        pacer.wait("Heavy")
        clock.now += number / 7
        pacer.observe("Heavy", 429, {})
    pacer.wait("Heavy")
    assert max(clock.slept) <= 900


def test_a_group_that_is_closed_takes_nothing_more():
    """The others do, and what is left of it takes no infinite time to tell."""
    clock = Clock()
    pacer, _ = make(clock)
    pacer.close("Heavy", "HTTP 429, 10 times in a row")
    with pytest.raises(LongWaitError, match="HTTP 429, 10 times in a row"):
        pacer.wait("Heavy")
    assert pacer.delay("Heavy") == float("inf")
    assert pacer.seconds_for("Heavy", 1, 1.0) == 86_400
    pacer.wait("Light")
    assert not clock.slept


@pytest.mark.parametrize("limit", [1, 10, 100, 1000])
@pytest.mark.parametrize("share", [1.0, 0.5, 0.05])
@pytest.mark.parametrize("each", [0.001, 0.3, 2.0])
def test_how_long_requests_take_is_known_ahead(limit, share, each):
    """From any point on, with any limit, within a hundredth and a second."""
    clock = Clock()
    pacer = Pacer(share=share, clock=clock, sleep=clock.sleep, report=lambda *_: None)
    headers = {"X-Rate-Limit-Limit": str(limit)}
    pacer.observe("Heavy", 200, headers)
    begun, told = [], []
    for left in range(3 * limit + 5, 0, -1):
        begun.append(clock.now)
        told.append(pacer.seconds_for("Heavy", left, each))
        pacer.wait("Heavy")
        clock.now += each
        pacer.observe("Heavy", 200, headers)
    took = [clock.now - then for then in begun]
    assert told == pytest.approx(took, rel=0.02, abs=1 + each)


def test_a_penalty_and_the_requests_of_others_count_in_how_long_it_takes():
    """What is blocked waits; what others take is not there."""
    clock = Clock()
    pacer, _ = make(clock)
    pacer.observe("Heavy", 200, {"X-Rate-Limit-Remaining": "4"})
    assert pacer.seconds_for("Heavy", 4, 0) == 0
    assert pacer.seconds_for("Heavy", 6 * 5, 0) == pytest.approx(6 * 60, rel=0.3)
    pacer.observe("Heavy", 429, {"Retry-After": "60"})
    assert pacer.seconds_for("Heavy", 1, 0) == pytest.approx(61)


def test_defaults_are_ringcentrals():
    """Where nothing is known, RingCentral's published limits hold."""
    assert [RateLimit.assumed(g).limit for g in ("heavy", "medium", "light", "auth", "new")] == [
        10,
        40,
        50,
        5,
        10,
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [("Heavy", "heavy rate limit of 10 requests"), ("+16505550100 Zoe", "rate limit of 10 req")],
)
def test_a_name_that_a_server_made_up_is_not_repeated(name, told):
    """The limits that RingCentral names are told; whatever else stands in the header is not."""
    rate = RateLimit.from_headers({"X-Rate-Limit-Group": name}, RateLimit.assumed("heavy"))
    reason = f"{rate.name} of {rate.limit} requests"
    assert told in reason
    assert "Zoe" not in reason
    assert rate.group == name.lower()


def test_when_the_next_request_may_leave_and_how_many_in_a_day():
    """Not earlier than now; how many in a day is not known before an answer has told the limit."""
    clock = Clock()
    pacer, _ = make(clock, share=0.5)
    assert pacer.delay("Heavy") == 0
    pacer.observe("Heavy", 200, {})
    assert pacer.per_day("Heavy") is None
    pacer.observe("Heavy", 200, {"X-Rate-Limit-Limit": "10", "X-Rate-Limit-Window": "60"})
    assert pacer.per_day("Heavy") == 7_200
    assert pacer.per_day("Light") is None
    pacer.close("Heavy", "closed")
    assert pacer.delay("Heavy") == float("inf")
