"""How fast calls reach PostgreSQL: there the target is the limit."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.processes import ROOT
from demo.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.readers import Reader
    from demo.postgres import Database

#: As in `meltano.yml`.
RECIPE = {"use_copy": True, "validate_records": False}


@contextmanager
def database() -> Iterator[Database]:
    """Run a PostgreSQL server."""
    with tempfile.TemporaryDirectory() as folder:
        # The server runs as another user where this program runs as root.
        Path(folder).chmod(0o755)
        with postgres(Path(folder) / "data") as server:
            yield server


def load(
    reader: Reader, python: Path, server: Database, schema: str, settings: dict[str, Any]
) -> tuple[int, float]:
    """Load what a reader writes.

    Args:
        reader: the reader.
        python: the interpreter of the target's environment.
        server: the server.
        schema: the schema for the tables.
        settings: the target's settings.

    Returns:
        How many calls arrived, and how many seconds it took.

    Raises:
        RuntimeError: when one of them fails.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        place = {"host": server.host, "port": server.port, "database": server.name}
        place |= {"user": server.user, "password": server.password}
        json.dump({**place, "default_target_schema": schema, **settings}, config)
        config.flush()
        began = time.perf_counter()
        tap = subprocess.Popen(
            reader.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        target = subprocess.run(
            [str(python.with_name("target-postgres")), "--config", config.name],
            stdin=tap.stdout,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        if tap.stdout:
            tap.stdout.close()
        seconds = time.perf_counter() - began
        if tap.wait() or target.returncode:
            msg = f"{reader.name} into target-postgres failed: {target.stderr[-300:]}"
            raise RuntimeError(msg)
    with server.connect() as connection:
        row = connection.execute(f'SELECT count(*) FROM "{schema}".call_log').fetchone()  # noqa: S608 - our own name
    return int(row[0]) if row else 0, seconds
