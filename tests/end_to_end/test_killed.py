"""The pipeline dies, in several ways and at several moments: the runs after it miss nothing."""

from __future__ import annotations

import json
import os
import signal
from collections import ChainMap
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import psutil
import pytest
from expected import (
    EXTENSION_CALL_KEY,
    EXTENSION_LEG_KEY,
    calls,
    differences,
    legs,
    with_moments,
)
from harness import config_for
from loaded import call_rows, leg_rows, settings
from preloaded import start
from psycopg.errors import UndefinedTable
from waiting import PATIENCE, wait_until

from sandbox import Fault, Sandbox
from tap_ringcentral_calllog.tap import TapRingCentral

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from multiprocessing.context import ForkServerProcess

    from meltano_project import Project

    from demo.postgres import Database

pytestmark = pytest.mark.prove

PIPELINE = ("tap-ringcentral", "target-postgres")
NOW = "2026-03-13T16:00:00Z"
START = "2026-03-03T16:00:00.000Z"
EPOCH = datetime.fromtimestamp(0, timezone.utc)

WRITTEN = "SELECT 1 FROM tap_ringcentral.call_log WHERE _sdc_batched_at > %(since)s"
WRITTEN_WITHOUT_LEGS = """SELECT 1 FROM tap_ringcentral.call_log
    WHERE _sdc_batched_at > %(since)s
    AND id NOT IN (SELECT "callId" FROM tap_ringcentral.call_legs)
    AND EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)"""
NO_CLIENT = """SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid())"""


@dataclass
class Pipeline:
    """`meltano run tap-ringcentral target-postgres`, and how to end it.

    Attributes:
        project: the Meltano project.
        database: what it loads into.
        sandbox: what it reads.
        folder: takes its output.
        since: when the last run was started, in UTC.
        started: all runs.
    """

    project: Project
    database: Database
    sandbox: Sandbox
    folder: Path
    since: datetime = EPOCH
    started: list[ForkServerProcess] = field(default_factory=list)

    def configure(self, **environment: str) -> None:
        """Add settings to those there are."""
        environment = {**self.project.environment, **environment}
        self.project = replace(self.project, environment=environment)

    def run(self, *options: str) -> tuple[int, str]:
        """Run it to its end; return exit status and output."""
        return self._end(self._start(options))

    def dies(
        self,
        how: Callable[[ForkServerProcess], None],
        moment: AbstractContextManager[Callable[[], None]],
        *options: str,
        **environment: str,
    ) -> tuple[int, str]:
        """Let it die at a moment; return exit status and output once nothing of it is left."""
        with moment as wait:
            process = self._start(options, **environment)
            wait()
            parts = psutil.Process(process.pid).children(recursive=True)
            assert len(parts) in {1, 2}, "the tap, unless it has ended, and the target"
            how(process)
        result = self._end(process)
        assert not psutil.wait_procs(parts, timeout=PATIENCE)[1]
        return result

    @contextmanager
    def while_reading(self, part: str = "/call-log", after: int = 0):
        """The tap waits for an answer, and the target has written some rows."""
        asked, go_on = Event(), Event()

        def hook():
            asked.set()
            go_on.wait(PATIENCE)

        def wait():
            assert asked.wait(PATIENCE)
            self._until(WRITTEN)

        self.sandbox.fail(Fault("hook", on=part, after=after, hook=hook))
        try:
            yield wait
        finally:
            go_on.set()

    @contextmanager
    def while_writing(self):
        """The target has written calls, but not their legs."""
        with self.database.connect() as connection:
            connection.execute("LOCK TABLE tap_ringcentral.call_legs IN SHARE MODE")
            yield lambda: self._until(WRITTEN_WITHOUT_LEGS)

    def _start(self, options: tuple[str, ...], **environment: str) -> ForkServerProcess:
        self.sandbox.forget_requests()
        self.since = datetime.now(timezone.utc)
        process = start(
            ("run", *options, *PIPELINE),
            self.project.root,
            {**self.project.environment, **environment},
            self.folder / "output",
        )
        self.started.append(process)
        return process

    def _end(self, process: ForkServerProcess) -> tuple[int, str]:
        process.join(PATIENCE)
        # What a dead client was about to write, its server may still be at.
        self._until(NO_CLIENT)
        return process.exitcode, (self.folder / "output").read_text()

    def _until(self, query: str) -> None:
        """Wait until a query has a row; its tables need not exist before."""
        output = self.folder / "output"
        wait_until(lambda: self._has_row(query), lambda: output.read_text()[-5000:])

    def _has_row(self, query: str) -> bool:
        with self.database.connect() as connection:
            try:
                found = connection.execute(query, {"since": self.since}).fetchone()
            except UndefinedTable:
                return False
        return found is not None

    @property
    def asked(self) -> int:
        """How many pages the last run asked for."""
        return len(self.sandbox.requests_to("/call-log"))

    @property
    def began(self) -> str:
        """Where the last run began to read."""
        return min(seen.query["dateFrom"][0] for seen in self.sandbox.requests_to("/call-log"))

    @property
    def ended(self) -> str:
        """Where the first range ended that the last run asked for."""
        return str(self.sandbox.requests_to("/call-log")[0].query["dateTo"][0])


def kill_all(process):
    """`kill -9`, a machine that fails, the kernel short of memory."""
    os.killpg(process.pid, signal.SIGKILL)


def kill_tap(process):
    """`kill -9` for the tap alone."""
    parts = psutil.Process(process.pid).children()
    (tap,) = (part for part in parts if Path(part.cmdline()[1]).name == "tap-ringcentral")
    tap.kill()


def stop(process):
    """A scheduler's request to end."""
    process.terminate()


def interrupt(process):
    """Ctrl-C: the terminal tells all."""
    os.killpg(process.pid, signal.SIGINT)


@pytest.fixture
def ringcentral():
    """An account with three extensions and some 150 calls each."""
    free = {"Heavy": (100_000, 60.0)}
    with Sandbox(calls=300, days=10, extensions=3, now=NOW, running=False, limits=free) as sandbox:
        yield sandbox


@pytest.fixture
def pipeline(installed, ringcentral, database, tmp_path):
    """The pipeline; whatever a failing test has left of it ends with the test."""
    pipeline = Pipeline(installed.logged_in(ringcentral, tmp_path), database, ringcentral, tmp_path)
    catalog = tmp_path / "catalog.json"
    catalog.write_text(TapRingCentral(config=config_for(ringcentral)).catalog_json_text)
    pipeline.configure(
        **settings(database),
        TAP_RINGCENTRAL_START_DATE=START,
        # Several windows, each with a STATE, without many calls.
        TAP_RINGCENTRAL_PAGE_SIZE="3",
        # Saves a discovery a run.
        TAP_RINGCENTRAL__CATALOG=str(catalog),
    )
    yield pipeline
    for process in pipeline.started:
        if process.is_alive():
            kill_all(process)
            process.join()


def life_goes_on(sandbox):
    """Let some minutes pass, and a call be added, changed and deleted."""
    sandbox.clock.advance(minutes=10)
    sandbox.add_call(start_time=sandbox.clock.now() - timedelta(hours=3), duration=2 * 3600)
    first, second, *_ = sandbox.truth()
    sandbox.change_call(first["id"], result="Changed later")
    sandbox.delete_call(second["id"])


# Rows are to be there before the run ends.
AT_ONCE = {"TARGET_POSTGRES_BATCH_SIZE_ROWS": "20"}


def test_no_row_is_missing_after_kills_at_account_level(pipeline, ringcentral, database):
    """Killed while it reads, without its tap, and killed while it writes: no row is missing.

    What was read since the target last confirmed a state is read again, and no more than that.
    """
    killed, _ = pipeline.dies(kill_all, pipeline.while_reading(after=60), **AT_ONCE)
    assert killed == -signal.SIGKILL
    life_goes_on(ringcentral)

    # Meltano waits for five minutes after the last sign of life: docs/operating.md. A forced run
    # does not end the wait, so all that follow are forced, too.
    refused, output = pipeline.run()
    assert refused == 1
    assert "pipeline is already running" in output
    assert "'--force'" in output
    assert not ringcentral.requests

    reading = pipeline.while_reading(after=120)
    failed, output = pipeline.dies(kill_tap, reading, "--force", **AT_ONCE)
    assert failed == 1
    assert pipeline.began < START, "nothing was confirmed, so all is read again"
    life_goes_on(ringcentral)

    killed, _ = pipeline.dies(kill_all, pipeline.while_writing(), "--force")
    assert killed == -signal.SIGKILL
    confirmed, asked = pipeline.ended, pipeline.asked
    assert confirmed < NOW, "the target has confirmed what the lost tap had read ahead"
    life_goes_on(ringcentral)

    done, output = pipeline.run("--force")
    assert done == 0, output[-5000:]
    assert pipeline.ended == confirmed
    assert pipeline.asked <= asked + 3, "for three new calls"
    truth, account = ringcentral.truth(), ringcentral.account_id
    assert not differences(call_rows(database), with_moments(calls(truth, account, legs=True)))
    assert not differences(leg_rows(database), with_moments(legs(truth, account)))


def test_no_row_is_missing_after_signals_at_extension_level(pipeline, ringcentral, database):
    """Asked to end within an extension, and between two: it fails at once, no row is missing."""
    first, second, third = ids = ringcentral.extension_ids
    pipeline.configure(
        TAP_RINGCENTRAL_CALL_LOG_LEVEL="extension",
        TAP_RINGCENTRAL_EXTENSION_IDS=json.dumps([first, second, third]),
    )
    for how, moment, status in (
        (stop, pipeline.while_reading(f"/{second}/call-log", after=10), 128 + signal.SIGTERM),
        (interrupt, pipeline.while_reading(f"/{third}/call-log"), 1),
    ):
        ended, output = pipeline.dies(how, moment, **AT_ONCE)
        assert ended == status
        said = [line for line in output.splitlines() if " tap-ringcentral " in line]
        assert any("Stopped by SIG" in line for line in said)
        assert not any("Traceback" in line for line in said)
        life_goes_on(ringcentral)

    done, output = pipeline.run()
    assert done == 0, output[-5000:]
    truths = [(ringcentral.truth("extension", one), ringcentral.account_id, one) for one in ids]
    for actual, expected in (
        (call_rows(database, EXTENSION_CALL_KEY), [calls(*truth, legs=True) for truth in truths]),
        (leg_rows(database, EXTENSION_LEG_KEY), [legs(*truth) for truth in truths]),
    ):
        assert not differences(actual, with_moments(dict(ChainMap(*expected))))
