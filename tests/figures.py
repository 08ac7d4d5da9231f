"""What the tests of guarantees count, for the end of their output."""

from __future__ import annotations

from collections import Counter

_COUNTS: Counter[str] = Counter()
_LARGEST: dict[str, int] = {}


def count(what: str, times: int = 1) -> None:
    """Count something that happened."""
    _COUNTS[what] += times


def largest(what: str, value: int) -> None:
    """Keep the largest value of something."""
    _LARGEST[what] = max(value, _LARGEST.get(what, value))


def told() -> tuple[dict[str, int], dict[str, int]]:
    """Return the counts and the largest values."""
    return dict(_COUNTS), dict(_LARGEST)


def add(counts: dict[str, int], maxima: dict[str, int]) -> None:
    """Add what another process has counted."""
    for what, times in counts.items():
        count(what, times)
    for what, value in maxima.items():
        largest(what, value)


def lines() -> list[str]:
    """Return the figures, a line each."""
    return [f"{what}: {value}" for what, value in sorted({**_COUNTS, **_LARGEST}.items())]
