"""Columns of numbers, packed for the page: little-endian arrays, gzip, base64."""

from __future__ import annotations

import base64
import gzip
import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Columns = dict[str, list[int | None]]

# What the page reads as "unknown", by type: the largest number that the type holds.
_TYPES = (("B", "Uint8Array", 0xFF), ("H", "Uint16Array", 0xFFFF), ("I", "Uint32Array", 0xFFFFFFFF))


class Pack:
    """Collects tables of columns, one after the other."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self.tables: dict[str, dict[str, object]] = {}

    def add(self, name: str, columns: Columns, sorted_by: str | None = None) -> None:
        """Add a table.

        Args:
            name: of the table.
            columns: whole numbers from 0 on by name of the column, None for unknown.
            sorted_by: a column whose numbers only grow, if any; its differences are kept.
        """
        described = {}
        for column, values in columns.items():
            is_delta = column == sorted_by
            numbers = list(_differences(values)) if is_delta else values
            described[column] = {**self._add(numbers), "delta": is_delta}
        length = len(next(iter(columns.values()), []))
        self.tables[name] = {"length": length, "columns": described}

    def _add(self, values: Iterable[int | None]) -> dict[str, object]:
        values = list(values)
        largest = max((one for one in values if one is not None), default=0)
        code, kind, unknown = next(one for one in _TYPES if largest < one[2])
        numbers = array(code, [unknown if one is None else one for one in values])
        if sys.byteorder == "big":
            numbers.byteswap()
        self._bytes += b"\0" * (-len(self._bytes) % 4)
        start = len(self._bytes)
        self._bytes += numbers.tobytes()
        return {"type": kind, "start": start, "length": len(numbers)}

    def text(self) -> str:
        """Return all of it as text."""
        return base64.b64encode(gzip.compress(bytes(self._bytes), 9, mtime=0)).decode()


def _differences(values: Iterable[int | None]) -> Iterable[int]:
    before = 0
    for one in values:
        now = one or 0
        yield now - before
        before = now
