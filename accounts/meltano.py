"""Runs Meltano, and decides after a failure when to try again."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from accounts.listing import Account

# An error line in Meltano's log: its own, the tap's or the target's.
_ERROR = re.compile(r"\[(?:error|critical) *\] +(.*?)\s*$", re.IGNORECASE)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_SECONDS_TO_STOP = 20

# Errors that remain until someone acts. In particular, a refused login must not be repeated.
_FINAL = re.compile(
    r"RingCentral refused the login|no login is |more than one login is "
    r"|lacks (?:the|a) permission|has no right to|must be set"
    r"|the state (?:belongs to|was written with|is not this tap's|has reached)"
)
# "RingCentral asks to wait for 61 minutes": an earlier request would restart the wait.
_TOLD = re.compile(r"RingCentral asks to wait for (\d+) minutes")
# The previous run was killed. Meltano considers it alive until its heartbeat is five minutes old.
_STILL_LOCKED = re.compile(r"pipeline is already running")
_SECONDS_LOCKED = 310.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        status: the exit status.
        errors: the error lines, without time and level.
    """

    status: int
    errors: tuple[str, ...] = ()

    def pause(self, at_least: float) -> float | None:
        """Return how many seconds to wait before the next try; None if a try is useless.

        Args:
            at_least: seconds to wait if the run did not say how long.
        """
        said = "\n".join(self.errors)
        if _FINAL.search(said):
            return None
        if told := _TOLD.search(said):
            return max(at_least, 60.0 * (int(told[1]) + 1))
        return max(at_least, _SECONDS_LOCKED) if _STILL_LOCKED.search(said) else at_least


def command(*arguments: str) -> list[str]:
    """Return a command line for the Meltano that is installed beside this Python, or on PATH."""
    beside = Path(sys.executable).with_name("meltano")
    return [str(beside) if beside.exists() else "meltano", *arguments]


@dataclass(frozen=True, slots=True)
class Project:
    """A Meltano project for many accounts.

    Attributes:
        folder: the folder of its `meltano.yml`.
        accounts: all of its accounts.
        target: the loader for all accounts.
    """

    folder: Path
    accounts: tuple[Account, ...]
    target: str = "target-postgres"

    def run(self, name: str, say: Callable[[str], object]) -> Ended:
        """Run the pipeline of an account to its end.

        Args:
            name: the account's name.
            say: called with each line of the log.

        Returns:
            How the run ended.
        """
        errors = []
        (account,) = (one for one in self.accounts if one.name == name)
        line = command("run", account.plugin, self.target)
        with _started(line, self.folder, self.environment_of(account, os.environ)) as process:
            for text in process.stdout or ():
                plain = _COLOURS.sub("", text)
                say(plain)
                if found := _ERROR.search(plain):
                    errors.append(found[1])
        # Meltano's own line only summarizes the errors of the tap and the target.
        causes = [error for error in errors if not error.startswith("meltano ")]
        return Ended(process.returncode, tuple(causes or errors))

    def environment_of(self, account: Account, everything: Mapping[str, str]) -> dict[str, str]:
        """Return an environment without the credentials of other accounts.

        Args:
            account: the account; it keeps its own credentials and those of the account it is part
                of.
            everything: the whole environment.
        """
        kept = {
            name: value
            for name, value in everything.items()
            if self._owner(name) in {None, account.name, account.part_of}
        }
        return {"NO_COLOR": "1", **kept}

    def _owner(self, variable: str) -> str | None:
        """Return the account that a variable belongs to; `north-east` is tried before `north`."""
        owners = [one for one in self.accounts if variable.startswith(one.prefix)]
        return max(owners, key=lambda one: len(one.prefix)).name if owners else None


@contextmanager
def _started(
    line: list[str], folder: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """Run a command. If the caller leaves early, end it with SIGTERM, so that the tap ends well."""
    process = subprocess.Popen(
        line,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        yield process
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout:
            process.stdout.close()
