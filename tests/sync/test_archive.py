"""The archive outlives its source, and can show that it has no hole."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from fixtures import FREE, free_account
from harness import config_for
from target import Target

from sandbox import Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.times import moment

# The coverage of what it runs is measured by other tests, for less time.
pytestmark = pytest.mark.unmeasured


def test_a_deletion_is_kept_as_a_mark_on_the_call(sync):
    """The call stays as it was."""
    with free_account(seed=61, calls=300, days=5) as account:
        target = Target()
        target.apply(sync(account, start_date="2026-03-16").messages)
        call = account.truth(level="account")[10]["id"]
        before = target.call(account.account_id, call)
        account.clock.advance(hours=1)
        account.delete_call(call)
        target.apply(sync(account, target.state).messages)
        after = target.call(account.account_id, call)
        assert after["deleted"] is True
        assert {**after, "deleted": None, "lastModifiedTime": None} == {
            **before,
            "deleted": None,
            "lastModifiedTime": None,
        }
        assert not target.rows("call_log_deletions")


@pytest.mark.parametrize("level", ["account", "extension"])
def test_a_tombstone_goes_to_a_stream_of_its_own(sync, level):
    """It empties no archived row; key, time and when it was seen are kept."""
    habits = Habits(deleted_records="sparse")
    with free_account(seed=62, calls=300, days=5, extensions=2, habits=habits) as account:
        given = {"call_log_level": level, "start_date": "2026-03-16"}
        target = Target()
        target.apply(sync(account, **given).messages)
        call = account.truth(level=level)[10]
        key = [account.account_id, *([account.owner_id] if level == "extension" else [])]
        before = target.call(*key, call["id"])
        account.clock.advance(hours=1)
        account.delete_call(call["id"])
        target.apply(sync(account, target.state, **given).messages)
        assert target.call(*key, call["id"]) == before
        # Some of the generated calls were deleted before.
        row = {row["id"]: row for row in target.rows("call_log_deletions")}[call["id"]]
        assert row["startTime"] == call["startTime"]
        assert row["deleted"] is True
        assert abs(moment(row["seenAt"]) - account.clock.now()) < timedelta(seconds=2)
        coverage = target.rows("call_log_coverage")
        assert sum(one["deleted"] for one in coverage) >= 1


def test_a_deleted_record_whose_fields_do_not_fit_empties_no_row(sync):
    """What would be null in the row is null in no row."""
    with free_account(seed=62, calls=300, days=5) as account:
        target = Target()
        target.apply(sync(account, start_date="2026-03-16").messages)
        call = account.truth(level="account")[10]["id"]
        before = target.call(account.account_id, call)
        account.clock.advance(hours=1)
        account.delete_call(call)

        def damage(body: bytes) -> bytes:
            answer = json.loads(body)
            for record in answer["records"]:
                if record["id"] == call:
                    record.update(duration="long", durationMs=None)
            return json.dumps(answer).encode()

        account.fail(Fault("edit", on="/call-log?", times=None, edit=damage))
        output = sync(account, target.state)
        target.apply(output.messages)
        assert target.call(account.account_id, call) == before
        rows = {row["id"]: row for row in output.records("call_log_deletions")}
        known = output.schema("call_log_deletions")["schema"]["properties"].keys()
        assert rows[call].keys() <= known
        assert rows[call]["extra"]["duration"] == "long"


@pytest.mark.parametrize(
    "kept",
    [
        ("duration",),
        ("legs",),
        ("from", "to", "legs"),
        ("from", "direction", "type"),
        ("from", "to", "direction", "duration"),
    ],
    ids=" ".join,
)
def test_a_deleted_record_with_some_of_its_fields_empties_no_row(sync, kept):
    """Only a record that still tells who called whom, how and for how long is a row."""
    with free_account(seed=62, calls=300, days=5) as account:
        target = Target()
        target.apply(sync(account, start_date="2026-03-16").messages)
        call = account.truth(level="account")[10]["id"]
        before = target.call(account.account_id, call)
        account.clock.advance(hours=1)
        account.delete_call(call)
        fields = {"id", "uri", "startTime", "deleted", *kept}

        def reduce(body: bytes) -> bytes:
            answer = json.loads(body)
            for record in answer["records"]:
                if record["id"] == call:
                    for name in record.keys() - fields:
                        del record[name]
            return json.dumps(answer).encode()

        account.fail(Fault("edit", on="/call-log?", times=None, edit=reduce))
        target.apply(sync(account, target.state).messages)
        assert target.call(account.account_id, call) == before
        assert call in {row["id"] for row in target.rows("call_log_deletions")}


def test_a_tombstone_without_a_time_is_kept_as_well(sync):
    """It has no place among the calls, and takes none with it."""
    with free_account(seed=63, calls=200, days=3) as account:
        gone = account.add_call(
            start_time="2026-03-19T12:00:00Z",
            duration=0,
            deleted=True,
            from_=None,
            to=None,
            legs=None,
        )
        target = Target()
        target.apply(sync(account, start_date="2026-03-18").messages)
        assert [row["id"] for row in target.rows("call_log_deletions")] == [gone]


@pytest.mark.parametrize("level", ["account", "extension"])
def test_the_windows_that_were_read_leave_no_hole(sync, level):
    """Over several runs, each range begins where a final one ended; at no request."""
    with free_account(seed=64, calls=400, days=20, extensions=3) as account:
        target = Target()
        ids = account.extension_ids[:2] if level == "extension" else None
        given = {"call_log_level": level, "start_date": "2026-03-01", "page_size": 3}
        account.forget_requests()
        for _ in range(3):
            output = sync(account, target.state, extension_ids=ids, **given)
            target.apply(output.messages)
            account.clock.advance(hours=5)
        rows = target.rows("call_log_coverage")
        assert {row["accountId"] for row in rows} == {account.account_id}
        assert {row["callLogLevel"] for row in rows} == {level}
        assert sum(row["requests"] for row in rows) >= len(account.requests_to("/call-log"))
        for extension in ids or [None]:
            final = sorted(
                (row["dateFrom"], row["dateTo"])
                for row in rows
                if row.get("extensionId") == extension and row["settledTo"] >= row["dateTo"]
            )
            assert final[0][0] == "2026-03-01T00:00:00.000Z"
            assert all(after[0] == before[1] for before, after in pairwise(final))
            assert moment(final[-1][1]) > account.clock.now() - timedelta(hours=35)


@pytest.mark.parametrize("deleted", ["full", "sparse"])
def test_the_counts_of_what_was_read_are_those_of_the_log_at_that_time(sync, deleted):
    """Each call counts once: at the edges of windows, in the look-back, late, deleted or gone."""
    habits = Habits(deleted_records=deleted)
    with free_account(seed=64, calls=400, days=20, habits=habits) as account:
        target, logs = Target(), []
        for hours in (0, 5, 30, 1, 24):
            account.clock.advance(hours=hours)
            # One that was under way until now, and one at the line up to which the run is final.
            now = account.clock.now()
            late = account.add_call(start_time=now - timedelta(hours=9), duration=9 * 3600 - 60)
            account.add_call(start_time=now - timedelta(hours=24))
            logs.append(account.truth(level="account"))
            output = sync(account, target.state, start_date="2026-03-01", page_size=3)
            target.apply(output.messages)
            check_counts(output.records("call_log_coverage"), logs[-1])
            account.delete_call(late)
            account.remove_call(account.truth(level="account")[3]["id"])
        final = [
            row for row in target.rows("call_log_coverage") if row["settledTo"] >= row["dateTo"]
        ]
        end = max(row["dateTo"] for row in final)
        settled = [one for one in logs[-1] if "2026-03-01" <= one["startTime"] < end]
        assert sum(row["records"] for row in final) == len(settled) > 100
        assert sum(row["deleted"] for row in final) == sum("deleted" in one for one in settled) > 0


def check_counts(rows, log):
    """Compare the rows of a run with the log that it read."""
    assert rows
    for row in rows:
        calls = [one for one in log if row["dateFrom"] <= one["startTime"] < row["dateTo"]]
        assert row["records"] == len(calls)
        assert row["calls"] == sum("from" in one for one in calls)
        assert row["deleted"] == sum("deleted" in one for one in calls)


@pytest.mark.prove
def test_a_window_that_turns_out_too_long_is_divided(sync):
    """A quiet week hides a busy month: what was read is not read again, and the rest settles."""
    with free_account(seed=65, calls=0, days=1) as account:
        busy, quiet = moment("2026-02-10T00:00:00Z"), moment("2026-03-01T00:00:00Z")
        for at in range(900):
            account.add_call(start_time=busy + timedelta(minutes=20 * at), duration=30)
        for at in range(60):
            account.add_call(start_time=quiet + timedelta(hours=7 * at), duration=30)
        account.forget_requests()
        target = Target()
        output = sync(account, start_date="2026-02-10", page_size=3)
        target.apply(output.messages)
        calls = [record["id"] for record in output.records()]
        assert sorted(calls) == sorted(call["id"] for call in account.truth(level="account"))
        rows = target.rows("call_log_coverage")
        # There are more than 300 pages, and no part of a window has more than 100.
        assert sum(row["requests"] > 0 for row in rows) > 3
        assert max(row["requests"] for row in rows) <= 110
        pages = len(calls) / 2
        assert len(account.requests_to("/call-log")) <= pages * 1.06 + 5
        ranges = sorted((row["dateFrom"], row["dateTo"]) for row in rows)
        assert all(after[0] == before[1] for before, after in pairwise(ranges))
        assert sum(row["records"] for row in rows) == len(calls)


def test_a_page_without_one_sound_call_is_no_empty_page(sync):
    """If RingCentral renamed its ids, the run would end and say so, not skip a year."""
    with free_account(seed=66, calls=0, days=1) as account:
        for at in range(12):
            account.add_call(start_time=f"2026-03-19T10:00:{at:02}Z", id=None)
        with pytest.raises(UnavailableError, match=r"id is missing \(12\)"):
            sync(account, start_date="2026-03-18")


def test_one_broken_call_takes_no_other_with_it(sync, caplog):
    """One line for all of a page's broken ones."""
    with free_account(seed=67, calls=100, days=3) as account:
        for at in range(3):
            account.add_call(start_time=f"2026-03-19T10:00:{at:02}Z", id=None)
        output = sync(account, start_date="2026-03-17T12:00:00Z")
        sound = {call["id"] for call in account.truth(level="account") if call["id"]}
        assert {record["id"] for record in output.records()} == sound
    lines = [one.getMessage() for one in caplog.records if "cannot be written" in one.getMessage()]
    assert lines == ["Calls that cannot be written: id is missing (3)."]


def test_a_test_of_the_connection_fails_with_a_refused_extension(account_of_two, command):
    """`--test` does not pass over what a run would only tell of at its end."""
    account, config = account_of_two
    done = command("--config", str(config), "--test")
    assert done.returncode == 1
    assert f"extension {account.extension_ids[1]}" in done.stderr


@pytest.fixture
def account_of_two(tmp_path):
    """An account of which one extension may not be read, and a configuration for both."""
    with Sandbox(seed=68, calls=50, days=2, extensions=2, limits=FREE) as account:
        ids = [account.extension_ids[1], "~"]
        account.fail(Fault("status", status=403, on=f"/extension/{ids[0]}/", times=None))
        path = tmp_path / "config.json"
        path.write_text(
            json.dumps(config_for(account, call_log_level="extension", extension_ids=ids))
        )
        yield account, path
