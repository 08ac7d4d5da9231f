"""Voicemail, faxes and text messages are archived with their files, mailbox by mailbox.

The sandbox's truth is what the rows must hold, value by value.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fixtures import free_account
from harness import Output, selecting
from relay import Relay
from target import Target

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Habits, Sandbox
from sandbox.credentials import ALL_MAILBOXES
from tap_ringcentral_calllog.errors import AccessError, FilesError, StateError, UnreachableError

START = "2026-02-20"
ADDED = ("accountId", "extra")


def open_account(**options: Any) -> Sandbox:
    given = {"seed": 91, "calls": 60, "days": 20, "extensions": 6, "messages": 8}
    return free_account(**{**given, **options})


@pytest.fixture
def account():
    """An account of six users and their queues, with voicemail, faxes and text messages."""
    with open_account() as sandbox:
        yield sandbox


@pytest.fixture
def read(sync, tmp_path):
    """Read streams of an account; also those of whose files some could not be had."""

    def run(account: Sandbox, *names: str, state: Any = None, **options: Any) -> Output:
        output = options.pop("output", Output())
        given = {"messages_path": str(tmp_path / "files"), "start_date": START, **options}
        with suppress(FilesError):
            sync(account, state, selecting(*(names or ("messages",))), output=output, **given)
        return output

    return run


def everyone(account: Sandbox) -> list[str]:
    return [str(one["id"]) for one in account.extensions_truth()]


def truth(account: Sandbox) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the messages that RingCentral shows, by extension and id."""
    return {
        (mailbox, str(one["id"])): one
        for mailbox in everyone(account)
        for one in account.messages_truth(mailbox)
        if one["availability"] != "Purged"
    }


def files(account: Sandbox) -> dict[tuple[str, str, str], str]:
    """Return the hashes of the files that messages have, by extension, message and attachment."""
    return {
        (mailbox, str(one["messageId"]), str(one["attachmentId"])): one["sha256"]
        for mailbox in everyone(account)
        for one in account.message_files_truth(mailbox)
        if one["type"] != "Text"
    }


def by_key(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["extensionId"], row["id"]): row for row in rows}


def as_text(value: Any, name: str = "") -> Any:
    """Return a value as rows have it: ids are text."""
    if isinstance(value, dict):
        return {name: as_text(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    is_id = name == "id" or name.endswith("Id")
    return str(value) if is_id and value is not None else value


def archived(rows: list[dict[str, Any]]) -> dict[tuple[str, str, str], str]:
    """Return the hashes of what lies where rows say."""
    return {
        (row["extensionId"], row["messageId"], row["id"]): sha256(
            Path(row["path"]).read_bytes()
        ).hexdigest()
        for row in rows
        if row["status"] == "archived"
    }


@pytest.mark.parametrize(
    "habits",
    [
        Habits(),
        Habits(text_ids=True),
        Habits(numeric_ids=True),
        Habits(max_per_page=2, precision="second"),
        Habits(date_from_inclusive=False, date_to_inclusive=False),
        Habits(unsorted="page", max_per_page=5),
    ],
    ids=["usual", "text-ids", "numeric-ids", "small-pages", "exclusive", "unsorted"],
)
def test_every_message_is_read_as_it_is(read, habits):
    """Of all extensions, deleted ones included, whatever the server's habits."""
    with open_account(habits=habits) as account:
        rows = by_key(read(account).records("messages"))
        expected = truth(account)
        assert len(expected) > 50
        assert {one["type"] for one in expected.values()} >= {"VoiceMail", "Fax", "SMS"}
        assert rows.keys() == expected.keys()
        for key, message in expected.items():
            row = {name: value for name, value in rows[key].items() if name not in ADDED}
            assert row == as_text(message)
            assert rows[key]["accountId"] == account.account_id
            assert rows[key]["extra"] is None


def test_each_extension_has_its_own_bookmark(read, account):
    """The next run reads the look-back only; one request per mailbox."""
    first = read(account)
    parts = first.state["bookmarks"]["messages"]["partitions"]
    assert {part["context"]["extensionId"] for part in parts} == set(everyone(account))
    assert {part["replication_key_value"][:19] for part in parts} == {"2026-03-19T12:00:00"}
    account.clock.advance(hours=1)
    account.forget_requests()
    added = account.add_message(kind="SMS", creation_time="2026-03-20T12:30:00Z")
    rows = read(account, state=first.state).records("messages")
    assert added in {row["id"] for row in rows}
    assert all(row["creationTime"] >= "2026-03-19" for row in rows)
    assert len(account.requests_to("/message-store")) == len(everyone(account))


def test_a_change_within_the_look_back_is_seen(read, account):
    """A message that is read or deleted a few hours later."""
    first = read(account)
    target = Target()
    target.apply(first.messages)
    one = account.add_message(kind="SMS", creation_time="2026-03-20T11:30:00Z")
    target.apply(read(account, state=first.state).messages)
    account.clock.advance(hours=3)
    account.delete_message(one)
    target.apply(read(account, state=target.state).messages)
    row = next(row for row in target.rows("messages") if row["id"] == one)
    assert row["availability"] == "Deleted"


def test_what_is_purged_does_not_empty_the_archived_row(read, account):
    """RingCentral tells no more of it than that it is gone."""
    target = Target()
    one = account.add_message(kind="SMS", creation_time="2026-03-20T11:30:00Z")
    target.apply(read(account).messages)
    before = next(row for row in target.rows("messages") if row["id"] == one)
    account.delete_message(one, purge=True)
    target.apply(read(account, state=target.state).messages)
    assert next(row for row in target.rows("messages") if row["id"] == one) == before


def test_an_account_of_health_care_has_no_text_messages(read):
    """That is no error."""
    for habit in ("empty", "refused"):
        with open_account(hipaa=True, habits=Habits(hipaa_texts=habit)) as account:
            rows = read(account, account_type="hipaa").records("messages")
            assert {row["type"] for row in rows} <= {"VoiceMail", "Fax"}
            assert by_key(rows).keys() == truth(account).keys()


def test_extensions_are_asked_for_once(read, account):
    """Where `extensions` is selected as well, its rows serve."""
    read(account, "extensions", "messages")
    asked = [one for one in account.requests if one.path.endswith("/account/~/extension")]
    assert len(asked) == 1


@pytest.mark.parametrize("habit", ["served", "CMN-102", "CMN-404"])
def test_a_disabled_extension_is_reported_and_not_fatal(read, caplog, habit):
    """Everybody else's messages are read, and the run succeeds, without a warning each time."""
    caplog.set_level("INFO")
    with open_account(habits=Habits(disabled_extensions=habit)) as account:
        gone = everyone(account)[1]
        account.disable_extension(gone)
        rows = by_key(read(account).records("messages"))
        others = {key for key in truth(account) if key[0] != gone}
        assert others <= rows.keys()
        is_told = f"Extension {gone} is skipped because its status is Disabled" in caplog.text
        assert is_told == (habit != "served")
        told = [one for one in caplog.records if "is skipped" in one.getMessage()]
        assert {one.levelname for one in told} <= {"INFO"}


def test_an_extension_that_goes_in_mid_run_is_reported_and_not_fatal(read, account, caplog):
    """The list named it; when its turn comes, it is 404."""
    gone = everyone(account)[2]
    account.fail(
        Fault(
            "status",
            status=404,
            on=f"/extension/{gone}/message-store",
            times=None,
        )
    )
    rows = by_key(read(account).records("messages"))
    assert rows.keys() == {key for key in truth(account) if key[0] != gone}
    assert f"Extension {gone} is skipped because its status is Enabled" in caplog.text


def test_the_bookmark_of_an_extension_that_is_gone_goes_too(read, account):
    """It would stand in the state for ever, and look as if nobody read it."""
    state = read(account).state
    gone = everyone(account)[3]
    account.remove_extension(gone)
    parts = read(account, state=state).state["bookmarks"]["messages"]["partitions"]
    assert gone not in {part["context"]["extensionId"] for part in parts}
    assert len(parts) == len(everyone(account))


def test_own_messages_need_no_list_of_extensions(read, account):
    """At extension level the mailboxes are those of extension_ids."""
    one = account.owner_id
    rows = read(account, call_log_level="extension").records("messages")
    assert by_key(rows).keys() == {key for key in truth(account) if key[0] == one}
    assert not [r for r in account.requests if r.path.endswith("/extension")]


@pytest.mark.parametrize(
    ("lacks", "line"),
    [
        ("ReadMessages", "the app lacks the permission ReadMessages"),
        ("ReadAccounts", "messages needs extensions: the app lacks the permission ReadAccounts"),
    ],
)
def test_a_missing_permission_of_the_app_is_named(sync, account, lacks, line):
    """The call log is read all the same."""
    account.set_permissions(app=[one for one in APP_PERMISSIONS if one != lacks])
    output = Output()
    with pytest.raises(AccessError, match=line):
        sync(account, None, selecting("call_log", "messages"), output=output, start_date=START)
    assert output.records("call_log")
    assert not output.records("messages")


@pytest.mark.parametrize("code", ["CMN-419", "CMN-404"])
def test_without_a_right_to_the_mailboxes_of_others_the_own_is_read(read, caplog, code):
    """Some that are refused are named, and the run fails at its end."""
    with open_account(habits=Habits(foreign_mailbox_error=code)) as account:
        account.set_permissions(user=USER_PERMISSIONS - {ALL_MAILBOXES})
        output = Output()
        with pytest.raises(AccessError, match="the user has no right to another extension's data"):
            read(account, output=output)
        rows = by_key(output.records("messages"))
        assert rows.keys() == {key for key in truth(account) if key[0] == account.owner_id}
        assert len([one for one in caplog.records if one.levelname == "ERROR"]) == 3


def test_every_file_is_kept_with_its_hash(read, account):
    """Voicemail, pages of faxes and pictures; not texts, which messages have as subject."""
    rows = read(account, "message_files").records("message_files")
    expected = files(account)
    assert len(expected) >= 10
    assert archived(rows) == expected
    assert len(rows) == len(expected)
    for row in rows:
        has_end = row["messageType"] in {"VoiceMail", "Fax"}
        assert (row["expiresAt"] is not None) == has_end
    assert not [row for row in rows if row["contentType"] is None]


def test_files_are_fetched_once(read, account):
    """A second run, and one from nothing, ask for none."""
    first = read(account, "message_files")
    account.forget_requests()
    read(account, "message_files", state=first.state)
    anew = read(account, "message_files")
    assert not account.requests_to("/content")
    assert archived(anew.records("message_files")) == files(account)


def test_a_file_that_is_gone_is_told_with_the_reason(read, account):
    """Deleted between the list and the file."""
    mailbox, message, attachment = next(iter(files(account)))
    account.fail(
        Fault("status", status=404, on=f"/message-store/{message}/content/{attachment}", times=None)
    )
    first = read(account, "message_files")
    assert all(row["status"] == "archived" for row in first.records("message_files"))
    account.clock.advance(days=1)
    rows = read(account, "message_files", state=first.state).records("message_files")
    (row,) = [row for row in rows if row["status"] == "gone"]
    assert (row["extensionId"], row["messageId"], row["id"]) == (mailbox, message, attachment)
    assert row["reason"].startswith("RingCentral no longer has it")


@pytest.mark.parametrize("end", ["disable_extension", "remove_extension"])
def test_files_that_could_not_be_had_are_told_when_their_mailbox_is_gone(read, end):
    """Nobody looks for them any more: that is said, and not only forgotten."""
    with open_account(habits=Habits(disabled_extensions="CMN-404")) as account:
        others = (key for key in files(account) if key[0] != account.owner_id)
        mailbox, message, attachment = next(others)
        account.fail(Fault("status", status=500, on=f"/content/{attachment}", times=None))
        state = read(account, "message_files").state
        getattr(account, end)(mailbox)
        again = read(account, "message_files", state=state)
    (row,) = [row for row in again.records("message_files") if row["status"] == "gone"]
    assert (row["extensionId"], row["messageId"], row["id"]) == (mailbox, message, attachment)
    assert row["reason"].startswith("its extension is ")
    parts = again.state["bookmarks"]["message_files"]["partitions"]
    assert not any(part.get("unfinished") for part in parts)


def test_files_of_a_mailbox_that_is_gone_are_told_before_its_bookmark_is_dropped(read, account):
    """Wherever the run is killed that finds it gone."""
    others = (key for key in files(account) if key[0] != account.owner_id)
    mailbox, message, attachment = next(others)
    account.fail(Fault("status", status=500, on=f"/content/{attachment}", times=None))
    state = read(account, "message_files").state
    account.remove_extension(mailbox)
    whole = read(account, "message_files", state=state)
    states = [end for end, last in enumerate(whole.messages) if last["type"] == "STATE"]
    assert len(states) > 1
    for end in states:
        target = Target()
        target.state = state
        target.apply(whole.messages[: end + 1])
        target.apply(read(account, "message_files", state=target.state).messages)
        gone = [row for row in target.rows("message_files") if row["status"] == "gone"]
        assert [row["messageId"] for row in gone] == [message]


def test_a_page_in_place_of_a_mailbox_gives_nothing_up(read, account):
    """A gateway's 404 has no code: RingCentral says itself that an extension is gone."""
    others = (key for key in files(account) if key[0] != account.owner_id)
    mailbox, _, attachment = next(others)
    with Relay(account.url) as relay:
        account.fail(Fault("status", status=403, on=f"/content/{attachment}", times=None))
        state = read(account, "message_files", api_url=relay.url).state
        relay.answers[f"/extension/{mailbox}/message-store?"] = (404, {"Content-Length": "0"})
        output = Output()
        with pytest.raises(AccessError):
            read(account, "message_files", state=state, api_url=relay.url, output=output)
    assert not [row for row in output.records("message_files") if row["status"] == "gone"]
    parts = output.state["bookmarks"]["message_files"]["partitions"]
    (part,) = (part for part in parts if part["context"]["extensionId"] == mailbox)
    assert [row["id"] for row in part["unfinished"]] == [attachment]


def test_mailboxes_of_another_account_are_not_taken_for_gone(read, account):
    """Their bookmarks would be dropped, and the state be the wrong account's from then on."""
    state = read(account, "messages").state
    with open_account(seed=17) as other:
        assert other.account_id != account.account_id
        with pytest.raises(StateError, match="the state belongs to account"):
            read(other, "messages", state=state)


def test_files_that_go_on_failing_hold_up_no_other_mailbox(read, account):
    """They are tried again after what is new, and end the stream for no other."""
    mailbox = everyone(account)[1]
    bad = [f"/message-store/{one[1]}/content/" for one in files(account) if one[0] == mailbox]
    for hour in range(3):
        when = f"2026-03-17T0{hour}:00:00Z"
        one = account.add_message(mailbox, kind="VoiceMail", creation_time=when)
        bad.append(f"/message-store/{one}/content/")
    for path in bad:
        account.fail(Fault("status", status=403, on=path, times=None))
    state = read(account, "message_files").state
    account.clear_faults()
    for path in bad:
        account.fail(Fault("status", status=500, on=path, times=None))
    account.clock.advance(days=2)
    new = {
        account.add_message(one, kind="Fax", creation_time="2026-03-21T10:00:00Z")
        for one in everyone(account)
    }
    rows = read(account, "message_files", state=state).records("message_files")
    assert new <= {row["messageId"] for row in rows if row["status"] == "archived"}


@pytest.mark.parametrize("name", ["creationTime", "lastModifiedTime"])
def test_a_time_that_no_message_can_have_blocks_nothing(read, account, name):
    """Files of other messages are archived, and so is its own."""
    when = f'"{name}":"9999-12-31T00:00:00.000Z"'.encode()
    pattern = re.compile(b'"%s": ?"[^"]*"' % name.encode())
    account.fail(
        Fault("edit", on="/message-store?", times=None, edit=lambda body: pattern.sub(when, body))
    )
    rows = read(account, "message_files").records("message_files")
    assert archived(rows) == files(account)


def test_a_kill_costs_no_message_and_no_file(read, account):
    """Stopped after any message, the next run completes both streams."""
    names = ("messages", "message_files")
    whole = read(account, *names)
    for end in range(0, len(whole.messages), 23):
        target = Target()
        target.apply(whole.messages[:end])
        target.apply(read(account, *names, state=target.state).messages)
        assert by_key(target.rows("messages")).keys() == truth(account).keys()
        assert archived(target.rows("message_files")) == files(account)


def test_nothing_is_asked_for_twice_in_a_run(read, account):
    """One list per mailbox and stream, one request per file."""
    read(account, "messages", "message_files")
    asked = Counter(request.path for request in account.requests_to("/message-store"))
    lists = {path: n for path, n in asked.items() if path.endswith("/message-store")}
    assert set(lists.values()) == {2}
    assert {n for path, n in asked.items() if path not in lists} == {1}


def settled_in(state: dict[str, Any]) -> set[str]:
    """Return the mailboxes whose messages are archived, by a state."""
    parts = state["bookmarks"].get("messages", {}).get("partitions", [])
    return {part["context"]["extensionId"] for part in parts if "replication_key_value" in part}


def test_a_state_speaks_only_of_mailboxes_that_were_written_before_it(read):
    """A STATE message may speak of many mailboxes; a run that is killed after it misses nothing."""
    with open_account(extensions=40) as account:
        expected, output = truth(account), read(account)
        written: set[tuple[str, str]] = set()
        spoken_of = []
        for message in output.messages:
            if message["type"] == "RECORD":
                written.add((message["record"]["extensionId"], message["record"]["id"]))
            elif message["type"] == "STATE":
                spoken_of.append(settled_in(message["value"]))
                assert written >= {key for key in expected if key[0] in spoken_of[-1]}
        assert spoken_of[-1] == set(everyone(account))
        assert len(spoken_of) < len(everyone(account))


def test_a_run_that_finds_nothing_new_writes_few_states(read):
    """Each holds all bookmarks; the last one is complete."""
    with open_account(extensions=40, calls=0, messages=0) as account:
        first = read(account, "messages", "message_files")
        second = read(account, "messages", "message_files", state=first.state)
    assert len(settled_in(second.state)) > 40
    assert len(second.states) <= 7


def test_a_run_that_ends_early_says_what_it_has_read(read):
    """RingCentral answers nothing any more: what was read before that is confirmed."""
    with open_account(extensions=40, calls=0, messages=0) as account:
        fall_silent = partial(account.fail, Fault("reset", times=None))
        account.fail(Fault("hook", on="/message-store", after=29, hook=fall_silent))
        output = Output()
        with pytest.raises(UnreachableError):
            read(account, output=output)
        assert len(settled_in(output.state)) == 30
