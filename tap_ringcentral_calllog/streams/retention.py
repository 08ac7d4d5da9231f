"""What RingCentral deletes next, as a table for alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from tap_ringcentral_calllog.schemas.retention import retention_schema
from tap_ringcentral_calllog.streams.base import RingCentralStream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.run import Run


class Retention(RingCentralStream):
    """The retention of each kind of data at the end of a run, read last and without a request."""

    name = "retention"
    one_row = (
        "a kind of data at the end of a run: how long RingCentral keeps it, how much is archived, "
        "what expires next, what is in danger or lost"
    )
    kept = "made by the tap"
    primary_keys = ("accountId", "kind", "checkedAt")

    def __init__(self, tap: Tap, run: Run) -> None:
        super().__init__(tap, run, retention_schema())

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Return a row for each kind, once the account is known."""
        if self.run.account_id:
            yield from self.run.guard.rows(self.run.account_id)
