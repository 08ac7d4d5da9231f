"""Columns of numbers, packed for the page: little-endian arrays, gzip, base64."""

from __future__ import annotations

import base64
import gzip
import json
import math
import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Columns = dict[str, list[int | None]]

# What the page reads as "unknown", by type: the largest number that the type holds.
_TYPES = (
    ("B", "Uint8Array", 0xFF),
    ("H", "Uint16Array", 0xFFFF),
    ("I", "Uint32Array", 0xFFFFFFFF),
    ("d", "Float64Array", 2**53),
)


class Pack:
    """Collects tables of columns, one after the other.

    Attributes:
        tables: where each column of each table is.
    """

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
            numbers: list[int | None] = [*_differences(values)] if is_delta else values
            described[column] = {**self._add(numbers), "delta": is_delta}
        length = len(next(iter(columns.values()), []))
        self.tables[name] = {"length": length, "columns": described}

    def _add(self, values: list[int | None]) -> dict[str, object]:
        known = [one for one in values if one is not None]
        # Milliseconds that are whole seconds take two digits instead of five.
        unit = math.gcd(*known) or 1
        largest = max(known, default=0) // unit
        code, kind, unknown = next(one for one in _TYPES if largest < one[2])
        numbers = array(code, [unknown if one is None else one // unit for one in values])
        if sys.byteorder == "big":
            numbers.byteswap()
        width = numbers.itemsize
        data = numbers.tobytes()
        start = len(self._bytes)
        # All first bytes, then all second ones: the high ones are alike, and take little room.
        for place in range(width):
            self._bytes += data[place::width]
        return {"type": kind, "start": start, "length": len(numbers), "unit": unit}

    def add_json(self, name: str, value: object) -> None:
        """Add what is no table of numbers."""
        start = len(self._bytes)
        self._bytes += json.dumps(value, separators=(",", ":")).encode()
        self.tables[name] = {"json": True, "start": start, "length": len(self._bytes) - start}

    def text(self) -> str:
        """Return all of it as text."""
        return packed(bytes(self._bytes))


def packed(data: bytes) -> str:
    """Return data as the page takes it."""
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def _differences(values: Iterable[int | None]) -> Iterable[int]:
    before = 0
    for one in values:
        now = one or 0
        yield now - before
        before = now
