"""From answers to records that fit a schema, and what is told of those that don't."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from tap_ringcentral_calllog.api.decoding import decode_record
from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.records.shaper import MalformedError, Shaper, needs_cleaning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.records.shaper import Record
    from tap_ringcentral_calllog.streams.base import RingCentralStream

_REPLACEMENT = "\ufffd"

# So many records in an answer, and none that can be written, is no accident.
_ALL_MALFORMED = 10


def has_more(answer: Answer) -> bool:
    """Tell whether an answer offers a next page."""
    return bool((answer.content.get("navigation") or {}).get("nextPage"))


class Shaping:
    """Makes the records of answers fit the schema of what a stream asks for.

    Args:
        stream: the stream, which tells of what is new, replaced or malformed.
        schema: the JSON schema of the records.
        added: the fields that the tap adds to them.
        noun: what the records are, for the log.
        other: returns the shaper of a record that has a schema of its own.
    """

    def __init__(
        self,
        stream: RingCentralStream,
        schema: Mapping[str, Any],
        added: frozenset[str],
        noun: str,
        other: Callable[[object], Shaper | None] = lambda _: None,
    ) -> None:
        self._stream = stream
        self._shaper = Shaper(schema, added, stream.tell_unknown)
        self._noun = noun
        self._other = other

    def rows(self, answer: Answer) -> Iterator[tuple[Record, bool]]:
        """Make an answer's records fit.

        Args:
            answer: the answer, with a list of records.

        Yields:
            The records that fit, or were made to, and of each whether its schema is another one.

        Raises:
            UnavailableError: when none of many records can be written.
        """
        records = answer.content["records"]
        clean = needs_cleaning(answer.raw)
        plain = self._stream.is_mapped
        malformed: Counter[str] = Counter()
        replaced = 0
        for encoded in records:
            if not clean and isinstance(encoded, msgspec.Raw):
                row = self._shaper.read(encoded, plain=plain)
                if row is not None and not row.get("deleted"):
                    yield row, False
                    continue
            record = decode_record(encoded)
            other = self._other(record)
            replaced -= str(record).count(_REPLACEMENT) if clean else 0
            try:
                row = (other or self._shaper).shape(record, clean=clean)
            except MalformedError as error:
                malformed[str(error)] += 1
                continue
            replaced += str(row).count(_REPLACEMENT) if clean else 0
            yield row, other is not None
        if replaced > 0:
            self._stream.logger.info(
                "Characters that databases refuse (U+0000, half a surrogate pair) were replaced by "
                "U+FFFD in %d places.",
                replaced,
            )
        if malformed:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in malformed.items())
            if malformed.total() == len(records) >= _ALL_MALFORMED:
                msg = f"{self._stream.name}: none of {len(records)} {self._noun} can be written: "
                raise UnavailableError(msg + reasons)
            self._stream.logger.warning(
                "%s that cannot be written: %s.", self._noun.capitalize(), reasons
            )
