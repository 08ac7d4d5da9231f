"""Who and what the account has now is read as a whole in each run: extensions, queues, and so on.

The sandbox's truth is what the rows must hold, value by value.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from fixtures import FREE
from harness import Output, config_for, selecting
from target import Target

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import (
    AccessError,
    SettingsError,
    TapRingCentralError,
    UnavailableError,
)
from tap_ringcentral_calllog.streams.directory import SNAPSHOTS
from tap_ringcentral_calllog.times import moment

NAMES = tuple(kind.name for kind in SNAPSHOTS)
QUEUES = "/restapi/v1.0/account/~/call-queues"
OPTIONS = {"seed": 71, "calls": 30, "days": 2, "extensions": 20, "limits": FREE}


@pytest.fixture
def account():
    """An account with twenty users, four queues and two calls under way."""
    with Sandbox(**OPTIONS) as sandbox:
        for minutes in (5, 7):
            start = sandbox.clock.now() - timedelta(minutes=minutes)
            sandbox.add_call(start_time=start, duration=3600)
        yield sandbox


@pytest.fixture
def read(sync, account):
    """Read some streams of the account."""

    def run(*names, state=None, **options) -> Output:
        return sync(options.pop("sandbox", account), state, selecting(*names), **options)

    return run


def bare(rows):
    """Return rows by their ids, without what the tap adds."""
    added = ("accountId", "snapshotAt", "extra", "callQueueId", "isOver")
    return {row["id"]: {k: v for k, v in row.items() if k not in added} for row in rows}


def by_id(truth):
    """Return the truth by ids, which are text in rows."""
    return {one["id"]: one for one in as_text(truth)}


def as_text(value, name=""):
    if isinstance(value, dict):
        return {name: as_text(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value) if name == "id" else value


def errors(caplog):
    return [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]


def test_extensions_equal_the_truth(read, account):
    """Users, queues and menus, those who left and those to come, with everything told of them."""
    rows = read("extensions").records("extensions")
    assert bare(rows) == by_id(account.extensions_truth())
    assert {row["accountId"] for row in rows} == {account.account_id}
    assert {row["status"] for row in rows} == {"Enabled", "Disabled", "NotActivated"}


def test_the_directory_equals_the_truth(read, account):
    """Each entry is an active extension, with name, address and numbers."""
    rows = read("directory_entries").records("directory_entries")
    known = by_id(account.extensions_truth())
    assert set(account.extension_ids) < bare(rows).keys()
    assert "Department" in {row["type"] for row in rows}
    for row in rows:
        truth = known[row["id"]]
        assert row["extensionNumber"] == truth["extensionNumber"]
        assert row["account"]["id"] == account.account_id
        if row["type"] == "User":
            assert f"{row['firstName']} {row['lastName']}" == truth["name"]
            assert row["email"] == truth["contact"]["email"]
        if "businessPhone" in truth["contact"]:
            assert row["phoneNumbers"][0]["phoneNumber"] == truth["contact"]["businessPhone"]


def test_queues_and_their_members_equal_the_truth(read, account):
    """With each queue's own settings, and its members; all rows are of the same moment."""
    output = read("call_queues", "call_queue_members")
    truth = account.queue_members_truth()
    queues = output.records("call_queues")
    assert bare(queues) == by_id(account.queues_truth())
    goals = {tuple(row["serviceLevelSettings"].values()) for row in queues}
    assert len(goals) == len(queues) == len(truth)
    names = by_id(account.extensions_truth())
    members = output.records("call_queue_members")
    expected = [(queue, one) for queue, ids in truth.items() for one in ids]
    assert [(row["callQueueId"], row["id"]) for row in members] == expected
    assert all(row["extensionNumber"] == names[row["id"]]["extensionNumber"] for row in members)
    assert len({row["snapshotAt"] for row in members}) == 1
    assert [one.path for one in account.requests].count(QUEUES) == 1


def test_members_need_no_selected_queues(read, account):
    """The list of queues is asked for, without each queue's settings, and not written."""
    output = read("call_queue_members")
    assert output.records("call_queue_members")
    assert not output.records("call_queues")
    assert [one.path for one in account.requests].count(QUEUES) == 1
    assert not {f"{QUEUES}/{one}" for one in account.queue_members_truth()} & {
        one.path for one in account.requests
    }


@pytest.mark.parametrize("status", [403, 400, 500])
def test_a_queue_whose_settings_are_refused_keeps_its_row(read, account, caplog, status):
    """Without them; the failure names the queue, and the other queues have theirs."""
    bad, *others = account.queue_members_truth()
    truth = by_id(account.queues_truth())
    account.fail(Fault("status", status=status, on=f"/call-queues/{bad}", times=None))
    output = Output()
    with pytest.raises(TapRingCentralError, match=f"call_queues of queue {bad}: .*{status}"):
        read("call_queues", output=output)
    rows = bare(output.records("call_queues"))
    assert [rows[one] for one in others] == [truth[one] for one in others]
    own = {"serviceLevelSettings", "editableMemberStatus", "alertTimer"}
    assert rows[bad] == {name: truth[bad][name] for name in truth[bad].keys() - own}
    assert len(errors(caplog)) == 1


def test_where_no_queues_settings_can_be_had_each_is_asked_for_a_few_times(read, account, caplog):
    """All rows come; after three queues that kept failing, the fourth gets one try."""
    caplog.set_level("INFO")
    account.fail(Fault("status", status=500, on="/call-queues/", times=None))
    output = Output()
    with pytest.raises(UnavailableError):
        read("call_queues", output=output)
    assert bare(output.records("call_queues")).keys() == by_id(account.queues_truth()).keys()
    *first, last = list(account.queue_members_truth())
    named = [f"call_queues of queue {one}" for one in first]
    assert [line.split(":")[0] for line in errors(caplog)] == named
    told = [one.getMessage() for one in caplog.records if one.levelname == "INFO"]
    assert any(line.startswith(f"call_queues of queue {last}: ") for line in told)
    asked = [len(account.requests_to(f"/call-queues/{one}")) for one in (*first, last)]
    assert asked == [6, 6, 6, 1]


def test_settings_of_another_queue_are_not_taken(read, account):
    """An answer that is another queue's is a fault, and asked for again."""
    first, second, *_ = account.queue_members_truth()

    def swap(body: bytes) -> bytes:
        return body.replace(first.encode(), second.encode())

    account.fail(Fault("edit", on=f"/call-queues/{first}", edit=swap))
    assert bare(read("call_queues").records("call_queues")) == by_id(account.queues_truth())
    assert len(account.requests_to(f"/call-queues/{first}")) == 2


def test_active_calls_equal_the_truth(read, account):
    """Calls under way, with their legs; each run adds rows of its own."""
    first = read("active_calls").records("active_calls")
    assert bare(first) == by_id(account.active_calls_truth())
    assert len(first) == 2
    assert all(row["legs"] for row in first)
    account.clock.advance(minutes=1)
    second = read("active_calls").records("active_calls")
    assert bare(second).keys() == bare(first).keys()
    assert {row["snapshotAt"] for row in first}.isdisjoint(row["snapshotAt"] for row in second)


def test_active_calls_say_which_of_them_were_over(read):
    """RingCentral goes on listing some; what it leaves untold stays untold."""
    habits = Habits(ended_calls_listed=3)
    with Sandbox(**{**OPTIONS, "calls": 0}, habits=habits) as other:
        now = other.clock.now()
        going, ended, untold = (
            other.add_call(start_time=now - timedelta(minutes=9), duration=seconds)
            for seconds in (3600, 480, 470)
        )

        def conceal(body: bytes) -> bytes:
            answer = json.loads(body)
            for record in answer["records"]:
                if record["id"] == untold:
                    del record["result"]
            return json.dumps(answer).encode()

        other.fail(Fault("edit", on="/active-calls", edit=conceal))
        rows = read("active_calls", sandbox=other).records("active_calls")
    over = {row["id"]: row["isOver"] for row in rows}
    assert over == {going: False, ended: True, untold: None}


def test_recording_settings_equal_the_truth(read, account):
    """The account's own limits, in one row."""
    (row,) = read("call_recording_settings").records("call_recording_settings")
    assert row["accountId"] == account.account_id
    assert row["automatic"]["retentionPeriod"] == 90
    assert row["automatic"]["maxNumberLimit"] == 100_000
    assert row["onDemand"] == {"enabled": True, "retentionPeriod": 90}
    assert row["greetings"][0] == {"type": "StartRecording", "mode": "Default"}
    assert row["extra"] is None


def test_a_row_of_somebody_who_left_stays_with_an_older_time(read, account):
    """By RingCentral's clock: each row's time is when it was last there."""
    before = read("extensions").records("extensions")
    gone = account.extension_ids[3]
    account.remove_extension(gone)
    account.clock.advance(hours=1)
    after = read("extensions").records("extensions")
    archive = {row["id"]: row for row in (*before, *after)}
    (then,) = {row["snapshotAt"] for row in before}
    (now,) = {row["snapshotAt"] for row in after}
    assert moment(now) - moment(then) >= timedelta(hours=1)
    assert abs(moment(now) - account.clock.now()) < timedelta(minutes=1)
    assert [one for one, row in archive.items() if row["snapshotAt"] < now] == [gone]


def test_an_id_given_to_another_person_has_the_new_row_and_old_calls_the_old_name(read, account):
    """There is one row for each id; a call keeps the names it came with."""
    target = Target()
    target.apply(read("call_log", "extensions").messages)
    one = account.owner_id
    before = people(target)[one]
    calls = names_of(target, one)
    assert calls
    assert set(calls.values()) == {before}
    account.change_extension(one, name="Nova Quist", contact={"firstName": "Nova"})
    account.clock.advance(hours=1)
    target.apply(read("call_log", "extensions", state=target.state).messages)
    assert people(target)[one] == "Nova Quist"
    assert names_of(target, one).items() >= calls.items()


def people(target):
    """Return the name of each archived extension."""
    return {row["id"]: row["name"] for row in target.rows("extensions")}


def names_of(target, extension):
    """Return the name that each archived call has for an extension."""
    return {
        row["id"]: row[side]["name"]
        for row in target.rows("call_log")
        for side in ("from", "to")
        if row[side].get("extensionId") == extension
    }


def test_every_row_fits_the_key_that_is_told(read):
    """The keys are what makes a row one of its own in the target."""
    output = read(*NAMES)
    for kind in SNAPSHOTS:
        rows = output.records(kind.name)
        assert rows, kind.name
        assert output.schema(kind.name)["key_properties"] == list(kind.keys)
        assert len({tuple(row[key] for key in kind.keys) for row in rows}) == len(rows)


@pytest.mark.parametrize(
    "habits",
    [
        {},
        {"max_per_page": 3},
        {"max_per_page": 5, "underfull": True},
        {"max_per_page": 5, "unsorted": "page"},
        {"numeric_ids": True},
        {"max_per_page": 9, "text_ids": True},
        {"unknown_fields": True},
        {"max_per_page": 10, "null_objects": True, "missing_fields": True},
        {"rate_headers": False},
    ],
    ids="-".join,
)
def test_lists_are_read_to_their_end_whatever_the_server_does(read, habits):
    """Small pages, empty ones, pages in disorder; ids of any type, fields unknown or missing."""
    with Sandbox(**OPTIONS, habits=Habits(**habits)) as other:
        output = read(*NAMES[:4], sandbox=other, page_size=1000 if habits else 7)
        truth = other.queue_members_truth()
        assert bare(output.records("extensions")).keys() == by_id(other.extensions_truth()).keys()
        assert len(bare(output.records("directory_entries"))) == len(
            output.records("directory_entries")
        )
        assert set(other.extension_ids) <= bare(output.records("directory_entries")).keys()
        assert bare(output.records("call_queues")).keys() == truth.keys()
        members = {(row["callQueueId"], row["id"]) for row in output.records("call_queue_members")}
        assert members == {(queue, one) for queue, ids in truth.items() for one in ids}


def test_unknown_fields_go_to_extra(sync, caplog):
    """They are told of by their names, and keep their values."""
    caplog.set_level("INFO")
    with Sandbox(**OPTIONS, habits=Habits(unknown_fields=True)) as other:
        rows = sync(other, None, selecting("extensions")).records("extensions")
        known = by_id(other.extensions_truth())
    assert any(row["extra"] for row in rows)
    for row in rows:
        assert {name: row[name] for name in known[row["id"]]} == known[row["id"]]
    assert "extensions: unknown field or type, kept in extra" in caplog.text


def test_the_taps_own_names_are_not_the_servers(read, account):
    """A field of that name goes to extra."""
    own = {"accountId": "1", "snapshotAt": "2020-01-01", "callQueueId": "2", "extra": {"a": 1}}

    def add(body: bytes) -> bytes:
        answer = json.loads(body)
        for record in answer["records"]:
            record.update(own)
        return json.dumps(answer).encode()

    account.fail(Fault("edit", on="/members", edit=add, times=None))
    rows = read("call_queue_members").records("call_queue_members")
    assert len(rows) == sum(map(len, account.queue_members_truth().values()))
    for row in rows:
        assert row["extra"] == own
        assert row["accountId"] == account.account_id
        assert row["callQueueId"] in account.queue_members_truth()
        assert row["snapshotAt"] > "2026"


def test_a_list_that_changes_while_it_is_read_is_read_again(read, account):
    """Or whoever shifted to a page that was read before would look as if gone."""
    first, *others = account.extension_ids
    account.fail(Fault("hook", on="page=2", hook=lambda: account.remove_extension(first)))
    rows = read("extensions", page_size=5).records("extensions")
    assert set(others) < bare(rows).keys()
    assert bare(rows).keys() - {first} == by_id(account.extensions_truth()).keys()


def test_a_page_that_repeats_does_not_hold_the_run(read, account, caplog):
    """Whatever the server offers."""

    def endless(body: bytes) -> bytes:
        answer = json.loads(body)
        answer["navigation"]["nextPage"] = {"uri": f"{account.url}/elsewhere"}
        return json.dumps(answer).encode()

    account.fail(Fault("edit", on="/extension", edit=endless, times=None))
    rows = read("extensions").records("extensions")
    assert bare(rows) == by_id(account.extensions_truth())
    assert len(account.requests_to("/extension")) == 4
    assert not account.requests_to("elsewhere")
    assert "further pages with nothing new" in caplog.text


def test_rows_without_an_id_are_counted(read, account, caplog):
    """The others are written; none of their values shows."""

    def spoil(body: bytes) -> bytes:
        answer = json.loads(body)
        del answer["records"][0]["id"]
        answer["records"][1] = "Jane"
        return json.dumps(answer).encode()

    account.fail(Fault("edit", on="/extension", edit=spoil))
    rows = read("extensions").records("extensions")
    assert len(rows) == len(account.extensions_truth()) - 2
    (line,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert line == ("Rows that cannot be written: id is missing (1), record is not an object (1).")


def test_a_list_of_which_nothing_can_be_written_fails_the_run(read, account):
    """Nobody should take an archive for whole that got nothing."""

    def without_ids(body):
        return body.replace(b'"id":', b'"key":')

    account.fail(Fault("edit", on="/call-queues?", edit=without_ids, times=None))
    with pytest.raises(UnavailableError, match=r"call_queues: none of \d+ rows can be"):
        read("call_queues")


def test_an_answer_without_the_list_is_a_fault(read, account):
    """It is asked for again: taken for an empty list it would hide everybody."""
    account.fail(Fault("edit", on="/extension", edit=lambda _: b'{"uri": "x"}'))
    account.fail(Fault("edit", on="/call-recording", edit=lambda _: b'{"unknown": {}}'))
    output = read("extensions", "call_recording_settings")
    assert output.records("extensions")
    assert output.records("call_recording_settings")
    assert len(account.requests_to("/call-recording")) == 2


def test_an_id_leads_nowhere_else(read, account, caplog):
    """Whatever a server calls a queue, its members are asked for there, and no log repeats it."""

    def rename(body: bytes) -> bytes:
        answer = json.loads(body)
        answer["records"][0]["id"] = "../../../../elsewhere?x=1#"
        return json.dumps(answer).encode()

    account.fail(Fault("edit", on="/call-queues?", edit=rename))
    read("call_queue_members")
    asked = [one.path for one in account.requests]
    odd = [path for path in asked if "elsewhere" in path]
    assert odd == ["/restapi/v1.0/account/~/call-queues/../../../../elsewhere?x=1#/members"]
    assert "elsewhere" not in caplog.text
    assert "queue ?: RingCentral no longer has it" in caplog.text


@pytest.mark.parametrize(
    ("permissions", "refused", "words"),
    [
        (
            {"app": APP_PERMISSIONS - {"ReadAccounts"}},
            {"extensions", "directory_entries", "call_queues", "call_queue_members",
             "call_recording_settings"},
            ["the app lacks the permission ReadAccounts", "or deselect the stream"],
        ),
        (
            {"user": USER_PERMISSIONS - {"ReadExtensions"}},
            {"extensions", "call_queues", "call_queue_members"},
            ["the user lacks the permission ReadExtensions", "or deselect the stream"],
        ),
        (
            {"user": USER_PERMISSIONS - {"ReadCompanyInfo"}},
            {"call_recording_settings"},
            ["the user lacks the permission ReadCompanyInfo", "or deselect the stream"],
        ),
    ],
    ids=["app", "user", "one stream"],
)  # fmt: skip
def test_a_refused_stream_is_named_and_the_others_are_read(
    sync, account, caplog, permissions, refused, words
):
    """One line for each, with the permission; the run ends as a failed one."""
    account.set_permissions(**permissions)
    output = Output()
    with pytest.raises(AccessError):
        sync(account, None, selecting("call_log", *NAMES), output=output)
    assert len(output.records("call_log")) == len(account.truth(level="account"))
    for name in NAMES:
        assert bool(output.records(name)) == (name not in refused), name
    lines = errors(caplog)
    assert {line.split(":")[0].split(" ")[0] for line in lines} == refused
    assert len(lines) == len(refused)
    assert all(word in line for line in lines for word in words)
    assert output.state["bookmarks"].keys() == {"call_log"}
    if "app" in permissions:
        # The login tells it: nothing is asked for in vain.
        assert not account.requests_to("/extension")


def test_the_command_ends_with_1_when_a_stream_is_refused(command, account, tmp_path):
    """Everything else is written, and the last line says that not all is there."""
    account.set_permissions(user=USER_PERMISSIONS - {"ReadExtensions"})
    (tmp_path / "config.json").write_text(json.dumps(config_for(account)))
    (tmp_path / "catalog.json").write_text(json.dumps(selecting("call_log", *NAMES)))
    done = command(
        "--config", str(tmp_path / "config.json"), "--catalog", str(tmp_path / "catalog.json")
    )
    assert done.returncode == 1
    written = [json.loads(line) for line in done.stdout.splitlines()]
    assert {one["stream"] for one in written if one["type"] == "RECORD"} == {
        "call_log", "directory_entries", "active_calls", "call_recording_settings",
    }  # fmt: skip
    lines = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert len(lines) == 4
    assert "3 of the streams and their parts could not be read" in lines[-1]


def test_the_call_log_comes_first_and_ends_the_run_when_it_is_refused(sync, account):
    """It is what the tap is for; the SDK would begin with active_calls."""
    output = sync(account, None, selecting("call_log", *NAMES))
    order = dict.fromkeys(one["stream"] for one in output.messages if one["type"] == "SCHEMA")
    assert list(order) == ["call_log", *NAMES]
    account.forget_requests()
    account.set_permissions(user=USER_PERMISSIONS - {"FullCompanyCallLog"})
    with pytest.raises(AccessError, match=r"call_log: .* set call_log_level to 'extension'"):
        sync(account, None, selecting("call_log", *NAMES))
    assert not account.requests_to("/extension")


def test_at_extension_level_nobody_needs_more_than_their_own_log(sync, account, caplog):
    """An ordinary user's log is read, whatever else is refused."""
    account.set_permissions(user={"ReadCallLog"})
    output = Output()
    with pytest.raises(AccessError):
        sync(
            account, None, selecting("call_log", *NAMES), output=output, call_log_level="extension"
        )
    assert output.records("call_log")
    assert output.records("active_calls")
    assert [line.split(":")[0] for line in errors(caplog)] == [
        "extensions",
        "call_queues",
        "call_queue_members needs call_queues",
        "call_recording_settings",
    ]


def test_a_list_that_is_refused_half_way_is_not_written(sync, account):
    """Whom it lacks would look as if gone."""
    account.fail(Fault("status", status=403, on="/extension", after=1, times=None))
    output = Output()
    with pytest.raises(AccessError):
        sync(account, None, selecting("extensions"), output=output, page_size=5)
    # The second page was asked for once more, with a new login.
    assert len(account.requests_to("/extension")) == 3
    assert not output.records("extensions")


def test_a_queue_that_vanishes_is_told_of(read, account, caplog):
    """The members of the others are read, and the run succeeds."""
    truth = account.queue_members_truth()
    gone = list(truth)[1]
    account.fail(Fault("hook", on=gone, hook=lambda: account.remove_extension(gone)))
    output = read("call_queues", "call_queue_members")
    assert bare(output.records("call_queues")).keys() == truth.keys()
    found = {row["callQueueId"] for row in output.records("call_queue_members")}
    assert found == truth.keys() - {gone}
    lines = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    told = [f"{name} of queue {gone}" for name in ("call_queues", "call_queue_members")]
    assert [line.split(":")[0] for line in lines] == told
    assert all("RingCentral no longer has it" in line and "CMN-102" in line for line in lines)


def test_a_page_in_place_of_a_queue_is_no_word_that_it_has_gone(sync, account):
    """A proxy's 404 has no code of RingCentral's: the queue is there, and its run fails."""
    queue = next(iter(account.queue_members_truth()))
    account.fail(Fault("status", status=404, body=b"<html>", on=f"/{queue}/members", times=None))
    output = Output()
    with pytest.raises(AccessError, match=f"call_queue_members of queue {queue}: .*HTTP 404"):
        sync(account, None, selecting("call_queue_members"), output=output)
    assert output.records("call_queue_members")


def test_a_list_that_is_not_offered_is_a_refusal(read, account):
    """404 for a list of the account's own is no vanished row."""
    account.fail(Fault("status", status=404, on="/call-recording", times=None))
    with pytest.raises(AccessError, match="call_recording_settings: RingCentral has no such"):
        read("call_recording_settings")


def test_an_account_whose_answers_do_not_tell_its_id_is_asked_for_it(read, account):
    """Neither directory nor settings name the account that they are of."""
    (row,) = read("call_recording_settings").records("call_recording_settings")
    assert row["accountId"] == account.account_id
    (row,) = read("call_recording_settings", account_id=account.account_id).records(
        "call_recording_settings"
    )
    assert row["accountId"] == account.account_id


def test_they_are_not_selected_by_default(sync, account):
    """Each takes requests, and most of them a further permission."""
    output = sync(account)
    assert not any(output.records(name) for name in NAMES)
    assert {one.path.rpartition("/")[2] for one in account.requests} <= {
        "call-log", "call-recording", "token", "revoke",
    }  # fmt: skip


def test_a_state_of_theirs_alone_is_one_of_this_tap(read):
    """They have no bookmarks: each run reads everything."""
    first = read("call_log", "extensions")
    second = read("extensions", state=first.state)
    assert second.records("extensions")
    assert second.state in ({}, first.state)
    assert read("extensions", state={"bookmarks": {"extensions": {}}}).records("extensions")


def run_test(command, tmp_path, account, *names):
    (tmp_path / "config.json").write_text(json.dumps(config_for(account)))
    catalog = []
    if names:
        (tmp_path / "catalog.json").write_text(json.dumps(selecting(*names)))
        catalog = ["--catalog", str(tmp_path / "catalog.json")]
    done = command("--test", "--config", str(tmp_path / "config.json"), *catalog)
    read = done.stdout.removeprefix("OK: ").partition(" can be read")[0]
    return done, read.split(", ")


def test_a_test_of_the_connection_reads_a_record_of_each_selected_stream(
    command, account, tmp_path
):
    """And of no other: a permission that nobody needs may be missing."""
    done, streams = run_test(command, tmp_path, account, *NAMES)
    assert done.returncode == 0, done.stderr
    assert sorted(streams) == sorted(NAMES)
    account.set_permissions(app={"ReadCallLog"})
    done, streams = run_test(command, tmp_path, account)
    assert done.returncode == 0, done.stderr
    assert "call_log" in streams
    assert not set(streams) & set(NAMES)


def test_a_test_of_the_connection_fails_with_a_refused_stream(command, account, tmp_path):
    """In one line that names the permission."""
    account.set_permissions(app={"ReadCallLog"})
    done, _ = run_test(command, tmp_path, account, "call_log", "extensions")
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert "extensions: the app lacks the permission ReadAccounts" in line


def test_a_catalog_may_not_deselect_a_key(sync, account):
    """As for every stream."""
    catalog = selecting("extensions")
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "id"]:
                entry["metadata"] = {"inclusion": "available", "selected": False}
    with pytest.raises(SettingsError, match="extensions: the catalog deselects id"):
        sync(account, None, catalog)
