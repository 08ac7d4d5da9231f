"""Streams whose rows come from another stream's answers, without requests of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import AbortedSyncFailedException, AbortedSyncPausedException
from typing_extensions import override

from tap_ringcentral_calllog.streams.base import RingCentralStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.run import Run


class RowStream(RingCentralStream):
    """A child stream that its parent writes, some rows at a time."""

    # The bookmark is the parent's.
    state_partitioning_keys = ()

    def __init__(self, tap: Tap, run: Run, schema: dict[str, Any]) -> None:
        super().__init__(tap, run, schema)
        self._rows: list[dict[str, Any]] = []

    def write(self, rows: list[dict[str, Any]]) -> None:
        """Write rows."""
        self._rows = rows
        try:
            self.sync()
        except (AbortedSyncFailedException, AbortedSyncPausedException):
            # `--test` has seen enough of this stream.
            self.logger.debug("Stopped early.")

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Return the rows that are to be written now."""
        return self.write_page(self._rows)
