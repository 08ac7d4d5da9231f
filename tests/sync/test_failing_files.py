"""What cannot be had costs nothing of what can: a file that fails is noted, passed, and retried."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from harness import Output, selecting
from target import Target

from sandbox import Fault, Sandbox
from tap_ringcentral_calllog.errors import AccessError, FilesError
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = "2026-03-20T12:00:00Z"
FREE = dict.fromkeys(("Auth", "Heavy", "Medium", "Light"), (100_000, 60.0))
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
    given = {"seed": 77, "calls": 0, "days": 40, "extensions": 3, "messages": 0, "limits": FREE}
    return Sandbox(**{**given, "now": NOW, **options})


@pytest.fixture
def account():
    """An account without calls."""
    with open_account() as sandbox:
        yield sandbox


def record(account: Sandbox, start: str, count: int, apart: float) -> list[str]:
    """Add recorded calls and return the ids of their recordings, oldest first."""
    before = {str(one["id"]) for one in account.recordings_truth()}
    for number in range(count):
        began = moment(start) + timedelta(seconds=number * apart)
        account.add_call(start_time=began, duration=60, recording_at=began + timedelta(minutes=2))
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
    ("case", "days"), [(case, DAYS if case == "401" else 3) for case in FAULTS]
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
        assert told.startswith("recording_files: 5 files could not be had: ")
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
    assert reasons == dict.fromkeys(bad, "it expired before it could be had (HTTP 500 CMN-203)")
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
    ids = record(account, "2026-03-10T10:00:00Z", 200, 600)
    account.fail(FAULTS[case](CONTENT)[0])
    target = Target()
    for run in range(3):
        account.forget_requests()
        output, told = archive(account, target.state)
        words = "the user lacks the permission" if case == "CMN-408" else "could not be had"
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
