"""Run target-postgres as its command does, and write how many seconds each of its steps took.

FILE CONFIG: where the seconds go, as JSON, and the target's configuration. It runs in the target's
environment.
"""

from __future__ import annotations

import json
import sys
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

BEGAN = time.perf_counter()

from singer_sdk.singerlib.encoding.simple import SimpleSingerReader  # noqa: E402 - it is measured
from target_postgres.sinks import PostgresSink  # noqa: E402 - it is measured
from target_postgres.target import TargetPostgres  # noqa: E402 - it is measured

STEPS = (
    ("parse", SimpleSingerReader, "deserialize_json"),
    ("COPY", PostgresSink, "bulk_insert_records"),
    ("merge", PostgresSink, "upsert"),
    ("batches", PostgresSink, "process_batch"),
)


def main() -> None:
    """Run the target."""
    file, config = sys.argv[1:]
    seconds = {
        "start": time.perf_counter() - BEGAN,
        **dict.fromkeys((step for step, *_ in STEPS), 0.0),
    }
    for step, owner, name in STEPS:
        setattr(owner, name, _timed(getattr(owner, name), step, seconds))
    TargetPostgres.cli(["--config", config], standalone_mode=False)
    # What else belongs to a batch: tables are looked up, and temporary ones made and dropped.
    batches = seconds.pop("batches")
    seconds["tables"] = batches - seconds["COPY"] - seconds["merge"]
    seconds["all"] = time.perf_counter() - BEGAN
    Path(file).write_text(json.dumps(seconds))


def _timed(function: Callable[P, T], step: str, seconds: dict[str, float]) -> Callable[P, T]:
    @wraps(function)
    def timed(*args: P.args, **kwargs: P.kwargs) -> T:
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            seconds[step] += time.perf_counter() - began

    return timed


if __name__ == "__main__":
    main()
