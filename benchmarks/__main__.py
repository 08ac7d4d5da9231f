"""`make benchmark`: how fast the tap is, against what could be at best and what others do.

Machines are noisy: every figure is a ratio within one run, of the least processor time of several
rounds that take turns.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.economy import spend
from benchmarks.environments import environment
from benchmarks.loading import RECIPE, database, load
from benchmarks.processes import ROOT, Range, Usage, count_calls, measure, serving
from benchmarks.readers import TAP, Reader, Readers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LEGS = ("call_log", "call_legs")
# Requests per window, the window's length in seconds, calls and how many of them a page holds.
_LIMITS = (
    (10, 6.0, 40_000, 1_000),
    (100, 15.0, 12_500, 50),
    (1_000, 30.0, 105_000, 50),
)
_SHORT_LIMIT = (10, 1.0, 1_500, 50)
_EMPTY_TAP = [sys.executable, "-m", "benchmarks.empty_tap"]


def main() -> int:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--calls", type=int, default=40_000, help="calls that each reader reads")
    parser.add_argument("--rounds", type=int, default=5, help="the best one counts")
    parser.add_argument(
        "--smoke", action="store_true", help="everything that needs nothing installed, shortly"
    )
    options = parser.parse_args()
    calls, rounds = (2_000, 1) if options.smoke else (options.calls, options.rounds)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _say(f"{calls:,} calls of 3 KB with their legs, best of {rounds} rounds.", "")
            _compare(Path(folder), calls, rounds, alone=options.smoke)
            _remember(Path(folder), (calls, 2 * calls) if options.smoke else (100_000, 1_000_000))
            _save([_SHORT_LIMIT] if options.smoke else _LIMITS)
            _start(rounds)
            if not options.smoke:
                _load(Path(folder), calls // 4)
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        sys.stderr.write(f"benchmark: {error}\n")
        return 1
    return 0


def _compare(folder: Path, calls: int, rounds: int, *, alone: bool) -> None:
    """Compare readers that read the same pages."""
    with serving(calls) as served:
        readers = Readers(served, folder)
        bare, plain, tap = readers.bare(), readers.plain(), readers.tap()
        legs = readers.tap("tap-ringcentral with call_legs", _LEGS)
        contenders = [bare, plain, tap, legs]
        if not alone:
            contenders += [
                readers.other("airbyte-cdk", "read_with_airbyte.py", environment("airbyte")),
                readers.other("dlt", "read_with_dlt.py", environment("dlt")),
            ]
        for reader in contenders:
            found = count_calls(reader.command)
            if found != calls:
                msg = f"{reader.name} wrote {found} of {calls} calls"
                raise RuntimeError(msg)
        used = _best(contenders, rounds)
        rows = count_legs(folder, served)
    start = _idle(folder, rounds)
    ratios = [
        (
            reader.name,
            f"{calls / one.cpu:,.0f}",
            f"{used[bare.name].cpu / one.cpu:.2f}",
            f"{used[plain.name].cpu / one.cpu:.1f}",
            f"{one.memory:.0f}",
        )
        for reader in contenders
        for one in (used[reader.name],)
    ]
    _table(
        ("into /dev/null", "calls a second", "of the bare loop", "x plain SDK", "MB at most"),
        ratios,
    )
    net = (used[bare.name].cpu - start["bare loop"]) / (used[tap.name].cpu - start["tap"])
    each = (used[legs.name].cpu - used[tap.name].cpu) / rows * 1e6
    _say(f"Without what starting takes, the tap does {net:.2f} of the bare loop.")
    _say(f"With call_legs, each of {rows:,} legs takes {each:.1f} µs more.", "")


def count_legs(folder: Path, served: Range) -> int:
    """Return how many legs the tap writes.

    Args:
        folder: where its catalog is put.
        served: the range.
    """
    reader = Readers(served, folder).tap(streams=_LEGS)
    wanted = b'"stream":"call_legs"'
    with subprocess.Popen(
        reader.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        lines: Iterable[bytes] = process.stdout or ()
        return sum(b'"RECORD"' in line[:20] and wanted in line[:60] for line in lines)


def _idle(folder: Path, rounds: int) -> dict[str, float]:
    """Return what the bare loop and the tap take when there is nothing to read."""
    with serving(0) as served:
        readers = Readers(Range(served.url, "2026-02-28T00:00:00Z", served.end), folder)
        bare, tap = readers.bare(), readers.tap("tap")
        used = _best([bare, tap], rounds)
    return {name: one.cpu for name, one in used.items()}


def _best(readers: Sequence[Reader], rounds: int) -> dict[str, Usage]:
    """Run readers in turns, and return the round of each that took the least processor time."""
    taken: dict[str, list[Usage]] = {reader.name: [] for reader in readers}
    for _ in range(rounds):
        for reader in readers:
            taken[reader.name].append(measure(reader.command))
    return {name: min(uses, key=lambda one: one.cpu) for name, uses in taken.items()}


def _remember(folder: Path, sizes: Sequence[int]) -> None:
    """Show that memory does not grow with the number of calls."""
    rows = []
    for calls in sizes:
        with serving(calls) as served:
            used = measure(Readers(served, folder).tap().command)
        rows.append((f"{calls:,}", f"{used.memory:.0f}"))
    _table(("calls", "MB at most"), rows)


def _save(limits: Sequence[tuple[int, float, int, int]]) -> None:
    """Show requests and waits against the optimum."""
    rows = []
    for limit, window, calls, page_size in limits:
        one = spend(calls, page_size, limit, window)
        rows.append(
            (
                f"{limit:,} in {window:g} s",
                f"{one.calls:,} by {page_size}",
                f"{one.requests:,}",
                f"{one.requests - one.fewest:+d}",
                str(one.refused),
                f"{one.seconds:.1f}",
                f"{one.optimum:.1f}",
            )
        )
    _table(
        ("rate limit", "calls", "requests", "of the fewest", "status 429", "seconds", "optimum"),
        rows,
    )


def _start(rounds: int) -> None:
    """Compare what starting takes with what the SDK alone takes."""
    rows = []
    for option in ("--discover", "--about"):
        taken = _best(
            [Reader("empty", [*_EMPTY_TAP, option]), Reader("tap", [*TAP, option])], 2 * rounds
        )
        rows.append((option, f"{taken['tap'].cpu / taken['empty'].cpu:.2f}"))
    _table(("start-up", "of an empty tap's"), rows)


def _load(folder: Path, calls: int) -> None:
    """Show how fast calls reach PostgreSQL, and which settings make it faster."""
    python = environment("target")
    rows = []
    with serving(calls) as served, database() as server:
        readers = Readers(served, folder)
        kinds: list[tuple[str, Reader, dict[str, Any]]] = [
            ("as in meltano.yml", readers.tap(), RECIPE),
            ("the target's defaults", readers.tap(), {}),
            ("with call_legs", readers.tap(streams=_LEGS), RECIPE),
            (
                "with call_legs, call_log.legs deselected",
                readers.tap(streams=_LEGS, call_log="legs"),
                RECIPE,
            ),
        ]
        first = 0.0
        for at, (name, reader, settings) in enumerate(kinds):
            found, seconds = load(reader, python, server, f"s{at}", settings)
            if found != calls:
                msg = f"{name}: {found} of {calls} calls arrived"
                raise RuntimeError(msg)
            first = first or seconds
            rows.append((name, f"{calls / seconds:,.0f}", f"{first / seconds:.2f}"))
    _table(("into target-postgres", "calls a second", "of the first"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    marks = ["---", *["---:"] * (len(head) - 1)]
    lines = [" | ".join(line) for line in (head, marks, *rows)]
    _say(*(f"| {line} |" for line in lines), "")


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}{os.linesep}" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
