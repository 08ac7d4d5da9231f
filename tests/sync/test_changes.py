"""Change tracking sees what changed since the last run, however old the call."""

from __future__ import annotations

import json

import msgspec
import pytest
from fixtures import free_account
from target import Target, truth

from sandbox import APP_PERMISSIONS, Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import SettingsError
from tap_ringcentral_calllog.records import decoding
from tap_ringcentral_calllog.records.shaper import Shaper

TRACKED = {"change_tracking": True, "start_date": "2026-03-01"}
ROUTE = "/call-log-extract-sync"


def open_account(**options) -> Sandbox:
    return free_account(seed=51, calls=400, days=20, **options)


@pytest.fixture
def account():
    """An account of 400 calls."""
    with open_account() as sandbox:
        yield sandbox


@pytest.fixture
def archived(sync, account):
    """An archive of the account, after the first run."""
    target = Target()
    target.apply(sync(account, **TRACKED).messages)
    account.clock.advance(hours=1)
    return target


def old_call(account: Sandbox) -> str:
    """Return the id of a call far behind the look-back."""
    return account.truth(level="account", end="2026-03-10T00:00:00Z")[0]["id"]


def test_an_old_call_that_changes_is_read_again(sync, account, archived):
    """One request more, and only what has changed comes again."""
    call = old_call(account)
    account.change_call(call, result="Voicemail")
    account.forget_requests()
    output = sync(account, archived.state, **TRACKED)
    archived.apply(output.messages)
    assert archived.call(account.account_id, call) == truth(account)[call]
    assert len(account.requests_to(ROUTE)) == 1
    assert sum(record["id"] == call for record in output.records()) == 1


def test_without_it_such_a_change_is_not_seen(sync, account, archived):
    """That is what the look-back can't do."""
    call = old_call(account)
    account.change_call(call, result="Voicemail")
    output = sync(account, archived.state)
    assert call not in {record["id"] for record in output.records()}


def test_tracking_begins_before_the_windows_do(sync, account):
    """What changes while the first run reads is seen by the second one."""
    call, target = old_call(account), Target()
    habits = {"page_size": 50}
    change = Fault(
        "hook", on="/call-log?", after=7, hook=lambda: account.change_call(call, result="Missed")
    )
    account.fail(change)
    target.apply(sync(account, **TRACKED, **habits).messages)
    assert ROUTE in next(s.path for s in account.requests if "/call-log" in s.path)
    account.clock.advance(hours=30)
    target.apply(sync(account, target.state, **TRACKED, **habits).messages)
    assert target.call(account.account_id, call) == truth(account)[call]


def test_many_changes_come_in_several_answers(sync, account, archived, monkeypatch, caplog):
    """Each answer's token is kept once its calls are written, and not before."""
    monkeypatch.setattr("tap_ringcentral_calllog.streams.changes._RECORDS", 10)
    calls = account.truth(level="account", end="2026-03-15T00:00:00Z")[:35]
    for call in calls:
        account.change_call(call["id"], result="Missed")
    account.forget_requests()
    output = sync(account, archived.state, **TRACKED)
    assert len(account.requests_to(ROUTE)) >= 4
    written, tokens = 0, [archived.state["bookmarks"]["call_log"]["syncToken"]]
    for message in output.messages:
        if message["type"] == "RECORD" and message["stream"] == "call_log":
            written += 1
        elif message["type"] == "STATE":
            token = message["value"]["bookmarks"]["call_log"]["syncToken"]
            if token != tokens[-1]:
                tokens.append(token)
                assert written % 10 == 0 or len(tokens) == 5
    assert len(tokens) == 5
    assert {call["id"] for call in calls} <= {record["id"] for record in output.records()}
    assert "not resumable" not in caplog.text


@pytest.mark.prove
def test_a_run_that_dies_among_the_changes_reads_them_again(sync, account, archived, monkeypatch):
    """Its bookmark stands where it stood, its token behind the last answer that was written."""
    monkeypatch.setattr("tap_ringcentral_calllog.streams.changes._RECORDS", 10)
    before = archived.state["bookmarks"]["call_log"]["replication_key_value"]
    for call in account.truth(level="account", end="2026-03-15T00:00:00Z")[:35]:
        account.change_call(call["id"], result="Missed")
    whole = sync(account, archived.state, **TRACKED)
    for end in range(0, len(whole.messages), 9):
        target = Target()
        target.state = archived.state
        target.apply(whole.messages[:end])
        rest = sync(account, target.state, **TRACKED)
        assert all(
            state["bookmarks"]["call_log"]["replication_key_value"] >= before
            for state in (*rest.states, target.state)
        )
        target.apply(rest.messages)
        written = {row["id"] for row in target.rows()}
        assert {record["id"] for record in whole.records()} <= written


def test_a_deletion_is_tracked_where_ringcentral_tells_of_it(sync):
    """The archived call is kept, and marked."""
    with open_account(habits=Habits(extract_sync_deleted=True)) as account:
        target = Target()
        target.apply(sync(account, **TRACKED).messages)
        account.clock.advance(hours=1)
        call = old_call(account)
        account.delete_call(call)
        target.apply(sync(account, target.state, **TRACKED).messages)
        row = target.call(account.account_id, call)
        assert row["deleted"] is True
        assert row["from"]


def expire(account):
    account.clock.advance(days=31)


@pytest.mark.parametrize("end", [Sandbox.reset_sync, expire])
def test_a_token_that_is_refused_is_replaced(sync, account, archived, end, caplog):
    """One line says since when changes may be missing; FSync begins where the token ended."""
    call = old_call(account)
    end(account)
    account.change_call(call, result="Voicemail")
    output = sync(account, archived.state, **TRACKED)
    archived.apply(output.messages)
    assert archived.call(account.account_id, call) == truth(account)[call]
    lines = [one.getMessage() for one in caplog.records if "sync token" in one.getMessage()]
    assert len(lines) == 1
    assert "CLG-10" in lines[0]
    states = [state["bookmarks"]["call_log"] for state in output.states]
    assert states[-1]["syncToken"] != states[0]["syncToken"]


def test_a_token_of_somebody_else_is_replaced(sync, account, archived):
    """A state that was edited by hand costs the tracking, not the run."""
    archived.state["bookmarks"]["call_log"]["syncToken"] = "nonsense"
    output = sync(account, archived.state, **TRACKED)
    assert output.state["bookmarks"]["call_log"]["syncToken"] != "nonsense"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("status", status=404, on=ROUTE, times=None), "HTTP 404"),
        (Fault("status", status=403, on=ROUTE, times=None), "HTTP 403"),
        (Fault("status", status=500, on=ROUTE, times=None), "HTTP 500"),
        (Fault("html", on=ROUTE, times=None), "not JSON"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_where_it_is_not_possible_the_look_back_does(sync, account, fault, words, first, caplog):
    """One line, everything else is read, and the token waits for better days."""
    state = None if first else sync(account, **TRACKED).state
    token = state and state["bookmarks"]["call_log"]["syncToken"]
    account.fail(fault)
    output = sync(account, state, **TRACKED)
    lines = [one.getMessage() for one in caplog.records if "change_tracking" in one.getMessage()]
    assert len(lines) == 1
    assert words in lines[0]
    assert output.records()
    assert output.state["bookmarks"]["call_log"].get("syncToken") == token


def test_a_missing_permission_ends_nothing_else(sync, account, caplog):
    """The app's permission is asked for as for the call log itself."""
    account.set_permissions(app=[one for one in APP_PERMISSIONS if one != "ReadCallRecording"])
    assert sync(account, **TRACKED).records()
    assert not [one for one in caplog.records if "change_tracking" in one.getMessage()]


def test_answers_that_promise_more_without_end_do_not_hold_the_run(sync, account, monkeypatch):
    """Empty ones are asked for a few times, no more."""

    def decode(_, body):
        content, fault = decoding.decode(body)
        if content and content.get("syncInfo"):
            content["records"] = []
            content["syncInfo"]["newerRecordsExist"] = True
            del content["syncInfo"]["syncTime"]
        return content, fault

    monkeypatch.setattr(Shaper, "decode", decode)
    assert sync(account, **TRACKED).records()
    assert 5 <= len(account.requests_to(ROUTE)) <= 6


def test_changes_that_are_told_again_and_again_do_not_hold_the_run(sync, account, monkeypatch):
    """Nor do those that hold what was told before."""
    told = {"id": "x", "startTime": "2026-03-15T10:00:00Z", "duration": 1}

    def decode(_, body):
        content, fault = decoding.decode(body)
        if content and content.get("syncInfo"):
            content["records"] = [msgspec.Raw(json.dumps(told).encode())]
            content["syncInfo"]["newerRecordsExist"] = True
        return content, fault

    monkeypatch.setattr(Shaper, "decode", decode)
    assert sync(account, **TRACKED).records()
    assert 5 <= len(account.requests_to(ROUTE)) <= 7


def test_calls_outside_the_range_stay_outside(sync, account):
    """A change does not bring in what start_date and end_date leave out."""
    given = {"start_date": "2026-03-12", "end_date": "2026-03-14", "change_tracking": True}
    state = sync(account, **given).state
    account.clock.advance(hours=1)
    early, late = (
        old_call(account),
        account.truth(level="account", start="2026-03-18T00:00:00Z")[-1]["id"],
    )
    for call in (early, late):
        account.change_call(call, result="Missed")
    assert not {early, late} & {record["id"] for record in sync(account, state, **given).records()}


def test_extensions_have_no_such_thing(sync, account):
    """One line names both settings."""
    with pytest.raises(SettingsError, match="change_tracking needs call_log_level 'account'"):
        sync(account, change_tracking=True, call_log_level="extension")
    assert not account.requests
