"""Voicemail, fax and text messages, and their files, mailbox by mailbox."""

from __future__ import annotations

import logging
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_ringcentral_calllog.api.logins import ATTACHMENTS, MESSAGES
from tap_ringcentral_calllog.errors import (
    AccessError,
    RequestError,
    SettingsError,
    UnavailableError,
    retold,
)
from tap_ringcentral_calllog.files.attachments import files_of, kind_of
from tap_ringcentral_calllog.plan.reading import Page
from tap_ringcentral_calllog.retention import DELETED_MESSAGES, MESSAGE_FILES
from tap_ringcentral_calllog.schemas.messages import (
    ADDED_TO_MESSAGE,
    NUMERIC_IN_MESSAGE,
    message_files_schema,
    messages_schema,
)
from tap_ringcentral_calllog.streams.base import shown
from tap_ringcentral_calllog.streams.file_stream import FileStream
from tap_ringcentral_calllog.streams.windowed import WindowedStream
from tap_ringcentral_calllog.times import moment, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from singer_sdk import Tap
    from singer_sdk.helpers.types import Context, Record

    from tap_ringcentral_calllog.api.connection import Answer
    from tap_ringcentral_calllog.errors import Failure
    from tap_ringcentral_calllog.plan.keyset import Query
    from tap_ringcentral_calllog.records.pages import Shaping
    from tap_ringcentral_calllog.run import Run
    from tap_ringcentral_calllog.streams.snapshots import SnapshotStream

# Of a purged message, RingCentral reports only that: its row would empty the archived one.
_AVAILABILITY = ("Alive", "Deleted")
_IN_USE = "Enabled"
# A message repeats no other text that a server may have put there.
_STATUSES = (None, _IN_USE, "Disabled", "Frozen", "NotActivated", "Unassigned")


class MailboxStream(WindowedStream):
    """A stream that is read from the mailboxes of extensions."""

    path = "/extension/{extensionId}/message-store"
    replication_key = "creationTime"
    purpose = MESSAGES
    app_permission = "ReadMessages"
    user_permission = "ReadMessages"
    selected_by_default = False

    def __init__(
        self, tap: Tap, run: Run, schema: dict[str, Any], extensions: SnapshotStream
    ) -> None:
        super().__init__(tap, run, schema)
        self._extensions = extensions
        self._is_listed = True
        # Mailboxes that are not read any more.
        self._left: list[Context | None] = []

    @cached_property
    def _mailboxes(self) -> dict[str, str | None]:
        """The status of each extension that is read, by its id; None if it was not requested."""
        if self.by_extension:
            return dict.fromkeys(self.extension_ids())
        known = [str(one.get("extensionId")) for one in self.bookmarks.contexts()]
        try:
            found = self._extensions.statuses()
            gone = [one for one in known if one not in found]
            if gone:
                # With the state of another account, all its mailboxes would seem to be gone: this
                # refuses such a state.
                self.account_id()
        except (RequestError, UnavailableError) as error:
            needed = self._extensions.placed(error)
            self.run.fail(retold(error, f"{self.name} needs {needed}"))
        except SettingsError as error:
            self.run.fail(error)
        else:
            for one in gone:
                self.leave({"extensionId": one}, "its extension is gone")
            return found
        # The mailboxes that earlier runs have read most likely still exist.
        self._is_listed = False
        return dict.fromkeys(known)

    @property
    @override
    def contexts(self) -> list[dict[str, Any]]:
        """One partition per mailbox: of the account's extensions, or of `extension_ids`."""
        return [{"extensionId": one} for one in self._mailboxes]

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read a mailbox's next window; without mailboxes, nothing."""
        if context:
            yield from super().get_records(context)

    @override
    def reach(self) -> tuple[datetime | None, datetime | None]:
        """Return from when on and up to when all mailboxes in the state are archived.

        These are the mailboxes of the last run: to find out about new ones would take a request.
        """
        return super().reach() if self.by_extension else self.bookmarks.reach()

    @override
    def archived_contexts(self) -> list[Context | None]:
        """Return the contexts that belong to the archive.

        If this run does not read the stream, they come from the state, without a request.
        """
        if not self.by_extension and not self.selected:
            return [*self.bookmarks.contexts()]
        return [one for one in self.contexts if one not in self._left]

    @override
    def handle_failure(self, context: Context | None, error: Failure) -> None:
        """Skip an extension that is deleted or disabled, without failing the run.

        If the settings name the extension, the run fails.
        """
        if isinstance(error, AccessError) and self._is_listed and not self.by_extension:
            identity = str((context or {}).get("extensionId"))
            status = self._mailboxes.get(identity)
            # RingCentral says so itself: a proxy's page for a 404 has no code.
            is_unknown = error.problem.status == HTTPStatus.NOT_FOUND and error.problem.codes
            if is_unknown or status != _IN_USE:
                line = "Extension %s is skipped because its status is %s: %s."
                status = status if status in _STATUSES else "?"
                level = logging.WARNING if status == _IN_USE else logging.INFO
                self.logger.log(level, line, shown(identity), status, error)
                self.leave(context, f"its extension is {status}, and {error.problem}")
                return
        super().handle_failure(context, error)

    def leave(self, context: Context | None, reason: str) -> None:  # noqa: ARG002 - for subclasses
        """Drop the bookmark of a mailbox, which would otherwise stay in the state and grow old.

        If the mailbox is opened again, it is read from the beginning.

        Args:
            context: names the extension.
            reason: why the mailbox is not read any more.
        """
        self._left.append(context)
        self.bookmarks.forget(context)

    @override
    def get_url(self, context: Context | None) -> str:
        return self.account_url + self.path.format(**(context or {}))

    @cached_property
    @override
    def page_shaping(self) -> Shaping:
        return self.shaping(
            messages_schema(as_sent=True), ADDED_TO_MESSAGE, "messages", NUMERIC_IN_MESSAGE
        )

    @override
    def ask(self, context: Context | None, query: Query) -> Answer:
        """Ask for a page of messages, deleted ones included.

        Args:
            context: names the extension.
            query: bounds on `creationTime`, and the page number.
        """
        params = {
            "dateFrom": timestamp(query.date_from),
            "dateTo": timestamp(query.date_to),
            "availability": _AVAILABILITY,
            "perPage": self.settings.page_size,
            "page": query.page,
        }
        return self.fetch(context, params, purpose=self.purpose, decode=self.page_shaping.decode)

    @override
    def page_of(self, context: Context | None, answer: Answer) -> Page:
        page = Page(more=answer.has_more)
        mailbox = {"accountId": self.account_id(answer), **(context or {})}
        for message, _ in self.page_shaping.rows(answer.content["records"], answer.raw):
            message.update(mailbox)
            page.records.append(message)
            page.ids.append(message["id"])
            page.times.append(moment(message["creationTime"]))
        return page


class Messages(MailboxStream):
    """Voicemail, fax, SMS, MMS and pager messages."""

    name = "messages"
    one_row = "a voicemail, fax, SMS, MMS or pager message of an extension, with its attachments"
    kept = "voicemail and fax 30 days, 200 per folder and user (deleted: 5 days); texts 5,000"
    primary_keys = ("accountId", "extensionId", "id")

    def __init__(self, tap: Tap, run: Run, extensions: SnapshotStream) -> None:
        super().__init__(tap, run, messages_schema(), extensions)

    @override
    def write_related(self, context: Context | None, records: list[Record]) -> list[Record]:
        """Let the retention guard count the messages in each folder."""
        guard = self.run.guard
        for message in records:
            kind, folder = kind_of(message), message["extensionId"]
            # All deleted messages of a user are in one folder.
            if kind != DELETED_MESSAGES:
                folder = f"{folder} {message.get('direction')}"
            guard.see_message(kind, folder, moment(message["creationTime"]))
        return super().write_related(context, records)


class MessageFiles(FileStream, MailboxStream):
    """The files of messages."""

    name = "message_files"
    one_row = "a voicemail's audio, a fax or another attachment, as a file under `messages_path`"
    kept = "with its message"
    primary_keys = ("accountId", "extensionId", "messageId", "id")
    path_setting = "messages_path"
    files_purpose = ATTACHMENTS
    file_address = "attachments[].uri"
    file_keys = ("extensionId", "messageId", "id")

    def __init__(self, tap: Tap, run: Run, extensions: SnapshotStream) -> None:
        super().__init__(tap, run, message_files_schema(), extensions)
        self._given_up: list[Record] = []

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        """Read a mailbox's next window, and write the rows of files given up with their mailboxes.

        These rows must come before a STATE message that no longer contains the mailbox.
        """
        yield from self._given_up_rows()
        yield from super().get_records(context)
        yield from self._given_up_rows()

    def _given_up_rows(self) -> Iterator[Record]:
        yield from self._given_up
        self._given_up.clear()

    @override
    def leave(self, context: Context | None, reason: str) -> None:
        """Drop the bookmark of a mailbox, and give up its files that could not be fetched.

        Args:
            context: names the extension.
            reason: why the mailbox is not read any more.
        """
        if not self.is_test:
            self._given_up += self.give_up(context, reason)
        super().leave(context, reason)

    @override
    def kind_of(self, row: Record) -> str:
        """Return the name of the kind that a file is of: there is one."""
        return MESSAGE_FILES

    @override
    def files_of(self, record: Record) -> list[Record]:
        return [{"extensionId": record["extensionId"], **row} for row in files_of(record)]
