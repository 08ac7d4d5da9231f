"""What tests share: a sandbox, and a way to run the tap against it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import coverage
import figures
import pytest
from harness import Output, Watch, run_tap
from hypothesis import settings
from processes import nursery

from sandbox import Sandbox

if TYPE_CHECKING:
    from processes import Nursery

# `--hypothesis-profile=long` is what `make histories` and `make fuzz` choose.
settings.register_profile("short", derandomize=True, deadline=None, stateful_step_count=25)
settings.register_profile("long", deadline=None, stateful_step_count=100, print_blob=True)
settings.load_profile("short")


# The folders whose tests cover the tap.
MEASURED = {"sync", "unit"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Measure the coverage of tests of the tap, but for those that are marked with `unmeasured`.

    Measured, a test takes twice as long. And a process that is stopped by a signal may hang if the
    signal interrupts the measuring while that holds a lock.
    """
    measured = coverage.Coverage.current()
    is_measured = MEASURED & {*item.path.parts} and not item.get_closest_marker("unmeasured")
    if measured is None or is_measured:
        return (yield)
    measured.stop()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
            patch.delenv(name)
        try:
            return (yield)
        finally:
            measured.start()


def pytest_sessionfinish(session):
    """Hand over what the tests of guarantees have counted, where several processes share them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = figures.told()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Take what one of those processes has counted."""
    figures.add(*getattr(node, "workeroutput", {}).get("figures", ({}, {})))


def pytest_terminal_summary(terminalreporter):
    """Print what the tests of guarantees have counted."""
    for line in figures.lines():
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def watch():
    """What every run is heard by; it knows all sandboxes."""
    watch = Watch()
    start, stop = Sandbox.start, Sandbox.stop

    def started(sandbox: Sandbox) -> None:
        # Only the tap's coverage is measured. To follow the sandbox's thread, too, would double its
        # time.
        trace = threading.gettrace()
        threading.settrace(None)  # type: ignore[arg-type]  # that ends it
        try:
            start(sandbox)
        finally:
            threading.settrace(trace)
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

    def run(*arguments: Any, output: Output | None = None, **options: Any) -> Output:
        output = output or Output()
        try:
            return run_tap(output, *arguments, **options)
        except BaseException as error:
            watch.hear_error(error)
            raise
        finally:
            watch.hear("STATE", json.dumps(output.states))

    return run


@pytest.fixture(autouse=True)
def _fresh_logging():
    """Leave nothing behind that a command puts into a process of its own."""
    root = logging.getLogger()
    before = list(root.handlers)
    hooks = sys.unraisablehook, threading.excepthook, logging.raiseExceptions
    yield
    root.handlers[:] = before
    sys.unraisablehook, threading.excepthook, logging.raiseExceptions = hooks


@pytest.fixture(scope="session")
def _nurseries():
    """Processes that have the tap loaded, by whether the coverage of what they run is measured."""
    with ExitStack() as opened:
        known = {}

        def one() -> Nursery:
            measured = "COVERAGE_PROCESS_CONFIG" in os.environ
            if measured not in known:
                known[measured] = opened.enter_context(nursery())
            return known[measured]

        yield one


@pytest.fixture
def command(watch, _nurseries):
    """Run the command `tap-ringcentral` in a process of its own."""

    def run(*arguments: str, env: dict[str, str] | None = None) -> Any:
        process = _nurseries().start(*arguments, env=env)
        process.go()
        stdout = process.read().decode()
        ended = process.wait()
        watch.hear_command(stdout, ended.errors)
        return subprocess.CompletedProcess(arguments, ended.code, stdout, ended.errors)

    return run
