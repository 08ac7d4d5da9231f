"""The retention guard warns while there is time, and the stream `retention` is a table of it."""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from datetime import timedelta
from math import ceil
from typing import Any

import pytest
from fixtures import FREE, NOW, free_account
from harness import Output, selecting

from sandbox import APP_PERMISSIONS, USER_PERMISSIONS, Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import FilesError, StateError
from tap_ringcentral_calllog.times import moment, timestamp

KEPT = {"standard": 90, "hipaa": 30}
# Those of them that say when recordings expire.
DEFAULT = ("call_log", "call_recordings")
RECORDINGS = ("automaticRecordings", "onDemandRecordings")


def open_account(**options: Any) -> Sandbox:
    given = {"seed": 95, "calls": 40, "days": 10, "extensions": 4, "messages": 4}
    return free_account(**{**given, **options})


@pytest.fixture
def account():
    """An account of forty calls in ten days."""
    with open_account() as sandbox:
        yield sandbox


@pytest.fixture
def read(sync, tmp_path):
    """Run the tap with everything that archives, or some of it."""

    def run(
        account: Sandbox, *names: str, state: Any = None, retention: bool = True, **options: Any
    ) -> Output:
        names = names or ("call_log", "call_recordings", "recording_files", "messages")
        given = {
            "recordings_path": str(tmp_path / "audio"),
            "messages_path": str(tmp_path / "messages"),
            "start_date": "2026-03-01",
            **options,
        }
        more = ("retention",) if retention else ()
        return sync(account, state, selecting(*names, *more), **given)

    return run


def aged(state: dict[str, Any], stream: str, days: float) -> dict[str, Any]:
    """Return a state whose bookmarks of a stream are so many days old."""
    state = deepcopy(state)
    bookmark = state["bookmarks"][stream]
    for part in (bookmark, *bookmark.get("partitions", [])):
        if "replication_key_value" in part:
            part["replication_key_value"] = timestamp(moment(NOW) - timedelta(days=days))
    return state


def lines(caplog, level: str) -> list[str]:
    return [
        one.message
        for one in caplog.records
        if one.levelname == level
        and one.name.startswith("tap-ringcentral")
        and "clock" not in one.message
    ]


def rows(output: Output) -> dict[str, dict[str, Any]]:
    return {row["kind"]: row for row in output.records("retention")}


def waiting(output: Output) -> int:
    """Return how many recordings wait to be archived, and expire within a week."""
    return sum(rows(output)[kind]["waiting"] for kind in RECORDINGS)


def test_a_fresh_archive_is_in_no_danger(read, account, caplog):
    """The second of two runs says how far the edge is away, and warns of nothing."""
    first = read(account, start_date="2025-03-01")
    account.clock.advance(hours=1)
    caplog.clear()
    caplog.set_level("INFO")
    output = read(account, state=first.state, start_date="2025-03-01")
    assert not lines(caplog, "WARNING")
    assert not lines(caplog, "ERROR")
    told = [line for line in lines(caplog, "INFO") if "RingCentral keeps" in line]
    assert any(line.startswith("call_log: archived up to 2026-03-19") for line in told)
    found = rows(output)
    assert not any(row["inDanger"] for row in found.values())
    assert found["callLog"]["archivedFrom"] == "2025-03-01T00:00:00.000Z"
    assert found["callLog"]["archivedTo"][:16] == "2026-03-19T13:00"
    assert found["callLog"]["nextToExpire"][:16] == "2027-03-19T13:00"
    assert found["voiceMailAndFaxFiles"]["isArchived"] is False
    assert found["callLog"]["isArchived"] is True
    assert {row["checkedAt"][:16] for row in found.values()} == {"2026-03-20T13:00"}
    assert {row["accountId"] for row in found.values()} == {account.account_id}


@pytest.mark.parametrize("account_type", ["standard", "hipaa"])
def test_an_old_bookmark_is_warned_of_and_a_gap_is_an_error(read, caplog, account_type):
    """By what an account of the type keeps. The bookmark moves as it would have anyway."""
    kept = KEPT[account_type]
    with open_account(hipaa=account_type == "hipaa") as account:
        options = {"account_type": account_type, "start_date": "2025-01-01"}
        first = read(account, **options)
        for age, level, words in (
            (int(kept * 0.9), "WARNING", f"archived only up to {int(kept * 0.9)} days ago"),
            (kept + 3, "ERROR", "were not archived, and RingCentral has deleted them"),
        ):
            caplog.clear()
            old = aged(first.state, "recording_files", age)
            output = read(account, state=old, **options)
            told = [line for line in lines(caplog, level) if words in line]
            assert [line.split(":")[0] for line in told] == ["recording_files"] * 2
            assert f"keeps automatic recordings for {kept} days" in told[0] or level == "ERROR"
            settled = output.state["bookmarks"]["recording_files"]["replication_key_value"]
            assert settled[:13] == "2026-03-19T12"
        gap = rows(output)["automaticRecordings"]
        assert gap["inDanger"] is True
        assert gap["gapFrom"] == timestamp(moment(NOW) - timedelta(days=kept + 3))
        assert gap["gapTo"][:16] == timestamp(moment(NOW) - timedelta(days=kept))[:16]
        assert rows(output)["callLog"]["gapFrom"] is None


def test_the_edge_of_the_call_log_is_a_year(read, account, caplog):
    """Both warning and error name it."""
    state = read(account, start_date="2024-06-01").state
    read(account, state=aged(state, "call_log", 300))
    told = "call_log: archived only up to 300 days ago"
    assert any(told in one for one in lines(caplog, "WARNING"))
    read(account, state=aged(state, "call_log", 400))
    assert any(
        line.startswith("call_log: calls from 2025-02-13") for line in lines(caplog, "ERROR")
    )


def test_the_accounts_own_limits_count_where_they_can_be_read(read, account, caplog):
    """They are asked for once in a run; where they are refused, account_type decides."""
    first = read(account, "recording_files")
    account.forget_requests()
    found = rows(read(account, "recording_files", "call_recording_settings", state=first.state))
    assert len(account.requests_to("/call-recording")) == 1
    assert found["automaticRecordings"]["keptForDays"] == 90
    account.set_permissions(app=[one for one in APP_PERMISSIONS if one != "ReadAccounts"])
    caplog.set_level("INFO")
    found = rows(read(account, "recording_files", state=first.state, account_type="hipaa"))
    assert found["automaticRecordings"]["keptForDays"] == 30
    assert "How long this account keeps recordings is taken from account_type" in caplog.text


def test_own_limits_decide_when_a_recording_expires(read, account):
    """Of each type its own."""
    body = {"automatic": {"retentionPeriod": 20}, "onDemand": {"retentionPeriod": 10}}
    account.fail(
        Fault("edit", on="/call-recording", edit=lambda _: json.dumps(body).encode(), times=None)
    )
    days = {"Automatic": 20, "OnDemand": 10}
    found = read(account, "call_log", "call_recordings", "recording_files")
    for stream in ("call_recordings", "recording_files"):
        for row in found.records(stream):
            end = moment(row["startTime"]) + timedelta(days=days[row["type"]])
            assert moment(row["expiresAt"]) == end
    assert rows(found)["onDemandRecordings"]["keptForDays"] == 10


def test_the_settings_are_asked_for_whenever_a_stream_needs_them(read, account):
    """Once in a run; by those who say how long recordings are kept, and by no others."""
    for names in (("call_log",), ("call_log", "call_recordings"), ("recording_files",)):
        account.forget_requests()
        read(account, *names)
        assert len(account.requests_to("/call-recording")) == 1
    account.forget_requests()
    read(account, "call_log", retention=False)
    assert not account.requests_to("/call-recording")


def test_an_account_that_keeps_recordings_for_thirty_days_is_not_told_ninety(read):
    """With the streams that are selected by default, whatever `account_type` says."""
    with open_account(calls=400, days=95, recording_days=30) as account:
        output = read(account, *DEFAULT, start_date="2025-12-01")
        found = output.records("call_recordings")
        now, soon = moment(NOW), moment(NOW) + timedelta(days=7)
        expected = sum(now <= moment(one["expires"]) < soon for one in account.recordings_truth())
        assert 0 < expected < len(found)
        assert sum(now <= moment(row["expiresAt"]) < soon for row in found) == expected
        assert {row["expiresAtSource"] for row in found} == {"account"}
        told = [rows(output)[kind] for kind in RECORDINGS]
        assert sum(row["waiting"] for row in told) == expected
        assert {row["keptForDays"] for row in told} == {30}
        assert {row["keptForDaysSource"] for row in told} == {"account"}


@pytest.mark.parametrize("answer", ["refused", "broken", "empty"])
def test_where_the_settings_cannot_be_read_row_and_log_say_so(read, account, caplog, answer):
    """One line at INFO, as nothing is wrong with the run; the dates are by `account_type`."""
    if answer == "refused":
        account.set_permissions(user=USER_PERMISSIONS - {"ReadCompanyInfo"})
    elif answer == "broken":
        account.fail(Fault("status", status=500, on="/call-recording", times=None))
    else:
        body = b'{"automatic": {"enabled": true}, "onDemand": {"retentionPeriod": "x"}}'
        account.fail(Fault("edit", on="/call-recording", edit=lambda _: body, times=None))
    caplog.set_level("INFO")
    output = read(account, *DEFAULT)
    told = [line for line in lines(caplog, "INFO") if "is taken from account_type" in line]
    assert len(told) == (2 if answer == "empty" else 1)
    for row in output.records("call_recordings"):
        assert row["expiresAtSource"] == "default"
        assert moment(row["expiresAt"]) == moment(row["startTime"]) + timedelta(days=90)
    assert rows(output)["automaticRecordings"]["keptForDaysSource"] == "default"
    assert rows(output)["textMessages"]["keptForDaysSource"] is None


def test_recordings_that_nobody_archives_are_told_without_a_warning(read, caplog):
    """They expire by somebody's decision. The number is in the log, and in the table."""
    with open_account(calls=400, days=95, recording_days=90) as account:
        caplog.set_level("INFO")
        output = read(account, *DEFAULT, start_date="2025-12-01")
        end, soon = moment(NOW), moment(NOW) + timedelta(days=7)
        expected = sum(
            end <= moment(one["expires"]) < soon and one["type"] == "Automatic"
            for one in account.recordings_truth()
        )
        assert expected > 0
        told = f"recording_files: {expected} automatic recordings that are not archived yet expire"
        assert any(line.startswith(told) for line in lines(caplog, "INFO"))
        row = rows(output)["automaticRecordings"]
        assert (row["waiting"], row["inDanger"], row["isArchived"]) == (expected, True, False)
        assert row["reason"].startswith(told)
        assert not lines(caplog, "WARNING") + lines(caplog, "ERROR")


def test_what_a_bounded_run_leaves_is_counted(read, caplog):
    """`recordings_per_run` was reached; what is left expires within a week."""
    with open_account(calls=300, days=88) as account:
        output = read(account, "recording_files", start_date="2025-12-01", recordings_per_run=1)
        assert waiting(output) > 0
        assert any(
            "not archived yet expire within 7 days" in one for one in lines(caplog, "WARNING")
        )
        caplog.clear()
        again = read(account, "recording_files", state=output.state)
        assert waiting(again) == 0


def test_what_failed_is_counted_at_the_start_of_the_next_run(read, caplog):
    """It stands in the state with the day on which it expires."""
    with open_account(calls=200, days=88) as account:
        account.fail(Fault("status", status=500, on="/content", times=None))
        oldest = min(account.recordings_truth(), key=lambda one: one["startTime"])
        account.clear_faults()
        account.fail(
            Fault("status", status=500, on=f"/recording/{oldest['id']}/content", times=None)
        )
        first = Output()
        with pytest.raises(FilesError):
            read(account, "recording_files", start_date="2025-12-01", output=first)
        assert waiting(first) == 1
        caplog.clear()
        with pytest.raises(FilesError):
            read(account, "recording_files", state=first.state)
        told = [one for one in lines(caplog, "WARNING") if "expire within 7 days" in one]
        assert len(told) == 2


def test_a_number_near_the_limit_is_warned_of(read, account, caplog):
    """On-demand recordings are limited to 200 for each user."""
    for minutes in range(190):
        account.add_call(
            start_time=moment(NOW) - timedelta(hours=40, minutes=minutes),
            duration=120,
            extension_id=account.owner_id,
            recording={"id": f"99{minutes}", "type": "OnDemand"},
        )
    caplog.set_level("INFO")
    output = read(account, *DEFAULT, start_date="2025-12-01")
    row = rows(output)["onDemandRecordings"]
    assert row["expected"] >= 180
    assert row["inDanger"] is True
    assert any(
        "and keeps 200 per user: it deletes the oldest first" in one
        for one in lines(caplog, "INFO")
    )


def test_runs_that_come_too_seldom_are_warned_of(read, account, caplog):
    """Deleted voicemail is kept for five days: a run every three leaves no second chance."""
    first = read(account, "messages")
    account.clock.advance(days=3)
    read(account, "messages", state=first.state)
    told = [line for line in lines(caplog, "WARNING") if "run it more often" in line]
    (line,) = told
    assert line == (
        "messages: the last run was 3 days ago, and RingCentral keeps deleted voicemail and fax "
        "messages for 5 days: run it more often."
    )


def test_nothing_is_said_of_a_range_that_is_read_on_purpose(read, account, caplog):
    """With `end_date` an old bookmark is what is meant."""
    options = {"start_date": "2025-01-01", "end_date": "2025-06-01"}
    first = read(account, "call_log", **options)
    output = read(account, "call_log", state=first.state, **options)
    assert not output.records("retention")
    assert not lines(caplog, "WARNING") + lines(caplog, "ERROR")


def test_a_damaged_note_of_a_file_is_a_damaged_state(read, account):
    """One line, and no traceback."""
    state = read(account, "recording_files").state
    attachment = {"messageId": "1", "extensionId": "2", "creationTime": "2026-03-20T12:00:00Z"}
    for bad in (
        "x",
        [1],
        [{"id": 5}],
        [{"id": "5", "startTime": "x"}],
        [{"id": "5", **attachment}],
    ):
        state["bookmarks"]["recording_files"]["unfinished"] = bad
        with pytest.raises(StateError, match="the state is damaged"):
            read(account, "recording_files", state=state)


def test_the_last_message_confirms_the_rows(read, account):
    """Targets may wait for it before they write."""
    assert read(account).messages[-1]["type"] == "STATE"


def test_recordings_that_come_faster_than_they_may_be_fetched_are_warned_of(read, caplog):
    """With one file in 800 s, 108 a day; what comes in is known by the log of the last week."""
    limits = {**FREE, "Recordings": (1, 800.0)}
    habits = Habits(recording_group="Recordings")
    options = {"calls": 12_000, "limits": limits, "limits_on_sandbox_clock": True, "habits": habits}
    names = ("call_log", "recording_files")
    with open_account(**options, logins=2) as account:
        output = read(account, *names, recordings_per_run=2, by_its_clock=True)
        lately = moment(NOW) - timedelta(days=7)
        came = [one for one in account.recordings_truth() if moment(one["startTime"]) >= lately]
        each = Counter(one["type"] for one in came)
        told = rows(output)
        for kind, name in zip(RECORDINGS, ("Automatic", "OnDemand"), strict=True):
            row = told[kind]
            assert row["arrivePerDay"] == pytest.approx(each[name] / 7, rel=0.02)
            assert row["fetchablePerDay"] == pytest.approx(108)
            assert row["loginsNeeded"] == ceil(len(came) / 7 / 108) > 1
            left = timedelta(days=KEPT["standard"]) - (moment(NOW) - moment(row["archivedTo"]))
            days = left / (1 - 108 / (len(came) / 7))
            lost = moment(row["firstLossAt"]) - moment(NOW)
            assert lost / timedelta(days=1) == pytest.approx(days / timedelta(days=1), rel=0.02)
            assert row["inDanger"] is True
        (line, _) = [one for one in lines(caplog, "WARNING") if "come in a day" in one]
        assert line.startswith(
            f"recording_files: about {len(came) / 7:.0f} recordings come in a day"
        )
        assert "allows 108 with 1 login: 2 logins are needed" in line
        jwts = {"additional_jwts": account.more_jwts, "by_its_clock": True}
        output = read(account, *names, state=output.state, recordings_per_run=2, **jwts)
        assert rows(output)[RECORDINGS[0]]["fetchablePerDay"] == pytest.approx(216)


def test_where_no_file_was_fetched_nobody_knows_how_many_may_be(read, account):
    """And what nobody knows is null, for recordings that nobody archives, too."""
    for names in (("call_log", "recording_files"), ("call_log", "call_recordings")):
        told = rows(read(account, *names, start_date="2026-03-20"))
        for kind in RECORDINGS:
            assert told[kind]["loginsNeeded"] is None
            assert told[kind]["firstLossAt"] is None
            assert told[kind]["fetchablePerDay"] is None
            assert told[kind]["arrivePerDay"] is None
    assert rows(read(account))["callLog"]["arrivePerDay"] is None
