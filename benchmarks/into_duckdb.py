"""The ways into DuckDB."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
from typing_extensions import override

from benchmarks.ways import Loading, Way

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.processes import Range, Usage

_SCHEMA = "ringcentral"


class IntoDuckdb(Loading):
    """The ways into files of DuckDB. A place is a file."""

    name = "DuckDB"
    target = "target-duckdb"
    environment = "target-duckdb"

    @override
    def ways(self) -> list[Way]:
        recipe = self.recipe()
        return [
            Way("bare INSERT of JSON", self._insert),
            Way(
                f"`{self.target}`, as in meltano.yml", partial(self.piped, recipe, call_log="legs")
            ),
            Way("the same with the column `call_log.legs`", partial(self.piped, recipe)),
            Way("the first with `meltano run`", self.meltano),
            *self.others("duckdb"),
        ]

    @override
    def count(self, place: str, table: str) -> int:
        with duckdb.connect(str(self._file(place)), read_only=True) as connection:
            query = f"SELECT count(*) FROM {_SCHEMA}.{table}"  # noqa: S608 - our own names
            return int((connection.execute(query).fetchone() or (0,))[0])

    @override
    def address(self, place: str) -> list[str]:
        return [str(self._file(place)), _SCHEMA]

    @override
    def target_settings(self, place: str) -> dict[str, Any]:
        return {"filepath": str(self._file(place)), "default_target_schema": _SCHEMA}

    def _insert(self, place: str) -> list[Usage]:
        return self.alone([sys.executable, "-m", "benchmarks.bare_into_duckdb"], place)

    def _file(self, place: str) -> Path:
        return self.folder / f"{place}.duckdb"


@contextmanager
def into_duckdb(served: Range, folder: Path) -> Iterator[IntoDuckdb]:
    """Load into files in a folder."""
    yield IntoDuckdb(served, folder)
