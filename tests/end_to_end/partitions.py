"""Partitions of the Dagster project, each run in a process of its own, as its daemon would.

Dagster configures logging for each run, so that runs cannot share a process.
"""

from __future__ import annotations

import json
import os
from importlib import import_module
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import dagster as dg

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_FORKS = get_context("forkserver")


def read(
    names: Iterable[str], home: Path, environment: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Run partitions at once, and wait for their ends.

    Args:
        names: the partitions.
        home: the folder of a Dagster instance.
        environment: the whole environment.

    Returns:
        For each partition `succeeded`, `retries` and `failures`, texts of errors.
    """
    processes = {
        name: _FORKS.Process(target=_run, args=(name, home, dict(environment))) for name in names
    }
    for process in processes.values():
        process.start()
    for process in processes.values():
        process.join(600)
    return {name: json.loads((home / f"{name}.json").read_text()) for name in processes}


def _run(name: str, home: Path, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with (home / f"{name}.log").open("wb") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    job = import_module("accounts.definitions").defs.get_repository_def().get_job("read_accounts")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        ended = job.execute_in_process(partition_key=name, instance=instance, raise_on_error=False)
    failures = [event.event_specific_data for event in ended.all_events if event.is_step_failure]
    (home / f"{name}.json").write_text(
        json.dumps(
            {
                "succeeded": ended.success,
                "retries": sum(event.is_step_restarted for event in ended.all_events),
                "failures": [one.error.message for one in failures],
            }
        )
    )
