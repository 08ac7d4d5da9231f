"""Ways from RingCentral into a database, and what their processes take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks.environments import environment, pinned
from benchmarks.processes import MEASURING, ROOT, Usage, measure
from benchmarks.readers import LEGS, LOGIN, Readers
from tap_ringcentral_calllog.schemas.call_log import call_log_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.processes import Range

OTHERS = ROOT / "benchmarks" / "others"
# dlt and Airbyte would report their use; Airbyte would also ask for a list of connectors.
_NO_REPORTS = {"RUNTIME__DLTHUB_TELEMETRY": "false", "AIRBYTE_OFFLINE_MODE": "1"}


@dataclass(frozen=True, slots=True)
class Way:
    """A way from RingCentral into tables.

    Attributes:
        name: what it is called in the table.
        run: loads everything into a place, and returns what each of its processes took.
        legs: in which table it puts the legs; None where they stay in a column of the calls.
    """

    name: str
    run: Callable[[str], list[Usage]]
    legs: str | None = "call_legs"


class Loading(ABC):
    """The ways to load one range of calls into one kind of database.

    Each of them loads into a place of its own: a schema, or a file.

    Args:
        served: the range.
        folder: where configurations are put.
    """

    #: What the database is called.
    name: str
    #: The loader in meltano.yml.
    target: str
    #: The environment that the target is in; see `environments`.
    environment: str

    def __init__(self, served: Range, folder: Path) -> None:
        self.folder = folder
        self._readers = Readers(served, folder)
        self._bounds = [served.url, served.start, served.end]

    @abstractmethod
    def ways(self) -> list[Way]:
        """Return all of them, the bare one first."""

    @abstractmethod
    def count(self, place: str, table: str) -> int:
        """Return how many rows a table of a place has."""

    @abstractmethod
    def address(self, place: str) -> list[str]:
        """Return the database's address and the schema, for programs other than targets."""

    @abstractmethod
    def target_settings(self, place: str) -> dict[str, Any]:
        """Return the target's settings that say where a place is."""

    def recipe(self) -> dict[str, Any]:
        """Return the target's settings in meltano.yml, its defaults included."""
        loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
        loader = next(one for one in loaders if one["name"] == self.target)
        defaults = {one["name"]: one["value"] for one in loader["settings"] if "value" in one}
        return {**defaults, **loader["config"]}

    def as_configured(self) -> Way:
        """Return the way that meltano.yml has."""
        load = partial(self.piped, self.recipe(), call_log="legs")
        return Way(f"`{self.target}`, as in meltano.yml", load)

    def stages(self, place: str) -> dict[str, float]:
        """Load as meltano.yml does, and return the seconds of each of the target's steps."""
        script = [str(environment(self.environment)), str(OTHERS / "target_in_stages.py")]
        seconds = self.folder / "stages.json"
        command = [*script, self.target, str(seconds)]
        self.piped_into(command, self.recipe(), place, call_log="legs")
        found: dict[str, float] = json.loads(seconds.read_text())
        return found

    def alone(self, command: Sequence[str], place: str, *more: str) -> list[Usage]:
        """Load with a program that reads RingCentral itself.

        Args:
            command: the program. Its arguments are the range's and `address`'s.
            place: where it loads into.
            more: further arguments.
        """
        whole = [*command, *self._bounds, *self.address(place), *more]
        return [measure(whole, {**os.environ, **_NO_REPORTS})]

    def others(self, kind: str) -> list[Way]:
        """Return the ways of other tools.

        Args:
            kind: what the tools call this kind of database.
        """
        airbyte = f"{pinned('pyairbyte').replace('airbyte', 'PyAirbyte')}, append"
        return [
            *(
                Way(f"{pinned('dlt')}, {mode}", partial(self._dlt, kind, mode), "call_log__legs")
                for mode in ("append", "merge")
            ),
            Way(f"{airbyte}, legs as JSON", partial(self._airbyte, kind), None),
        ]

    def _dlt(self, kind: str, mode: str, place: str) -> list[Usage]:
        script = [str(environment("dlt")), str(OTHERS / "load_with_dlt.py")]
        return self.alone(script, place, kind, mode)

    def _airbyte(self, kind: str, place: str) -> list[Usage]:
        script = [str(environment("pyairbyte")), str(OTHERS / "load_with_airbyte.py")]
        schema = self.folder / "call.json"
        schema.write_text(json.dumps(call_log_schema("account")))
        return self.alone(script, place, kind, str(schema))

    def piped(self, settings: dict[str, Any], place: str, **leave: str) -> list[Usage]:
        """Load what the tap writes into its standard output.

        Args:
            settings: the target's settings, without `target_settings`.
            place: where it loads into.
            leave: a property to deselect, by its stream.

        Returns:
            What tap and target took.
        """
        target = [str(environment(self.environment).with_name(self.target)), "--config"]
        return self.piped_into(target, settings, place, **leave)

    def piped_into(
        self, target: Sequence[str], settings: dict[str, Any], place: str, **leave: str
    ) -> list[Usage]:
        """Load as `piped` does, with another command, which the path of the settings follows."""
        config = self.folder / "target.json"
        config.write_text(json.dumps({**settings, **self.target_settings(place)}))
        reader = self._readers.tap("tap", LEGS, **leave)
        tap = _start(reader.command, self.folder, stdout=subprocess.PIPE)
        loader = _start([*target, str(config)], self.folder, stdin=tap.process.stdout)
        if tap.process.stdout:
            tap.process.stdout.close()
        return [_finish(tap), _finish(loader)]

    def meltano(self, place: str) -> list[Usage]:
        """Load with `meltano run`, as a user does."""
        url, start, end = self._bounds
        prefix = self.target.upper().replace("-", "_")
        settings = {
            "TAP_RINGCENTRAL_API_URL": url,
            "TAP_RINGCENTRAL_START_DATE": start,
            "TAP_RINGCENTRAL_END_DATE": end,
            **{f"TAP_RINGCENTRAL_{name.upper()}": value for name, value in LOGIN.items()},
            "TAP_RINGCENTRAL__SELECT": '["call_log.*", "call_legs.*", "!call_log.legs"]',
            **{
                f"{prefix}_{name.upper()}": str(value)
                for name, value in self.target_settings(place).items()
            },
            "MELTANO_DATABASE_URI": f"sqlite:///{self.folder / 'meltano.db'}",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        }
        meltano = str(Path(sys.executable).with_name("meltano"))
        install = [meltano, "install", "--plugin-type"]
        for kind, name in (("extractor", "tap-ringcentral"), ("loader", self.target)):
            subprocess.run([*install, kind, name], cwd=ROOT, check=True, capture_output=True)
        suffix = ["--state-id-suffix", uuid.uuid4().hex]
        run = [meltano, "run", *suffix, "tap-ringcentral", self.target]
        return [measure(run, {**os.environ, **settings})]


@dataclass(frozen=True, slots=True)
class _Running:
    """A process under measurement, and where its figures and its log will be."""

    process: subprocess.Popen[bytes]
    name: str
    figures: Path
    log: Path


def _start(command: Sequence[str], folder: Path, **options: Any) -> _Running:  # noqa: ANN401 - as `Popen`
    name = " ".join(Path(part).name for part in command[:3])
    figures, log = (folder / f"{uuid.uuid4().hex}.{kind}" for kind in ("json", "log"))
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*MEASURING, str(figures), *command],
            cwd=ROOT,
            **{"stdout": subprocess.DEVNULL, "stderr": errors, **options},
        )
    return _Running(process, name, figures, log)


def _finish(running: _Running) -> Usage:
    """Wait for a process.

    Raises:
        RuntimeError: when it failed.
    """
    running.process.wait()
    status, *used = json.loads(running.figures.read_text())
    if status:
        last = running.log.read_text(errors="replace").strip().rpartition("\n")[2]
        msg = f"{running.name} ended with {status}: {last}"
        raise RuntimeError(msg)
    return Usage(*used)
