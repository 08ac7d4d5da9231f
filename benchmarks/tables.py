"""The benchmark's tables."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMS = (",.0f", ",.0f", ".2f", ".1f", ".1f", ".0f")


@dataclass(frozen=True, slots=True)
class Row:
    """What a way to read the call log came to; None for what was not measured.

    Attributes:
        name: what was run.
        by_cpu: calls for each second of processor time.
        by_clock: calls a second.
        of_bare: `by_cpu`, as a part of the bare loop's.
        of_plain: `by_cpu`, as a multiple of the plain SDK path's.
        leg: what a leg in a row of its own takes more, µs of processor time.
        memory: the most memory that it had, MB.
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
