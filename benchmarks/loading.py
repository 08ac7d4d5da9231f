"""How fast calls reach PostgreSQL. Here the target is the bottleneck."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from benchmarks.environments import environment
from benchmarks.processes import ROOT, serving, tell
from benchmarks.readers import LEGS, Readers
from benchmarks.tables import Row
from demo.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.readers import Reader
    from demo.postgres import Database

_TARGET = "target-postgres"


def load(folder: Path, calls: int, rounds: int) -> list[Row]:
    """Load calls with several settings.

    Args:
        folder: where configurations are put.
        calls: how many.
        rounds: how often. The fastest one counts.

    Returns:
        A row for each kind of settings.

    Raises:
        RuntimeError: when tap or target fails, or does not bring each call.
    """
    target = str(environment("target").with_name(_TARGET))
    recipe = _recipe()
    with serving(calls) as served, _database() as server:
        readers = Readers(served, folder)
        kinds: list[tuple[Reader, dict[str, Any]]] = [
            (readers.tap("as in meltano.yml"), recipe),
            (readers.tap("with the target's defaults"), {}),
            (readers.tap("with call_legs", LEGS), recipe),
            (readers.tap("with call_legs, without call_log.legs", LEGS, call_log="legs"), recipe),
        ]
        taken: dict[str, float] = {}
        for round_ in range(1, rounds + 1):
            for at, (reader, settings) in enumerate(kinds):
                tell(f"round {round_} of {rounds}: into {_TARGET}, {reader.name}")
                schema = f"s{at}_{round_}"
                config = {**settings, "default_target_schema": schema}
                seconds = _pipe(reader, target, server, config)
                _check(server, schema, calls)
                taken[reader.name] = min(seconds, taken.get(reader.name, seconds))
    return [
        Row(f"tap-ringcentral into {_TARGET}, {name}", by_clock=calls / seconds)
        for name, seconds in taken.items()
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


def _pipe(reader: Reader, target: str, server: Database, settings: dict[str, Any]) -> float:
    """Load what a reader writes, and return how many seconds it took."""
    place = {"host": server.host, "port": server.port, "database": server.name}
    login = {"user": server.user, "password": server.password}
    with (
        tempfile.NamedTemporaryFile("w", suffix=".json") as config,
        tempfile.TemporaryFile() as log,
    ):
        json.dump({**place, **login, **settings}, config)
        config.flush()
        began = time.perf_counter()
        with subprocess.Popen(
            reader.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as tap:
            loaded = subprocess.run(
                [target, "--config", config.name],
                stdin=tap.stdout,
                stdout=subprocess.DEVNULL,
                stderr=log,
                check=False,
            )
        seconds = time.perf_counter() - began
        if tap.returncode or loaded.returncode:
            log.seek(0)
            last = log.read().decode(errors="replace").strip().rpartition("\n")[2]
            msg = f"{_TARGET} {reader.name}: the tap ended with {tap.returncode}, the target with "
            msg += f"{loaded.returncode}: {last}"
            raise RuntimeError(msg)
    return seconds


def _check(server: Database, schema: str, calls: int) -> None:
    with server.connect() as connection:
        row = connection.execute(f'SELECT count(*) FROM "{schema}".call_log').fetchone()  # noqa: S608 - our own name
    if row != (calls,):
        msg = f"{_TARGET} wrote {row and row[0]} of {calls} calls into {schema}"
        raise RuntimeError(msg)
