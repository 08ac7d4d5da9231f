"""Meltano, loaded once for all of its runs: loading it takes longer than most of what it does."""

from __future__ import annotations

import os
import sys
from multiprocessing import get_context
from pathlib import Path
from runpy import run_path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.context import ForkServerProcess

_MELTANO = str(Path(sys.executable).with_name("meltano"))
_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["meltano.cli", "pytest", __name__])


def start(
    arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], output: Path
) -> ForkServerProcess:
    """Start the command `meltano` in a session of its own.

    Args:
        arguments: the command's.
        folder: where to run it.
        environment: the whole environment.
        output: the file that takes what it says.
    """
    process = _FORKS.Process(target=_run, args=(arguments, folder, dict(environment), output))
    process.start()
    return process


def _run(
    arguments: tuple[str, ...], folder: Path, environment: dict[str, str], output: Path
) -> None:
    os.setsid()
    with output.open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["meltano", *arguments]
    run_path(_MELTANO, run_name="__main__")
