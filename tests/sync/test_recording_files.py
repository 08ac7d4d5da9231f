"""The audio of calls is archived before RingCentral forgets it: each file whole, and once."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fixtures import NOW, free_account
from harness import Collector, Output, config_for, selecting
from processes import messages, nursery
from target import Target

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import (
    AccessError,
    FilesError,
    SettingsError,
    StorageError,
    UnavailableError,
)
from tap_ringcentral_calllog.tap import TapRingCentral
from tap_ringcentral_calllog.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

START = "2026-03-15"
CONTENT = "/content"


FILES = selecting("recording_files")


def open_account(calls: int = 300, **options: Any) -> Sandbox:
    return free_account(seed=81, calls=calls, days=5, extensions=3, **options)


@pytest.fixture
def account():
    """An account of 300 calls in five days."""
    with open_account() as sandbox:
        yield sandbox


@pytest.fixture
def archive(sync, tmp_path):
    """Runs the stream, and returns its output, also of a run that some files have failed."""

    def run(account: Sandbox, state: Any = None, **options: Any) -> Output:
        output = options.pop("output", Output())
        given = {"recordings_path": str(tmp_path / "audio"), "start_date": START, **options}
        with suppress(FilesError):
            sync(account, state, FILES, output=output, **given)
        return output

    return run


def unfinished(state: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the state knows of files that could not be had."""
    return state["bookmarks"]["recording_files"]["unfinished"]


def audio(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the hashes of what lies where rows say, by recording."""
    return {
        row["id"]: sha256(Path(row["path"]).read_bytes()).hexdigest()
        for row in rows
        if row["status"] == "archived"
    }


def hashes(account: Sandbox) -> dict[str, str]:
    return {str(one["id"]): one["sha256"] for one in account.recordings_truth()}


def by_start(account: Sandbox) -> list[str]:
    """Return the ids of the recordings, oldest first."""
    found = sorted(account.recordings_truth(), key=lambda one: one["startTime"])
    return [str(one["id"]) for one in found]


def fail(
    account: Sandbox, *ids: str, status: int = 500, code: str = "", body: bytes | None = None
) -> None:
    """Let requests for recordings fail until `clear_faults`."""
    for one in ids:
        on = f"/recording/{one}{CONTENT}"
        account.fail(Fault("status", status=status, on=on, times=None, code=code, body=body))


def make_old(tmp_path: Path) -> None:
    """Let files look as if they had been stored an hour ago."""
    for file in (tmp_path / "audio").rglob("*.*"):
        an_hour_ago = file.stat().st_mtime - 3600
        os.utime(file, (an_hour_ago, an_hour_ago))


def leave_parts(account: Sandbox, tmp_path: Path) -> None:
    """Leave parts of other files where those of a run that was killed would lie."""
    for file in account.recordings_truth():
        day = moment(file["startTime"])
        name = f"{account.account_id}~{day:%Y~%m~%d}~{file['id']}"
        left = tmp_path / "audio" / ".incoming" / name
        left.parent.mkdir(parents=True, exist_ok=True)
        left.write_bytes(bytes(300_000))


def change_calls(account: Sandbox, recording: str, **fields: Any) -> None:
    """Lay fields over the call of a recording in all answers to come."""
    truth = account.recordings_truth()
    call = next(one["callId"] for one in truth if str(one["id"]) == recording)

    def changed(body: bytes) -> bytes:
        answer = json.loads(body)
        for record in answer["records"]:
            if str(record["id"]) == str(call):
                record.update(fields)
        return json.dumps(answer).encode()

    account.fail(Fault("edit", on="/call-log", times=None, edit=changed))


def test_every_recording_is_kept_with_its_hash(archive, account, tmp_path):
    """Oldest first, equal to the truth to the byte, each with one request."""
    output = archive(account)
    rows = output.records("recording_files")
    truth = {str(one["id"]): one for one in account.recordings_truth()}
    assert len(truth) > 40
    assert {row["id"] for row in rows} == truth.keys()
    assert audio(rows) == hashes(account)
    assert [row["startTime"] for row in rows] == sorted(row["startTime"] for row in rows)
    for row in rows:
        one = truth[row["id"]]
        assert (row["status"], row["size"], row["sha256"]) == (
            "archived",
            one["size"],
            one["sha256"],
        )
        assert (row["callId"], row["type"]) == (one["callId"], one["type"])
        assert row["contentType"] in {one["contentType"], "application/octet-stream"}
        assert row["accountId"] == account.account_id
    assert len(account.requests_to(CONTENT)) == len(truth)
    files = [one for one in (tmp_path / "audio").rglob("*") if one.is_file()]
    assert len(files) == len(truth)


@pytest.mark.parametrize("tags", [True, False])
@pytest.mark.parametrize("lengths", [True, False])
@pytest.mark.parametrize("ranges", [True, False])
def test_every_recording_is_kept_whatever_headers_it_has(archive, tags, lengths, ranges):
    """Without a tag a file that broke off starts over; without a length it ends where it ends."""
    habits = Habits(content_etags=tags, content_lengths=lengths, content_ranges=ranges)
    with open_account(60, file_sizes=(300_000, 400_000), habits=habits) as account:
        account.fail(Fault("reset", on=CONTENT, after=2, times=2))
        assert audio(archive(account).records("recording_files")) == hashes(account)


def test_what_is_archived_is_not_asked_for_again(archive, account):
    """The store is the truth; and rows that the target has confirmed are not written again."""
    first = archive(account)
    account.clock.advance(hours=1)
    account.forget_requests()
    again = archive(account, first.state)
    assert not account.requests_to(CONTENT)
    # They were stored within ten minutes of the state: a clock may be wrong by that.
    assert audio(again.records("recording_files")).items() <= hashes(account).items()
    anew = archive(account)
    assert not account.requests_to(CONTENT)
    assert {row["id"] for row in anew.records("recording_files")} == hashes(account).keys()
    assert all(row["status"] == "archived" for row in anew.records("recording_files"))


def test_a_recording_of_the_last_hour_comes_with_a_later_run(archive, account):
    """RingCentral attaches it some minutes after the call."""
    state = archive(account).state
    known = hashes(account).keys()
    for hour in range(12, 16):
        account.add_call(
            start_time=f"2026-03-20T{hour}:30:00Z",
            duration=300,
            recording_at=moment(f"2026-03-20T{hour}:45:00Z"),
        )
    account.clock.advance(hours=5)
    rows = archive(account, state).records("recording_files")
    fresh = hashes(account).keys() - known
    assert fresh
    assert fresh <= {row["id"] for row in rows}


@pytest.mark.parametrize("habit", ["404", "202", "empty"])
def test_what_is_not_ready_is_tried_again(archive, habit):
    """It is no loss, and no row; a quarter of an hour later it is there."""
    with open_account(habits=Habits(unready_recordings=habit)) as account:
        account.add_call(
            start_time="2026-03-20T11:50:00Z",
            duration=540,
            recording_at=moment("2026-03-20T12:10:00Z"),
        )
        first = archive(account)
        assert all(row["status"] == "archived" for row in first.records("recording_files"))
        account.clock.advance(minutes=20)
        rows = [*first.records("recording_files")]
        rows += archive(account, first.state).records("recording_files")
        assert audio(rows) == hashes(account)


def told_of(output: Output, recording: str) -> list[dict[str, Any]]:
    """Return the rows of a recording."""
    return [row for row in output.records("recording_files") if row["id"] == recording]


def test_a_recording_that_is_gone_on_two_days_is_told_with_the_reason(archive, account, caplog):
    """Whoever asks for it later knows why it is not there. No run fails by it."""
    gone = str(account.recordings_truth()[-1]["id"])
    account.forget_recording(gone)
    first = archive(account)
    assert not told_of(first, gone)
    assert [row["id"] for row in unfinished(first.state)] == [gone]
    account.clock.advance(hours=2)
    second = archive(account, first.state)
    assert not told_of(second, gone)
    account.clock.advance(hours=22)
    third = archive(account, second.state)
    (row,) = told_of(third, gone)
    assert row["status"] == "gone"
    assert row["reason"] == "RingCentral no longer has it (HTTP 404 CMN-102)"
    assert row["path"] is None
    assert not unfinished(third.state)
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def test_midnight_does_not_make_two_days(archive, account):
    """A server that fails for an hour would cost what it has."""
    gone = str(account.recordings_truth()[-1]["id"])
    account.clock.advance(hours=11, minutes=30)
    account.forget_recording(gone)
    first = archive(account)
    account.clock.advance(hours=1)
    second = archive(account, first.state)
    assert not told_of(second, gone)
    account.clock.advance(hours=6)
    assert told_of(archive(account, second.state), gone)[0]["status"] == "gone"


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"errorCode": "CMN-203"}', b"[]", b"no"])
def test_no_other_404_is_a_word_that_a_recording_is_gone(archive, account, body, caplog):
    """Of a proxy, or of a RingCentral that is unavailable: it is asked for until it expires."""
    bad = by_start(account)[3]
    fail(account, bad, status=404, body=body)
    target = Target()
    for _ in range(3):
        target.apply(archive(account, target.state).messages)
        account.clock.advance(days=2)
    assert bad not in {row["id"] for row in target.rows("recording_files")}
    assert "recording_files: 1 file could not be fetched: HTTP 404" in caplog.text
    account.clear_faults()
    target.apply(archive(account, target.state).messages)
    assert audio(target.rows("recording_files"))[bad] == hashes(account)[bad]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("reset", on=CONTENT, after=3, times=2),
        Fault("cut", on=CONTENT, after=3, times=2),
        Fault("status", status=503, on=CONTENT, after=3, times=2),
        Fault("status", status=401, on=CONTENT, after=3, times=1),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_faults_on_the_way_cost_waiting_only(archive, fault):
    """Whatever breaks off goes on; nothing is kept that is not whole."""
    with open_account(file_sizes=(600_000, 900_000), calls=60) as account:
        struck = account.fail(fault)
        rows = archive(account).records("recording_files")
        assert struck.struck == fault.times
        assert audio(rows) == hashes(account)


def test_a_file_that_keeps_failing_holds_up_no_other(archive, account, caplog):
    """It stands in the state, and is tried again by each run until it is there."""
    truth = account.recordings_truth()
    bad = str(truth[-1]["id"])
    account.fail(Fault("status", status=500, on=f"/recording/{bad}{CONTENT}", times=None))
    first = archive(account)
    rows = first.records("recording_files")
    assert bad not in {row["id"] for row in rows}
    assert len(rows) == len(truth) - 1
    assert (
        "recording_files: 1 file could not be fetched: HTTP 500 CMN-203 (1). Each run requests"
        in caplog.text
    )
    unfinished = first.state["bookmarks"]["recording_files"]["unfinished"]
    assert [row["id"] for row in unfinished] == [bad]
    account.clear_faults()
    account.clock.advance(hours=1)
    again = archive(account, first.state)
    assert bad in {row["id"] for row in again.records("recording_files")}
    assert not again.state["bookmarks"]["recording_files"]["unfinished"]


def test_a_run_can_be_bounded(archive, account, caplog):
    """Each goes on where the one before stopped, until all is there."""
    target, runs = Target(), 0
    while len(target.rows("recording_files")) < len(account.recordings_truth()):
        account.forget_requests()
        target.apply(archive(account, target.state, recordings_per_run=20).messages)
        assert len(account.requests_to(CONTENT)) <= 20
        runs += 1
        assert runs < 20
    assert audio(target.rows("recording_files")) == hashes(account)
    assert "stopped at the limit recordings_per_run: 20 files were fetched" in caplog.text


@pytest.mark.parametrize("most", [None, 30])
def test_what_expired_long_ago_takes_no_request_each(archive, most):
    """Where the last ones are gone, so are the others: all are told, and none delays what is there.

    RingCentral may keep some for longer than it says: those that it still has are fetched.
    """
    with free_account(seed=82, calls=900, days=300) as account:
        there = hashes(account)
        settings = {"start_date": "2025-06-01", "recordings_per_run": most}
        target = Target()
        target.apply(archive(account, **settings).messages)
        rows = target.rows("recording_files")
        gone = [row for row in rows if row["status"] == "gone"]
        assert len(gone) > 80
        assert all("longer has" in row["reason"] for row in gone)
        assert audio(rows).items() <= there.items()
        assert len(audio(rows)) == (len(there) if most is None else most)
        # Of each kind and in each window as many as the number has binary digits, and one.
        windows, kinds = len(account.requests_to("/call-log")), len({row["type"] for row in gone})
        asked = len(account.requests_to(CONTENT))
        assert asked - len(audio(rows)) <= (len(gone).bit_length() + 1) * kinds * windows
        assert asked - len(audio(rows)) < len(gone) / 2
        while len(audio(target.rows("recording_files"))) < len(there):
            target.apply(archive(account, target.state, **settings).messages)
        assert audio(target.rows("recording_files")) == there


def test_what_is_there_for_longer_than_it_should_be_is_fetched(archive):
    """Even when some of the latest are gone for another reason, such as an administrator's."""
    with free_account(seed=83, calls=400, days=80) as account:
        expired = [
            str(one["id"])
            for one in account.recordings_truth()
            if one["startTime"] < "2026-02-18T12:00" and one["type"] == "Automatic"
        ]
        for one in expired[:3]:
            account.forget_recording(one)
        settings = {"account_type": "hipaa", "start_date": "2026-01-01"}
        account.set_permissions(user=USER_PERMISSIONS - {"ReadCompanyInfo"})
        got = audio(archive(account, **settings).records("recording_files"))
        assert len(expired) > 10
        # The fourth is taken for one of them.
        assert {*expired} - got.keys() <= {*expired[:4]}


def test_a_bounded_run_tries_again_what_could_not_be_had(archive, account):
    """Else a backlog of new files would let it expire."""
    truth = sorted(account.recordings_truth(), key=lambda one: one["startTime"])
    bad = str(truth[0]["id"])
    account.fail(Fault("status", status=500, on=f"/recording/{bad}{CONTENT}", times=None))
    state = archive(account, recordings_per_run=10).state
    account.clear_faults()
    account.forget_requests()
    second = archive(account, state, recordings_per_run=10)
    assert bad in audio(second.records("recording_files"))
    assert len(account.requests_to(CONTENT)) == 10


def test_what_could_not_be_had_is_tried_again_where_nothing_else_is_read(archive, account):
    """A run with `end_date` has come to it; the file may be there by now."""
    truth = sorted(account.recordings_truth(), key=lambda one: one["startTime"])
    bad = str(truth[3]["id"])
    account.fail(Fault("status", status=500, on=f"/recording/{bad}{CONTENT}", times=None))
    ended = {"end_date": "2026-03-17"}
    first = archive(account, **ended)
    assert bad not in audio(first.records("recording_files"))
    account.forget_requests()
    second = archive(account, first.state, **ended)
    assert not second.records("recording_files")
    account.clear_faults()
    third = archive(account, second.state, **ended)
    assert audio(third.records("recording_files")) == {bad: hashes(account)[bad]}
    assert third.state["bookmarks"]["recording_files"]["unfinished"] == []
    assert not account.requests_to("/call-log")


def test_an_account_that_nothing_names_is_told_and_holds_up_no_other_stream(
    sync, account, tmp_path
):
    """What could not be had is not tried again, as it might be another account's."""
    bad = str(account.recordings_truth()[-1]["id"])
    account.fail(Fault("status", status=500, on=f"/recording/{bad}{CONTENT}", times=None))
    given = {"recordings_path": str(tmp_path), "start_date": START, "end_date": "2026-03-17"}
    first = Output()
    with pytest.raises(FilesError):
        sync(account, None, FILES, output=first, **given)
    state = first.state
    assert unfinished(state)
    account.fail(Fault("status", status=404, on="/account/~", times=None))
    account.forget_requests()
    output = Output()
    with pytest.raises(SettingsError, match="set account_id"):
        sync(account, state, selecting("recording_files", "retention"), output=output, **given)
    assert not account.requests_to(CONTENT)
    assert output.state["bookmarks"]["recording_files"] == state["bookmarks"]["recording_files"]


def test_what_fails_and_has_expired_tells_nothing_of_other_files(archive):
    """Only what RingCentral says is gone does: it may keep recordings for longer than it says."""
    with free_account(seed=82, calls=300, days=60) as account:
        # Nobody tells that they are kept for 90 days.
        account.set_permissions(user=USER_PERMISSIONS - {"ReadCompanyInfo"})
        short = {"start_date": "2026-01-01", "account_type": "hipaa"}
        account.fail(Fault("status", status=403, on=CONTENT, times=None))
        state = archive(account, recordings_per_run=3, **short).state
        account.clear_faults()
        bad = {row["id"]: row["expiresAt"] for row in unfinished(state)}
        fail(account, *bad, status=403)
        rows = archive(account, state, **short).records("recording_files")
        told = {row["id"] for row in rows if row["status"] == "gone"}
        assert told == {one for one, expires in bad.items() if expires < NOW}
        assert audio(rows).keys() == hashes(account).keys() - bad.keys()


def test_an_expiry_that_is_told_anew_counts(archive, account):
    """The account's own retention could not be read at first."""
    account.set_permissions(user=USER_PERMISSIONS - {"ReadCompanyInfo"})
    fail(account, bad := by_start(account)[3], status=403)
    long = {"lookback_hours": 24 * 60}
    state = archive(account, account_type="hipaa", **long).state
    account.clock.advance(days=31)
    again = archive(account, state, **long)
    assert bad not in {row["id"] for row in again.records("recording_files")}
    assert [row["id"] for row in unfinished(again.state)] == [bad]


@pytest.mark.parametrize(
    "fields",
    [
        {"duration": -5},
        {"duration": 10**9},
        {"duration": 10**18},
        {"startTime": "0001-01-01T00:00:00.000Z"},
        {"startTime": "1970-01-02T00:00:00.000Z"},
        {"startTime": "9999-12-31T00:00:00.000Z"},
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [403, 404])
def test_what_no_call_can_have_blocks_nothing(archive, account, fields, status):
    """Neither this run nor, in the state, the next ones."""
    bad = by_start(account)[3]
    change_calls(account, bad, **fields)
    fail(account, bad, status=status)
    target = Target()
    target.apply(archive(account).messages)
    account.clear_faults()
    change_calls(account, bad, **fields)
    for _ in range(2):
        target.apply(archive(account, target.state).messages)
    # A 404 says that it is gone.
    told = audio(target.rows("recording_files"))
    assert told | ({bad: hashes(account)[bad]} if status == 404 else {}) == hashes(account)


def test_what_never_expires_is_given_up_after_a_month(archive, account):
    """Else it would stand in the state for ever."""
    bad = str(account.recordings_truth()[-1]["id"])
    account.fail(Fault("status", status=400, on=f"/recording/{bad}{CONTENT}", times=None))

    def told(state):
        rows = archive(account, state).records("recording_files")
        return [row for row in rows if row["id"] == bad]

    state = archive(account).state
    (row,) = state["bookmarks"]["recording_files"]["unfinished"]
    assert row["triedSince"].startswith("2026-03-20T12:00")
    row["expiresAt"] = None
    assert not told(state)
    row["triedSince"] = "2026-02-17T00:00:00.000Z"
    (gone,) = told(state)
    assert gone["reason"].startswith("it could not be fetched for 30 days (")
    assert "triedSince" not in gone


def test_the_files_that_could_not_be_had_fit_the_state(archive, monkeypatch):
    """So many of all extensions; then the bookmarks wait, and nothing is lost."""
    monkeypatch.setattr("tap_ringcentral_calllog.files.unfinished.MOST_UNFINISHED", 10)
    with open_account(calls=120, media_url="https://media.example.com") as account:
        ids = [str(one["id"]) for one in account.extensions_truth()][:3]
        read = {"call_log_level": "extension", "extension_ids": ids}
        state = archive(account, **read).state["bookmarks"]["recording_files"]
        assert sum(len(one["unfinished"]) for one in state["partitions"]) == 10
        waiting = [
            one for one in state["partitions"] if one["replication_key_value"] < "2026-03-19"
        ]
        assert waiting


def test_a_full_state_empties_when_files_can_be_had_again(archive, account, monkeypatch):
    """Also where all that could not be had lies within the look-back, behind what was archived."""
    monkeypatch.setattr("tap_ringcentral_calllog.files.unfinished.MOST_UNFINISHED", 4)
    truth = account.recordings_truth()
    late = {str(one["id"]) for one in truth if one["startTime"] > "2026-03-19T12:01"}
    newest = [one for one in by_start(account) if one in late]
    assert len(newest) > 6
    fail(account, *newest[2:], status=403)
    target = Target()
    target.apply(archive(account).messages)
    assert len(unfinished(target.state)) == 4
    account.clear_faults()
    for _ in range(2):
        target.apply(archive(account, target.state).messages)
    assert audio(target.rows("recording_files")) == hashes(account)


def test_a_full_state_of_an_extension_that_is_not_read_is_no_obstacle(
    archive, account, monkeypatch
):
    """Nobody tries its files again."""
    monkeypatch.setattr("tap_ringcentral_calllog.files.unfinished.MOST_UNFINISHED", 4)
    first, *others = (str(one["id"]) for one in account.extensions_truth()[:3])
    account.fail(Fault("status", status=403, on=CONTENT, times=None))
    before = archive(account, call_log_level="extension", extension_ids=[first])
    account.clear_faults()
    after = archive(account, before.state, call_log_level="extension", extension_ids=others)
    (rest,) = (
        part
        for part in after.state["bookmarks"]["recording_files"]["partitions"]
        if part["context"]["extensionId"] == first
    )
    assert len(rest["unfinished"]) == 4
    assert len(audio(after.records("recording_files"))) > 10


def test_a_kill_costs_no_file(archive, account):
    """Stopped after any message, the next run completes the archive; no file comes twice."""
    whole = archive(account)
    ends = range(0, len(whole.messages), 7)
    assert len(ends) > 5
    assert hashes(account)
    for end in ends:
        target = Target()
        target.apply(whole.messages[:end])
        account.forget_requests()
        target.apply(archive(account, target.state).messages)
        assert audio(target.rows("recording_files")) == hashes(account)
        assert not account.requests_to(CONTENT)


def test_a_login_is_shown_to_no_other_host(archive, caplog):
    """Files are fetched from RingCentral's hosts only; others wait until they expire."""
    with open_account(calls=60, media_url="https://media.example.com") as account:
        output = archive(account)
        assert not output.records("recording_files")
        assert len(unfinished(output.state)) == len(account.recordings_truth())
    (line,) = (one.getMessage() for one in caplog.records if one.levelname == "ERROR")
    assert line == (
        f"recording_files: {len(unfinished(output.state))} files could not be fetched: "
        "media.example.com is not the media host of api_url: if it is RingCentral's, add it to "
        "media_hosts"
    )


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST"])
def test_a_host_that_the_setting_names_is_asked(archive, name):
    """What could not be had before is fetched by then."""
    with open_account(60, media_port=0) as account:
        there = account.media_url.encode()
        named = there.replace(b"127.0.0.1", b"localhost")

        def rename(body: bytes) -> bytes:
            return body.replace(there, named)

        account.fail(Fault("edit", on="/call-log?", times=None, edit=rename))
        first = archive(account)
        assert not first.records("recording_files")
        account.forget_requests()
        second = archive(account, first.state, media_hosts=[name])
        assert audio(second.records("recording_files")) == hashes(account)
        assert not unfinished(second.state)


def test_files_of_a_run_whose_state_is_lost_are_told_again(archive, account, tmp_path):
    """However old they are, and however many windows the next run reads."""
    archive(account)
    for file in (tmp_path / "audio").rglob("*.*"):
        an_hour_ago = file.stat().st_mtime - 3600
        os.utime(file, (an_hour_ago, an_hour_ago))
    account.forget_requests()
    rows = archive(account, page_size=2).records("recording_files")
    assert audio(rows) == hashes(account)
    assert not account.requests_to(CONTENT)


def test_files_of_a_run_whose_state_is_lost_are_told_by_several_runs(archive, account, tmp_path):
    """A run that tells them and is killed has told no more than it came to."""
    archive(account)
    make_old(tmp_path)
    messages = archive(account).messages
    states = [at for at, one in enumerate(messages) if one["type"] == "STATE"]
    # The first one comes before anything is read.
    target = Target()
    target.apply(messages[: states[1] + 1])
    assert 0 < len(target.rows("recording_files")) < len(hashes(account))
    target.apply(archive(account, target.state).messages)
    assert audio(target.rows("recording_files")) == hashes(account)


def test_what_could_not_be_had_is_told_when_another_run_has_stored_it(archive, account, tmp_path):
    """However long ago: this state's runs have told nothing of it."""
    fail(account, bad := by_start(account)[3])
    target = Target()
    target.apply(archive(account).messages)
    account.clear_faults()
    archive(account)
    make_old(tmp_path)
    target.apply(archive(account, target.state).messages)
    assert bad in audio(target.rows("recording_files"))


def test_a_missing_right_of_the_user_is_named(archive, account):
    """After a few of the oldest and the newest files: it is the same for all."""
    account.set_permissions(user=USER_PERMISSIONS - {"ReadCallRecording"})
    output = Output()
    with pytest.raises(AccessError, match="the user lacks the permission ReadCallRecording"):
        archive(account, output=output)
    assert len(account.requests_to(CONTENT)) < 10
    account.set_permissions(user=USER_PERMISSIONS)
    assert audio(archive(account, output.state).records("recording_files")) == hashes(account)


def test_a_file_that_no_login_is_good_for_holds_up_no_other_stream(sync, account, tmp_path):
    """Nor do all of them."""
    account.fail(Fault("status", status=401, on=CONTENT, times=None))
    output, path = Output(), str(tmp_path / "other")
    catalog = selecting("recording_files", "extensions")
    with pytest.raises(FilesError, match=r"could not be fetched: HTTP 401 TokenInvalid OAU-213 \("):
        sync(account, None, catalog, output=output, recordings_path=path, start_date=START)
    assert output.records("extensions")
    # The second login is the last: the files are refused, and not the login.
    assert len(account.requests_to("/oauth/token")) == 2


def test_a_media_host_of_its_own_is_asked(archive):
    """On this machine, another port."""
    with open_account(media_port=0) as account:
        assert account.media_url != account.url
        assert audio(archive(account).records("recording_files")) == hashes(account)


def test_a_redirect_to_the_media_host_is_followed(archive):
    """The address brings its own right with it: the login is not shown there."""
    with open_account(media_port=0, habits=Habits(content_redirect="media")) as account:
        assert audio(archive(account).records("recording_files")) == hashes(account)


def test_a_redirect_is_followed_anew_when_what_is_left_is_no_part_of_the_file(archive, tmp_path):
    """The media host takes its own address's right, and no login beside it."""
    habits = Habits(content_redirect="media")
    with open_account(60, file_sizes=(1_000, 3_000), media_port=0, habits=habits) as account:
        leave_parts(account, tmp_path)
        assert audio(archive(account).records("recording_files")) == hashes(account)


def test_a_redirect_to_another_host_is_not_followed(archive, caplog):
    """The files are tried again later; nothing was asked for there."""
    habits = Habits(content_redirect="https://files.example.com")
    with open_account(calls=40, habits=habits) as account:
        output = archive(account)
        assert not output.records("recording_files")
        assert "files.example.com is not the media host of api_url" in caplog.text


def test_a_missing_permission_is_named(archive, account):
    """Nothing else is lost by it."""
    account.set_permissions(app=[one for one in APP_PERMISSIONS if one != "ReadCallRecording"])
    with pytest.raises(AccessError, match="the app lacks the permission ReadCallRecording"):
        archive(account)
    assert not account.requests_to(CONTENT)


def test_a_missing_permission_costs_no_other_stream(sync, account, tmp_path):
    """Those that come after it are read as well."""
    account.set_permissions(app=[one for one in APP_PERMISSIONS if one != "ReadCallRecording"])
    output, catalog = Output(), selecting("recording_files", "extensions")
    with pytest.raises(AccessError, match="the app lacks the permission ReadCallRecording"):
        sync(account, None, catalog, output=output, recordings_path=str(tmp_path / "audio"))
    assert output.records("extensions")


def test_without_a_place_for_files_the_rest_is_read(sync, account, caplog):
    """One line names the setting. It is no failure: a catalog may select all there is."""
    catalog = selecting("recording_files", "call_log")
    output = sync(account, None, catalog, start_date=START)
    assert output.records("call_log")
    assert not account.requests_to(CONTENT)
    assert "recording_files is selected, but not read: set recordings_path" in caplog.text


@pytest.mark.parametrize("level", ["account", "extension"])
def test_without_a_place_nothing_is_read_whoever_runs_it(account, level):
    """Other programs may ask the SDK's own method, which prepares nothing."""
    config = config_for(account, start_date=START, call_log_level=level)
    output = Output()
    tap = TapRingCentral(config=config, catalog=FILES, message_writer=Collector(output))
    tap.sync_all()
    assert not output.records("recording_files")
    assert not account.requests_to("/call-log")


def test_a_place_that_cannot_be_used_is_named_before_any_request(sync, account, tmp_path):
    """The rest is read, and the run fails at its end."""
    (tmp_path / "file").write_text("")
    output, path = Output(), str(tmp_path / "file" / "audio")
    catalog = selecting("recording_files", "call_log")
    with pytest.raises((SettingsError, StorageError), match="recordings_path"):
        sync(account, None, catalog, output=output, recordings_path=path, start_date=START)
    assert output.records("call_log")
    assert not account.requests_to(CONTENT)


def test_a_place_that_fails_in_mid_run_costs_the_files_only(archive, account, monkeypatch):
    """The run fails at its end, and the next one fetches what is missing."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    output = Output()
    with monkeypatch.context() as patch:
        account.fail(
            Fault("hook", on=CONTENT, after=5, hook=lambda: patch.setattr(os, "fsync", refuse))
        )
        with pytest.raises(StorageError, match=r"recordings_path .* No space left"):
            archive(account, output=output)
    rows = archive(account, output.state).records("recording_files")
    assert audio(rows) == hashes(account)


@pytest.mark.parametrize("thing", ["folder", "link", "dangling"])
def test_what_is_in_the_way_of_a_file_stops_that_file_only(
    archive, account, tmp_path, caplog, thing
):
    """It is named, and left alone: nothing is written where a link leads."""
    bad, folder = by_start(account)[3], tmp_path / "audio"
    archive(account)
    (place,) = folder.rglob(f"{bad}.*")
    place.unlink()
    elsewhere = tmp_path / "elsewhere"
    if thing == "folder":
        place.mkdir()
    else:
        place.symlink_to(elsewhere)
    if thing == "link":
        elsewhere.write_text("kept")
    rows = archive(account).records("recording_files")
    assert audio(rows).keys() == hashes(account).keys() - {bad}
    assert f"recordings_path: {place} is in the way" in caplog.text
    assert not elsewhere.exists() or elsewhere.read_text() == "kept"


def test_a_link_in_a_days_place_stops_that_days_files_only(archive, account, tmp_path):
    """Nothing is written where it leads, and nothing there counts as archived."""
    elsewhere = tmp_path / "elsewhere"
    archive(account, recordings_path=str(elsewhere))
    day = tmp_path / "audio" / account.account_id / "2026" / "03" / "17"
    day.parent.mkdir(parents=True)
    day.symlink_to(elsewhere / account.account_id / "2026" / "03" / "17")
    before = sorted(path.stat().st_mtime_ns for path in elsewhere.rglob("*"))
    output = archive(account)
    truth = account.recordings_truth()
    others = {str(one["id"]) for one in truth if one["startTime"][:10] != "2026-03-17"}
    assert audio(output.records("recording_files")).keys() == others != hashes(account).keys()
    assert sorted(path.stat().st_mtime_ns for path in elsewhere.rglob("*")) == before
    day.unlink()
    output = archive(account, output.state)
    assert hashes(account).keys() - others <= audio(output.records("recording_files")).keys()


def test_an_empty_file_in_a_files_place_is_no_file(archive, account, tmp_path):
    """Something else has left it there; it is replaced."""
    archive(account)
    places = [one for one in (tmp_path / "audio").rglob("*.*") if one.is_file()]
    for place in places[:3]:
        place.write_bytes(b"")
    rows = archive(account).records("recording_files")
    assert audio(rows) == hashes(account)
    assert {row["size"] for row in rows} == {one["size"] for one in account.recordings_truth()}


def test_an_address_that_cannot_be_asked_holds_up_no_other(archive, account):
    """Some who read addresses pass over control characters, and others refuse them."""
    bad = by_start(account)[3]
    body = f"/recording/{bad}{CONTENT}".encode()

    def changed(answer: bytes) -> bytes:
        whole = account.media_url.encode() + b"/restapi/v1.0/account/"
        return b'"contentUri":'.join(
            part.replace(b"//", b"/\\t/", 1) if body in part[:200] and whole in part[:200] else part
            for part in answer.split(b'"contentUri":')
        )

    account.fail(Fault("edit", on="/call-log", times=None, edit=changed))
    output = archive(account)
    assert audio(output.records("recording_files")).keys() == hashes(account).keys() - {bad}
    assert [row["id"] for row in unfinished(output.state)] == [bad]


def test_a_long_wait_that_is_asked_for_is_left_to_the_next_run(archive, account):
    """With the next file nobody would wait for less."""
    account.fail(Fault("status", status=429, retry_after=3600, on=CONTENT, times=None))
    output = Output()
    with pytest.raises(UnavailableError, match="RingCentral asks to wait for 60 minutes"):
        archive(account, output=output)
    assert sum(output.slept) < 60
    assert len(account.requests_to(CONTENT)) == 1
    account.clear_faults()
    assert audio(archive(account, output.state).records("recording_files")) == hashes(account)


def test_a_test_of_the_connection_fetches_nothing(account, tmp_path):
    """`--test` reads what there is, and no audio."""
    config = config_for(account, recordings_path=str(tmp_path / "audio"), start_date=START)
    tap = TapRingCentral(config=config, catalog=FILES, message_writer=Collector(Output()))
    tap.run_connection_test()
    assert account.requests_to("/call-log")
    assert not account.requests_to(CONTENT)


def test_extensions_have_their_recordings(archive, account):
    """Each once, although it may stand in two logs."""
    rows = archive(
        account, call_log_level="extension", extension_ids=account.extension_ids
    ).records("recording_files")
    assert audio(rows) == hashes(account)
    assert len(account.requests_to(CONTENT)) == len(hashes(account))


@pytest.mark.prove
@pytest.mark.parametrize("logins", [1, 3])
def test_fifty_kills_cost_no_file(tmp_path, record_testsuite_property, logins):
    """Killed at random instants: every file is whole, and none is fetched that was complete."""
    chance, kills, target = random.Random(5), 0, Target()
    folder, config, state = tmp_path / "audio", tmp_path / "config.json", tmp_path / "state.json"
    selected = tmp_path / "catalog.json"
    selected.write_text(json.dumps(FILES))
    with (
        nursery(small_windows=True) as forked,
        open_account(4000, file_sizes=(1_000, 400_000), logins=logins) as account,
    ):
        truth = {str(one["id"]): one for one in account.recordings_truth()}
        assert len(truth) >= 500
        given = config_for(account, recordings_path=str(folder), start_date=START)
        config.write_text(json.dumps({**given, "additional_jwts": account.more_jwts}))
        fetched: list[str] = []
        code = -1
        while code:
            state.write_text(json.dumps(target.state))
            before = {one.stem.rpartition("-")[2] for one in folder.rglob("*.*") if one.is_file()}
            account.forget_requests()
            arguments = ["--config", str(config), "--catalog", str(selected)]
            process = forked.start(*arguments, *(["--state", str(state)] if target.state else []))
            # Within some files of where the last one died, now and then after a STATE message.
            timer = threading.Timer(chance.uniform(0, 0.02), process.kill)
            on = CONTENT if chance.random() < 0.8 else "/"
            after = chance.randrange(6) + 24 * (chance.random() < 0.2)
            if kills < 50:
                account.fail(Fault("hook", on=on, after=after, hook=timer.start))
            process.go()
            output = process.read()
            code = process.wait().code
            timer.cancel()
            account.clear_faults()
            kills += code != 0
            assert code in {0, -signal.SIGKILL}
            target.apply(messages(output))
            asked = [one.path.split("/")[-2] for one in account.requests_to(CONTENT)]
            assert not before.intersection(asked)
            fetched += asked
    rows = target.rows("recording_files")
    assert kills == 50
    assert audio(rows) == {one: each["sha256"] for one, each in truth.items()}
    assert len(list(folder.rglob("*.*"))) >= len(truth)
    record_testsuite_property(
        "audio", f"{kills} kills, {len(truth)} files, {len(fetched) - len(truth)} resumed"
    )
