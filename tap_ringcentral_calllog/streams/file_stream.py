"""Streams whose rows are files: what they find is fetched into a storage, window by window."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from tap_ringcentral_calllog.errors import SettingsError, StorageError, TapRingCentralError
from tap_ringcentral_calllog.files.archive import FileArchive
from tap_ringcentral_calllog.files.storage.urls import open_storage
from tap_ringcentral_calllog.files.unfinished import UNFINISHED
from tap_ringcentral_calllog.streams.windowed import WindowedStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.plan.reading import Reading
    from tap_ringcentral_calllog.run import Run


class FileStream(WindowedStream):
    """A stream of files, oldest first, because those expire first.

    A subclass says where they are found, by `ask` and `page_of`, and what they are, by `files_of`.
    """

    # The setting that names where the files are kept.
    path_setting: ClassVar[str]

    # Where RingCentral's answer says that a file is, for docs/streams.md.
    file_address: ClassVar[str]

    # What tells a file apart from the others of the account.
    file_keys: ClassVar[tuple[str, ...]] = ("id",)

    selected_by_default = False

    def __init__(self, tap: Tap, run: Run, schema: dict[str, Any], *more: Any) -> None:  # noqa: ANN401 - the next class's
        super().__init__(tap, run, schema, *more)
        #: What was found, and left to the next run.
        self.left: list[Record] = []
        self._stuck = False

    @abstractmethod
    def files_of(self, record: Record) -> list[Record]:
        """Find the files of a record.

        Args:
            record: the record, as `page_of` made it.
        """

    @abstractmethod
    def kind_of(self, row: Record) -> str:
        """Return the name of the kind that a file is of, of those that `retention` tells apart.

        Args:
            row: what is known of the file.
        """

    def fail(self, error: TapRingCentralError) -> None:
        """Take note of something that ends the stream with all its partitions, but not the run.

        Args:
            error: what it is.
        """
        self._stuck = True
        self.run.fail(error)

    def unfinished(self) -> list[Record]:
        """Return what the state knows of files that could not be had yet, and that are read."""
        # All mailboxes of an account are read: to ask which takes a request.
        contexts = self.contexts if self.by_extension else None
        return self.bookmarks.noted_anywhere(UNFINISHED, contexts)

    def waiting(self) -> list[Record]:
        """Return what is known of files that are not archived yet, and that this run reads."""
        return [*self.unfinished(), *self.left]

    def seen_up_to(self, context: Context | None) -> datetime | None:
        """Return up to where it is known which files there are; None when nothing is known.

        Those that are not archived are among those that wait.

        Args:
            context: the partition's context, or None.
        """
        if self.begun_at(context) and (progress := self.progress(context)).stopped:
            return progress.planner.position
        return self.read_up_to(context)

    def position(self, context: Context | None, reached: datetime | None = None) -> datetime:
        """Return up to where a partition's files are seen to.

        Args:
            context: the partition's context.
            reached: the replication key of the file that was come to, if that was not the last. A
                server may give one that lies elsewhere than what it was asked for.
        """
        progress = self.progress(context)
        end = progress.planner.position
        if self.settings.end_date:
            end = min(end, self.settings.end_date)
        return max(min(reached, end), progress.start) if reached else end

    @property
    def most_files(self) -> int | None:
        """How many files may be fetched in a run; None for all."""
        return None

    def prepare(self) -> None:
        """Open the place for the files. Without one, the stream is not read.

        A catalog may select all there is; so that is no error.

        Raises:
            SettingsError: when the address is wrong, or its driver not installed.
            StorageError: when the place can't be used.
        """
        if self._path:
            _ = self.archive
            return
        self.selected = False
        self.logger.warning(
            "%s is selected, but not read: set %s to a folder, or to an address such as "
            "s3://bucket/folder.",
            self.name,
            self.path_setting,
        )

    @property
    def _path(self) -> str:
        """Where the files are kept; empty when nothing says it."""
        return getattr(self.settings, self.path_setting) or ""

    @cached_property
    def archive(self) -> FileArchive:
        """What fetches the files."""
        storage = open_storage(self._path, setting=self.path_setting)
        storage.check()
        return FileArchive(self, storage, self.file_keys, self.most_files)

    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read a partition's next window, or the whole range where there are no partitions.

        Yields:
            A row for each file that is there, or gone for good.

        Raises:
            TapRingCentralError: when the stream can't be read.
        """
        progress = self.progress(context)
        if self._stuck or not (self._path or self.is_test):
            progress.failed = True
            return
        try:
            if progress.done and not progress.failed and self.archive.has_unfinished(context):
                # No window is left, but what could not be had before may be there by now.
                yield from self.archive.take(context, whole=False)
                self.settle(context)
            yield from super().get_records(context)
        except (SettingsError, StorageError) as error:
            progress.failed = True
            self.fail(error)

    def write_related(self, context: Context | None, records: list[Record]) -> list[Record]:
        """Take note of the records' files, and write nothing yet. A `--test` fetches none."""
        if not self.is_test:
            for record in records:
                self.archive.add(context, self.files_of(record))
        return []

    def close_window(self, context: Context | None, reading: Reading) -> Iterator[Record]:
        """Fetch the files, and tell of each what became of it."""
        if not self.is_test:
            yield from self.archive.take(context, whole=reading.whole)
