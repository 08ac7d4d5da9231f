"""Faults on the way are waited out, or end the run with one line and its state intact."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from fixtures import FREE, NOW, free_account
from harness import Output
from waiting import PATIENCE

from sandbox import Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import RequestError, UnavailableError, UnreachableError
from tap_ringcentral_calllog.times import SECOND, moment

PASSING = [
    Fault("status", status=500),
    Fault("status", status=502),
    Fault("status", status=503, retry_after=7),
    Fault("status", status=504),
    Fault("status", status=408),
    Fault("reset"),
    Fault("cut"),
    Fault("truncated_json"),
    Fault("html"),
    Fault("bad_gzip"),
]


def name(fault: Fault) -> str:
    return f"{fault.kind}-{fault.status}" if fault.kind == "status" else fault.kind


def on_calls(fault: Fault, **changes) -> Fault:
    return replace(fault, on="/call-log", **changes)


@pytest.fixture
def account():
    """An account of 200 calls that answers 20 at a time."""
    with free_account(seed=31, calls=200, days=20, habits=Habits(max_per_page=20)) as sandbox:
        yield sandbox


def read(output: Output) -> set[str]:
    return {record["id"] for record in output.records()}


@pytest.mark.parametrize("fault", PASSING, ids=name)
def test_a_fault_that_passes_costs_waiting_only(sync, account, fault):
    """Struck twice in mid-window: two growing waits, and not one call is missing or double."""
    struck = account.fail(on_calls(fault, after=4, times=2))
    output = sync(account)
    assert struck.struck == 2
    assert read(output) == {call["id"] for call in account.truth(level="account")}
    assert len(output.records()) == len(read(output))
    waits = [7, 7] if fault.retry_after else [2, 4]
    assert output.slept == pytest.approx(waits, abs=0.1)


@pytest.mark.parametrize("fault", PASSING, ids=name)
def test_a_fault_that_stays_ends_the_run_with_one_line(sync, account, fault):
    """After some tries the run gives up; what was settled stays, and the next run goes on."""
    first = sync(account)
    account.clock.advance(days=2)
    account.fail(on_calls(fault, times=None))
    output = Output()
    with pytest.raises(UnavailableError, match="RingCentral could not be read") as caught:
        sync(account, first.state, output=output)
    assert "\n" not in str(caught.value)
    waits = [round(wait) for wait in output.slept]
    assert waits == sorted(waits)
    account.clear_faults()
    second = sync(account, output.state or first.state)
    assert read(first) | read(second) == {call["id"] for call in account.truth(level="account")}


def test_an_answer_that_never_comes_is_given_up(sync, account):
    """A read that stalls beyond the timeout counts as a fault, and is tried again."""
    stalled = account.fail(on_calls(Fault("stall", seconds=PATIENCE)))
    timeouts = set()

    def be_impatient(connection):
        """Shorten the timeout of the request that stalls; a busy machine may need it for others."""
        send = connection.session.send

        def send_impatiently(request, timeout, **options):
            timeouts.add(timeout)
            stalls = "/call-log" in request.url and not stalled.struck
            return send(request, timeout=0.1 if stalls else PATIENCE, **options)

        connection.session.send = send_impatiently

    output = sync(account, request_timeout=77, prepare=be_impatient)
    assert timeouts - {2.0} == {77}, "and 2 s for the end of the session"
    assert stalled.struck == 1
    assert output.slept
    assert read(output) == {call["id"] for call in account.truth(level="account")}


def test_a_refused_connection_is_named(sync, account):
    """A refused connection is named, with the host that refused it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(UnreachableError, match=f"no connection to 127.0.0.1:{port}"):
        sync(account, api_url=f"http://127.0.0.1:{port}")


def test_a_name_that_nobody_knows(sync, account, monkeypatch):
    """So is a name server's refusal."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnreachableError, match="no connection"):
        sync(account)


def test_a_penalty_is_sat_out_once_and_never_prolonged(sync):
    """When another client uses up the budget, one request is refused, and none falls in it."""
    with Sandbox(
        seed=32,
        calls=600,
        days=20,
        now=NOW,
        limits_on_sandbox_clock=True,
        habits=Habits(max_per_page=50),
    ) as sandbox:
        sandbox.fail(
            Fault("hook", on="/call-log", after=3, hook=lambda: sandbox.use_budget("Heavy", 10))
        )
        output = sync(sandbox, by_its_clock=True)
        assert read(output) == {call["id"] for call in sandbox.truth(level="account", end=NOW)}
        assert sandbox.rejected == 1
        assert sandbox.penalties_restarted == 0


def test_a_redirect_is_not_followed(sync, account):
    """Credentials go to api_url only."""
    account.fail(on_calls(Fault("status", status=302)))
    with pytest.raises(RequestError, match="HTTP 302"):
        sync(account)


def test_a_session_that_is_revoked_in_mid_run_is_renewed(sync, account):
    """All tokens die between two pages: one new login, and the run goes on."""
    account.fail(Fault("hook", on="/call-log", after=5, hook=account.revoke_all_sessions))
    output = sync(account)
    assert read(output) == {call["id"] for call in account.truth(level="account")}
    assert len(account.requests_to("/oauth/token")) == 2


def test_a_login_that_stays_unaccepted_ends_the_run(sync, account):
    """A second 401 in a row is not answered with a third login."""
    account.fail(on_calls(Fault("status", status=401), times=None))
    with pytest.raises(RequestError, match="accepted neither the login nor a new one"):
        sync(account)
    assert len(account.requests_to("/oauth/token")) == 2


def test_the_session_is_ended_after_a_run(sync, account):
    """One login, one revocation."""
    sync(account)
    paths = [seen.path for seen in account.requests]
    assert paths.count("/restapi/oauth/token") == 1
    assert paths[-1] == "/restapi/oauth/revoke"


def test_a_token_is_replaced_before_it_expires(sync):
    """A run longer than a token's life never sees a 401."""
    with free_account(
        seed=33, calls=600, days=20, token_life=600, habits=Habits(max_per_page=20)
    ) as sandbox:
        on_its_way = partial(sandbox.clock.advance, seconds=30)
        sandbox.fail(Fault("hook", on="/call-log", times=None, hook=on_its_way))
        output = sync(sandbox, by_its_clock=True)
        assert {call["id"] for call in sandbox.truth(level="account")} >= read(output)
        assert len(sandbox.requests_to("/oauth/token")) > 1
        assert {seen.status for seen in sandbox.requests} == {200}


def test_a_refresh_token_is_kept_for_the_next_run(sync, account, tmp_path):
    """The store holds a token that works, run after run, and the session is not revoked."""
    store = tmp_path / "token.json"
    settings = {"token_store": str(store), "refresh_token": account.refresh_token}
    state = None
    for _ in range(3):
        state = sync(account, state, **settings).state
        account.clock.advance(hours=1)
    assert not account.requests_to("/oauth/revoke")
    assert account.refresh_token not in store.read_text()


def test_a_password_logs_in(sync, account):
    """The legacy login."""
    settings = {
        "username": account.username,
        "extension": account.extension,
        "password": account.password,
    }
    assert sync(account, **settings).records()


def test_a_wait_of_hours_ends_the_run_instead(sync, account):
    """A scheduler can do better with two hours than sleep; the line says how long."""
    account.fail(on_calls(Fault("status", status=503, retry_after=7200), after=3))
    output = Output()
    with pytest.raises(UnavailableError, match="asks to wait for 120 minutes"):
        sync(account, output=output)
    assert not output.slept


@pytest.mark.parametrize(("logins", "goodbyes"), [(1, 0), (2, 1)])
def test_the_farewell_breaks_no_limit(sync, logins, goodbyes):
    """Where logging out would have to wait, the session is left to end by itself."""
    limits = FREE | {"Auth": (logins, 60.0)}
    with Sandbox(seed=34, calls=100, days=5, now=NOW, limits=limits) as account:
        output = sync(account)
        assert len(account.requests_to("/oauth/revoke")) == goodbyes
        assert not output.slept


def test_a_damaged_refusal_is_no_refusal(sync):
    """Of a 400 that does not say why, nothing follows: it is asked again."""
    habits = Habits(show_deleted="refused")
    with free_account(seed=34, calls=100, days=5, habits=habits) as account:
        broken = account.fail(Fault("truncated_json", on="showDeleted"))
        assert read(sync(account)) == {call["id"] for call in account.truth(level="account")}
        assert broken.struck == 1


def test_one_wrong_date_declares_nothing_final(sync):
    """The login's answer is dated two days ahead, the others are right."""
    with free_account(seed=35, calls=100, days=5) as account:
        ahead = Fault("hook", on="/oauth/token", hook=lambda: account.clock.advance(days=2))
        account.fail(ahead)
        account.fail(Fault("hook", on="/call-log", hook=lambda: account.clock.set(NOW)))
        output = sync(account)
        line = output.state["bookmarks"]["call_log"]["replication_key_value"]
        assert line <= "2026-03-19T12:00:01"


FAR = "Fri, 31 Dec 9999 23:59:59 GMT"
A_YEAR_ON = "Sat, 20 Mar 2027 12:00:00 GMT"
A_YEAR_AGO = "Thu, 20 Mar 2025 12:00:00 GMT"
LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"


@pytest.mark.parametrize(
    ("date", "after", "times"),
    [
        *((date, after, 1) for date in (FAR, A_YEAR_ON, LONG_AGO) for after in (0, 1, 4)),
        *((date, 0, None) for date in (FAR, LONG_AGO)),
        *((date, 1, None) for date in (FAR, A_YEAR_ON, A_YEAR_AGO, LONG_AGO)),
        (A_YEAR_AGO, 1, 1),
    ],
)
def test_no_date_makes_a_state_that_the_next_run_refuses(sync, date, after, times):
    """Of the year 9999, or one that jumps by a year between answers; and it loses nothing.

    A first answer has no other to be compared with, nor does this machine's clock tell: it is
    another year there.
    """
    settings = {"call_log_level": "extension", "start_date": "2026-03-10"}
    now = None if after == 0 and times is None else NOW
    with Sandbox(seed=36, calls=200, days=10, now=now, limits=FREE, running=False) as account:
        ids = settings["extension_ids"] = account.extension_ids[:3]
        if now is None:
            settings["start_date"] = None
        account.fail(Fault("date", date=date, after=after, times=times))
        first = sync(account, **settings)
        account.clear_faults()
        account.clock.advance(hours=2)
        parts = first.state["bookmarks"]["call_log"]["partitions"]
        edge = account.clock.now() - timedelta(hours=26)
        assert all(moment(part["replication_key_value"]) <= edge + SECOND for part in parts)
        second = sync(account, first.state, **settings)
        found = {(r["extensionId"], r["id"]) for r in (*first.records(), *second.records())}
        start = "2026-03-10T00:00:00Z" if now else None
        truth = [(one, c["id"]) for one in ids for c in account.truth("extension", one, start)]
        assert len(truth) > 50
        assert found >= set(truth)


def test_a_sync_time_of_another_age_is_not_kept(sync):
    """Change tracking goes on from what the server says, and from now at the latest."""
    with free_account(seed=36, calls=50, days=5) as account:

        def far(body: bytes) -> bytes:
            content = json.loads(body)
            content["syncInfo"]["syncTime"] = "9999-12-31T23:59:59.000Z"
            return json.dumps(content).encode()

        account.fail(Fault("edit", on="extract-sync", edit=far, times=None))
        first = sync(account, change_tracking=True)
        assert first.state["bookmarks"]["call_log"]["syncTime"] < "2026-03-20T12:01"
        assert sync(account, first.state, change_tracking=True).state
