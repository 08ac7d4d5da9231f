"""The benchmark's tables."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMS = (",.0f", ",.0f", ".2f", ".1f", ".1f", ".0f")


@dataclass(frozen=True, slots=True)
class Row:
    """The result of one way to read the call log; None for figures not measured.

    Attributes:
        name: the name of the reader.
        by_cpu: calls per second of processor time.
        by_clock: calls per second.
        of_bare: `by_cpu` as a fraction of the bare loop's.
        of_plain: `by_cpu` as a multiple of the plain SDK path's.
        leg: additional processor time of a leg as a separate row, µs.
        memory: peak memory, MB.
    """

    name: str
    by_cpu: float | None = None
    by_clock: float | None = None
    of_bare: float | None = None
    of_plain: float | None = None
    leg: float | None = None
    memory: float | None = None

    @property
    def cells(self) -> list[str]:
        """The row as text."""
        name, *values = astuple(self)
        return [
            name,
            *(
                "" if value is None else format(value, form)
                for value, form in zip(values, _FORMS, strict=True)
            ),
        ]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, marks, *rows))
