"""What tests share: a sandbox, and a way to run the tap against it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from typing import Any

import pytest
from harness import Collector, Output, Watch, config_for

from sandbox import Sandbox
from tap_ringcentral_calllog.connection import Connection
from tap_ringcentral_calllog.tap import TapRingCentral


@pytest.fixture(scope="session")
def watch():
    """What every run is heard by; it knows all sandboxes."""
    watch = Watch()
    start, stop = Sandbox.start, Sandbox.stop

    def started(sandbox: Sandbox) -> None:
        start(sandbox)
        watch.opened(sandbox)

    def stopped(sandbox: Sandbox) -> None:
        stop(sandbox)
        watch.closed(sandbox)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sandbox, "start", started)
        patch.setattr(Sandbox, "stop", stopped)
        yield watch


@pytest.fixture(scope="session", autouse=True)
def _watched(watch):
    """Know the sandboxes of whole modules, too."""


@pytest.fixture(autouse=True)
def _nothing_leaks(watch):
    """Fail a test in which a secret showed in a log, with everything logged, a STATE or an error.

    Credentials, tokens, names and phone numbers: see `Sandbox.secrets`.
    """
    root = logging.getLogger()
    loggers = [root, *logging.Logger.manager.loggerDict.values()]
    levels = {one: one.level for one in loggers if isinstance(one, logging.Logger) and one.level}
    # What pytest shows of a failed test, and hands to `caplog`, stays as it was.
    handlers = {one: one.level for one in root.handlers if one.level < root.level}
    for handler in handlers:
        handler.setLevel(root.level)
    for logger in levels:
        logger.setLevel(logging.DEBUG)
    root.addHandler(watch)
    yield
    root.removeHandler(watch)
    for one, level in (*levels.items(), *handlers.items()):
        one.setLevel(level)
    if leaks := watch.leaks():
        pytest.fail(f"secrets showed: {'; '.join(leaks)}", pytrace=False)


@pytest.fixture
def sync(watch):
    """Run the tap in this process and return its output."""

    def run(
        sandbox: Any,
        state: dict[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        *,
        output: Output | None = None,
        real_waits: bool = False,
        **settings: Any,
    ) -> Output:
        output = output or Output()
        config = config_for(sandbox, **settings)
        tap = TapRingCentral(
            config={k: v for k, v in config.items() if v is not None},
            state=json.loads(json.dumps(state)) if state else None,
            catalog=catalog,
            message_writer=Collector(output),
        )
        sleep = time.sleep if real_waits else output.slept.append
        tap.connection = Connection(
            tap.settings,
            tap.config,
            user_agent="test",
            logger=tap.logger,
            sleep=sleep,
            **({} if real_waits else {"clock": lambda: time.monotonic() + sum(output.slept)}),
        )
        try:
            tap.sync_all()
        finally:
            tap.connection.close()
            watch.hear("STATE", json.dumps(output.states))
        if tap.failures:
            raise tap.failures[0]
        return output

    def heard(*arguments: Any, **options: Any) -> Output:
        try:
            return run(*arguments, **options)
        except BaseException as error:
            watch.hear_error(error)
            raise

    return heard


@pytest.fixture(autouse=True)
def _fresh_logging():
    """Leave no handler behind that a run of the command put there."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    root.handlers[:] = before


@pytest.fixture
def command(watch):
    """Run the command `tap-ringcentral` in a process of its own."""

    def run(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> Any:
        done = subprocess.run(
            [sys.executable, "-m", "tap_ringcentral_calllog", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=env,
            timeout=120,
            **options,
        )
        watch.hear_command(done.stdout, done.stderr)
        return done

    return run
