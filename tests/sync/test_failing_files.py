"""What cannot be had costs nothing of what can: a file that fails is noted, passed, and retried."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fixtures import free_account
from harness import Output, selecting
from target import Target

from sandbox import Fault, Sandbox
from tap_ringcentral_calllog.errors import AccessError, FilesError, UnreachableError
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

# The coverage of what it runs is measured by other tests, for less time.
pytestmark = pytest.mark.unmeasured

CONTENT = "/content"
DAYS = 34

# What goes wrong with a file for ever, by the name of the case.
FAULTS: dict[str, Callable[[str], list[Fault]]] = {
    "401": lambda on: [Fault("status", status=401, on=on, times=None)],
    "500": lambda on: [Fault("status", status=500, on=on, times=None)],
    "type": lambda on: [Fault("type", content_type="text/html", on=on, times=None)],
    "page": lambda on: [Fault("html", on=on, times=None)],
    "CMN-401": lambda on: [Fault("status", status=403, code="CMN-401", on=on, times=None)],
    "CMN-402": lambda on: [Fault("status", status=403, code="CMN-402", on=on, times=None)],
    "CMN-408": lambda on: [Fault("status", status=403, code="CMN-408", on=on, times=None)],
    "400": lambda on: [Fault("status", status=400, code="CMN-101", on=on, times=None)],
    "404 of a gateway": lambda on: [Fault("status", status=404, body=b"no", on=on, times=None)],
    "404 unavailable": lambda on: [Fault("status", status=404, code="CMN-203", on=on, times=None)],
    "reset": lambda on: [Fault("reset", on=on, times=None)],
    "cut": lambda on: [Fault("cut", on=on, times=None)],
    "empty": lambda on: [Fault("edit", edit=lambda _: b"", on=on, times=None)],
    "error": lambda on: [
        Fault("edit", edit=lambda _: b'{"errorCode":"CMN-203","message":"-"}', on=on, times=None)
    ],
}


def open_account(**options: Any) -> Sandbox:
    """Open an account without calls of its own."""
    given = {"seed": 77, "calls": 0, "days": 40, "extensions": 3, "messages": 0}
    return free_account(**{**given, **options})


@pytest.fixture
def account():
    """An account without calls."""
    with open_account() as sandbox:
        yield sandbox


def record(account: Sandbox, start: str, count: int, apart: float, duration: int = 60) -> list[str]:
    """Add recorded calls and return the ids of their recordings, oldest first."""
    before = {str(one["id"]) for one in account.recordings_truth()}
    for number in range(count):
        began = moment(start) + timedelta(seconds=number * apart)
        account.add_call(
            start_time=began, duration=duration, recording_at=began + timedelta(minutes=2)
        )
    truth = sorted(account.recordings_truth(), key=lambda one: one["startTime"])
    return [str(one["id"]) for one in truth if str(one["id"]) not in before]


def spoil(account: Sandbox, ids: list[str], case: str) -> None:
    """Let a fault strike the recordings for ever."""
    for one in ids:
        for fault in FAULTS[case](f"/recording/{one}{CONTENT}"):
            account.fail(fault)


@pytest.fixture
def archive(sync, tmp_path):
    """Run the stream; returns its output and what it failed with, if it did."""

    def run(account: Sandbox, state: Any = None, **options: Any) -> tuple[Output, str]:
        output, told = Output(), ""
        given = {"recordings_path": str(tmp_path / "audio"), "start_date": "2026-02-20", **options}
        try:
            sync(account, state, selecting("recording_files"), output=output, **given)
        except (AccessError, FilesError) as error:
            told = str(error)
        return output, told

    return run


def audio(output: Output | Target) -> dict[str, str]:
    """Return the hashes of what lies where rows say, by recording."""
    rows = output.records if isinstance(output, Output) else output.rows
    return {
        row["id"]: sha256(Path(row["path"]).read_bytes()).hexdigest()
        for row in rows("recording_files")
        if row["status"] == "archived"
    }


def truth(account: Sandbox, ids: list[str]) -> dict[str, str]:
    known = {str(one["id"]): one["sha256"] for one in account.recordings_truth()}
    return {one: known[one] for one in ids}


@pytest.mark.parametrize(
    ("case", "days"),
    [*((case, 2) for case in FAULTS), pytest.param("401", DAYS, marks=pytest.mark.prove)],
)
def test_five_bad_recordings_before_twenty_good_ones(archive, account, case, days):
    """Of the same two seconds: the first run archives the others, and each run asks for them."""
    bad = record(account, "2026-03-18T10:00:00Z", 5, 0.4)
    good = record(account, "2026-03-18T11:00:00Z", 20, 600)
    spoil(account, bad, case)
    target, told = Target(), ""
    for day in range(days):
        account.forget_requests()
        output, told = archive(account, target.state)
        target.apply(output.messages)
        assert audio(target) == truth(account, good)
        assert told.startswith("recording_files: 5 files could not be fetched: ")
        asked = {one.path.split("/")[-2] for one in account.requests_to(CONTENT)}
        assert asked == {*bad} if day else asked == {*bad, *good}
        # A new login may help once.
        assert len(account.requests_to("/oauth/token")) <= 2
        state = target.state["bookmarks"]["recording_files"]
        line = timestamp(account.clock.now() - timedelta(hours=24, seconds=5))
        assert state["replication_key_value"] > line
        assert len(json.dumps(state)) < 5_000
        account.clock.advance(days=1)
    account.clear_faults()
    output, told = archive(account, target.state)
    target.apply(output.messages)
    assert not told
    assert audio(target) == truth(account, [*bad, *good])
    assert not target.state["bookmarks"]["recording_files"]["unfinished"]


def test_a_recording_that_is_over_the_limit_for_ever_holds_up_no_other(archive, account):
    """That others of the group get through tells that it is the file."""
    bad = record(account, "2026-03-18T10:00:00Z", 1, 1)
    good = record(account, "2026-03-18T11:00:00Z", 5, 600)
    account.fail(Fault("status", status=429, on=f"/recording/{bad[0]}{CONTENT}", times=None))
    first, told = archive(account)
    assert audio(first) == truth(account, good)
    assert told.startswith("recording_files: 1 file could not be fetched: HTTP 429 CMN-301 (1)")
    account.clock.advance(days=1)
    second, again = archive(account, first.state)
    assert again == told
    assert not second.records("recording_files")


def test_what_has_expired_before_it_could_be_had_is_told(archive, account):
    """And no longer asked for."""
    bad = record(account, "2026-03-18T10:00:00Z", 5, 0.4)
    spoil(account, bad, "500")
    target = Target()
    for _ in range(2):
        target.apply(archive(account, target.state)[0].messages)
        account.clock.advance(days=1)
    account.clock.advance(days=90)
    output, told = archive(account, target.state)
    assert not told
    reasons = {row["id"]: row["reason"] for row in output.records("recording_files")}
    assert reasons == dict.fromkeys(bad, "it expired before it could be fetched (HTTP 500 CMN-203)")
    account.forget_requests()
    archive(account, output.state)
    assert not account.requests_to(CONTENT)


@pytest.mark.parametrize("case", ["500", "CMN-408", "reset"])
def test_three_in_the_look_back_and_many_before_hold_up_none(archive, account, case):
    """Neither those at the beginning nor those at the end are taken for all of them."""
    old = record(account, "2026-03-10T10:00:00Z", 12, 0.4)
    good = record(account, "2026-03-12T10:00:00Z", 30, 600)
    new = record(account, "2026-03-20T10:00:00Z", 3, 60)
    spoil(account, [*old, *new], case)
    target = Target()
    for _ in range(3):
        target.apply(archive(account, target.state)[0].messages)
        account.clock.advance(hours=1)
    assert audio(target) == truth(account, good)
    assert len(target.state["bookmarks"]["recording_files"]["unfinished"]) == 15


@pytest.mark.parametrize(
    ("case", "most"), [("500", 40), ("401", 40), ("CMN-408", 10), ("reset", 15), ("page", 40)]
)
def test_where_nothing_can_be_had_a_run_does_not_ask_for_all(archive, account, case, most):
    """It notes some, and goes on with others each time; nothing is lost when it is over."""
    ids = record(account, "2026-03-10T10:00:00Z", 100, 600)
    account.fail(FAULTS[case](CONTENT)[0])
    target = Target()
    for run in range(3):
        account.forget_requests()
        output, told = archive(account, target.state)
        words = "the user lacks the permission" if case == "CMN-408" else "could not be fetched"
        assert words in told
        target.apply(output.messages)
        asked = {one.path.split("/")[-2] for one in account.requests_to(CONTENT)}
        assert len(asked) <= most
        noted = target.state["bookmarks"]["recording_files"]["unfinished"]
        assert len(noted) <= most * (run + 1)
        account.clock.advance(hours=1)
    account.clear_faults()
    for _ in range(3):
        target.apply(archive(account, target.state)[0].messages)
    assert audio(target) == truth(account, ids)


def test_where_nothing_answers_the_run_ends_and_few_files_count_as_failed(archive, account):
    """A network that is down says nothing about a thousand files."""
    ids = record(account, "2026-03-10T10:00:00Z", 50, 600)
    account.fail(
        Fault("reset", times=None, when=lambda one: not re.search("oauth|call-log", one.path))
    )
    target = Target()
    with pytest.raises(UnreachableError):
        archive(account, target.state)
    assert len({one.path for one in account.requests_to(CONTENT)}) < 10
    account.clear_faults()
    target.apply(archive(account, target.state)[0].messages)
    assert audio(target) == truth(account, ids)


def test_more_than_fit_the_state_hold_up_none(archive, account, monkeypatch):
    """The others are fetched all the same. The bookmark waits, so that none is forgotten."""
    monkeypatch.setattr("tap_ringcentral_calllog.files.unfinished.MOST_UNFINISHED", 10)
    bad, good = [], []
    for day in range(10, 16):
        bad += record(account, f"2026-03-{day}T10:00:00Z", 3, 60)
        good += record(account, f"2026-03-{day}T11:00:00Z", 5, 60)
    spoil(account, bad, "500")
    target = Target()
    for _ in range(3):
        target.apply(archive(account, target.state)[0].messages)
        assert audio(target) == truth(account, good)
        state = target.state["bookmarks"]["recording_files"]
        assert len(state["unfinished"]) == 10
        assert state["replication_key_value"][:10] == "2026-03-13"
        account.clock.advance(days=1)
    account.clear_faults()
    for _ in range(2):
        target.apply(archive(account, target.state)[0].messages)
    assert audio(target) == truth(account, [*bad, *good])
    state = target.state["bookmarks"]["recording_files"]
    assert not state["unfinished"]
    assert state["replication_key_value"] > "2026-03-22"


# As a run of the version before wrote it. Its addresses are the sandbox's.
OLD_STATE = """{"bookmarks": {"recording_files": {
  "unfinished": [
    {"triedSince": "2026-03-20T12:00:00.028Z", "id": "ID", "callId": "IV--0qPPrKzUA",
     "sessionId": "140737519396535", "telephonySessionId": "s-77b9a6984269a6b75bd169955a084f22",
     "startTime": "2026-03-18T10:00:00.000Z", "duration": 60, "type": "Automatic", "uri": null,
     "contentUri": "URL/recording/ID/content", "expiresAt": "2026-06-16T10:00:00.000Z"}],
  "toldUntil": "2026-11-29T00:49:22.485Z", "toldTo": "2026-03-20T12:00:00.000Z",
  "lastRun": "2026-03-20T12:00:00.000Z", "callLogLevel": "account",
  "replication_key": "startTime", "replication_key_value": "2026-03-19T12:00:00.000Z",
  "accountId": "ACCOUNT", "startDate": "2026-02-20T00:00:00.000Z"}}}"""


def test_a_state_of_the_version_before_is_read(archive, account):
    """What it could not have is asked for, and the form is the new one from then on."""
    (one,) = record(account, "2026-03-18T10:00:00Z", 1, 0)
    (new,) = record(account, "2026-03-19T15:00:00Z", 1, 0)
    url = f"{account.media_url}/restapi/v1.0/account/{account.account_id}"
    text = OLD_STATE.replace("ID/", f"{one}/").replace('"ID"', f'"{one}"')
    text = text.replace("URL", url).replace("ACCOUNT", account.account_id)
    output, told = archive(account, json.loads(text))
    assert not told
    assert audio(output) == truth(account, [one, new])
    state = output.state["bookmarks"]["recording_files"]
    assert state["unfinished"] == []
    assert len(state["told"]) == 1
    assert not {"toldUntil", "toldTo"} & state.keys()


@pytest.mark.parametrize("hours", [-2, 2, -24 * 365])
def test_rows_do_not_depend_on_a_clock(archive, account, tmp_path, hours):
    """A run whose clock was off stored a file and was killed: the next one writes its row."""
    old = record(account, "2026-03-20T09:00:00Z", 3, 60)
    first = archive(account)[0]
    assert audio(first) == truth(account, old)
    (late,) = record(account, "2026-03-20T08:00:00Z", 1, 0)
    # Its output is lost, and so is its state.
    archive(account, first.state)
    (place,) = (tmp_path / "audio").rglob(f"{late}.*")
    when = place.stat().st_mtime + hours * 3600
    os.utime(place, (when, when))
    account.forget_requests()
    third = archive(account, first.state)[0]
    assert audio(third) == truth(account, [late])
    assert not account.requests_to(CONTENT)
    assert not archive(account, third.state)[0].records("recording_files")


def odd(account: Sandbox, ids: list[str]) -> None:
    """Add a recorded call for each id, whose audio is the id."""
    base = f"{account.media_url}/restapi/v1.0/account/{account.account_id}/recording"
    for number, one in enumerate(ids):
        account.add_call(
            start_time=f"2026-03-19T13:00:{number:02}Z",
            duration=60,
            recording={
                "id": one,
                "type": "Automatic",
                "contentUri": f"{base}/odd-{number}/content",
            },
        )
        on = f"/odd-{number}/content"
        body = one.encode() or b"nothing"
        kind = "audio/mpeg"
        account.fail(Fault("status", status=200, body=body, content_type=kind, on=on, times=None))


def test_any_id_is_a_name(archive, account, tmp_path):
    """Each of its own, in the folder, fetched once; others are not held up."""
    ids = ["_x1", "-x1", "\u00fc1", "+1", "../x", "x" * 101, "y" * 300, "CON", "AB", "ab", "a/b"]
    odd(account, ids)
    good = record(account, "2026-03-19T14:00:00Z", 3, 60)
    output, told = archive(account)
    assert not told
    rows = {row["id"]: row for row in output.records("recording_files")}
    assert rows.keys() >= {*ids, *good}
    assert len({row["path"].lower() for row in rows.values()}) == len(rows)
    for one in ids:
        path = Path(rows[one]["path"])
        assert path.is_relative_to(tmp_path / "audio")
        assert path.read_bytes() == one.encode()
    account.forget_requests()
    archive(account)
    assert not account.requests_to(CONTENT)


@pytest.fixture
def attached(sync, account, tmp_path):
    """Run `message_files` on a fax with attachments; returns its rows, and what it failed with."""

    def run(*attachments: dict[str, Any], state: Any = None) -> tuple[list[dict[str, Any]], str]:
        output, told = Output(), ""
        given = {"messages_path": str(tmp_path / "files"), "start_date": "2026-03-01"}
        if attachments:
            when = "2026-03-18T10:00:00Z"
            account.add_message(kind="Fax", creation_time=when, attachments=list(attachments))
        try:
            sync(account, state, selecting("message_files"), output=output, **given)
        except FilesError as error:
            told = str(error)
        return output.records("message_files"), told

    return run


def attachment(account: Sandbox, number: int, body: bytes, **fields: Any) -> dict[str, Any]:
    """Return an attachment that the sandbox gives."""
    kind = fields.get("contentType", "application/pdf")
    on = f"/given-{number}/content"
    account.fail(Fault("status", status=200, body=body, content_type=kind, on=on, times=None))
    uri = f"{account.media_url}/restapi/v1.0{on}"
    return {"id": number, "uri": uri, "type": "RenderedDocument", "contentType": kind, **fields}


def test_a_fax_of_four_pages_of_html_is_archived(account, attached):
    """The record announces the type; what follows is not held up either."""
    pages = [attachment(account, one, b"<html>", contentType="text/html") for one in range(4)]
    rows, told = attached(*pages, attachment(account, 4, b"%PDF"))
    assert not told
    assert {row["contentType"] for row in rows} == {"text/html", "application/pdf"}
    assert [row["status"] for row in rows] == ["archived"] * 5


def test_an_attachment_of_another_size_than_its_record_says_fails(account, attached):
    """The others do not."""
    rows, told = attached(
        attachment(account, 1, b"12345", size=5),
        attachment(account, 2, b"12345", size=6),
        attachment(account, 3, b"12345", size=4),
    )
    assert [(row["id"], row["size"]) for row in rows] == [("1", 5)]
    assert told.startswith("message_files: 2 files could not be fetched: ")
    assert "5 bytes, although the record says 6 (1)" in told


def test_a_message_and_its_attachment_are_told_apart(sync, account, tmp_path):
    """`2-3` with `4` is another file, and row, than `2` with `3-4`."""
    for message, one in (("2-3", "4"), ("2", "3-4")):
        given = attachment(account, len(message), f"{message} {one}".encode())
        when = "2026-03-18T10:00:00Z"
        account.add_message(
            kind="Fax", creation_time=when, id=message, attachments=[{**given, "id": one}]
        )
    given = {"messages_path": str(tmp_path / "files"), "start_date": "2026-03-01"}
    rows = sync(account, None, selecting("message_files"), **given).records("message_files")
    found = {(row["messageId"], row["id"]): Path(row["path"]).read_text() for row in rows}
    assert found == {("2-3", "4"): "2-3 4", ("2", "3-4"): "2 3-4"}


def test_the_time_that_is_left_counts_files_as_what_they_cost(archive, caplog):
    """Neither too short nor too long by more than a third, at RingCentral's usual limits."""
    limits = {"Heavy": (10, 60.0), "Auth": (5, 60.0)}
    with open_account(limits=limits, limits_on_sandbox_clock=True) as account:
        record(account, "2026-03-10T10:00:00Z", 120, 600)
        caplog.set_level("INFO")
        output, told = archive(account, by_its_clock=True)
    assert not told
    lines = [one.getMessage() for one in caplog.records if "files found so far" in one.getMessage()]
    waited = sum(output.slept)
    assert waited > 300
    assert len(lines) >= waited // 120
    for line in lines:
        seen, found = map(int, re.search(r"(\d+) of (\d+) files found", line).groups())
        if seen == found:
            assert line.endswith("; 100 % done.")
            continue
        left = _seconds(re.search(r"about (.*) left", line)[1])
        expected = waited * (found - seen) / found
        assert 0.66 * expected - 60 <= left <= 1.5 * expected + 60
        assert abs(int(re.search(r"(\d+) % done", line)[1]) - 100 * seen / found) <= 5


def _seconds(words: str) -> int:
    units = {"second": 1, "minute": 60, "hour": 3600}
    found = re.findall(r"(\d+) (second|minute|hour)", words)
    return sum(int(number) * units[unit] for number, unit in found)


def test_recordings_that_ringcentral_never_kept_cost_two_requests_each(archive, account):
    """Of less than 30 seconds: their calls name them. Runs of every hour ask twice, and tell it."""
    short = record(account, "2026-03-20T09:00:00Z", 12, 240, duration=29)
    kept = record(account, "2026-03-20T10:00:00Z", 3, 600, duration=30)
    for one in short:
        account.forget_recording(one)
    target = Target()
    for _ in range(30):
        output, told = archive(account, target.state)
        target.apply(output.messages)
        assert not told
        account.clock.advance(hours=1)
    asked = [one.path.split("/")[-2] for one in account.requests_to(CONTENT)]
    assert sorted(asked) == sorted([*short, *short, *kept])
    rows = {row["id"]: row for row in target.rows("recording_files")}
    assert {rows[one]["status"] for one in kept} == {"archived"}
    assert {(rows[one]["status"], rows[one]["reason"]) for one in short} == {
        ("gone", "RingCentral keeps no recording of less than 30 seconds (HTTP 404 CMN-102)")
    }
    assert not target.state["bookmarks"]["recording_files"].get("unfinished")


def test_a_short_recording_that_is_there_is_archived(archive, account):
    """Whatever RingCentral keeps is fetched."""
    short = record(account, "2026-03-20T09:00:00Z", 2, 240, duration=5)
    assert audio(archive(account)[0]) == truth(account, short)


def test_what_was_given_up_is_not_asked_for_again(archive, account):
    """Within the look-back its call is found in each run."""
    (gone,) = record(account, "2026-03-20T11:00:00Z", 1, 0)
    account.forget_recording(gone)
    target = Target()
    for hours in (7, 1, 1, 1):
        target.apply(archive(account, target.state, lookback_hours=48)[0].messages)
        account.clock.advance(hours=hours)
    account.clock.advance(hours=8)
    target.apply(archive(account, target.state, lookback_hours=48)[0].messages)
    (row,) = target.rows("recording_files")
    assert row["status"] == "gone"
    account.forget_requests()
    for _ in range(5):
        account.clock.advance(hours=1)
        output, _ = archive(account, target.state, lookback_hours=48)
        target.apply(output.messages)
        assert not output.records("recording_files")
    assert not account.requests_to(CONTENT)
