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
from benchmarks.loading import INTO, head, load
from benchmarks.speed import ahead, compare, memory, start_up
from benchmarks.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = (
    "",
    "calls per second of processor time",
    "calls per second",
    "share of the bare loop",
    "multiple of the plain SDK path",
    "additional µs per leg",
    "peak memory, MB",
)
_MANY = (100_000, 1_000_000)
_LOADED = 20_000
_LOADED_ROUNDS = 2


def main() -> int:
    """Measure, print the tables, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--calls", type=int, default=40_000, help="number of calls for each reader")
    parser.add_argument("--rounds", type=int, default=3, help="number of rounds")
    parser.add_argument("--out", type=Path, help="also write the tables to this file")
    parser.add_argument(
        "--smoke", action="store_true", help="a short run, without tools that must be installed"
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
    databases = () if smoke else INTO
    loaded = {name: load(folder, name, _LOADED, _LOADED_ROUNDS) for name in databases}
    starting = start_up(rounds)
    pages, seconds = (2, 0.2) if smoke else (10, 1.0)
    taken, in_turn = ahead(folder, pages * 1000, seconds)
    accounts = economy.SMALL if smoke else economy.ACCOUNTS
    waits = [economy.spend(account) for account in accounts]

    yield table(_HEAD, (row.cells for row in rows))
    yield (
        f"Each reader reads {calls:,} calls of 2.5 KB with {net['legs']} legs, unless the row "
        "names another number, and writes to /dev/null. Times "
        f"include the start of the programs, and are the shortest of {rounds} rounds. The rows "
        "with another number of calls, and the waits below, are single runs. "
        f"{_circumstances(loaded=not smoke)}."
    )
    yield (
        f"The tap needs {net['started']} s of processor time to start. Without the start, it "
        f"reaches {net['of_bare']} of the bare loop's speed and {net['of_plain']} times the plain "
        f"SDK path's. `--discover` takes {starting['--discover']} times as long as with an empty "
        f"tap, `--about` {starting['--about']} times."
    )
    yield (
        f"If RingCentral and the target each take {seconds:g} s per page, {pages} pages take "
        f"{taken:.1f} s, including the tap's start. Without reading ahead, they would take "
        f"{in_turn:.1f} s plus the start."
    )
    for name, (ways, steps) in loaded.items():
        yield table(head(name), ways)
        yield steps
    yield table(economy.HEAD, waits)


def _circumstances(*, loaded: bool) -> str:
    parts = [f"Python {platform.python_version()}", f"{os.cpu_count()} cores"]
    if loaded:
        parts.append(f"{pinned('target')} with {_LOADED:,} calls, {_LOADED_ROUNDS} rounds")
    return ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
