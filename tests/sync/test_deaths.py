"""A run may die at any moment: the next ones complete the archive, and read little again."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fixtures import FREE, MOMENT
from harness import config_for
from processes import PAGES_PER_WINDOW, Ended, Nursery, messages, nursery
from target import Target, truth
from waiting import PATIENCE

from sandbox import Fault, Sandbox
from tap_ringcentral_calllog.api.clock import ServerClock
from tap_ringcentral_calllog.plan.windows import OVERLAP, Planner
from tap_ringcentral_calllog.streams import windowed
from tap_ringcentral_calllog.tap import TapRingCentral
from tap_ringcentral_calllog.times import moment

pytestmark = pytest.mark.prove

SETTLED = MOMENT - timedelta(hours=24)
START = {"start_date": "2026-03-15T12:00:00Z"}
BEGINNING = datetime(2026, 3, 15, 12, tzinfo=timezone.utc)

# Pages of 4 bring 3 new calls each, the first of a window 4. Windows have 4 pages, or twice that
# before they are divided.
SMALL_PAGES = {**START, "page_size": 4}
LARGEST_WINDOW = 25
# Where the tap's own planner has its way, the longest log of the accounts here is one window.
WHOLE_LOG = 36

Bookmarks = dict["str | None", datetime]
LEVELS = ["account", "extension"]


def fill(sandbox: Sandbox, extension_id: str, calls: int, *, late: int = 0, **fields: Any) -> None:
    """Add calls at even distances over five days, and more of them within the look-back."""
    for span, count in ((timedelta(days=5), calls), (timedelta(hours=22), late)):
        for number in range(1, count + 1):
            start = MOMENT - span * number / (count + 1)
            sandbox.add_call(start_time=start, duration=30, extension_ids=[extension_id], **fields)


def account(calls: int, *, late: int = 0, more: int = 0, **fields: Any) -> Sandbox:
    """Return an account of three extensions, of which the second one has no calls."""
    sandbox = Sandbox(seed=41, calls=0, days=1, extensions=3, now=MOMENT, limits=FREE)
    one, _, three = sandbox.extension_ids
    fill(sandbox, one, calls, late=late, **fields)
    fill(sandbox, three, more, **fields)
    return sandbox


def settings(sandbox: Sandbox, level: str) -> dict[str, Any]:
    extensions = {"extension_ids": sandbox.extension_ids} if level == "extension" else {}
    return {"call_log_level": level, **extensions}


def logs(sandbox: Sandbox, level: str) -> list[str | None]:
    """Return the call logs that a level has: the account's, or the extensions'."""
    return list(sandbox.extension_ids) if level == "extension" else [None]


def bookmarks(state: dict[str, Any]) -> Bookmarks:
    """Return the bookmarks of a state, by extension."""
    return {
        extension: moment(part["replication_key_value"])
        for extension, part in parts(state)
        if "replication_key_value" in part
    }


def parts(state: dict[str, Any]) -> list[tuple[str | None, dict[str, Any]]]:
    """Return the parts of a state, by extension."""
    call_log = state.get("bookmarks", {}).get("call_log", {})
    found = [(part["context"]["extensionId"], part) for part in call_log.get("partitions", [])]
    return found or [(None, call_log)]


def calls(written: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [m["record"] for m in written if m["type"] == "RECORD" and m["stream"] == "call_log"]


def key(sandbox: Sandbox, extension: str | None, call_id: str) -> tuple[str, ...]:
    return (sandbox.account_id, *([extension] if extension else []), call_id)


class Promise:
    """What a state says to be in the target: all before the bookmarks, and the ranges read ahead.

    Args:
        state: the state.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self.bookmarks = bookmarks(state)
        self._ahead = {
            log: [tuple(map(moment, pair)) for pair in part.get("readAhead", [])]
            for log, part in parts(state)
        }

    def covers(self, log: str | None, start: datetime) -> bool:
        """Tell whether a call is said to be there."""
        return start < self.bookmarks.get(log, BEGINNING) or any(
            begin <= start < end for begin, end in self._ahead.get(log, [])
        )


@dataclass(frozen=True)
class Truth:
    """What an account shows that does not change any more."""

    calls: list[tuple[str | None, datetime, tuple[str, ...], dict[str, Any]]]

    @classmethod
    def of(cls, sandbox: Sandbox, level: str) -> Truth:
        return cls(
            [
                (log, moment(call["startTime"]), key(sandbox, log, call["id"]), call)
                for log in logs(sandbox, level)
                for call in truth(sandbox, log).values()
            ]
        )

    def lost(self, target: Target, before: Promise, after: Promise | None = None) -> list[Any]:
        """Return the calls that are not in a target, with all their legs, and should be.

        Args:
            target: the target.
            before: what was there before.
            after: what is said to be there now; None for all calls.
        """
        return [
            identity
            for log, start, identity, call in self.calls
            if not before.covers(log, start)
            and (after is None or after.covers(log, start))
            and target.call(*identity) != call
        ]


def check_messages(
    shown: Truth, state: dict[str, Any], written: list[dict[str, Any]], *, whole: bool = True
) -> int:
    """Check a run from a state: what holds after each message, and at the end of a whole one.

    A bookmark stands for calls that were written before it; so whatever the next run does not read
    again is there, wherever this one is killed.

    Returns:
        How many calls older than the look-back the next run reads again, if this one is killed at
        the worst of moments.
    """
    target, largest = Target(), 0
    known = Promise(state)
    since: list[tuple[str | None, datetime]] = []
    for message in written:
        target.apply([message])
        if message["type"] == "STATE":
            before, known = known, Promise(message["value"])
            assert all(known.bookmarks[log] >= line for log, line in before.bookmarks.items())
            assert not shown.lost(target, before, known)
        elif message["type"] == "RECORD" and message["stream"] == "call_log":
            call = message["record"]
            since.append((call.get("extensionId"), moment(call["startTime"])))
        since = [
            (log, start)
            for log, start in since
            if not known.covers(log, start + OVERLAP) and start < SETTLED - OVERLAP
        ]
        largest = max(largest, len(since))
    assert not (whole and shown.lost(target, known))
    return largest


@pytest.mark.parametrize("level", LEVELS)
def test_no_history_of_kills_loses_a_call(sync, level, monkeypatch, record_testsuite_property):
    """Killed after any message, any number of times in a row, in every order there is.

    A killed run leaves the beginning of what it would have written, and the next one starts from
    the last state in that. So these are all histories: from each state that a run can leave, one
    run to its end.
    """
    # By a clock that stands still to the microsecond, there is an end to them.
    monkeypatch.setattr(ServerClock, "now", MOMENT)
    monkeypatch.setattr(windowed, "Planner", partial(Planner, pages=PAGES_PER_WINDOW))
    with account(60, late=10, more=8) as sandbox:
        shown = Truth.of(sandbox, level)
        waiting: list[dict[str, Any]] = [{}]
        seen: set[str] = set()
        points, largest = 0, 0
        while waiting:
            state = waiting.pop()
            if (text := json.dumps(state, sort_keys=True)) in seen:
                continue
            seen.add(text)
            assert len(seen) < 200, "a run leaves more states than the ends of windows"
            output = sync(sandbox, state, **SMALL_PAGES, **settings(sandbox, level))
            waiting += output.states
            points += len(output.messages)
            largest = max(largest, check_messages(shown, state, output.messages))
        assert len(seen) > 10
        assert largest <= LARGEST_WINDOW
        record_testsuite_property(
            f"histories, {level}", f"{len(seen)} states, {points} kills, {largest} read again"
        )


@pytest.fixture(scope="module")
def forked():
    """Runs in processes of their own, without the time for imports."""
    with nursery(small_windows=True) as one:
        yield one


@pytest.fixture(scope="module")
def busy():
    """An account of several windows."""
    with account(36, late=8, more=20) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _no_faults(busy):
    """Leave no fault behind."""
    yield
    busy.clear_faults()


class Archive:
    """What a target and a scheduler keep of runs that are killed.

    Args:
        sandbox: what is archived.
        level: the level to read.
        folder: for configuration and state.
        window: how many settled calls a window has at most.

    Attributes:
        kills: how many of the runs were killed.
        halves: how many left half a line.
        again: the largest number of settled calls that a run read again.
    """

    def __init__(
        self, sandbox: Sandbox, level: str, folder: Path, *, window: int = LARGEST_WINDOW
    ) -> None:
        self.sandbox, self.level, self._window = sandbox, level, window
        self._config, self._state = folder / "config.json", folder / "state.json"
        self.kills = self.halves = self.again = 0
        self.start_anew()

    def start_anew(self) -> None:
        """Forget what was archived."""
        self.target = Target()
        self._known: set[tuple[Any, ...]] = set()

    def arguments(self, **more: Any) -> list[str]:
        """Write configuration and state, and return the next run's command line."""
        given = {**SMALL_PAGES, **settings(self.sandbox, self.level), **more}
        self._config.write_text(json.dumps(config_for(self.sandbox, **given)))
        self._state.write_text(json.dumps(self.target.state))
        state = ["--state", str(self._state)] if self.target.state else []
        return ["--config", str(self._config), *state]

    def take(self, output: bytes, code: int) -> bool:
        """Take in a run's output; return whether it ran to its end."""
        before, received = bookmarks(self.target.state), messages(output)
        self.target.apply(received)
        after = bookmarks(self.target.state)
        assert all(log in after and after[log] >= line for log, line in before.items())
        settled = {
            (call.get("extensionId"), call["id"])
            for call in calls(received)
            if moment(call["startTime"]) < SETTLED - OVERLAP
        }
        self.again = max(self.again, len(settled & self._known))
        self._known |= settled
        assert code in {0, -signal.SIGKILL}
        self.kills += code != 0
        self.halves += not output.endswith(b"\n") and output != b""
        return code == 0

    def check(self) -> str:
        """Check that the archive is complete and little was read again; return figures."""
        assert not Truth.of(self.sandbox, self.level).lost(self.target, Promise({}))
        assert self.again <= self._window
        return f"{self.kills} kills, {self.halves} of them in a line, {self.again} read again"


def run(forked: Nursery, archive: Archive, kill_at: int | None = None, delay: float = 0) -> bool:
    """Run once, and kill the run at a request: before it is answered, or so many seconds later.

    Returns:
        Whether the run was quicker.
    """
    process = forked.start(*archive.arguments())
    timer = threading.Timer(delay, process.kill)
    if kill_at:
        hook = timer.start if delay else process.kill
        archive.sandbox.fail(Fault("hook", after=kill_at - 1, hook=hook))
    process.go()
    output = process.read()
    done = archive.take(output, process.wait().code)
    timer.cancel()
    archive.sandbox.clear_faults()
    return done


@pytest.mark.parametrize(
    ("level", "delays"), [("account", [0]), ("extension", [0.001, 0.002, 0.004, 0.008])]
)
def test_killed_at_one_request_after_another(
    forked, busy, tmp_path, level, delays, record_testsuite_property
):
    """A first run, killed at any request, before the answer or after it, and one that completes."""
    archive, at = Archive(busy, level, tmp_path), 0
    # Runs from the same state are the same.
    completions: dict[str, bytes] = {}
    done = False
    while not done:
        at += 1
        archive.start_anew()
        done = run(forked, archive, kill_at=at, delay=delays[at % len(delays)])
        state = json.dumps(archive.target.state)
        if state not in completions:
            process = forked.start(*archive.arguments())
            process.go()
            completions[state] = process.read()
            assert process.wait().code == 0
        archive.take(completions[state], 0)
        figures = archive.check()
    assert archive.kills > 20
    record_testsuite_property(f"any request, {level}, {delays}", figures)


@pytest.mark.parametrize("level", LEVELS)
def test_killed_at_ever_later_requests(forked, busy, tmp_path, level, record_testsuite_property):
    """Killed at the first request, the next run at its second, and so on, until one needs no more.

    None of them begins before the one that was killed.
    """
    archive = Archive(busy, level, tmp_path)
    while not run(forked, archive, kill_at=archive.kills + 1):
        pass
    record_testsuite_property(f"ever later, {level}", archive.check())


@pytest.mark.parametrize("level", LEVELS)
def test_killed_while_it_writes(forked, busy, tmp_path, level, record_testsuite_property):
    """The target reads slowly, the pipe is full, and the run is killed in the middle of a line."""
    archive, dice = Archive(busy, level, tmp_path), random.Random(43)
    done = False
    while not done:
        process = forked.start(*archive.arguments())
        process.narrow()
        process.go()
        output = process.read(dice.randrange(20_000 + 10_000 * archive.kills))
        process.kill()
        output += process.read()
        done = archive.take(output, process.wait().code)
    figures = archive.check()
    assert archive.halves > 0
    record_testsuite_property(f"while it writes, {level}", figures)


def whole_run(archive: Archive, output: Path, *, imports: int = 0, requests: int = 0) -> bool:
    """Run the command from its first import on, and kill it after so many imports or requests.

    Returns:
        Whether it came to its end before.
    """
    command = [sys.executable, "-X", "importtime", "-m", "tap_ringcentral_calllog"]
    with output.open("w+b") as written:
        process = subprocess.Popen(
            [*command, *archive.arguments()], stdout=written, stderr=subprocess.PIPE
        )
        with process:
            if requests:
                archive.sandbox.fail(Fault("hook", after=requests - 1, hook=process.kill))
            # One line for each import; they end where no more comes.
            for number, _ in enumerate(process.stderr, 1):
                if number == imports:
                    process.kill()
        archive.sandbox.clear_faults()
        written.seek(0)
        return archive.take(written.read(), process.returncode)


def test_killed_at_random_steps_of_a_whole_run(busy, tmp_path, record_testsuite_property):
    """From the first import on, then at a request, until a run comes to its end before."""
    archive, dice = Archive(busy, "extension", tmp_path, window=WHOLE_LOG), random.Random(44)
    output = tmp_path / "output"
    for number in range(1, 7):
        assert not whole_run(archive, output, imports=dice.randrange(1, 100 * number))
    while not whole_run(archive, output, requests=dice.randrange(1, 4 * archive.kills)):
        pass
    record_testsuite_property("random steps", archive.check())


ENDINGS = {signal.SIGTERM: 143, signal.SIGINT: 130}


def check_end(number: signal.Signals, ended: Ended) -> None:
    """Check that a run was stopped by a signal, and said so in one line."""
    assert ended.code == ENDINGS[number], ended.errors
    assert [f"Stopped by {number.name}" in line for line in ended.complaints] == [True], (
        ended.errors
    )


@pytest.mark.parametrize("level", LEVELS)
def test_a_signal_leaves_whole_windows(forked, busy, tmp_path, level):
    """Stopped at any request, each STATE stands for calls that were written before it."""
    archive, shown = Archive(busy, level, tmp_path), Truth.of(busy, level)
    at, done = 0, False
    while not done:
        at += 1
        number = list(ENDINGS)[at % 2]
        process = forked.start(*archive.arguments())
        busy.fail(Fault("hook", after=at - 1, hook=partial(process.kill, number)))
        process.go()
        written = messages(process.read())
        ended = process.wait()
        busy.clear_faults()
        done = ended.code == 0
        check_messages(shown, {}, written, whole=done)
        if not done:
            check_end(number, ended)
    assert at > 20


@pytest.mark.parametrize("number", ENDINGS)
@pytest.mark.parametrize("waits", ["login", "calls"])
def test_a_signal_ends_a_run_that_waits_for_an_answer(forked, busy, tmp_path, number, waits):
    """For the login's, or for calls; then the end of the session is not answered, either."""
    came = threading.Event()

    def is_due(request):
        due = ("/oauth/token" in request.path) == (waits == "login")
        if due:
            came.set()
        return due

    # Neither side gives up: only a run that does not wait for the answer ends.
    process = forked.start(*Archive(busy, "account", tmp_path).arguments(request_timeout=3600))
    busy.fail(Fault("stall", when=is_due, seconds=3600, times=None))
    process.go()
    assert came.wait(PATIENCE)
    process.kill(number)
    process.read()
    check_end(number, process.wait())


@pytest.mark.parametrize("number", ENDINGS)
@pytest.mark.parametrize("read", [0, 60_000], ids=["schema", "record"])
def test_a_signal_ends_a_run_whose_target_does_not_read(forked, busy, tmp_path, number, read):
    """The pipe is full and stays so."""
    process = forked.start(*Archive(busy, "account", tmp_path).arguments())
    process.narrow()
    process.go()
    process.read(read)
    process.wait_until_full()
    process.kill(number)
    ended = process.wait()
    check_end(number, ended)


def start_up(number: signal.Signals, *arguments: str) -> Ended:
    """Send a signal to a run while it imports its packages, and return how it ends."""
    command = [sys.executable, "-X", "importtime", "-m", "tap_ringcentral_calllog", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    with process:
        for line in process.stderr:
            if line.rstrip().endswith(" requests"):
                break
        process.send_signal(number)
        errors = process.stderr.readlines()
    complaints = [line for line in errors if not line.startswith("import time:")]
    return Ended(process.returncode, "".join(complaints))


@pytest.mark.parametrize("number", ENDINGS)
def test_a_signal_ends_a_run_that_has_hardly_begun(busy, tmp_path, number):
    """While it imports its packages, too; a shell shows the same exit code as later."""
    ended = start_up(number, *Archive(busy, "account", tmp_path).arguments())
    assert ended.code in {-number, ENDINGS[number]}
    assert "Traceback" not in ended.errors


class Setup(TapRingCentral):
    """A tap that a signal meets while it sets itself up."""

    signal: signal.Signals

    def discover_streams(self) -> Any:
        os.kill(os.getpid(), self.signal)
        return super().discover_streams()


SETUP = """
import signal, sys
from test_deaths import Setup
Setup.signal = signal.Signals(int(sys.argv[1]))
Setup.cli(sys.argv[2:])
"""


@pytest.mark.parametrize("number", ENDINGS)
def test_a_signal_ends_a_run_that_sets_itself_up(busy, tmp_path, number):
    """Between the SDK's own handling of signals, which would exit with 0, and the tap's."""
    arguments = Archive(busy, "account", tmp_path).arguments()
    done = subprocess.run(
        [sys.executable, "-c", SETUP, str(int(number)), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))},
        cwd=Path(__file__).parent,
    )
    assert done.returncode == ENDINGS[number], done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("broken", "read"),
    [("closed", 0), ("closed", 100_000), ("/dev/full", 0)],
    ids=["never-read", "target-dies", "disk-full"],
)
def test_an_output_that_cannot_be_written_is_one_line(forked, busy, tmp_path, broken, read):
    """The target has died, or the disk is full: exit code 1, and no request to report it."""
    process = forked.start(
        *Archive(busy, "account", tmp_path).arguments(),
        output=None if broken == "closed" else broken,
    )
    if read:
        process.go()
        process.read(read)
    process.close()
    if not read:
        process.go()
    ended = process.wait()
    assert ended.code == 1
    assert len(ended.complaints) == 1, ended.errors
    assert "output" in ended.complaints[0]
    assert "report" not in ended.complaints[0]
