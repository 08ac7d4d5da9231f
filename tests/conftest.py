"""What tests share: a sandbox, and a way to run the tap against it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from typing import Any

import pytest
from harness import Collector, Output, config_for

from tap_ringcentral_calllog.connection import Connection
from tap_ringcentral_calllog.tap import TapRingCentral


@pytest.fixture
def sync():
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
        if tap.failures:
            raise tap.failures[0]
        return output

    return run


@pytest.fixture(autouse=True)
def _fresh_logging():
    """Leave no handler behind that a run of the command put there."""
    root = logging.getLogger()
    before = list(root.handlers)
    yield
    root.handlers[:] = before


@pytest.fixture
def command():
    """Run the command `tap-ringcentral` in a process of its own."""

    def run(*arguments: str, env: dict[str, str] | None = None, **options: Any) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "tap_ringcentral_calllog", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=env,
            timeout=120,
            **options,
        )

    return run
