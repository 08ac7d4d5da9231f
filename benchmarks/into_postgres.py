"""The ways into PostgreSQL."""

from __future__ import annotations

import sys
import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from benchmarks.environments import environment
from benchmarks.ways import OTHERS, Loading, Way
from demo.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.processes import Range, Usage
    from demo.postgres import Database


class IntoPostgres(Loading):
    """The ways into one server. A place is a schema.

    Args:
        served: the calls.
        folder: where configurations are put.
        server: the server.
    """

    name = "PostgreSQL"
    target = "target-postgres"
    environment = "target"

    def __init__(self, served: Range, folder: Path, server: Database) -> None:
        super().__init__(served, folder)
        self._server = server

    @override
    def ways(self) -> list[Way]:
        recipe = self.recipe()
        return [
            Way("bare COPY", self._copy),
            Way(
                f"`{self.target}`, as in meltano.yml", partial(self.piped, recipe, call_log="legs")
            ),
            Way("the same with the column `call_log.legs`", partial(self.piped, recipe)),
            Way("the same with the target's defaults", partial(self.piped, {})),
            Way("the first with `meltano run`", self.meltano),
            Way("the first, if the target used msgspec", self._with_msgspec),
            *self.others("postgres"),
        ]

    @override
    def count(self, place: str, table: str) -> int:
        with self._server.connect() as connection:
            query = f'SELECT count(*) FROM "{place}".{table}'  # noqa: S608 - our own names
            return int((connection.execute(query).fetchone() or (0,))[0])

    @override
    def address(self, place: str) -> list[str]:
        return [self._server.url, place]

    @override
    def target_settings(self, place: str) -> dict[str, Any]:
        server = self._server
        login = {"user": server.user, "password": server.password, "database": server.name}
        where = {"host": server.host, "port": server.port}
        return {**login, **where, "default_target_schema": place}

    def _copy(self, place: str) -> list[Usage]:
        return self.alone([sys.executable, "-m", "benchmarks.bare_into_postgres"], place)

    def _with_msgspec(self, place: str) -> list[Usage]:
        script = [str(environment(self.environment)), str(OTHERS / "target_with_msgspec.py")]
        return self.piped_into(script, self.recipe(), place, call_log="legs")


@contextmanager
def into_postgres(served: Range, folder: Path) -> Iterator[IntoPostgres]:
    """Start a server, and load into it."""
    with tempfile.TemporaryDirectory() as data:
        # The server runs as another user where this program runs as root.
        Path(data).chmod(0o755)
        with postgres(Path(data) / "data") as server:
            yield IntoPostgres(served, folder, server)
