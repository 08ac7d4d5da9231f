"""From answers to records that fit a schema, and log lines about those that don't."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from tap_ringcentral_calllog.errors import UnavailableError
from tap_ringcentral_calllog.records.decoding import decode_record
from tap_ringcentral_calllog.records.shaper import MalformedError, Shaper, needs_cleaning
from tap_ringcentral_calllog.records.typed import Fields

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from logging import Logger, LoggerAdapter
    from typing import Any

    from tap_ringcentral_calllog.records.shaper import Record

_REPLACEMENT = "\ufffd"

# If none of so many records in an answer can be written, it is an error.
_ALL_MALFORMED = 10


class Shaping:
    """Makes the records of answers fit a schema, and logs what it had to change.

    Args:
        schema: the JSON schema of the records.
        added: the fields that the tap adds to them.
        noun: what the records are, for the log.
        logger: receives one line per answer about what was replaced or is malformed.
        on_unknown: receives the path of each new field, as for `Shaper`.
        plain: whether records are to be dictionaries, and not `Fields`.
        numeric: where ids are numbers, as for `Shaper`.
        other: returns the shaper for a record that needs another schema, and None for all others.
        enough: if an answer has at least this many records and none can be written, it is an error.
    """

    def __init__(  # noqa: PLR0913 - they are what streams differ in
        self,
        schema: Mapping[str, Any],
        added: frozenset[str],
        noun: str,
        *,
        logger: Logger | LoggerAdapter[Logger],
        on_unknown: Callable[[str], None],
        plain: bool,
        numeric: Collection[tuple[str, ...]] = (),
        other: Callable[[object], Shaper | None] = lambda _: None,
        enough: int = _ALL_MALFORMED,
    ) -> None:
        self._shaper = Shaper(schema, added, on_unknown, numeric)
        self._noun = noun
        self._logger = logger
        self._plain = plain
        self._other = other
        self._enough = enough

    def decode(self, body: bytes) -> tuple[dict[str, Any] | None, str]:
        """Decode an answer, as `Shaper.decode` does."""
        return self._shaper.decode(body)

    def row(self, record: object, raw: bytes) -> Record:
        """Make a single record fit.

        Raises:
            MalformedError: when that is not possible.
        """
        return self._shaper.shape(record, clean=needs_cleaning(raw))

    def rows(self, records: Sequence[object], raw: bytes) -> Iterator[tuple[Record, bool]]:
        """Make an answer's records fit.

        Args:
            records: the records, decoded or not.
            raw: the answer's body that they were decoded from.

        Yields:
            Each record that fits or was made to fit, and whether it has the other schema.

        Raises:
            UnavailableError: when none of many records can be written.
        """
        if records and isinstance(records[0], Fields):
            yield from self._fitting(records)
            return
        clean = needs_cleaning(raw)
        malformed: Counter[str] = Counter()
        replaced = 0
        for encoded in records:
            if not clean and isinstance(encoded, msgspec.Raw):
                row = self._shaper.read(encoded, plain=self._plain)
                if row is not None and not row.get("deleted"):
                    yield row, False
                    continue
            try:
                record = decode_record(encoded)
                other = self._other(record)
                replaced -= str(record).count(_REPLACEMENT) if clean else 0
                row = (other or self._shaper).shape(record, clean=clean)
            except MalformedError as error:
                malformed[str(error)] += 1
                continue
            except RecursionError:
                malformed["record nests too deep"] += 1
                continue
            replaced += str(row).count(_REPLACEMENT) if clean else 0
            yield row, other is not None
        if replaced > 0:
            self._logger.info(
                "Characters that databases refuse (U+0000, half a surrogate pair) were replaced by "
                "U+FFFD in %d places.",
                replaced,
            )
        if malformed:
            reasons = ", ".join(f"{reason} ({count})" for reason, count in malformed.items())
            if malformed.total() == len(records) >= self._enough:
                msg = f"none of {len(records)} {self._noun} can be written: {reasons}"
                raise UnavailableError(msg)
            self._logger.warning("%s that cannot be written: %s.", self._noun.capitalize(), reasons)

    def _fitting(self, records: Sequence[Any]) -> Iterator[tuple[Record, bool]]:
        """Yield records that all fit; those with a schema of their own are shaped to it."""
        for record in records:
            if record.get("deleted"):
                whole = msgspec.to_builtins(record)
                if other := self._other(whole):
                    yield other.shape(whole, clean=False), True
                    continue
            record["extra"] = None
            yield (msgspec.to_builtins(record) if self._plain else record), False
