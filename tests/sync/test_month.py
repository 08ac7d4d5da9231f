"""Calls end late and change afterwards: what changed within the look-back, the target has."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fixtures import FREE
from target import Target, truth

from sandbox import Habits, Sandbox

pytestmark = pytest.mark.prove

BEGIN = datetime(2026, 3, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
LOOKBACK = 24 * HOUR

# A deletion changes these; that of an old call is not seen without change_tracking.
_DELETION = {"deleted", "lastModifiedTime"}

# Hours from run to run: 30 days, the first 12 of them hourly, and later rarer, to be quicker.
MONTH = [1] * 12 * 24 + [3] * 18 * 8
TWO_DAYS = [1] * 48


@dataclass
class Office:
    """What people do with their telephones: an hour of it at a time.

    All of it happens within a day of the call's start, which is what a look-back of a day promises
    to see. What the sandbox invents beside it may be deleted later, too.
    """

    sandbox: Sandbox
    dice: random.Random = field(default_factory=lambda: random.Random(51))
    plans: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    def work(self) -> None:
        """Let an hour pass."""
        now, dice = self.sandbox.clock.now(), self.dice
        if dice.random() < 0.5:
            start = now + HOUR * dice.random()
            # Most are short, some as long as 20 hours.
            span = HOUR * dice.choice([0.01, 0.1, 0.5, 2, 9, 20])
            end = start + span
            identity = self.sandbox.add_call(
                start_time=start,
                duration=span.total_seconds(),
                visible_at=end + timedelta(seconds=dice.uniform(1, 90)),
                recording_at=end + timedelta(minutes=15) if dice.random() < 0.5 else None,
                revised_at=None,
            )
            self._count("long calls" if span > 8 * HOUR else "short calls")
            if dice.random() < 0.5:
                self._plan(identity, start, end, result=dice.choice(["Voicemail", "Missed"]))
            if dice.random() < 0.3:
                self._plan(identity, start, end)
        self._happen(now)
        self.sandbox.clock.advance(hours=1)

    def _plan(self, identity: str, start: datetime, end: datetime, **change: Any) -> None:
        latest = start + LOOKBACK - HOUR
        self.plans.append((end + (latest - end) * self.dice.random() + HOUR, identity, change))

    def _happen(self, now: datetime) -> None:
        due = [plan for plan in self.plans if plan[0] <= now + HOUR]
        self.plans = [plan for plan in self.plans if plan[0] > now + HOUR]
        for _, identity, change in due:
            if change:
                self.sandbox.change_call(identity, **change)
            else:
                self.sandbox.delete_call(identity)
            self._count("changes" if change else "deletions")

    def _count(self, what: str) -> None:
        self.done[what] = self.done.get(what, 0) + 1


def settled(call: dict[str, Any], other: dict[str, Any] | None) -> bool:
    """Return whether a call is archived as it was when it became too old to be read again."""
    if other is None or call == other:
        return other is not None
    changed = datetime.fromisoformat(call["lastModifiedTime"].replace("Z", "+00:00"))
    started = datetime.fromisoformat(call["startTime"].replace("Z", "+00:00"))
    return changed - started > LOOKBACK and all(
        call.get(name) == other.get(name) for name in (call.keys() | other.keys()) - _DELETION
    )


@pytest.mark.parametrize(("deleted", "pauses"), [("full", MONTH), ("sparse", TWO_DAYS)])
def test_a_month_of_runs_keeps_up_with_every_change(
    sync, deleted, pauses, record_testsuite_property
):
    """After each run of a month, all calls of the last day are archived as they are.

    Calls of up to 20 hours, recordings that come 15 minutes after the end, changed results,
    deletions. In the end the whole archive is as RingCentral shows it.
    """
    with Sandbox(
        seed=52,
        calls=600,
        days=30,
        extensions=4,
        now=BEGIN,
        limits=FREE,
        habits=Habits(deleted_records=deleted),
    ) as sandbox:
        office, target = Office(sandbox), Target()
        before: dict[str, dict[str, Any]] = {}
        state, late, compared = None, 0, 0

        def is_archived(identity: str, call: dict[str, Any]) -> bool:
            kept = target.call(sandbox.account_id, identity)
            if deleted == "sparse" and call.get("deleted"):
                # Nothing is left of a call but its id: the archive keeps it as it was.
                return kept == before.get(identity)
            before[identity] = call
            return settled(call, kept)

        for hours in pauses:
            for _ in range(hours):
                office.work()
            output = sync(sandbox, state, start_date=BEGIN.isoformat())
            state = output.state
            target.apply(output.messages)
            since = max(BEGIN, sandbox.clock.now() - LOOKBACK)
            recent = truth(sandbox, start=since)
            compared += len(recent)
            for identity, call in recent.items():
                assert is_archived(identity, call)
        everything = truth(sandbox, start=BEGIN)
        assert compared > len(everything) >= 50
        for identity, call in everything.items():
            assert is_archived(identity, call)
            late += call != target.call(sandbox.account_id, identity)
        figures = ", ".join(f"{count} {what}" for what, count in office.done.items())
        record_testsuite_property(
            f"month, {deleted}",
            f"{len(pauses)} runs, {len(everything)} calls, {figures}, {late} deleted later",
        )
