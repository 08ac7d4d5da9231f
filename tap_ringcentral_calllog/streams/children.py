"""The call log's child streams."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from tap_ringcentral_calllog.config.schema import EXTENSION
from tap_ringcentral_calllog.schemas.call_log import (
    call_legs_schema,
    call_log_coverage_schema,
    call_log_deletions_schema,
)
from tap_ringcentral_calllog.schemas.recordings import call_recordings_schema
from tap_ringcentral_calllog.streams.calls import CallLog
from tap_ringcentral_calllog.streams.rows import RowStream

if TYPE_CHECKING:
    from singer_sdk import Tap

    from tap_ringcentral_calllog.run import Run


class CallLogChild(RowStream):
    """A stream whose rows belong to a log: that of the account, or of an extension."""

    parent_stream_type = CallLog
    app_permission = CallLog.app_permission
    user_permission = CallLog.user_permission

    #: The key within a log.
    keys: ClassVar[tuple[str, ...]] = ("id",)

    def __init__(self, tap: Tap, run: Run) -> None:
        super().__init__(tap, run, self.schema_at(run.level))
        extension = ["extensionId"] if run.level == EXTENSION else []
        self.primary_keys = ("accountId", *extension, *self.keys)

    @staticmethod
    @abstractmethod
    def schema_at(level: str) -> dict[str, Any]:
        """Return the JSON schema at a level: `account` or `extension`."""


class CallLegs(CallLogChild):
    """The legs of the calls in the log."""

    name = "call_legs"
    one_row = "a leg of a call"
    kept = "with its call"
    keys = ("callId", "legIndex")
    schema_at = staticmethod(call_legs_schema)


class CallLogDeletions(CallLogChild):
    """Calls of which RingCentral reports only that they were deleted."""

    name = "call_log_deletions"
    one_row = (
        "a deleted call of which RingCentral sent only the id (there is no table before the first)"
    )
    kept = "with its call"
    schema_at = staticmethod(call_log_deletions_schema)


class CallLogCoverage(CallLogChild):
    """The windows that were read."""

    name = "call_log_coverage"
    one_row = "a range of start times that was read completely, with its counts"
    kept = "made by the tap"
    keys = ("dateFrom", "readAt")
    schema_at = staticmethod(call_log_coverage_schema)


class CallRecordings(CallLogChild):
    """The recordings that calls have. A row remains when RingCentral deletes its recording."""

    name = "call_recordings"
    one_row = "a recording that a call has or had, with the date on which RingCentral deletes it"
    kept = "90 days (HIPAA: 30), at most 100,000 automatic ones, and 200 on-demand ones per user"
    schema_at = staticmethod(call_recordings_schema)

    def __init__(self, tap: Tap, run: Run) -> None:
        super().__init__(tap, run)
        # Not by extension: one recording may be in the logs of two extensions.
        self.primary_keys = ("accountId", "id")
