"""`make benchmark`: the tap's speed compared with the optimum and with other tools.

All figures come from one run on one machine and include the start of the programs. Other work may
use the machine at the same time, so the readers run in turns, several rounds, and the shortest time
of each counts.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import economy
from benchmarks.environments import pinned
from benchmarks.loading import load
from benchmarks.speed import ahead, compare, memory, start_up
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = (
    "",
    "calls per second of processor time",
    "calls per second",
    "of the bare loop",
    "times the plain SDK path",
    "µs more per leg",
    "peak memory, MB",
)
_MANY = (100_000, 1_000_000)
_LOADED = 20_000
_LOADED_ROUNDS = 2


def main() -> int:
    """Measure, print the tables, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--calls", type=int, default=40_000, help="calls that each reader reads")
    parser.add_argument("--rounds", type=int, default=3, help="how often they do it")
    parser.add_argument("--out", type=Path, help="a file that takes the tables as well")
    parser.add_argument(
        "--smoke", action="store_true", help="everything that needs nothing installed, shortly"
    )
    options = parser.parse_args()
    if options.smoke:
        options.calls, options.rounds = 2_000, 1
    if min(options.calls, options.rounds) < 1:
        parser.error("--calls and --rounds must be at least 1")
    try:
        with tempfile.TemporaryDirectory() as folder:
            text = "\n\n".join(_measured(Path(folder), options)) + "\n"
        if options.out:
            options.out.write_text(text)
    except KeyboardInterrupt:
        return 130
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 1
    sys.stdout.write(text)
    return 0


def _measured(folder: Path, options: argparse.Namespace) -> Iterator[str]:
    """Measure everything, and yield tables and paragraphs."""
    calls, rounds, smoke = options.calls, options.rounds, options.smoke
    rows, net = compare(folder, calls, rounds, others=not smoke)
    rows += [memory(folder, many) for many in ((2 * calls,) if smoke else _MANY)]
    if not smoke:
        rows += load(folder, _LOADED, _LOADED_ROUNDS)
    starting = start_up(rounds)
    pages, seconds = (2, 0.2) if smoke else (10, 1.0)
    taken, in_turn = ahead(folder, pages * 1000, seconds)
    accounts = economy.SMALL if smoke else economy.ACCOUNTS
    waits = [economy.spend(account) for account in accounts]

    yield table(_HEAD, (row.cells for row in rows))
    yield (
        f"{calls:,} calls of 2.5 KB with {net['legs']} legs where no other number stands; written "
        "to /dev/null where no target is named; starts of programs included. "
        f"Least time of {rounds} rounds in turns; one run each where the number of calls is "
        f"another one, and for the waits. {_circumstances(loaded=not smoke)}."
    )
    yield (
        f"The tap starts in {net['started']} s of processor time; without that it does "
        f"{net['of_bare']} of the bare loop and {net['of_plain']} times the plain SDK path. "
        f"`--discover` takes {starting['--discover']} times as long as an empty tap's, `--about` "
        f"{starting['--about']} times."
    )
    yield (
        f"When an answer takes {seconds:g} s and a target {seconds:g} s for a page, {pages} pages "
        f"take {taken:.1f} s, the tap's start included. One after the other, they would take "
        f"{in_turn:.1f} s and the start."
    )
    yield table(economy.HEAD, waits)


def _circumstances(*, loaded: bool) -> str:
    parts = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores"]
    if loaded:
        parts.append(f"{pinned('target')} with {_LOADED:,} calls, {_LOADED_ROUNDS} rounds")
    return ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
