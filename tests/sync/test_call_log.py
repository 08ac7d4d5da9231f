"""The call log and its legs arrive whole, for few requests, and only once where nothing changed."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta
from functools import partial

import pytest
from fixtures import FREE, NOW, free_account
from harness import Collector, Output, selecting
from waiting import wait_until

from sandbox import Fault, Habits, Sandbox
from tap_ringcentral_calllog.api.connection import Answer
from tap_ringcentral_calllog.errors import AccessError, Problem, SettingsError, StateError
from tap_ringcentral_calllog.records import decoding
from tap_ringcentral_calllog.records.shaper import Shaper
from tap_ringcentral_calllog.streams.calls import CallLog


@pytest.fixture
def account():
    """An account of 500 calls in 30 days, without a limit that matters."""
    with free_account(seed=7, calls=500, days=30, extensions=8) as sandbox:
        yield sandbox


def ids(records: list[dict]) -> set[str]:
    return {record["id"] for record in records}


def call_requests(sandbox) -> int:
    return len(sandbox.requests_to("call-log"))


def expected(
    truth: list[dict], account_id: str, extension_id: str | None = None
) -> dict[str, dict]:
    """Return the records that the tap should write, by id, leaving out what it adds."""
    log = {"accountId": account_id} | ({"extensionId": extension_id} if extension_id else {})
    return {
        call["id"]: {**call, **log, "legCount": len(call.get("legs", [])), "extra": None}
        for call in truth
    }


def by_id(records: list[dict]) -> dict[str, dict]:
    return {record["id"]: record for record in records}


def stringly(value):
    """Turn numeric ids into the strings that the schema declares."""
    if isinstance(value, dict):
        return {
            key: str(item)
            if key in {"id", "extensionId"} and isinstance(item, int)
            else stringly(item)
            for key, item in value.items()
        }
    return [stringly(item) for item in value] if isinstance(value, list) else value


def same(records: list[dict], truth: dict[str, dict]) -> None:
    """Compare written calls with the truth, value by value."""
    written = by_id(records)
    assert written.keys() == truth.keys()
    for identity, record in written.items():
        assert record == stringly(truth[identity])


@pytest.mark.prove
def test_an_account_arrives_whole_and_costs_its_pages(sync):
    """90 days, 20,000 calls: every call and leg, equal to the truth, in hardly more requests."""
    with free_account(seed=1, calls=20_000, days=90, extensions=25) as sandbox:
        output = sync(sandbox, start_date="2025-12-20")
        truth = sandbox.truth(level="account")
        assert len(truth) > 19_000
        same(output.records(), expected(truth, sandbox.account_id))
        legs = {(leg["callId"], leg["legIndex"]): leg for leg in output.records("call_legs")}
        assert len(legs) == len(output.records("call_legs"))
        for call in truth:
            for index, leg in enumerate(stringly(call["legs"])):
                written = legs.pop((call["id"], index))
                assert {key: written[key] for key in leg} == leg
                assert written["legCount"] == len(call["legs"])
        assert not legs
        assert call_requests(sandbox) <= 1.02 * math.ceil(len(truth) / 1000) + 3


@pytest.mark.parametrize("most", [50, 250])
def test_a_server_that_gives_less_than_asked_loses_nothing(sync, most):
    """`perPage` is clamped silently; every call still arrives, once."""
    with free_account(seed=2, calls=1000, days=30, habits=Habits(max_per_page=most)) as sandbox:
        output = sync(sandbox, start_date="2026-02-01")
        truth = sandbox.truth(level="account")
        same(output.records(), expected(truth, sandbox.account_id))
        assert len(output.records()) == len(truth)
        assert call_requests(sandbox) <= 1.05 * math.ceil(len(truth) / most) + 5


class Waiting(Collector):
    """A target that takes nothing before the sandbox has been asked so many times."""

    def __init__(self, output: Output, sandbox: Sandbox, requests: int) -> None:
        super().__init__(output)
        self._sandbox, self._requests = sandbox, requests

    def write_lines(self, lines) -> None:
        wait_until(lambda: call_requests(self._sandbox) >= self._requests)
        assert call_requests(self._sandbox) == self._requests
        super().write_lines(lines)


@pytest.mark.unmeasured
def test_the_next_page_is_asked_for_while_one_is_written(sync, account):
    """With the first record the second request is under way, and no third."""
    output = Output()

    class Target(Waiting):
        def write_lines(self, lines) -> None:
            if lines.startswith(b'{"type":"RECORD"') and not output.records("call_legs"):
                super().write_lines(lines)
            else:
                Collector.write_lines(self, lines)

    sync(account, output=output, writer=Target(output, account, 2), page_size=100)
    assert len(output.records()) == len(account.truth(level="account"))


def test_a_run_says_how_far_it_is(sync, caplog):
    """Once a minute within a window, with what is left, as the limit allows it."""
    output = Output()

    with Sandbox(
        seed=7, calls=500, days=30, extensions=8, now=NOW, monotonic=output.seconds
    ) as sandbox:
        caplog.set_level("INFO")
        sync(sandbox, output=output, page_size=12, start_date="2026-02-18")
        assert not sandbox.rejected
        lines = [one.getMessage() for one in caplog.records if "% done" in one.getMessage()]
    assert len(lines) > 3
    assert all(re.search(r"\d+ % done, about \d+ (minute|second)", line) for line in lines[:-1])
    assert lines[-1].endswith("100 % done.")


def test_the_second_run_reads_the_look_back_and_what_is_new(sync, account):
    """Nothing older than the look-back is read again."""
    first = sync(account, start_date="2026-02-01")
    begin = account.clock.now()
    account.clock.advance(hours=6)
    account.forget_requests()
    second = sync(account, first.state, start_date="2026-02-01")
    edge = begin - timedelta(hours=24, seconds=2)
    assert second.records()
    assert all(record["startTime"] >= edge.isoformat()[:19] for record in second.records())
    merged = by_id(first.records()) | by_id(second.records())
    same(list(merged.values()), expected(account.truth(level="account"), account.account_id))
    assert call_requests(account) == 1


def test_the_bookmark_is_the_settled_line(sync, account):
    """min(window end, run start - look-back), and it never moves back."""
    first = sync(account, lookback_hours=10)
    bookmark = first.state["bookmarks"]["call_log"]
    assert bookmark["replication_key"] == "startTime"
    line = account.clock.now() - timedelta(hours=10)
    assert abs(_time(bookmark["replication_key_value"]) - line) < timedelta(seconds=30)
    assert bookmark["accountId"] == account.account_id
    assert bookmark["callLogLevel"] == "account"
    later = sync(account, first.state, lookback_hours=100)
    assert (
        later.state["bookmarks"]["call_log"]["replication_key_value"]
        >= (bookmark["replication_key_value"])
    )


_EMPTY = {"uri": "https://platform.ringcentral.com/restapi/v1.0/account/1/call-log", "records": []}


def _bookmark(value, key="startTime") -> dict:
    return {"bookmarks": {"call_log": {"replication_key": key, "replication_key_value": value}}}


def _time(text: str):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_states_hold_nothing_that_is_in_progress(sync, account):
    """A STATE message is a finished window, without the SDK's notes on an unfinished one."""
    output = sync(account)
    assert output.states
    for state in output.states:
        assert "progress_markers" not in str(state)
        assert "starting_replication_value" not in str(state)
    assert output.messages[-1]["type"] == "STATE"


def test_extensions_are_partitions_with_a_bookmark_each(sync, account):
    """Each extension's log arrives, `~` is the one that logged in, and is not read twice."""
    others = [one for one in account.extension_ids if one != account.owner_id][:2]
    output = sync(
        account,
        call_log_level="extension",
        extension_ids=["~", *others, account.owner_id],
        start_date="2026-02-01",
    )
    wanted = [account.owner_id, *others]
    for extension in wanted:
        truth = account.truth(level="extension", extension_id=extension)
        written = [r for r in output.records() if r["extensionId"] == extension]
        same(written, expected(truth, account.account_id, extension))
    assert {record["extensionId"] for record in output.records()} <= set(wanted)
    partitions = output.state["bookmarks"]["call_log"]["partitions"]
    assert [part["context"] for part in partitions] == [{"extensionId": one} for one in wanted]
    assert all(part["replication_key_value"] for part in partitions)
    assert output.schema("call_log")["key_properties"] == ["accountId", "extensionId", "id"]


def test_one_call_in_two_logs_is_two_rows(sync, account):
    """At extension level one id may stand in two extensions' logs: the key tells them apart."""
    output = sync(account, call_log_level="extension", extension_ids=account.extension_ids)
    keys = [(r["accountId"], r["extensionId"], r["id"]) for r in output.records()]
    assert len(keys) == len(set(keys))
    assert len(ids(output.records())) < len(keys)


def first_read(output: Output) -> list[str]:
    """Return the extensions in the order in which they were first read."""
    return list(dict.fromkeys(record["extensionId"] for record in output.records()))


def test_extensions_take_turns_in_being_first(sync, account, caplog):
    """Each run begins with the next one, but for those that are behind; none waits for ever."""
    caplog.set_level("INFO")
    wanted = account.extension_ids[:4]
    settings = {"call_log_level": "extension", "extension_ids": wanted, "lookback_hours": 120}
    first = sync(account, **settings)
    second = sync(account, first.state, **settings)
    third = sync(account, second.state, **settings)
    one, two, three, four = wanted
    assert first_read(first) == [one, two, three, four]
    assert first_read(second) == [two, three, four, one]
    assert first_read(third) == [three, four, one, two]
    behind = json.loads(json.dumps(third.state))
    partitions = behind["bookmarks"]["call_log"]["partitions"]
    for part in partitions:
        if part["context"]["extensionId"] in {one, three}:
            part["replication_key_value"] = "2026-03-01T00:00:00.000Z"
    assert first_read(sync(account, behind, **settings)) == [one, three, four, two]
    text = caplog.text
    assert "Reading the logs of 4 extensions takes at least one request for each" in text
    calls = len(first.records())
    assert f"Read the logs of 4 extensions: {calls} calls, 4 requests." in text
    assert "At account level it would have been about 1." in text


@pytest.mark.unmeasured
def test_extensions_take_turns_window_by_window(sync):
    """The extensions are read round-robin, a window each, so that none waits for another's year."""
    with free_account(
        seed=3, calls=900, days=60, extensions=2, habits=Habits(max_per_page=3)
    ) as sandbox:
        output = sync(
            sandbox,
            call_log_level="extension",
            extension_ids=sandbox.extension_ids[:2],
            start_date="2026-01-19",
        )
        turns = []
        for record in output.records():
            if not turns or turns[-1] != record["extensionId"]:
                turns.append(record["extensionId"])
        assert len(turns) >= 3
        total = sum(
            len(sandbox.truth(level="extension", extension_id=one))
            for one in sandbox.extension_ids[:2]
        )
        assert len(output.records()) == total


def test_the_limit_is_kept_and_hardly_any_time_is_lost(sync):
    """With ten requests a minute no answer is a 429, and the waits are the optimum's.

    Each request takes a second to arrive.
    """
    with Sandbox(
        seed=4,
        calls=600,
        days=30,
        now=NOW,
        limits_on_sandbox_clock=True,
        habits=Habits(max_per_page=10),
    ) as sandbox:
        on_its_way = partial(sandbox.clock.advance, seconds=1)
        sandbox.fail(Fault("hook", on="/call-log", times=None, hook=on_its_way))
        output = sync(sandbox, start_date="2026-02-10", by_its_clock=True)
        requests = sandbox.requests_to("call-log")
        assert sandbox.rejected == 0
        assert len(output.records()) == len(sandbox.truth(level="account", end=NOW))
        taken = (requests[-1].at - requests[0].at).total_seconds()
        # Ten a minute, and of the last ten each takes its second.
        minutes, last = divmod(len(requests) - 1, 10)
        assert 60 * minutes + last <= taken <= 1.02 * 60 * minutes + last


def test_a_forced_full_table_neither_reads_nor_writes_a_bookmark(sync, account):
    """FULL_TABLE by catalog: everything from start_date, whatever the state says."""
    first = sync(account)
    catalog = selecting("call_log", "call_legs")
    (stream,) = [one for one in catalog["streams"] if one["tap_stream_id"] == "call_log"]
    stream["replication_method"] = "FULL_TABLE"
    output = sync(account, first.state, catalog)
    assert ids(output.records()) == ids(account.truth(level="account"))
    fresh = sync(account, None, catalog)
    assert "replication_key_value" not in str(fresh.state)


@pytest.mark.parametrize("deselected", ["call_log", "call_legs"])
def test_either_stream_may_be_deselected(sync, account, deselected):
    """Legs without calls, or calls without legs; the bookmark moves in both cases."""
    other = {"call_log": "call_legs", "call_legs": "call_log"}[deselected]
    output = sync(account, None, selecting(other))
    assert not output.records(deselected)
    assert output.records(other)
    assert output.state["bookmarks"]["call_log"]["replication_key_value"]


def test_end_date_bounds_the_range(sync, account):
    """Nothing later than end_date is read; when the state has reached it, nothing at all."""
    settings = {"start_date": "2026-02-25", "end_date": "2026-03-05"}
    output = sync(account, **settings)
    truth = account.truth(
        level="account", start=_time("2026-02-25T00:00:00Z"), end=_time("2026-03-05T00:00:00Z")
    )
    assert ids(truth) <= ids(output.records())
    assert all(r["startTime"] <= "2026-03-05T00:00:01" for r in output.records())
    assert (
        output.state["bookmarks"]["call_log"]["replication_key_value"] == "2026-03-05T00:00:00.000Z"
    )
    account.forget_requests()
    assert not sync(account, output.state, **settings).records()
    assert call_requests(account) == 0
    account.clock.advance(hours=1)
    assert not sync(account, output.state, **settings).records()
    assert call_requests(account) == 0
    with pytest.raises(StateError, match="--state-id-suffix"):
        sync(account, output.state, start_date="2026-02-01", end_date="2026-03-01")


@pytest.mark.parametrize("inclusive", [True, False])
def test_a_call_that_starts_at_end_date_is_read(sync, inclusive):
    """Whether RingCentral counts its bound in or not; a later call is left out."""
    with free_account(
        seed=7, calls=50, days=9, habits=Habits(date_to_inclusive=inclusive)
    ) as sandbox:
        last = sandbox.add_call(start_time="2026-03-15T00:00:00.000Z", duration=60)
        later = sandbox.add_call(start_time="2026-03-15T00:00:00.001Z", duration=60)
        output = sync(sandbox, start_date="2026-03-12", end_date="2026-03-15")
        assert last in ids(output.records())
        assert later not in ids(output.records())
        bookmark = output.state["bookmarks"]["call_log"]["replication_key_value"]
        assert bookmark == "2026-03-15T00:00:00.000Z"
        assert output.records("call_log_coverage")[-1]["dateTo"] == bookmark


@pytest.mark.parametrize("size", [3, 25])
def test_pages_that_are_out_of_order_are_read_whole(sync, size):
    """Page numbers lead on after a page that is not newest first."""
    with free_account(seed=1, calls=60, days=20, habits=Habits(unsorted="page")) as sandbox:
        output = sync(sandbox, start_date="2026-02-28", page_size=size)
        assert ids(output.records()) == ids(sandbox.truth(level="account"))


def test_a_start_in_the_future_is_refused(sync, account):
    """By RingCentral's clock."""
    with pytest.raises(SettingsError, match="start_date is in the future"):
        sync(account, start_date="2026-03-21")


def test_a_state_belongs_to_one_account_and_one_level(sync, account):
    """Another's state is refused before any record."""
    first = sync(account)
    state = first.state
    state["bookmarks"]["call_log"]["accountId"] = "999"
    with pytest.raises(StateError, match="belongs to account 999"):
        sync(account, state)
    with pytest.raises(StateError, match="call_log_level 'account', not 'extension'"):
        sync(account, first.state, call_log_level="extension")


def test_the_bookmark_wins_over_start_date_with_one_warning(sync, account, caplog):
    """A later start_date would lose what lies between; it is ignored, and told."""

    def warnings():
        return [r for r in caplog.messages if "start_date is" in r]

    first = sync(account, start_date="2026-02-25")
    sync(account, first.state, start_date="2026-02-25")
    assert not warnings()
    second = sync(account, first.state, start_date="2026-03-20T11:00:00Z")
    assert len(warnings()) == 1
    assert min(r["startTime"] for r in second.records()) < "2026-03-20"


def test_a_clean_run_warns_of_nothing_and_tells_its_windows(sync, caplog):
    """One line per window with range, records, requests and share."""
    caplog.set_level("INFO")
    with Sandbox(seed=8, calls=300, days=10, limits=FREE) as today:
        sync(today)
    assert not [r for r in caplog.records if r.levelno > 20]
    windows = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Read ")]
    assert len(windows) == 1
    assert "records" in windows[0]
    assert "100 % done" in windows[0]


@pytest.mark.parametrize(
    ("change", "settings", "words"),
    [
        ({"app": ["ReadAccounts"]}, {}, ["call_log: the app lacks the permission ReadCallLog"]),
        ({"user": ["ReadCallLog"]}, {}, ["FullCompanyCallLog", "call_log_level to 'extension'"]),
        (
            {"user": ["ReadCallLog"]},
            {"call_log_level": "extension", "extension_ids": ["other"]},
            ["another extension", "extension_ids"],
        ),
    ],
)
def test_a_missing_right_is_named(sync, account, change, settings, words):
    """Stream, permission and what to do, and no silent change to the extension level."""
    account.set_permissions(**change)
    account.forget_requests()
    if "extension_ids" in settings:
        other = next(one for one in account.extension_ids if one != account.owner_id)
        settings = {**settings, "extension_ids": [other]}
    with pytest.raises(AccessError) as caught:
        sync(account, **settings)
    message = str(caught.value)
    assert all(word in message for word in words), message
    # What the login's scope shows needs no request. A new login was tried before, for the account's
    # settings, which are refused as well.
    assert call_requests(account) == (0 if "app" in change else 1)


@pytest.mark.parametrize("content", [{}, {"records": None}, _EMPTY])
def test_an_answer_without_a_list_is_no_empty_one(sync, account, monkeypatch, content):
    """It is tried again; only an empty list says that there is nothing."""
    answers = [content]

    def decode(_, body):
        answer, fault = decoding.decode(body)
        return (answers.pop(), "") if answers and "records" in answer else (answer, fault)

    monkeypatch.setattr(Shaper, "decode", decode)
    output = sync(account)
    truth = ids(account.truth(level="account"))
    assert ids(output.records()) == (set() if content.get("records") == [] else truth)


def test_a_deletion_without_its_call_empties_no_row(sync, account):
    """A sparse tombstone is not written over the archived call."""
    identity = account.truth(level="account")[100]["id"]
    first = sync(account)
    with free_account(
        seed=7, calls=500, days=30, extensions=8, habits=Habits(deleted_records="sparse")
    ) as later:
        later.delete_call(identity)
        second = sync(later, lookback_hours=8784)
    assert identity in ids(first.records())
    assert identity not in ids(second.records())
    assert len(ids(second.records())) > 450


def test_an_end_before_the_default_start_is_refused(sync, account):
    """Nothing would be read, and nobody told."""
    with pytest.raises(SettingsError, match="end_date must be later"):
        sync(account, end_date="2020-01-01")


def test_an_extension_refused_in_mid_window_keeps_no_bookmark(sync, account):
    """What was begun and not finished is read by the next run."""
    one, two = account.extension_ids[:2]
    settings = {"call_log_level": "extension", "extension_ids": [one, two], "page_size": 5}
    settings["start_date"] = "2026-03-01"
    account.fail(Fault("status", status=403, on=f"/extension/{one}/call-log", after=3, times=None))
    output = Output()
    with pytest.raises(AccessError):
        sync(account, output=output, **settings)
    assert any(record["extensionId"] == one for record in output.records())
    partitions = output.state["bookmarks"]["call_log"]["partitions"]
    finished = [part["context"] for part in partitions if "replication_key_value" in part]
    assert finished == [{"extensionId": two}]
    account.clear_faults()
    again = sync(account, output.state, **settings)
    written = {r["id"] for r in again.records() if r["extensionId"] == one}
    truth = account.truth(level="extension", extension_id=one, start=_time("2026-03-01T00:00:00Z"))
    assert written == ids(truth)


def test_one_refused_extension_does_not_stop_the_others(sync, account):
    """The others are read, the run fails at its end and names the refusal."""
    account.set_permissions(user=["ReadCallLog"])
    other = next(one for one in account.extension_ids if one != account.owner_id)
    output = Output()
    with pytest.raises(AccessError, match="another extension"):
        sync(
            account,
            output=output,
            call_log_level="extension",
            extension_ids=[other, "~"],
            start_date="2026-02-01",
        )
    truth = account.truth(level="extension", extension_id=account.owner_id)
    assert ids(output.records()) == ids(truth)


@pytest.mark.parametrize("habit", ["honoured", "ignored", "refused"])
def test_deleted_calls_are_asked_for(sync, habit, caplog):
    """`showDeleted` is always sent, and dropped with one line where a server refuses it."""
    caplog.set_level("INFO")
    with free_account(seed=5, calls=500, days=10, habits=Habits(show_deleted=habit)) as sandbox:
        identity = sandbox.truth(level="account")[50]["id"]
        sandbox.delete_call(identity)
        output = sync(sandbox, start_date="2026-03-01")
        deleted = [r["id"] for r in output.records() if r.get("deleted")]
        lines = [r.getMessage() for r in caplog.records if "showDeleted" in r.getMessage()]
        assert (identity in deleted) == (habit == "honoured")
        assert len(lines) == (1 if habit == "refused" else 0)
        assert len(output.records()) > 400


def test_a_session_that_dies_in_mid_run_is_renewed_once(sync, account):
    """A 401 leads to one new login, and the run goes on."""
    account.fail(Fault("status", status=401, on="call-log", times=1))
    output = sync(account)
    assert ids(output.records()) == ids(account.truth(level="account"))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"bookmarks": []}, "damaged"),
        ({"bookmarks": {"call_log": 5}}, "damaged"),
        ({"bookmarks": {"call_log": {"partitions": "x"}}}, "damaged"),
        ({"bookmarks": {"call_log": {"partitions": [{"context": 1}]}}}, "damaged"),
        ({"bookmarks": {"call_log": {"accountId": ["401"]}}}, "damaged"),
        (
            {"bookmarks": {"call_log": {"partitions": [{"context": {}}, {"context": {}}]}}},
            "damaged",
        ),
        (_bookmark("0001-01-01T00:00:00Z"), "damaged"),
        (_bookmark("9999-12-31T23:59:59.999-23:59"), "damaged"),
        ({"bookmarks": {"call_log": {"startDate": "garbage"}}}, "damaged"),
        *(
            ({"bookmarks": {"call_log": {"readAhead": ranges}}}, "damaged")
            for ranges in (
                "x",
                [5],
                [["2026-03-01T00:00:00Z"]],
                [["2026-03-01T00:00:00Z", "x"]],
                [["2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"]],
                [[f"2026-03-0{day}T00:00:00Z", f"2026-03-0{day}T09:00:00Z"] for day in (1, 2)],
            )
        ),
        ({"bookmarks": {"call_log": {"syncTime": "0001-01-01T00:00:00+23:59"}}}, "damaged"),
        (_bookmark("yesterday"), "damaged"),
        (_bookmark(5), "damaged"),
        (_bookmark("2026-03-01T00:00:00Z", key="id"), "damaged"),
        ({"bookmarks": {"users": {"replication_key_value": "5"}}}, "not this tap's"),
        ({"singer_state": {"bookmarks": {}}}, "not this tap's"),
        (_bookmark("2027-03-01T00:00:00Z"), "future"),
    ],
)
def test_a_damaged_state_is_refused(sync, account, state, words):
    """One line, and not a single record."""
    output = Output()
    with pytest.raises(StateError, match=words):
        sync(account, state, output=output)
    assert not output.records()


@pytest.mark.parametrize(
    ("account_id", "answers", "written"),
    [
        ("~", {"id": 4711}, "4711"),
        ("~", {"id": None}, None),
        ("~", None, None),
        ("99", None, "99"),
    ],
)
def test_an_account_that_answers_do_not_name_is_asked_for(
    sync, account, monkeypatch, account_id, answers, written
):
    """One more request, where the app may make it; or the setting; or an error that names it."""
    monkeypatch.setattr("tap_ringcentral_calllog.records.account._ACCOUNT_IN_URI", re.compile("$^"))
    real = CallLog.fetch

    def fetch(self, context, params, url=None, **options):
        if url is None:
            return real(self, context, params, **options)
        if answers is None:
            raise AccessError("refused", Problem(403))  # noqa: EM101 - no message to speak of
        return Answer(answers, b"")

    monkeypatch.setattr(CallLog, "fetch", fetch)
    if account_id != "~":
        monkeypatch.setattr(CallLog, "get_url", lambda self, _: _url(self.url_base))
    if written is None:
        with pytest.raises(SettingsError, match="set account_id"):
            sync(account, account_id=account_id)
    else:
        output = sync(account, account_id=account_id)
        assert {record["accountId"] for record in output.records()} == {written}


def _url(base: str) -> str:
    return f"{base}/restapi/v1.0/account/~/call-log"
