"""The messages about the files of a stream that a run could not fetch."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_ringcentral_calllog.errors import (
    FilesError,
    ForeignHostError,
    RequestError,
    TapRingCentralError,
)
from tap_ringcentral_calllog.files.archive import Fate
from tap_ringcentral_calllog.files.effort import lacks_right

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_ringcentral_calllog.errors import Problem
    from tap_ringcentral_calllog.files.archive import Outcome

# So many reasons, and files, are named.
_NAMED = 3


class Shortfall:
    """Collects the files that could not be fetched.

    Args:
        stream: the stream's name.
        refusal: makes the error for a missing right.
    """

    def __init__(self, stream: str, refusal: Callable[[Problem], RequestError]) -> None:
        self._stream = stream
        self._refusal = refusal
        self._failed: dict[str, list[str]] = {}
        self._foreign: Counter[str] = Counter()
        self._waits: Counter[str] = Counter()
        self._lacks: Problem | None = None
        #: Whether the rest was left to the next run, because so many failed.
        self.is_cut_short = False

    def add(self, name: str, outcome: Outcome) -> None:
        """Record the outcome of a file.

        Args:
            name: its name, as it may be shown.
            outcome: the outcome.
        """
        if outcome.fate is Fate.WAITING:
            self._waits[outcome.reason] += 1
        elif isinstance(outcome.error, ForeignHostError):
            self._foreign[outcome.reason] += 1
        else:
            self._failed.setdefault(outcome.reason, []).append(name)
            self._lacks = lacks_right(outcome)

    def waits(self) -> str:
        """Return the message about files that are not available yet; empty if there are none."""
        if not self._waits:
            return ""
        reasons = ", ".join(f"{reason} ({count})" for reason, count in self._waits.items())
        return f"some files are not available yet, and the next run requests them again: {reasons}"

    def errors(self) -> list[TapRingCentralError]:
        """Return the errors that make the run exit with 1, each of one line."""
        errors: list[TapRingCentralError] = [
            FilesError(f"{self._stream}: {_files(count)} could not be fetched: {reason}")
            for reason, count in self._foreign.items()
        ]
        if self._failed and self._lacks and self.is_cut_short:
            # It is the same for all.
            errors.append(self._refusal(self._lacks))
        elif self._failed:
            errors.append(FilesError(f"{self._stream}: {self._failures()}"))
        return errors

    def _failures(self) -> str:
        reasons = sorted(self._failed.items(), key=lambda item: len(item[1]), reverse=True)
        names = [name for _, files in reasons for name in files]
        shown = ", ".join(f"{reason} ({len(files)})" for reason, files in reasons[:_NAMED])
        if len(reasons) > _NAMED:
            shown += ", …"
        others = (
            "the rest is left to the next run" if self.is_cut_short else ("all others are archived")
        )
        return (
            f"{_files(len(names))} could not be fetched: {shown}. Each run requests them again "
            f"until they expire; {others}. The first: {', '.join(names[:_NAMED])}"
        )


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
