"""Processor time and memory for reading the call log from a server that never delays."""

from __future__ import annotations

import sys
from math import ceil
from typing import TYPE_CHECKING

from benchmarks.processes import Usage, deliver, measure, serving, tell
from benchmarks.readers import TAP, Reader, Readers
from benchmarks.tables import Row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EMPTY_TAP = [sys.executable, "-m", "benchmarks.empty_tap"]
_PAGE = 1000


def compare(
    folder: Path, calls: int, rounds: int, *, others: bool
) -> tuple[list[Row], dict[str, str]]:
    """Compare readers of the same pages.

    Args:
        folder: the folder for their configurations.
        calls: number of calls that each reads.
        rounds: number of rounds.
        others: whether to include readers built with other tools.

    Returns:
        A row for each reader, and the figures that have no column.

    Raises:
        RuntimeError: a reader fails, or does not write each call once.
    """
    with serving(calls) as served:
        readers = Readers(served, folder)
        bare, plain, tap, with_legs = readers.ours()
        contenders = [bare, plain, tap, with_legs, *(readers.others() if others else ())]
        legs = 0
        for reader in contenders:
            tell(f"counting what comes from {reader.name}")
            written, _ = deliver(reader.command, calls)
            if reader is with_legs:
                legs = written
        used = best(contenders, rounds)
    with serving(0) as served:
        idle = best(Readers(served, folder).ours()[:3], rounds)
    cpu = {name: one.cpu for name, one in used.items()}
    rows = [
        Row(
            reader.name,
            calls / one.cpu,
            calls / one.wall,
            cpu[bare.name] / one.cpu,
            cpu[plain.name] / one.cpu,
            (one.cpu - cpu[tap.name]) / legs * 1e6 if reader is with_legs else None,
            one.memory,
        )
        for reader in contenders
        for one in (used[reader.name],)
    ]
    net = {name: cpu[name] - idle[name].cpu for name in (bare.name, plain.name, tap.name)}
    return rows, {
        "legs": f"{legs:,}",
        "started": f"{idle[tap.name].cpu:.2f}",
        "of_bare": f"{net[bare.name] / net[tap.name]:.2f}",
        "of_plain": f"{net[plain.name] / net[tap.name]:.1f}",
    }


def memory(folder: Path, calls: int) -> Row:
    """Return a row with the tap's memory for this number of calls."""
    tell(f"reading {calls:,} calls")
    with serving(calls) as served:
        used = measure(Readers(served, folder).tap().command)
    name = f"tap-ringcentral, {calls:,} calls"
    return Row(name, calls / used.cpu, calls / used.wall, memory=used.memory)


def start_up(rounds: int) -> dict[str, str]:
    """Return the tap's start-up time as a multiple of an empty tap's on the same SDK."""
    options = ("--discover", "--about")
    commands = [("tap", TAP), ("empty", _EMPTY_TAP)]
    used = best(
        [Reader(f"{name} {o}", [*command, o]) for o in options for name, command in commands],
        rounds,
    )
    return {o: f"{used[f'tap {o}'].cpu / used[f'empty {o}'].cpu:.2f}" for o in options}


def ahead(folder: Path, calls: int, seconds: float) -> tuple[float, float]:
    """Measure the effect of requesting the next page while the current one is processed.

    Args:
        folder: the folder for the configuration.
        calls: number of calls to read.
        seconds: time of an answer, and time that a target takes for a page.

    Returns:
        The seconds of a run including its start, and of its pages one after the other without the
        start.
    """
    tell("reading from a server that takes its time, into a target that does")
    with serving(calls, seconds) as served:
        reader = Readers(served, folder).tap()
        _, taken = deliver(reader.command, calls, pause=seconds)
    return taken, ceil(calls / _PAGE) * 2 * seconds


def best(readers: Sequence[Reader], rounds: int) -> dict[str, Usage]:
    """Run readers in turns, and return the lowest usage of each.

    Other work on the machine makes a round longer, never shorter. Memory is the highest of all
    rounds.
    """
    taken: dict[str, list[Usage]] = {reader.name: [] for reader in readers}
    for round_ in range(1, rounds + 1):
        for reader in readers:
            tell(f"round {round_} of {rounds}: {reader.name}")
            taken[reader.name].append(measure(reader.command))
    return {
        name: Usage(
            min(one.wall for one in uses),
            min(one.cpu for one in uses),
            max(one.memory for one in uses),
        )
        for name, uses in taken.items()
    }
