"""Processor time and memory for reading the call log, without anything to wait for."""

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
        folder: where their configurations are put.
        calls: how many calls each reads.
        rounds: how often.
        others: whether other people's readers are among them.

    Returns:
        A row for each reader, and the figures that no column holds.

    Raises:
        RuntimeError: when one of them fails, or does not write each call once.
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
    """Return a row that shows what the tap takes of memory, whatever the number of calls."""
    tell(f"reading {calls:,} calls")
    with serving(calls) as served:
        used = measure(Readers(served, folder).tap().command)
    name = f"tap-ringcentral, {calls:,} calls"
    return Row(name, calls / used.cpu, calls / used.wall, memory=used.memory)


def start_up(rounds: int) -> dict[str, str]:
    """Return what starting takes, as a multiple of what an empty tap on the same SDK takes."""
    options = ("--discover", "--about")
    commands = [("tap", TAP), ("empty", _EMPTY_TAP)]
    used = best(
        [Reader(f"{name} {o}", [*command, o]) for o in options for name, command in commands],
        rounds,
    )
    return {o: f"{used[f'tap {o}'].cpu / used[f'empty {o}'].cpu:.2f}" for o in options}


def ahead(folder: Path, calls: int, seconds: float) -> tuple[float, float]:
    """Show what it saves to ask for the next page while the last one is digested.

    Args:
        folder: where the configuration is put.
        calls: how many are read.
        seconds: what an answer takes, and what a target takes for a page.

    Returns:
        The seconds of a run, its start included; and what its pages would take one after the other,
        without a start.
    """
    tell("reading from a server that takes its time, into a target that does")
    with serving(calls, seconds) as served:
        reader = Readers(served, folder).tap()
        _, taken = deliver(reader.command, calls, pause=seconds)
    return taken, ceil(calls / _PAGE) * 2 * seconds


def best(readers: Sequence[Reader], rounds: int) -> dict[str, Usage]:
    """Run readers in turns, and return for each of them the least of its rounds.

    Others use the machine as well: that makes a round longer, never shorter. Of memory, it is the
    most.
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
