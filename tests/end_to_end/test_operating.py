"""What a team types, from nothing to three accounts that are read by a schedule."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import ChainMap
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path

import psutil
import pytest
from expected import calls, differences, with_moments
from fixtures import ROOT
from loaded import call_rows
from many import block, logins, url_of
from waiting import PATIENCE, wait_until

from sandbox import Sandbox

pytestmark = pytest.mark.prove

NAMES = ("north", "south", "west")


@pytest.fixture
def sandboxes():
    """An account for each name."""
    now = datetime.now(timezone.utc) - timedelta(minutes=1)
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Sandbox(seed=seed, calls=60, days=10, now=now, running=False))
            for seed, name in enumerate(NAMES, 21)
        }


def test_the_documented_commands_fill_the_tables_from_nothing(sandboxes, database, tmp_path):
    """The documented commands, run as written in an empty folder, fill the tables by the schedule.

    Only the environment is the test's: where packages may be cached, and ticks each minute.
    """
    lines = block("test_operating.py")
    log = tmp_path / "log"
    with shell(lines, tmp_path, environment(tmp_path, sandboxes, database), log) as process:
        assert process.wait(PATIENCE) == 0, log.read_text()[-5000:]
        truths = {name: calls(one.truth(), one.account_id) for name, one in sandboxes.items()}
        assert not differences(call_rows(database), with_moments(truths["north"]))

        daemon = tmp_path / "work" / "ringcentral" / "dagster.log"
        # What comes now, only the schedule can bring, of the account read before as well.
        sandboxes["north"].add_call(start_time=sandboxes["north"].clock.now() - timedelta(hours=1))
        truths["north"] = calls(sandboxes["north"].truth(), sandboxes["north"].account_id)
        expected = with_moments(dict(ChainMap(*truths.values())))
        wait_until(
            lambda: not differences(call_rows(database), expected),
            lambda: (differences(call_rows(database), expected), daemon.read_text()[-5000:]),
        )
    told = log.read_text() + daemon.read_text()
    for sandbox in sandboxes.values():
        assert sandbox.jwt not in told
        assert sandbox.client_secret not in told
        assert not sandbox.rejected


def environment(folder, sandboxes, database):
    """Return the environment of a newcomer who has set the variables that the page names."""
    home = folder / "home"
    home.mkdir()
    ours = ("TAP_", "TARGET_", "MELTANO_", "COVERAGE_", "DAGSTER_", "VIRTUAL_ENV", "PYTHON")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return {
        **inherited,
        **logins(sandboxes),
        "HOME": str(home),
        "PIP_CACHE_DIR": f"{caches}/pip",
        "UV_CACHE_DIR": f"{caches}/uv",
        "REPOSITORY": str(ROOT),
        "TARGET_POSTGRES_SQLALCHEMY_URL": url_of(database),
        "ACCOUNTS_SCHEDULE": "* * * * *",
    }


@contextmanager
def shell(lines, folder, environment, log):
    """Run lines in an empty folder; what they leave running ends with the context."""
    work = folder / "work"
    work.mkdir()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/bash", "-euo", "pipefail", "-c", lines],
            cwd=work,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end_session(process.pid)
        process.wait(PATIENCE)


def end_session(leader):
    """End all processes of a session, gently at first; Dagster puts its own into groups."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        left = members(leader)
        for process in left:
            process.send_signal(how)
        psutil.wait_procs(left, timeout=20)


def members(session):
    """Return the processes of a session."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.Error):
            if os.getsid(process.pid) == session:
                found.append(process)
    return found
