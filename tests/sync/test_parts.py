"""One bad part stops itself only: a mailbox, an extension, a queue or a list that can't be read.

It is named in each run, the others are read, and the run fails. Only the login, the account's call
log, and a server that answers nothing at all end a run.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from fixtures import free_account
from harness import Output, config_for, selecting

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Sandbox
from sandbox.credentials import ALL_MAILBOXES
from tap_ringcentral_calllog.errors import TapRingCentralError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

START = "2026-03-01"

WAYS = {
    "400": Fault("status", status=400),
    "405": Fault("status", status=405),
    "409": Fault("status", status=409),
    "429": Fault("status", status=429),
    "500": Fault("status", status=500),
    "200 without records": Fault("edit", edit=lambda _: b'{"uri": "x", "navigation": {}}'),
}
SAID = {
    "400": "HTTP 400 CMN-201",
    "405": "HTTP 405 CMN-201",
    "409": "HTTP 409 CMN-201",
    "429": "HTTP 429 CMN-301, 10 times in a row",
    "500": "HTTP 500 CMN-203, 6 times in a row",
    "200 without records": "an answer without the requested data, 6 times in a row",
}


def open_account(**options: Any) -> Sandbox:
    given = {"seed": 61, "calls": 120, "days": 15, "extensions": 5, "messages": 6}
    return free_account(**{**given, **options})


@pytest.fixture
def account():
    """An account of five users."""
    with open_account() as sandbox:
        yield sandbox


def break_for_good(account: Sandbox, fault: Fault, on: str) -> None:
    account.fail(Fault(**{**vars_of(fault), "on": on, "times": None}))


def vars_of(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in fault.__slots__}


@pytest.fixture
def run(sync, caplog) -> Callable[..., tuple[Output, list[str]]]:
    """Run the tap to its end; return its output and its error lines."""
    caplog.set_level("INFO")

    def one(account: Sandbox, *names: str, **options: Any) -> tuple[Output, list[str]]:
        caplog.clear()
        output = Output()
        state = options.pop("state", None)
        given = {"start_date": START, **options}
        with pytest.raises(TapRingCentralError):
            sync(account, state, selecting(*names), output=output, **given)
        return output, [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]

    return one


def mailboxes(account: Sandbox) -> list[str]:
    return [str(one["id"]) for one in account.extensions_truth()]


def shown_to(account: Sandbox, extension: str) -> set[str]:
    """Return the ids of the messages of a mailbox that RingCentral shows."""
    truth = account.messages_truth(extension)
    return {str(one["id"]) for one in truth if one["availability"] != "Purged"}


def read_of(output: Output, stream: str, extension: str) -> set[str]:
    return {row["id"] for row in output.records(stream) if row["extensionId"] == extension}


def partition(output: Output, stream: str, extension: str) -> dict[str, Any]:
    parts = output.state["bookmarks"][stream]["partitions"]
    return next(part for part in parts if part["context"] == {"extensionId": extension})


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_mailbox_holds_up_no_other(run, sync, account, way):
    """In every run the others are read, and what is new in them, before the bad one is tried."""
    bad, *others = mailboxes(account)
    break_for_good(account, WAYS[way], f"/extension/{bad}/message-store")
    state = None
    for hour in range(3):
        new = {
            one: account.add_message(one, kind="SMS", creation_time=f"2026-03-20T1{hour}:30:00Z")
            for one in account.extension_ids[1:]
        }
        account.forget_requests()
        output, errors = run(account, "messages", "retention", state=state)
        (line,) = errors
        assert line.startswith(f"messages of extension {bad}: ")
        assert SAID[way] in line
        for one in others:
            shown = shown_to(account, one)
            read = read_of(output, "messages", one)
            assert read == shown if state is None else {new.get(one)} - {None} <= read <= shown
        assert not read_of(output, "messages", bad)
        assert output.records("retention")
        asked = [one.path.split("/")[-2] for one in account.requests_to("/message-store")]
        assert asked[0 if state is None else -1] == bad
        assert "replication_key_value" not in partition(output, "messages", bad)
        state = output.state
        account.clock.advance(hours=1)
    account.clear_faults()
    healed = sync(account, state, selecting("messages"), start_date=START)
    assert read_of(healed, "messages", bad) == shown_to(account, bad)
    assert "failedAt" not in json.dumps(healed.state)


@pytest.mark.parametrize("way", WAYS)
def test_a_broken_log_of_an_extension_holds_up_no_other(run, account, way):
    """The same at extension level, for the call log itself."""
    bad, *others = account.extension_ids
    break_for_good(account, WAYS[way], f"/extension/{bad}/call-log")
    settings = {"call_log_level": "extension", "extension_ids": account.extension_ids}
    state = None
    for _ in range(2):
        output, errors = run(account, "call_log", "extensions", state=state, **settings)
        (line,) = errors
        assert line.startswith(f"call_log of extension {bad}: ")
        assert SAID[way] in line
        for one in others:
            if state is None:
                ids = {call["id"] for call in account.truth("extension", one)}
                assert ids
                assert read_of(output, "call_log", one) == ids
            assert partition(output, "call_log", one)["replication_key_value"]
        assert not read_of(output, "call_log", bad)
        assert output.records("extensions")
        state = output.state


def test_the_only_extension_ends_no_run_either(run, account):
    """Other streams may be read all the same."""
    break_for_good(account, WAYS["500"], "/call-log")
    output, errors = run(account, "call_log", "messages", call_log_level="extension")
    assert [line.split(":")[0] for line in errors] == [f"call_log of extension {account.owner_id}"]
    assert read_of(output, "messages", account.owner_id) == shown_to(account, account.owner_id)


@pytest.mark.parametrize("way", WAYS)
def test_the_accounts_call_log_ends_the_run(sync, account, way):
    """It is what the tap is for. Nothing else is asked for, and the line names it."""
    break_for_good(account, WAYS[way], "/call-log")
    output = Output()
    with pytest.raises(TapRingCentralError, match=f"call_log: .*{SAID[way]}"):
        sync(account, None, selecting("call_log", "extensions"), output=output, start_date=START)
    assert not output.records("extensions")
    assert not account.requests_to("/extension?")


def test_what_was_read_of_a_part_before_it_broke_stays(run, sync, account):
    """Its bookmark is where the last whole window ended."""
    one = account.extension_ids[1]
    settings = {"call_log_level": "extension", "extension_ids": [one]}
    first = sync(account, None, selecting("call_log"), start_date=START, **settings)
    before = partition(first, "call_log", one)["replication_key_value"]
    account.clock.advance(days=1)
    break_for_good(account, WAYS["500"], "/call-log")
    output, _ = run(account, "call_log", state=first.state, **settings)
    part = partition(output, "call_log", one)
    assert part["replication_key_value"] == before
    assert part["failedAt"].startswith("2026-03-21T12:00:0")


def test_a_part_that_was_never_read_leaves_open_how_far_the_archive_is(run, sync, account):
    """The others' bookmarks do not speak for it."""
    bad = mailboxes(account)[2]
    break_for_good(account, WAYS["500"], f"/extension/{bad}/message-store")
    output, _ = run(account, "messages", "retention")
    kinds = {row["kind"]: row for row in output.records("retention")}
    assert kinds["voiceMailAndFax"]["archivedTo"] is None
    account.clear_faults()
    healed = sync(account, output.state, selecting("messages", "retention"), start_date=START)
    kinds = {row["kind"]: row for row in healed.records("retention")}
    assert kinds["voiceMailAndFax"]["archivedTo"]


def test_mailboxes_that_are_known_are_read_where_the_list_of_them_cannot_be(run, sync, account):
    """None is taken for gone meanwhile."""
    first = sync(account, None, selecting("messages"), start_date=START)
    account.clock.advance(hours=1)
    new = {
        one: account.add_message(one, kind="SMS", creation_time="2026-03-20T12:30:00Z")
        for one in account.extension_ids
    }
    break_for_good(account, WAYS["500"], "/account/~/extension?")
    refused = account.extension_ids[1]
    break_for_good(account, Fault("status", status=403), f"/extension/{refused}/message-store")
    output, errors = run(account, "messages", state=first.state)
    assert [line.split(": ")[0] for line in errors] == [
        "messages needs extensions",
        f"messages of extension {refused}",
    ]
    for one, message in new.items():
        assert (message in read_of(output, "messages", one)) == (one != refused)
    assert len(output.state["bookmarks"]["messages"]["partitions"]) == len(mailboxes(account))


def test_a_broken_list_holds_up_no_other_stream(run, account):
    """What needs it says so, without asking again; messages and retention are read."""
    break_for_good(account, WAYS["500"], "/call-queues?")
    names = ("call_log", "extensions", "call_queues", "call_queue_members", "active_calls")
    output, errors = run(account, *names, "call_recording_settings", "messages", "retention")
    assert len(output.records("call_log")) == len(account.truth())
    for one in mailboxes(account):
        assert read_of(output, "messages", one) == shown_to(account, one)
    for name in ("extensions", "call_recording_settings", "retention"):
        assert output.records(name)
    said = SAID["500"]
    assert [line.split(said)[0] for line in errors] == [
        "call_queues: RingCentral could not be read: ",
        "call_queue_members needs call_queues: RingCentral could not be read: ",
    ]
    assert len(account.requests_to("/call-queues")) == 6


@pytest.mark.parametrize("way", WAYS)
def test_the_members_of_other_queues_are_read(run, way):
    """Of the bad one nothing is written, not even what came before it broke."""
    with open_account(extensions=20) as account:
        truth = account.queue_members_truth()
        bad, *others = truth
        break_for_good(account, WAYS[way], f"/call-queues/{bad}/members?perPage=1&page=2")
        output, errors = run(account, "call_queue_members", page_size=1)
        (line,) = errors
        assert line.startswith(f"call_queue_members of queue {bad}: ")
        assert SAID[way] in line
        rows = output.records("call_queue_members")
        found = {one: [row["id"] for row in rows if row["callQueueId"] == one] for one in truth}
        assert found == {**{one: truth[one] for one in others}, bad: []}


def test_many_broken_parts_in_a_row_take_little_time(run):
    """After three that took their tries, each further one gets one, until one is answered."""
    with open_account(extensions=12) as account:
        ids = account.extension_ids
        for one in ids[:8]:
            break_for_good(account, WAYS["500"], f"/extension/{one}/call-log")
        settings = {"call_log_level": "extension", "extension_ids": ids}
        output, errors = run(account, "call_log", **settings)
        asked = Counter(one.path.split("/")[-2] for one in account.requests_to("/call-log"))
        assert [asked[one] for one in ids] == [6, 6, 6, 1, 1, 1, 1, 1, 1, 1, 1, 1]
        for one in ids[8:]:
            truth = {call["id"] for call in account.truth("extension", one)}
            assert read_of(output, "call_log", one) == truth
        # Three are errors; the others have the same reason, and are named all the same.
        assert [line.split(":")[0] for line in errors] == [
            f"call_log of extension {one}" for one in ids[:3]
        ]
        assert sum(output.slept) < 4 * 62
        account.forget_requests()
        run(account, "call_log", state=output.state, **settings)
        order = [one.path.split("/")[-2] for one in account.requests_to("/call-log")]
        assert set(order[:4]) == set(ids[8:])


def test_all_that_fail_are_named(run, account, caplog):
    """Beyond three of a kind as information; the last line counts all of them."""
    account.set_permissions(user=USER_PERMISSIONS - {ALL_MAILBOXES})
    _, errors = run(account, "messages")
    others = [one for one in mailboxes(account) if one != account.owner_id]
    named = [one for one in others if f"messages of extension {one}: " in caplog.text]
    assert named == others
    assert len(errors) == 3


@pytest.mark.parametrize(
    "fault",
    [Fault("status", status=500), Fault("status", status=503, retry_after=7200), Fault("reset")],
    ids=["500", "a long wait", "no connection"],
)
def test_a_server_that_answers_nothing_any_more_ends_the_run(sync, account, fault):
    """After three parts that it did not answer, and the login's own extension."""
    ids = account.extension_ids
    first = f"/extension/{ids[0]}/call-log"
    given = {"on": "/restapi/v1.0/", "times": None, "when": lambda asked: first not in asked.path}
    account.fail(Fault(**{**vars_of(fault), **given}))
    output = Output()
    with pytest.raises(UnreachableError, match="RingCentral no longer answers any request"):
        sync(
            account,
            None,
            selecting("call_log", "extensions", "messages", "retention"),
            output=output,
            start_date=START,
            call_log_level="extension",
            extension_ids=ids,
        )
    assert read_of(output, "call_log", ids[0])
    assert not account.requests_to("/message-store")
    # Before them, what the account keeps for how long is asked for.
    assert len(account.requests_to("/restapi/v1.0/")) <= 1 + 5 * 6
    assert partition(output, "call_log", ids[0])["replication_key_value"]


def test_parts_that_fail_between_others_are_no_dead_server(run, account):
    """Three of three lists, while mailboxes are read: the run goes on."""
    for path in ("/call-queues?", "/directory/entries", "/call-recording", "/active-calls"):
        break_for_good(account, Fault("reset"), path)
    names = ("call_queues", "directory_entries", "active_calls", "call_recording_settings")
    output, errors = run(account, *names, "messages")
    assert {line.split(":")[0] for line in errors} == set(names)
    assert output.records("messages")


@pytest.mark.parametrize("retry_after", [None, 7200])
def test_a_rate_limit_that_never_ends_closes_its_group_only(run, account, retry_after):
    """Each request inside the penalty would restart it: of its group nothing else is asked for."""
    limited = Fault("status", status=429, retry_after=retry_after, on="/call-log", times=None)
    account.fail(limited)
    ids = account.extension_ids
    settings = {"call_log_level": "extension", "extension_ids": ids}
    output, errors = run(account, "call_log", "messages", **settings)
    # One request more tells that it is not about the first extension.
    assert len(account.requests_to("/call-log")) == (1 if retry_after else 11)
    assert len(errors) == (3 if retry_after else 1 + 3)
    assert all("HTTP 429" in line or "rate limit penalty" in line for line in errors)
    for one in ids:
        assert read_of(output, "messages", one) == shown_to(account, one)


def test_a_403_in_mid_run_is_answered_by_a_new_login(sync, account):
    """Once, as for 401: the next request works, and nothing is missing."""
    account.fail(Fault("status", status=403, on="/call-log", after=2))
    output = sync(account, start_date=START, page_size=20)
    assert {row["id"] for row in output.records()} == {call["id"] for call in account.truth()}
    assert len(account.requests_to("/oauth/token")) == 2


def test_a_403_in_mid_run_is_answered_by_a_new_login_after_refused_settings(sync, account):
    """The account's settings are refused for good, and a new login was tried for them."""
    break_for_good(account, Fault("status", status=403), "/account/~/call-recording")
    account.fail(Fault("status", status=403, on="/call-log", after=2))
    selected = selecting("call_log", "call_recordings")
    output = sync(account, None, selected, start_date=START, page_size=20)
    assert {row["id"] for row in output.records()} >= {call["id"] for call in account.truth()}
    assert len(account.requests_to("/account/~/call-recording")) == 2
    assert len(account.requests_to("/oauth/token")) == 3


def test_a_403_that_stays_is_answered_by_one_login_in_all(run, account):
    """However many parts are refused: RingCentral allows five logins in a minute."""
    account.set_permissions(app=APP_PERMISSIONS - {"ReadAccounts", "ReadMessages"})
    break_for_good(account, Fault("status", status=403), "/restapi/v1.0/account/~/extension/")
    settings = {"call_log_level": "extension", "extension_ids": account.extension_ids}
    _, errors = run(account, "call_log", "messages", **settings)
    assert len(account.requests_to("/oauth/token")) == 2
    assert len(account.requests_to("/call-log")) == len(account.extension_ids) + 1
    assert any("HTTP 403" in line for line in errors)


def test_a_401_that_stays_is_answered_by_one_login_in_all(run, account):
    """The other mailboxes are read by it."""
    bad = account.extension_ids[:3]
    for one in bad:
        break_for_good(account, Fault("status", status=401), f"/extension/{one}/message-store")
    output, errors = run(account, "messages")
    assert len(account.requests_to("/oauth/token")) == 2
    assert [line.split(":")[0] for line in errors] == [
        f"messages of extension {one}" for one in bad
    ]
    for one in mailboxes(account):
        assert read_of(output, "messages", one) == (set() if one in bad else shown_to(account, one))


def test_a_refusal_that_is_another_extensions_needs_no_login(run, account):
    """RingCentral says so: the login is right."""
    account.set_permissions(user=USER_PERMISSIONS - {ALL_MAILBOXES})
    run(account, "messages")
    assert len(account.requests_to("/oauth/token")) == 1


def test_a_login_that_is_refused_in_mid_run_ends_it(sync, account):
    """Whatever else is asked for would be refused as well."""
    account.fail(Fault("hook", on="/message-store", after=1, hook=account.revoke_all_sessions))
    account.fail(Fault("status", status=401, on="/oauth/token", after=1, times=None))
    with pytest.raises(TapRingCentralError, match="refused the login"):
        sync(account, None, selecting("messages"), start_date=START)
    assert len(account.requests_to("/oauth/token")) == 2


@pytest.mark.parametrize("status", [500, 429])
def test_a_login_that_gets_no_answer_in_mid_run_ends_it(sync, account, status):
    """It is not tried for each mailbox anew."""
    account.fail(Fault("hook", on="/message-store", after=1, hook=account.revoke_all_sessions))
    account.fail(Fault("status", status=status, on="/oauth/token", after=1, times=None))
    with pytest.raises(UnreachableError, match=f"HTTP {status}|rate limit"):
        sync(account, None, selecting("messages"), start_date=START)
    assert len(account.requests_to("/oauth/token")) <= 1 + 10


def test_a_part_of_a_list_is_not_taken_for_the_list(run, sync, account):
    """A 206 holds half of the calls, and offers no next page: it is asked for again."""
    account.fail(Fault("partial", on="/call-log", times=2))
    output = sync(account, start_date=START)
    assert {row["id"] for row in output.records()} == {call["id"] for call in account.truth()}
    account.fail(Fault("partial", on="/account/~/extension?", times=None))
    output, errors = run(account, "extensions")
    assert not output.records("extensions")
    (line,) = errors
    assert "HTTP 206 instead of 200, 6 times in a row" in line


def test_the_command_ends_with_1_and_counts_what_failed(command, account, tmp_path):
    """Everything else is written."""
    bad, *others = mailboxes(account)
    break_for_good(account, WAYS["405"], f"/extension/{bad}/message-store")
    config = config_for(account, start_date=START)
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "catalog.json").write_text(json.dumps(selecting("messages")))
    done = command(
        "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")
    )
    assert done.returncode == 1
    written = [json.loads(line) for line in done.stdout.splitlines()]
    read = {one["record"]["extensionId"] for one in written if one["type"] == "RECORD"}
    assert read == {one for one in others if shown_to(account, one)}
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert f"messages of extension {bad}: RingCentral refused the request" in lines[0]
    assert "1 of the streams and their parts could not be read" in lines[-1]


def test_a_test_of_the_connection_fails_with_the_first_part(command, account, tmp_path):
    """It says what does not work; a run would go on with the rest."""
    break_for_good(account, WAYS["405"], "/message-store")
    (tmp_path / "config.json").write_text(json.dumps(config_for(account)))
    (tmp_path / "catalog.json").write_text(json.dumps(selecting("messages")))
    config, catalog = str(tmp_path / "config.json"), str(tmp_path / "catalog.json")
    done = command("--test", "--config", config, "--catalog", catalog)
    assert done.returncode == 1
    assert "messages of extension" in done.stderr
