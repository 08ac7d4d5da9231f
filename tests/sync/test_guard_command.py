"""Before RingCentral forgets something, the command says so, on accounts of both types.

All of it is told by the log of the command. The run succeeds, and begins where the last one ended.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fixtures import NOW, free_account
from harness import config_for, selecting

from sandbox import USER_PERMISSIONS, Fault, Sandbox
from tap_ringcentral_calllog.times import moment

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.unmeasured

START = "2025-03-10T12:00:00Z"
TYPES = ["standard", "hipaa"]
# Days that RingCentral keeps recordings for.
KEPT = {"standard": 90, "hipaa": 30}
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)

# Days between two runs at which each of them is told, and not yet.
DISTANCES = {
    "standard": (2, 4, 18, 26, 54, 76, 200, 300, 400),
    "hipaa": (2, 4, 18, 26, 200, 300, 400),
}

KINDS = {
    "automatic recordings": "automaticRecordings",
    "on-demand recordings": "onDemandRecordings",
}
FOLDER = "folder of a user"
LETTERS = "voicemail and fax messages"
AUDIO = tuple(KINDS)


def open_account(account_type: str, **options: Any) -> Sandbox:
    """Return an account of a type; only `account_type` tells the tap of which."""
    given = {"seed": 97, "calls": 20, "days": 10, "extensions": 2, "messages": 2}
    sandbox = free_account(**{**given, "hipaa": account_type == "hipaa", **options})
    sandbox.set_permissions(user=USER_PERMISSIONS - {"ReadCompanyInfo"})
    return sandbox


# A run is told of the time some milliseconds after it was set.
_SECONDS = re.compile(r":\d\d\.\d{3}Z")
_GUARD = re.compile("expire within|deletes the oldest first")


class Run:
    """What a run of the command has said and written."""

    def __init__(self, done: Any, code: int = 0) -> None:
        assert done.returncode == code, done.stderr
        self.messages = [json.loads(line) for line in done.stdout.splitlines()]
        told = [line.split("|", 3) for line in done.stderr.splitlines() if line.count("|") >= 3]
        every = [
            (level.strip(), _SECONDS.sub("", text.strip()))
            for _, level, _, text in told
            if "This machine's clock" not in text
        ]
        self.lines = [line for line in every if line[0] in {"WARNING", "ERROR"}]
        #: What is said of recordings that nobody archives.
        self.unwanted = [line for line in every if line[0] == "INFO" and _GUARD.search(line[1])]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        state: dict[str, Any] = [m["value"] for m in self.messages if m["type"] == "STATE"][-1]
        return state

    @property
    def retention(self) -> dict[str, dict[str, Any]]:
        """The rows of `retention`, by kind."""
        rows = (m["record"] for m in self.messages if m["type"] == "RECORD")
        return {row["kind"]: row for row in rows if "checkedAt" in row}


@pytest.fixture
def run(command, tmp_path):
    """Run the command with some streams selected."""

    def run(account: Sandbox, account_type: str, *names: str, state: Any = None, **options: Any):
        code = options.pop("code", 0)
        given = {
            "account_type": account_type,
            "start_date": START,
            "recordings_path": str(tmp_path / "audio"),
            "messages_path": str(tmp_path / "files"),
            **options,
        }
        files = {
            "config": config_for(account, **given),
            "catalog": selecting("retention", *names),
            **({"state": state} if state else {}),
        }
        arguments = []
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
            arguments += [f"--{name}", str(tmp_path / f"{name}.json")]
        return Run(command(*arguments), code)

    return run


def by_minute(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M}"


def in_danger(stream: str, words: str, days: int, kept: int) -> list[tuple[str, str]]:
    """Return what is to be said so many days after a run, whose archive ends a day earlier.

    A message may be deleted at any age: of those, it is the run that counts.
    """
    by_runs = words.startswith("deleted")
    until = f"RingCentral keeps {words} for {kept} days"
    lines, now, age = [], moment(NOW) + days * DAY, days if by_runs else days + 1
    if age > kept:
        gap = f"from {by_minute(now - age * DAY)} to {by_minute(now - kept * DAY)}"
        forgotten = f"RingCentral has deleted them: it keeps them for {kept} days."
        lines.append(("ERROR", f"{stream}: {words} {gap} were not archived, and {forgotten}"))
    elif age > kept * 0.8 and not by_runs:
        lines.append(("WARNING", f"{stream}: archived only up to {age} days ago, and {until}."))
    if days * 2 > kept:
        seldom = f"{stream}: the last run was {days} days ago, and {until}: run it more often."
        lines.append(("WARNING", seldom))
    return lines


def reached(bookmark: dict[str, Any]) -> datetime:
    """Return where a stream is: of several mailboxes, that with most to be read."""
    parts = bookmark.get("partitions") or [bookmark]
    return min(moment(one["replication_key_value"]) for one in parts)


def check_bookmark(account: Sandbox, first: Run, again: Run, stream: str) -> None:
    """The run began at the bookmark, whatever lies beyond the edge, and came to its end."""
    before, after = (reached(one.state["bookmarks"][stream]) for one in (first, again))
    asked = [
        moment(one.query["dateFrom"][0])
        for one in account.requests_to("/message-store" if stream == "messages" else "/call-log")
        if ("recordingType" in one.query) == (stream == "recording_files")
    ]
    assert before - MINUTE <= min(asked) <= before
    assert abs(after - (account.clock.now() - DAY)) < MINUTE


@pytest.mark.parametrize("account_type", TYPES)
def test_what_is_in_danger_is_told_at_each_distance_from_the_edge(run, account_type):
    """In time, too seldom, nearly too late, and too late: with the bounds of what is lost."""
    kept, streams = KEPT[account_type], ("call_log", "recording_files", "messages")
    kinds = [
        ("call_log", "calls", 365),
        ("recording_files", AUDIO[0], kept),
        ("recording_files", AUDIO[1], kept),
        ("messages", LETTERS, 30),
        ("messages", f"deleted {LETTERS}", 5),
    ]
    shapes = {words: set() for _, words, _ in kinds}
    with open_account(account_type) as account:
        first = run(account, account_type, *streams)
        assert not first.lines
        for days in DISTANCES[account_type]:
            account.clock.set(moment(NOW) + days * DAY)
            account.forget_requests()
            again = run(account, account_type, *streams, state=first.state)
            expected = {kind: in_danger(*kind[:2], days, kind[2]) for kind in kinds}
            assert again.lines == [line for lines in expected.values() for line in lines]
            for (_, words, _), lines in expected.items():
                shapes[words].add(tuple(level for level, _ in lines))
            for stream in streams:
                check_bookmark(account, first, again, stream)
            for kind in KINDS.values():
                check_row(again.retention[kind], days, kept)
            assert ("textMessages" in again.retention) == (account_type == "standard")
    deleted = shapes.pop(f"deleted {LETTERS}")
    assert deleted == {(), ("WARNING",), ("ERROR", "WARNING")}
    assert all(len(one) == 4 for one in shapes.values())


def check_row(row: dict[str, Any], days: int, kept: int) -> None:
    """The table says the same as the log."""
    assert row["keptForDays"] == kept
    assert row["inDanger"] == (days * 2 > kept)
    bounds = (row["gapFrom"], row["gapTo"])
    if days + 1 <= kept:
        assert bounds == (None, None)
    else:
        begin, end = moment(NOW) - DAY, moment(NOW) + (days - kept) * DAY
        assert [one[:16] for one in bounds] == [by_minute(begin), by_minute(end)]


@pytest.mark.parametrize("account_type", TYPES)
def test_recordings_that_expire_soon_are_counted(run, account_type):
    """Those that no run archives; where one does, there is nothing to say."""
    kept = KEPT[account_type]
    start = {"start_date": f"{moment(NOW) - kept * DAY:%Y-%m-%dT%H:%MZ}"}
    streams = ("call_log", "call_recordings")
    with open_account(account_type, calls=12 * kept, days=kept) as account:
        soon = soon_gone(account)
        assert min(soon.values()) > 0
        unarchived = run(account, account_type, *streams, **start)
        assert unarchived.unwanted == [
            expire_soon(soon["Automatic"], "automatic recordings", "INFO"),
            expire_soon(soon["OnDemand"], "on-demand recordings", "INFO"),
        ]
        assert not unarchived.lines
        archived = run(account, account_type, *streams, "recording_files", **start)
        assert not archived.lines + archived.unwanted


def soon_gone(account: Sandbox) -> Counter[str]:
    """Count the recordings that expire within a week, by type."""
    week = account.clock.now() + 7 * DAY
    return Counter(
        one["type"] for one in account.recordings_truth() if moment(one["expires"]) < week
    )


def expire_soon(count: int, words: str, level: str = "WARNING") -> tuple[str, str]:
    told = f"{count} {words} that are not archived yet expire within 7 days."
    return level, f"recording_files: {told}"


@pytest.mark.parametrize("account_type", TYPES)
def test_a_recording_that_cannot_be_had_is_counted_until_it_is_there(run, account_type):
    """It stands in the state; the run that begins says that it expires within a week."""
    kept = KEPT[account_type]
    with open_account(account_type, calls=5 * kept, days=kept) as account:
        one = account.recordings_truth()[-1]
        assert moment(one["expires"]) < account.clock.now() + 7 * DAY
        start = {"start_date": one["startTime"]}
        path = f"/recording/{one['id']}/content"
        account.fail(Fault("status", status=400, on=path, times=None))
        words = {"Automatic": AUDIO[0], "OnDemand": AUDIO[1]}[one["type"]]
        failed = "recording_files: 1 file could not be fetched: HTTP 400 CMN-201 (1)."
        first = run(account, account_type, "recording_files", code=1, **start)
        warnings = [line for line in first.lines if line[0] == "WARNING"]
        errors = [text for level, text in first.lines if level == "ERROR"]
        assert warnings == [expire_soon(1, words)]
        # When it is met, and at the end of the run.
        assert len(errors) == 2
        assert errors[0].startswith(failed)
        assert failed in errors[1]
        assert first.retention[KINDS[words]]["waiting"] == 1
        given = {**start, "state": first.state}
        again = run(account, account_type, "recording_files", code=1, **given)
        assert again.lines == [expire_soon(1, words), *first.lines]
        account.clear_faults()
        last = run(account, account_type, "recording_files", state=again.state, **start)
        assert last.lines == [expire_soon(1, words)]
        # What began before `start_date` may expire as well.
        assert last.retention[KINDS[words]]["waiting"] is None


@pytest.mark.parametrize("account_type", TYPES)
def test_numbers_near_their_limits_are_told(run, account_type):
    """200 on-demand recordings of a user, and 200 letters and 5,000 texts of a folder."""
    kept, start = KEPT[account_type], {"start_date": "2026-03-15T12:00:00Z"}
    many = {"calls": 1500, "days": 5, "extensions": 1, "messages": 10_000}
    with open_account(account_type, **many) as account:
        streams = ("call_log", "call_recordings", "messages")
        told = run(account, account_type, *streams, **start)
        recorded = Counter(one["type"] for one in account.recordings_truth())
        folders = Counter(
            (one["type"] in {"VoiceMail", "Fax"}, one["direction"])
            for one in account.messages_truth()
            if one["availability"] == "Alive" or one["type"] in {"SMS", "Pager"}
        )
        expected = [
            (
                "recording_files",
                recorded["OnDemand"] * kept // 5,
                AUDIO[1],
                200,
                "user",
            ),
            ("messages", folders[True, "Inbound"] * 6, LETTERS, 200, FOLDER),
        ]
        if account_type == "standard":
            texts = max(folders[False, "Inbound"], folders[False, "Outbound"])
            expected.append(("messages", texts, "text messages", 5000, FOLDER))
        end = "it deletes the oldest first."
        assert told.unwanted + told.lines == [
            (
                # Nobody archives the recordings.
                "WARNING" if stream == "messages" else "INFO",
                f"{stream}: RingCentral has about {count} {words} and keeps {n} per {per}: {end}",
            )
            for stream, count, words, n, per in expected
        ]


def test_the_accounts_own_limits_win(run):
    """Where the settings of call recording may be read, whatever `account_type` says."""

    def few(body):
        return body.replace(b'"maxNumberLimit":100000', b'"maxNumberLimit":50')

    with open_account("hipaa", calls=300, extensions=1) as account:
        account.set_permissions(user=USER_PERMISSIONS)
        account.fail(Fault("edit", on="/call-recording", edit=few, times=None))
        streams = ("call_log", "call_recordings", "call_recording_settings")
        # Ten of the thirty days are read, so three times as many are expected.
        row = run(account, "standard", *streams, start_date="2026-03-10T12:00:00Z")
        kind = row.retention["automaticRecordings"]
        assert (kind["keptForDays"], kind["keptAtMost"]) == (30, 50)
        automatic = Counter(one["type"] for one in account.recordings_truth())["Automatic"] * 3
        told = f"RingCentral has about {automatic} automatic recordings and keeps 50 per"
        assert row.unwanted == [
            ("INFO", f"recording_files: {told} account: it deletes the oldest first.")
        ]
