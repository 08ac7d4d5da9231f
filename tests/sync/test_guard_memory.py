"""What `retention` says is true in every run, whatever that run has read.

A run that comes an hour after the last one reads a day of calls. What it says of recordings that
are weeks older rests on what earlier runs have counted, or it is null. The truth is the sandbox's.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fixtures import free_account
from harness import Output, run_tap, selecting

from sandbox import Fault, Sandbox
from tap_ringcentral_calllog.errors import AccessError
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from datetime import datetime

# The coverage of what it runs is measured by other tests, for less time.
pytestmark = pytest.mark.unmeasured

NOW = "2026-03-20T12:34:56Z"
DAY, WEEK = timedelta(days=1), timedelta(days=7)

# Selected by default.
DEFAULT = ("call_log", "call_legs", "call_log_deletions", "call_log_coverage", "call_recordings")
AUDIO = "recording_files"
TYPES = {"automaticRecordings": "Automatic", "onDemandRecordings": "OnDemand"}
# What moves with the clock, though nothing has come or gone.
MOVING = {"checkedAt", "archivedTo"}


def open_account(**options: Any) -> Sandbox:
    given = {"seed": 31, "calls": 1000, "days": 100, "extensions": 3, "now": NOW}
    return free_account(**{**given, **options})


@pytest.fixture
def read(tmp_path):
    """Run the tap with the streams that are selected by default, and some more."""

    def run(
        account: Sandbox,
        state: Any = None,
        more: tuple[str, ...] = (),
        streams: tuple[str, ...] = (*DEFAULT, "retention"),
        **options: Any,
    ) -> Output:
        given = {
            "start_date": "2025-03-01",
            "recordings_path": str(tmp_path / "audio"),
            "messages_path": str(tmp_path / "files"),
        }
        catalog = selecting(*streams, *more)
        return run_tap(Output(), account, state, catalog, **{**given, **options})

    return run


def rows(output: Output) -> dict[str, dict[str, Any]]:
    return {row["kind"]: row for row in output.records("retention")}


def waiting(output: Output) -> dict[str, int | None]:
    return {kind: rows(output)[kind]["waiting"] for kind in TYPES}


def in_danger(output: Output) -> dict[str, bool | None]:
    return {kind: rows(output)[kind]["inDanger"] for kind in TYPES}


def soon_gone(account: Sandbox, archived: datetime | None = None) -> dict[str, int]:
    """Count the recordings that expire within a week, of calls that began after a moment."""
    soon = account.clock.now() + WEEK
    found = Counter(
        one["type"]
        for one in account.recordings_truth()
        if moment(one["expires"]) < soon
        and (archived is None or moment(one["startTime"]) >= archived)
    )
    return {kind: found[name] for kind, name in TYPES.items()}


def next_gone(account: Sandbox, kind: str) -> datetime:
    """Return when the next recording of a kind expires."""
    ends = (one["expires"] for one in account.recordings_truth() if one["type"] == TYPES[kind])
    return min(map(moment, ends))


def without_memory(state: dict[str, Any]) -> dict[str, Any]:
    """Return a state as the version before wrote it: it counted no recordings."""
    state = deepcopy(state)
    for bookmark in state["bookmarks"].values():
        for part in (bookmark, *bookmark.get("partitions", [])):
            part.pop("recordings", None)
            part.pop("lost", None)
    return state


def test_two_runs_say_the_same_of_what_has_not_changed(read):
    """The second one reads a day of calls, and still knows what it does not read."""
    with open_account() as account:
        first = read(account)
        expected = soon_gone(account)
        assert min(expected.values()) > 0
        assert waiting(first) == expected
        assert in_danger(first) == dict.fromkeys(TYPES, True)
        account.clock.advance(minutes=7)
        second = read(account, first.state)
        assert len(second.records()) < len(first.records()) / 10
        assert soon_gone(account) == expected
        for kind, row in rows(second).items():
            moving = MOVING | ({"nextToExpire"} if kind == "callLog" else set())
            for name in row.keys() - moving:
                assert row[name] == rows(first)[kind][name], (kind, name)
        for kind in TYPES:
            told = moment(rows(second)[kind]["nextToExpire"])
            assert abs(told - next_gone(account, kind)) < timedelta(seconds=1)
        expected = Counter(one["type"] for one in account.recordings_truth())
        assert rows(second)["automaticRecordings"]["expected"] == expected["Automatic"]


def test_each_of_many_runs_is_right(read):
    """New calls come, recordings expire, and a state is lost on the way."""
    with open_account() as account:
        state, told = None, set()
        for number in range(8):
            output = read(account, state)
            assert waiting(output) == soon_gone(account), number
            told.add(tuple(waiting(output).values()))
            state = None if number == 4 else output.state
            account.clock.advance(hours=30 + number)
    assert len(told) > 3


def test_it_goes_down_when_recordings_are_archived_and_for_no_other_reason(read):
    """What an earlier run has archived is not in danger, though no run archives any more."""
    with open_account() as account:
        first = read(account)
        archiving = read(account, first.state, (AUDIO,))
        assert waiting(archiving) == dict.fromkeys(TYPES, 0)
        assert in_danger(archiving) == dict.fromkeys(TYPES, False)
        # Deselected again.
        archived = account.clock.now() - DAY
        state = archiving.state
        for days in (0, 60, 24, 3, 20):
            account.clock.advance(days=days)
            output = read(account, state)
            state = output.state
            assert waiting(output) == soon_gone(account, archived), days
        assert min(waiting(output).values()) > 0
        # Selected again, the bookmark of the audio goes on from where it was.
        archiving = read(account, state, (AUDIO,))
        assert waiting(archiving) == dict.fromkeys(TYPES, 0)


def test_a_state_of_the_version_before_is_read_and_what_it_does_not_tell_is_null(read):
    """Until runs of this version have read all that RingCentral keeps."""
    with open_account() as account:
        state = without_memory(read(account).state)
        account.clock.advance(hours=1)
        output = read(account, state)
        for kind in TYPES:
            row = rows(output)[kind]
            for name in ("waiting", "inDanger", "nextToExpire", "expected"):
                assert row[name] is None, name
            assert "it is not known how many of them expire within 7 days" in row["reason"]
        assert rows(output)["callLog"]["inDanger"] is False
        account.clock.advance(days=82)
        output = read(account, output.state)
        assert waiting(output) == dict.fromkeys(TYPES)
        account.clock.advance(days=9)
        output = read(account, output.state)
        assert waiting(output) == soon_gone(account)
        # A lost state is read anew from the beginning, and known at once.
        assert waiting(read(account, without_memory(output.state))) == dict.fromkeys(TYPES)
        assert waiting(read(account)) == soon_gone(account)


def test_what_began_before_the_archive_is_not_known(read):
    """`start_date` leaves out what RingCentral still has, and forgets: nobody says 0 of that."""
    with open_account(messages=20) as account:
        files = {AUDIO: "automaticRecordings", "message_files": "voiceMailAndFaxFiles"}
        streams = ("call_log", "messages", "retention", *files)
        start = {"start_date": "2026-03-01", "streams": streams}
        kinds = {"callLog", "voiceMailAndFax", *files.values()}
        first = read(account, **start)
        account.clock.advance(hours=1)
        second = read(account, first.state, **start)
        for output in (first, second):
            found = {kind: rows(output)[kind] for kind in kinds}
            assert {kind: row["waiting"] for kind, row in found.items()} == dict.fromkeys(kinds)
            assert {kind: row["inDanger"] for kind, row in found.items()} == dict.fromkeys(kinds)
            assert {kind: row["nextToExpire"] for kind, row in found.items()} == dict.fromkeys(
                kinds
            )
            for row in found.values():
                assert row["archivedFrom"] == "2026-03-01T00:00:00.000Z"
                assert (
                    "expire within 7 days, because the archive starts at 2026-03-01"
                    in row["reason"]
                )
        # By then RingCentral has forgotten all messages that are older.
        account.clock.advance(days=14)
        later = rows(read(account, second.state, **start))
        for kind in ("voiceMailAndFax", "voiceMailAndFaxFiles"):
            assert (later[kind]["waiting"], later[kind]["inDanger"]) == (0, False)
            assert later[kind]["nextToExpire"]
        assert later["callLog"]["inDanger"] is None


def test_recordings_of_before_the_files_began_are_counted(read):
    """The log tells of them, though nobody fetches them."""
    with open_account() as account:
        first = read(account)
        expected = soon_gone(account)
        output = read(account, first.state, more=(AUDIO,), start_date="2026-03-01")
        assert waiting(output) == expected
        account.clock.advance(minutes=7)
        assert soon_gone(account) == expected
        assert waiting(read(account, output.state, more=(AUDIO,))) == expected


def test_what_no_run_has_counted_is_not_known(read):
    """Streams that were selected later, and a start that is later than what RingCentral keeps."""
    with open_account() as account:
        bare = read(account, streams=("call_log",))
        assert waiting(read(account, bare.state)) == dict.fromkeys(TYPES)
        recent = read(account, start_date="2026-03-01")
        assert waiting(recent) == dict.fromkeys(TYPES)
        assert in_danger(recent) == dict.fromkeys(TYPES)
        # A run between two that count moves the bookmark past what none has counted.
        first = read(account)
        account.clock.advance(days=2)
        bare = read(account, first.state, streams=("call_log",))
        assert waiting(read(account, bare.state)) == dict.fromkeys(TYPES)


def test_a_run_without_calls_says_what_the_last_one_knew(read):
    """The call log was read up to yesterday: what expires within a week is older."""
    with open_account() as account:
        first = read(account)
        account.clock.advance(days=3)
        only = ("call_queues", "retention")
        output = read(account, first.state, streams=only)
        assert waiting(output) == soon_gone(account)
        assert rows(output)["callLog"]["archivedTo"] == rows(first)["callLog"]["archivedTo"]
        assert rows(output)["callLog"]["isArchived"] is False
        assert rows(output)["callLog"]["inDanger"] is False
        assert rows(output)["callLog"]["waiting"] == 0
        unknown = read(account, streams=only)
        assert {row["waiting"] for row in rows(unknown).values()} == {None}
        assert {row["inDanger"] for row in rows(unknown).values()} == {None}


def test_bounded_runs_count_what_is_left(read):
    """Each fetches some, oldest first; what the next ones have to fetch is still in danger."""
    with open_account() as account:
        state, left, archived = None, [], set()
        while not left or left[-1]:
            output = read(account, state, (AUDIO,), recordings_per_run=2)
            archived |= {row["id"] for row in output.records(AUDIO)}
            soon = account.clock.now() + WEEK
            truth = Counter(
                one["type"]
                for one in account.recordings_truth()
                if moment(one["expires"]) < soon and one["id"] not in archived
            )
            assert waiting(output) == {kind: truth[name] for kind, name in TYPES.items()}
            for kind, count in waiting(output).items():
                assert rows(output)[kind]["inDanger"] or not count
            left.append(sum(waiting(output).values()))
            state = output.state
            account.clock.advance(hours=1)
        assert len(left) > 2


def test_a_bounded_run_without_the_call_log_counts_what_it_has_found(read):
    """And the next one knows at its beginning what it had to leave, or says nothing."""
    with open_account(calls=1000) as account:
        output = read(account, streams=("retention", AUDIO), recordings_per_run=2)
        assert sum(waiting(output).values()) == sum(soon_gone(account).values()) - 2
        output = read(account, output.state, streams=("retention", "call_queues"))
        assert waiting(output) == dict.fromkeys(TYPES)


@pytest.mark.prove
def test_every_state_of_a_run_that_was_killed_is_one_to_go_on_from(read):
    """Wherever it was killed, nothing is counted twice, and nothing is forgotten."""
    with open_account(calls=640, days=60) as account:
        options = {"page_size": 5, "start_date": "2026-01-01"}
        whole = read(account, **options)
        states = [one for one in whole.states if "call_log" in one["bookmarks"]]
        assert any("readAhead" in one["bookmarks"]["call_log"] for one in states)
        account.clock.advance(days=25)
        expected = soon_gone(account)
        assert sum(expected.values()) > 3
        for state in states[:: max(len(states) // 6, 1)]:
            assert waiting(read(account, state, **options)) == expected


def test_a_range_with_an_end_counts_for_the_runs_after_it(read):
    """They say nothing themselves; the state goes on without `end_date`."""
    with open_account() as account:
        first = read(account, end_date="2026-02-01")
        assert not rows(first)
        assert waiting(read(account, first.state)) == soon_gone(account)


def test_logs_of_extensions_are_counted_each_for_itself(read):
    """A recording that stands in the logs of two extensions is one."""
    with open_account(calls=1500) as account:
        users = [one for one in account.extensions_truth() if one["type"] == "User"]
        ids = [one["id"] for one in users if one["status"] == "Enabled"]
        assert len(ids) > 1
        options = {"call_log_level": "extension", "extension_ids": ids}
        first = read(account, **options)
        seen = {row["id"]: row for row in first.records("call_recordings")}
        soon = account.clock.now() + WEEK
        expected = Counter(
            row["type"]
            for row in seen.values()
            if account.clock.now() < moment(row["expiresAt"]) < soon
        )
        assert min(expected[name] for name in TYPES.values()) > 0
        account.clock.advance(minutes=1)
        second = read(account, first.state, **options)
        for output in (first, second):
            assert waiting(output) == {kind: expected[name] for kind, name in TYPES.items()}
            # How many the whole account has is not known here.
            assert rows(output)["automaticRecordings"]["expected"] is None
            assert rows(output)["onDemandRecordings"]["expected"] > 0
        archiving = read(account, second.state, (AUDIO,), **options)
        assert waiting(read(account, archiving.state, **options)) == dict.fromkeys(TYPES, 0)


def test_an_account_that_changes_how_long_it_keeps_recordings(read):
    """What is kept for longer from now on was forgotten by the count: unknown until it is known."""
    with open_account() as account:
        long = read(account)
        short = keep(account, 30)
        output = read(account, long.state)
        assert waiting(output) == short
        account.clear_faults()
        assert waiting(read(account, output.state)) == dict.fromkeys(TYPES)


def keep(account: Sandbox, days: int) -> dict[str, int]:
    """Let an account keep recordings for fewer days, and count what expires within a week."""

    def fewer(body: bytes) -> bytes:
        return body.replace(b'"retentionPeriod":90', b'"retentionPeriod":%d' % days)

    account.fail(Fault("edit", on="/call-recording", edit=fewer, times=None))
    now = account.clock.now()
    found = Counter(
        one["type"]
        for one in account.recordings_truth()
        if now <= moment(one["startTime"]) + days * DAY < now + WEEK
    )
    return {kind: found[name] for kind, name in TYPES.items()}


def test_what_was_lost_stays_lost_in_the_table(read):
    """The run that found it may have been killed before it could tell the table."""
    with open_account() as account:
        streams = (*DEFAULT, AUDIO)
        state = read(account, streams=streams).state
        account.clock.advance(days=100)
        killed = read(account, state, streams=streams)
        lost = (moment(NOW) - DAY, account.clock.now() - 90 * DAY)
        for days in (0, 1):
            account.clock.advance(days=days)
            row = rows(read(account, killed.states[-1], (AUDIO,)))["automaticRecordings"]
            assert abs(moment(row["gapFrom"]) - lost[0]) < timedelta(seconds=5)
            assert abs(moment(row["gapTo"]) - lost[1]) < timedelta(seconds=5)
            # It is told, and nothing is left to be done about it.
            assert row["inDanger"] is False


def test_what_an_older_or_damaged_note_says_is_not_known(read):
    """It is no reason to read nothing."""
    with open_account(calls=200) as account:
        first = read(account)
        bookmark = first.state["bookmarks"]["call_log"]
        for broken in (
            7,
            {},
            {"upTo": bookmark["replication_key_value"], "automaticRecordings": [1]},
            {"upTo": bookmark["replication_key_value"], "automaticRecordings": {"unit": 1}},
            {**bookmark["recordings"], "upTo": timestamp(moment(NOW) - 2 * DAY)},
        ):
            state = deepcopy(first.state)
            state["bookmarks"]["call_log"]["recordings"] = broken
            state["bookmarks"]["call_log"]["lost"] = broken
            output = read(account, state)
            assert waiting(output) == dict.fromkeys(TYPES)
            assert rows(output)["callLog"]["gapFrom"] is None


def test_a_mailbox_that_was_never_read_is_not_fine(read):
    """The others are archived; of this one nobody knows what is in it."""
    with open_account(calls=300, messages=20) as account:
        bad = account.owner_id
        refuse = Fault("status", status=403, on=f"/extension/{bad}/message-store", times=None)
        account.fail(refuse)
        output = Output()
        with pytest.raises(AccessError):
            failing(output, account)
        found = rows(output)
        for kind in ("voiceMailAndFax", "deletedVoiceMailAndFax", "textMessages"):
            row = found[kind]
            assert (row["waiting"], row["inDanger"]) == (None, None), kind
            assert row["archivedTo"] is None
        account.clear_faults()
        found = rows(read(account, output.state, ("messages",)))
        for kind in ("voiceMailAndFax", "deletedVoiceMailAndFax", "textMessages"):
            assert found[kind]["waiting"] == 0


def failing(output: Output, account: Sandbox) -> None:
    catalog = selecting("call_log", "messages", "retention")
    run_tap(output, account, None, catalog, start_date="2025-12-01")


def test_a_stream_that_is_deselected_is_known_by_its_bookmark(read):
    """Messages: nothing new expires within a week at first; then nobody knows."""
    with open_account(calls=300, messages=20) as account:
        state = read(account, more=("messages",)).state
        account.clock.advance(days=10)
        found = rows(read(account, state))["voiceMailAndFax"]
        assert (found["isArchived"], found["waiting"]) == (False, 0)
        assert moment(found["nextToExpire"]) == moment(found["archivedTo"]) + 30 * DAY
        account.clock.advance(days=15)
        found = rows(read(account, state))["voiceMailAndFax"]
        assert (found["waiting"], found["inDanger"]) == (None, True)
        account.clock.advance(days=10)
        found = rows(read(account, state))["voiceMailAndFax"]
        assert moment(found["nextToExpire"]) < account.clock.now()
        assert moment(found["gapTo"]) > moment(found["gapFrom"])
        assert found["inDanger"] is True


def test_a_full_folder_is_in_danger_as_long_as_it_is_not_archived(read):
    """190 of 200 voicemails: nothing of them was archived before the first run, all are after."""
    with open_account(calls=1, days=40, messages=0) as account:
        add_voicemail(account, 190)
        first = read(account, more=("messages",))
        row = rows(first)["voiceMailAndFax"]
        assert (row["expected"], row["inDanger"]) == (190, True)
        second = read(account, first.state, ("messages",))
        row = rows(second)["voiceMailAndFax"]
        # How many are there now, this run has not seen.
        assert (row["expected"], row["inDanger"]) == (None, False)
        account.clock.advance(hours=5)
        add_voicemail(account, 185)
        row = rows(read(account, second.state, ("messages",)))["voiceMailAndFax"]
        assert row["inDanger"] is True
        assert "about 185 voicemail and fax messages" in row["reason"]


def add_voicemail(account: Sandbox, count: int) -> None:
    for number in range(count):
        account.add_message(
            extension_id=account.owner_id,
            type="VoiceMail",
            direction="Inbound",
            creation_time=account.clock.now() - timedelta(minutes=number),
        )


def test_a_clock_that_goes_back_a_little_makes_nothing_unknown(read):
    """RingCentral tells its time to the second: the next run may take it for a little earlier."""
    with open_account() as account:
        state = read(account).state
        account.clock.set(moment(NOW) - timedelta(seconds=2))
        assert waiting(read(account, state)) == soon_gone(account)
