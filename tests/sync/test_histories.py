"""Random histories of calls, changes, faults, kills and runs: nothing is ever lost."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import pairwise
from typing import Any

import figures
import pytest
from fixtures import FREE
from harness import Collector, Output, config_for, run_tap
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from target import Target, truth

from sandbox import Fault, Habits, Sandbox
from tap_ringcentral_calllog.errors import RequestError, UnavailableError
from tap_ringcentral_calllog.plan.windows import Planner
from tap_ringcentral_calllog.streams import windowed
from tap_ringcentral_calllog.times import moment

BEGINNING = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
START_DATE = BEGINNING - timedelta(days=4)
LOOKBACK = timedelta(hours=24)
pytestmark = pytest.mark.prove

PAGES = 3
SUBSTANCE = ("duration", "from", "to", "legs")

HABITS = st.builds(
    Habits,
    date_from_inclusive=st.booleans(),
    date_to_inclusive=st.booleans(),
    precision=st.sampled_from(["ms", "ms", "second"]),
    underfull=st.booleans(),
    numeric_ids=st.booleans(),
    unsorted=st.sampled_from([False, False, False, "page"]),
    show_deleted=st.sampled_from(["honoured", "honoured", "ignored", "refused"]),
    deleted_records=st.sampled_from(["full", "sparse"]),
    rate_headers=st.booleans(),
    retry_after=st.booleans(),
    unknown_fields=st.booleans(),
    extract_sync_deleted=st.booleans(),
)
FAULTS = st.sampled_from(
    [
        Fault("status", status=500),
        Fault("status", status=503, retry_after=3),
        Fault("status", status=401),
        Fault("reset"),
        Fault("cut"),
        Fault("truncated_json"),
        Fault("html"),
        Fault("bad_gzip"),
    ]
)


class Killed(BaseException):
    """The end of a run that nothing in it notices."""


@dataclass
class Mortal(Collector):
    """Keeps messages until the run is killed; what unwinding would write is not written.

    Attributes:
        output: takes the messages.
        messages: how many the run lives for.
        requests: how many requests it lives for.
    """

    output: Output
    messages: int | None = None
    requests: int | None = None
    dead: bool = False

    def __post_init__(self) -> None:
        super().__init__(self.output)

    def write_lines(self, lines: bytes | bytearray) -> None:
        for line in lines.splitlines():
            if self.dead or len(self.output.messages) == self.messages:
                self.dead = True
                raise Killed
            super().write_lines(line)

    def watch(self, connection: Any) -> None:
        """Count the requests, and the kill with one of them."""
        send, close = connection.session.send, connection.close

        def counted(request: Any, **options: Any) -> Any:
            if self.requests is not None:
                self.requests -= 1
                self.dead = self.requests < 0
            if self.dead:
                raise Killed
            return send(request, **options)

        def closed() -> None:
            # Who is killed does not log out.
            if self.dead:
                connection.session.close()
            else:
                close()

        connection.session.send, connection.close = counted, closed


class Histories(RuleBasedStateMachine):
    """An account, a scheduler that starts runs and kills them, and a target that upserts."""

    @initialize(
        seed=st.integers(0, 99),
        level=st.sampled_from(["account", "extension"]),
        tracking=st.booleans(),
        page_size=st.integers(3, 12),
        habits=HABITS,
    )
    def begin(self, seed, level, tracking, page_size, habits):
        figures.count("histories")
        self.sandbox = Sandbox(
            seed=seed, calls=0, days=1, extensions=3, now=BEGINNING, limits=FREE, habits=habits
        )
        self.sandbox.start()
        self.habits, self.level = habits, level
        self.tracking = tracking and level == "account"
        one, two, _ = self.sandbox.extension_ids
        self.given = config_for(
            self.sandbox,
            call_log_level=level,
            start_date=START_DATE.isoformat(),
            page_size=page_size,
            change_tracking=self.tracking,
            **({"extension_ids": self.sandbox.extension_ids} if level == "extension" else {}),
        )
        self.busy = [one, two]
        self.target, self.state = Target(), {}
        self.calls: list[str] = []
        self.gone: set[str] = set()
        self.largest_window = 2 * 2 * PAGES * page_size
        self.whole, self.begun = True, False

    def teardown(self):
        if hasattr(self, "sandbox"):
            self.sandbox.stop()

    @property
    def now(self) -> datetime:
        return moment(self.sandbox.clock.now().isoformat())

    @rule(
        count=st.integers(1, 40),
        ago=st.integers(1, 70),
        apart=st.sampled_from([0, 0.0005, 1, 60, 1800]),
        duration=st.sampled_from([5, 60, 3600, 20 * 3600]),
        whose=st.sampled_from([[0], [1], [0, 1]]),
    )
    def add(self, count, ago, apart, duration, whose):
        """Calls that end in these days, maybe in the future."""
        begin = max(self.now - timedelta(hours=ago), self.now - timedelta(seconds=duration))
        if not self.begun:
            # Older ones are there before the first run only: none enters the log so late.
            begin = self.now - timedelta(hours=ago)
        for at in range(count):
            self.calls.append(
                self.sandbox.add_call(
                    start_time=begin + timedelta(seconds=at * apart),
                    duration=duration,
                    extension_ids=[self.busy[one] for one in whose],
                )
            )
        figures.count("calls", count)

    @precondition(lambda self: self.calls)
    @rule(at=st.integers(0), result=st.sampled_from(["Accepted", "Missed", "Voicemail"]))
    def change(self, at, result):
        call = self.calls[at % len(self.calls)]
        if call not in self.gone:
            self.sandbox.change_call(call, result=result, recording_at=self.now)
            figures.count("changes")

    @precondition(lambda self: self.calls)
    @rule(at=st.integers(0))
    def delete(self, at):
        call = self.calls[at % len(self.calls)]
        if call not in self.gone:
            self.sandbox.delete_call(call)
            figures.count("deletions")

    @precondition(lambda self: self.calls)
    @rule(at=st.integers(0), after=st.integers(0, 6))
    def vanish(self, at, after):
        """A call goes between two requests of the next run."""
        call = self.calls[at % len(self.calls)]
        if call not in self.gone:
            self.gone.add(call)
            hook = partial(self.remove, call)
            self.sandbox.fail(Fault("hook", on="/call-log?", after=after, hook=hook))

    def remove(self, call: str) -> None:
        with suppress(KeyError):
            self.sandbox.remove_call(call)

    @rule(fault=FAULTS, after=st.integers(0, 8), times=st.sampled_from([1, 2, 9]))
    def fault(self, fault, after, times):
        times = 1 if fault.status == 401 else times
        self.sandbox.fail(replace(fault, on="call-log", after=after, times=times))
        figures.count("faults")

    @rule()
    def log_out(self):
        self.sandbox.revoke_all_sessions()

    @rule(minutes=st.sampled_from([1, 15, 60, 60, 600, 3 * 1440]))
    def pass_time(self, minutes):
        self.sandbox.clock.advance(minutes=minutes)

    @rule(messages=st.integers(0, 150), late=st.booleans())
    def die_at_a_message(self, messages, late):
        self.run(late=late, messages=messages)

    @rule(requests=st.integers(0, 20), late=st.booleans())
    def die_at_a_request(self, requests, late):
        self.run(late=late, requests=requests)

    @rule()
    def run_whole(self):
        """A run that may fail, and then one that does not: what follows holds after it."""
        if not self.run():
            self.sandbox.clear_faults()
            assert self.run()
        self.check()

    def run(self, *, late: bool = False, **life: int) -> bool:
        """Run, and let the target take what was written; return whether it ran to its end."""
        figures.count("runs")
        self.begun = True
        output = Output()
        writer = Mortal(output, **life)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(windowed, "Planner", partial(Planner, pages=PAGES))
                run_tap(
                    output,
                    self.sandbox,
                    self.state,
                    writer=writer,
                    prepare=writer.watch,
                    **self.given,
                )
            done = True
        except (Killed, UnavailableError, RequestError) as error:
            # A login that is refused twice in a row ends a run, too.
            if isinstance(error, RequestError) and error.problem.status != 401:
                raise
            done = False
            figures.count("kills" if isinstance(error, Killed) else "runs that gave up")
        self.take(output, late=late and not done)
        return done

    def take(self, output: Output, *, late: bool) -> None:
        """Take in a run's messages; a target that is late confirms an earlier state."""
        known = {(row.get("extensionId"), row["id"]) for row in self.target.rows()}
        again = sum(
            (record.get("extensionId"), record["id"]) in known
            and moment(record["startTime"]) < self.now - LOOKBACK - timedelta(seconds=4)
            for record in output.records()
        )
        if self.whole and not self.tracking:
            figures.largest("largest re-read of settled calls after a kill", again)
            assert again <= self.largest_window
        lines = [_lines(self.state), *map(_lines, output.states)]
        for before, after in pairwise(lines):
            back = [key for key, line in before.items() if after.get(key, "") < line]
            assert not back, f"bookmarks moved back: {before} to {after}"
        self.target.apply(output.messages)
        states = [self.state, *output.states]
        self.state = json.loads(json.dumps(states[len(states) // 2 if late else -1]))
        # After a late confirmation more is read again.
        self.whole = not late

    @invariant()
    def nothing_is_emptied(self):
        if hasattr(self, "target"):
            assert all(any(row.get(name) for name in SUBSTANCE) for row in self.target.rows())

    def check(self) -> None:
        """Compare the target with the truth."""
        self.whole = True
        logs = self.sandbox.extension_ids if self.level == "extension" else [None]
        deletions = {row["id"] for row in self.target.rows("call_log_deletions")}
        for log in logs:
            for call_id, call in truth(self.sandbox, log).items():
                begun = moment(call["startTime"])
                if begun < START_DATE:
                    continue
                changed = moment(call["lastModifiedTime"]) if "lastModifiedTime" in call else begun
                key = (self.sandbox.account_id, *([log] if log else []), call_id)
                row = self.target.call(*key)
                if call.get("deleted"):
                    if self.habits.show_deleted != "honoured":
                        continue
                    if self.habits.deleted_records == "sparse":
                        assert row or call_id in deletions, "a deletion is lost"
                        continue
                if row is None:
                    figures.count("calls lost")
                assert row is not None, f"{key} is lost"
                seen = changed < begun + LOOKBACK - timedelta(seconds=4)
                if seen or (self.tracking and not call.get("deleted")):
                    # What the sandbox's habits add is in `extra`.
                    assert not _differences(call, row), key
        figures.count("comparisons with the truth")


def _differences(call: dict[str, Any], row: dict[str, Any]) -> list[str]:
    """Compare the fields that every version of a schema knows."""
    return [
        name
        for name in ("startTime", "duration", "result", "recording", "deleted", "lastModifiedTime")
        if call.get(name) != row.get(name)
    ]


def _lines(state: dict[str, Any]) -> dict[str, str]:
    """Return the bookmarks in a state, by extension."""
    call_log = state.get("bookmarks", {}).get("call_log", {})
    parts = [(part["context"]["extensionId"], part) for part in call_log.get("partitions", [])]
    return {
        key: part["replication_key_value"]
        for key, part in (*parts, ("", call_log))
        if "replication_key_value" in part
    }


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=15 if settings.get_current_profile_name() == "short" else 130,
    suppress_health_check=list(HealthCheck),
)
