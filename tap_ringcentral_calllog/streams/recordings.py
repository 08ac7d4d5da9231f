"""The audio of calls."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from tap_ringcentral_calllog.api.logins import RECORDINGS
from tap_ringcentral_calllog.files.call_recordings import recordings_of
from tap_ringcentral_calllog.plan.reading import Page
from tap_ringcentral_calllog.retention import kind_of_recording
from tap_ringcentral_calllog.schemas.call_log import ADDED_TO_CALL, NUMERIC_IN_CALL, call_log_schema
from tap_ringcentral_calllog.schemas.recordings import recording_files_schema
from tap_ringcentral_calllog.streams.file_stream import FileStream
from tap_ringcentral_calllog.streams.log_stream import LogStream
from tap_ringcentral_calllog.times import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.records.pages import Shaping
    from tap_ringcentral_calllog.run import Run


class RecordingFiles(FileStream, LogStream):
    """The files of call recordings."""

    name = "recording_files"
    one_row = (
        "a recording's audio file under `recordings_path`, with path, size and SHA-256; or the "
        "reason why it is not available"
    )
    kept = "as `call_recordings`"
    primary_keys = ("accountId", "id")
    app_permission = "ReadCallRecording"
    filters: ClassVar[Mapping[str, str]] = {"recordingType": "All"}
    path_setting = "recordings_path"
    files_purpose = RECORDINGS
    file_address = "recording.contentUri"

    def __init__(self, tap: Tap, run: Run) -> None:
        super().__init__(tap, run, recording_files_schema(run.level))

    @cached_property
    @override
    def page_shaping(self) -> Shaping:
        schema = call_log_schema(self.run.level)
        return self.shaping(schema, ADDED_TO_CALL, "calls", NUMERIC_IN_CALL)

    @property
    @override
    def most_files(self) -> int | None:
        """How many recordings may be fetched in a run; None for all."""
        return self.settings.recordings_per_run

    @override
    def page_of(self, context: Context | None, answer: Answer) -> Page:
        """Return an answer's calls; `files_of` finds the recordings in them."""
        page = Page(more=answer.has_more)
        self.account_id(answer)
        for call, _ in self.page_shaping.rows(answer.content["records"], answer.raw):
            page.records.append(call)
            page.ids.append(call["id"])
            page.times.append(moment(call["startTime"]))
        return page

    @override
    def kind_of(self, row: Record) -> str:
        return kind_of_recording(row.get("type"))

    @override
    def files_of(self, record: Record) -> list[Record]:
        return recordings_of(record, self.run.guard.kinds)
