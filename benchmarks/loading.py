"""How fast calls and their legs reach PostgreSQL. Here the target is the bottleneck.

    python -m benchmarks.loading --calls 1000000 --way COPY --way "as in meltano.yml"

loads another number of calls than `make benchmark`, once, in the ways whose names contain these
words, and prints the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks.environments import environment, pinned
from benchmarks.processes import MEASURING, ROOT, Usage, measure, serving, tell
from benchmarks.readers import LEGS, LOGIN, Readers
from benchmarks.tables import table
from demo.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.processes import Range
    from demo.postgres import Database

HEAD = (
    "calls and legs into PostgreSQL",
    "calls",
    "seconds",
    "calls per second",
    "processor time",
    "peak memory, MB",
)
_OTHERS = ROOT / "benchmarks" / "others"
_TARGET = "target-postgres"
#: In which table a way puts the calls.
_CALLS = "call_log"
#: What dlt does with rows whose keys are in the table.
_MODES = ("append", "merge")


@dataclass(frozen=True, slots=True)
class Way:
    """A way from RingCentral into a table.

    Attributes:
        name: what it is called in the table.
        run: loads everything into a schema, and returns what each of its processes took.
    """

    name: str
    run: Callable[[str], list[Usage]]


class Loading:
    """The ways to load one range of calls into one database.

    Args:
        served: the range.
        database: the database.
        folder: where configurations are put.
    """

    def __init__(self, served: Range, database: Database, folder: Path) -> None:
        self._readers = Readers(served, folder)
        self._bounds = [served.url, served.start, served.end]
        self._database = database
        self._folder = folder

    def ways(self) -> list[Way]:
        """Return all of them, the bare COPY first."""
        recipe = _recipe()
        return [
            Way("bare COPY", self._copy),
            Way(f"`{_TARGET}`, as in meltano.yml", partial(self._piped, recipe, call_log="legs")),
            Way("the same with the column `call_log.legs`", partial(self._piped, recipe)),
            Way("the same with the target's defaults", partial(self._piped, {})),
            Way("the first with `meltano run`", self._meltano),
            *(Way(f"{pinned('dlt')}, {mode}", partial(self._dlt, mode)) for mode in _MODES),
        ]

    def stages(self, schema: str) -> dict[str, float]:
        """Return how many seconds the target takes for each of its steps, with meltano.yml's way.

        Args:
            schema: the schema that it makes.
        """
        script = [str(environment("target")), str(_OTHERS / "target_in_stages.py")]
        seconds = self._folder / "stages.json"
        self._pipe([*script, str(seconds)], _recipe(), schema, call_log="legs")
        found: dict[str, float] = json.loads(seconds.read_text())
        return found

    def check(self, schema: str, calls: int) -> None:
        """Make sure that a schema has all calls.

        Raises:
            RuntimeError: when it has others.
        """
        with self._database.connect() as connection:
            row = connection.execute(f'SELECT count(*) FROM "{schema}".{_CALLS}').fetchone()  # noqa: S608 - our own name
        if row != (calls,):
            msg = f"{row and row[0]} of {calls} calls are in {schema}"
            raise RuntimeError(msg)

    def _copy(self, schema: str) -> list[Usage]:
        return self._alone([sys.executable, "-m", "benchmarks.copying"], schema)

    def _dlt(self, mode: str, schema: str) -> list[Usage]:
        script = [str(environment("dlt")), str(_OTHERS / "load_with_dlt.py")]
        return self._alone(script, schema, mode)

    def _alone(self, command: Sequence[str], schema: str, *more: str) -> list[Usage]:
        whole = [*command, *self._bounds, self._database.url, schema, *more]
        # dlt would report its use.
        return [measure(whole, {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false"})]

    def _piped(self, settings: dict[str, Any], schema: str, **leave: str) -> list[Usage]:
        target = [str(environment("target").with_name(_TARGET)), "--config"]
        return self._pipe(target, settings, schema, **leave)

    def _pipe(
        self, target: Sequence[str], settings: dict[str, Any], schema: str, **leave: str
    ) -> list[Usage]:
        """Load what the tap writes, and return what tap and target took."""
        place = self._database
        config = self._folder / "target.json"
        login = {"user": place.user, "password": place.password, "database": place.name}
        where = {"host": place.host, "port": place.port, "default_target_schema": schema}
        config.write_text(json.dumps({**login, **where, **settings}))
        reader = self._readers.tap("tap", LEGS, **leave)
        tap = _start(reader.command, self._folder, stdout=subprocess.PIPE)
        loader = _start([*target, str(config)], self._folder, stdin=tap.process.stdout)
        if tap.process.stdout:
            tap.process.stdout.close()
        return [_finish(tap), _finish(loader)]

    def _meltano(self, schema: str) -> list[Usage]:
        place = self._database
        url, start, end = self._bounds
        settings = {
            "TAP_RINGCENTRAL_API_URL": url,
            "TAP_RINGCENTRAL_START_DATE": start,
            "TAP_RINGCENTRAL_END_DATE": end,
            **{f"TAP_RINGCENTRAL_{name.upper()}": value for name, value in LOGIN.items()},
            "TAP_RINGCENTRAL__SELECT": '["call_log.*", "call_legs.*", "!call_log.legs"]',
            "TARGET_POSTGRES_HOST": place.host,
            "TARGET_POSTGRES_PORT": str(place.port),
            "TARGET_POSTGRES_USER": place.user,
            "TARGET_POSTGRES_PASSWORD": place.password,
            "TARGET_POSTGRES_DATABASE": place.name,
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema,
            "MELTANO_DATABASE_URI": f"sqlite:///{self._folder / 'meltano.db'}",
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "true",
        }
        meltano = str(Path(sys.executable).with_name("meltano"))
        install = [meltano, "install", "--plugin-type"]
        for kind, name in (("extractor", "tap-ringcentral"), ("loader", _TARGET)):
            subprocess.run([*install, kind, name], cwd=ROOT, check=True, capture_output=True)
        run = [meltano, "run", "--state-id-suffix", uuid.uuid4().hex, "tap-ringcentral", _TARGET]
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


def load(
    folder: Path, calls: int, rounds: int, words: Sequence[str] = ("",)
) -> tuple[list[list[str]], str]:
    """Load calls in several ways.

    Args:
        folder: where configurations are put.
        calls: how many.
        rounds: how often. The fastest one counts.
        words: the ways whose names contain one of these; by default all.

    Returns:
        A row for each way, and a sentence with the steps of the target.

    Raises:
        RuntimeError: when a program fails, or does not bring each call.
    """
    with serving(calls) as served, _database() as database:
        loading = Loading(served, database, folder)
        best: dict[str, tuple[float, list[Usage]]] = {}
        for round_ in range(1, rounds + 1):
            for at, way in enumerate(loading.ways()):
                if not any(word in way.name for word in words):
                    continue
                tell(f"round {round_} of {rounds}: {way.name}")
                schema = f"s{at}_{round_}"
                used = way.run(schema)
                loading.check(schema, calls)
                taken = max(one.wall for one in used), used
                best[way.name] = min(taken, best.get(way.name, taken), key=lambda one: one[0])
        tell("the steps of the target")
        stages = loading.stages("stages")
    rows = [_row(name, calls, seconds, used) for name, (seconds, used) in best.items()]
    all_ = stages.pop("all")
    steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in stages.items())
    return rows, (
        f"The target took {all_:.1f} s for {calls:,} calls with their legs, as in meltano.yml: "
        f"{steps}. It writes both tables at the same time, so these may overlap."
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


def _recipe() -> dict[str, Any]:
    """Return the target's settings in meltano.yml."""
    loaders = yaml.safe_load((ROOT / "meltano.yml").read_text())["plugins"]["loaders"]
    return next(dict(one["config"]) for one in loaders if one["name"] == _TARGET)


@contextmanager
def _database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        # The server runs as another user where this program runs as root.
        Path(folder).chmod(0o755)
        with postgres(Path(folder) / "data") as server:
            yield server


def main() -> None:
    """Load, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000, help="number of calls")
    parser.add_argument("--rounds", type=int, default=1, help="number of rounds")
    parser.add_argument("--way", action="append", help="words in the names of ways; default: all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows, steps = load(Path(folder), options.calls, options.rounds, options.way or ("",))
    sys.stdout.write(f"{table(HEAD, rows)}\n\n{steps}\n")


if __name__ == "__main__":
    main()
