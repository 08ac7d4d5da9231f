"""Run a target as its command does, and write how many seconds each of its steps took.

TARGET FILE CONFIG: `target-postgres` or `target-duckdb`, where the seconds go, as JSON, and the
target's configuration. It runs in the target's environment.
"""

from __future__ import annotations

import json
import sys
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

BEGAN = time.perf_counter()


class Stages:
    """Seconds by step.

    Attributes:
        seconds: what each step has taken so far.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, step: str, owner: Any, name: str) -> None:  # noqa: ANN401 - a class or a module
        """Measure a function from now on.

        Args:
            step: the step that it is.
            owner: the class or module that has it.
            name: its name.
        """
        setattr(owner, name, self.timed(step, getattr(owner, name)))

    def timed(self, step: str, function: Callable[P, T]) -> Callable[P, T]:
        """Return a function that is measured."""
        self.seconds.setdefault(step, 0.0)

        @wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[step] += time.perf_counter() - began

        return measured


def run_target_postgres(config: str) -> dict[str, float]:
    """Run target-postgres, and return the seconds."""
    from singer_sdk.singerlib.encoding.simple import SimpleSingerReader  # noqa: PLC0415 - measured
    from target_postgres.sinks import PostgresSink  # noqa: PLC0415 - measured
    from target_postgres.target import TargetPostgres  # noqa: PLC0415 - measured

    stages = Stages()
    stages.seconds["start"] = time.perf_counter() - BEGAN
    stages.time("parse", SimpleSingerReader, "deserialize_json")
    stages.time("COPY", PostgresSink, "bulk_insert_records")
    stages.time("merge", PostgresSink, "upsert")
    stages.time("batches", PostgresSink, "process_batch")
    TargetPostgres.cli(["--config", config], standalone_mode=False)
    seconds = stages.seconds
    # What else belongs to a batch: tables are looked up, and temporary ones made and dropped.
    seconds["tables"] = seconds.pop("batches") - seconds["COPY"] - seconds["merge"]
    return seconds


def run_target_duckdb(config: str) -> dict[str, float]:
    """Run target-duckdb, and return the seconds."""
    import target_duckdb  # noqa: PLC0415 - measured
    from target_duckdb.db_sync import DbSync  # noqa: PLC0415 - measured

    stages = Stages()
    stages.seconds["start"] = time.perf_counter() - BEGAN
    stages.time("parse", target_duckdb.json, "loads")
    stages.time("keys", DbSync, "record_primary_key_string")
    stages.time("batches", DbSync, "load_rows")
    connect = target_duckdb.duckdb_connect
    target_duckdb.duckdb_connect = lambda settings: _Connection(connect(settings), stages)
    sys.argv[1:] = ["--config", config]
    target_duckdb.main()
    seconds = stages.seconds
    # What else belongs to a batch is its file of comma-separated values.
    seconds["CSV"] = seconds.pop("batches") - seconds["COPY"] - seconds["merge"]
    return seconds


class _Connection:
    """A connection of DuckDB, which can't be changed itself."""

    def __init__(self, connection: Any, stages: Stages) -> None:  # noqa: ANN401 - it has no types here
        self._connection = connection
        self._copy = stages.timed("COPY", connection.execute)
        self._merge = stages.timed("merge", connection.execute)

    def execute(self, query: str, *more: object) -> Any:  # noqa: ANN401 - see above
        """Run a statement."""
        if query.startswith("COPY"):
            return self._copy(query, *more)
        if query.startswith(("INSERT", "UPDATE")):
            return self._merge(query, *more)
        return self._connection.execute(query, *more)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - see above
        return getattr(self._connection, name)


RUN = {"target-postgres": run_target_postgres, "target-duckdb": run_target_duckdb}


def main() -> None:
    """Run the target."""
    target, file, config = sys.argv[1:]
    seconds = RUN[target](config)
    seconds["all"] = time.perf_counter() - BEGAN
    Path(file).write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
