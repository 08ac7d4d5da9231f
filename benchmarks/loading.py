"""How fast calls and their legs reach a database. Here the target is the bottleneck.

    python -m benchmarks.loading --into DuckDB --calls 1000000 --way COPY --way "as in meltano.yml"

loads another number of calls than `make benchmark`, once, in the ways whose names contain these
words, and prints the table.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.into_duckdb import into_duckdb
from benchmarks.into_postgres import into_postgres
from benchmarks.processes import serving, tell
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.processes import Usage
    from benchmarks.ways import Loading

INTO = {"PostgreSQL": into_postgres, "DuckDB": into_duckdb}
_STEPS = "the target's steps"


def head(database: str) -> tuple[str, ...]:
    """Return the table's head.

    Args:
        database: a name in `INTO`.
    """
    into = f"calls and legs into {database}"
    return (into, "calls", "seconds", "calls per second", "processor time", "peak memory, MB")


def load(
    folder: Path, database: str, calls: int, rounds: int, words: Sequence[str] = ("",)
) -> tuple[list[list[str]], str]:
    """Load calls in several ways.

    Args:
        folder: where configurations and files are put.
        database: a name in `INTO`.
        calls: how many.
        rounds: how often. The fastest one counts.
        words: the ways whose names contain one of these; by default all. "the target's steps" is
            one of them.

    Returns:
        A row for each way, and a sentence with the steps of the target, or "".

    Raises:
        RuntimeError: when a program fails, or does not bring each call, and as many legs as others.
    """
    with serving(calls) as served, INTO[database](served, folder) as loading:
        best: dict[str, tuple[float, list[Usage]]] = {}
        legs: set[int] = set()
        for round_ in range(1, rounds + 1):
            for at, way in enumerate(loading.ways()):
                if not any(word in way.name for word in words):
                    continue
                tell(f"{database}, round {round_} of {rounds}: {way.name}")
                place = f"s{at}_{round_}"
                used = way.run(place)
                loaded = loading.count(place, "call_log")
                legs |= {loading.count(place, way.legs)} if way.legs else set()
                if loaded != calls or len(legs) > 1:
                    msg = f"{way.name} loaded {loaded} of {calls} calls; numbers of legs: {legs}"
                    raise RuntimeError(msg)
                taken = max(one.wall for one in used), used
                best[way.name] = min(taken, best.get(way.name, taken), key=lambda one: one[0])
        steps = ""
        if any(word in _STEPS for word in words):
            tell(f"{database}: {_STEPS}")
            steps = _steps(loading, calls)
    return [_row(name, calls, seconds, used) for name, (seconds, used) in best.items()], steps


def _steps(loading: Loading, calls: int) -> str:
    stages = loading.stages("stages")
    all_ = stages.pop("all")
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in stages.items())
    return (
        f"`{loading.target}` took {all_:.1f} s for {calls:,} calls with their legs, as in "
        f"meltano.yml: {steps}."
    )


def _row(name: str, calls: int, seconds: float, used: Sequence[Usage]) -> list[str]:
    return [
        name,
        f"{calls:,}",
        f"{seconds:.1f}",
        f"{calls / seconds:,.0f}",
        " + ".join(f"{one.cpu:.1f} s" for one in used),
        " + ".join(f"{one.memory:.0f}" for one in used),
    ]


def main() -> None:
    """Load, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--into", choices=INTO, default="PostgreSQL", help="the database")
    parser.add_argument("--calls", type=int, default=20_000, help="number of calls")
    parser.add_argument("--rounds", type=int, default=1, help="number of rounds")
    parser.add_argument("--way", action="append", help="words in the names of ways; default: all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows, steps = load(
            Path(folder), options.into, options.calls, options.rounds, options.way or ("",)
        )
    sys.stdout.write(f"{table(head(options.into), rows)}\n\n{steps}\n")


if __name__ == "__main__":
    main()
