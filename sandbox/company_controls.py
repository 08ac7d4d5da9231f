"""Controls for tests: change and query the conversations of an invented company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.archive_controls import ArchiveControls
from sandbox.company.truth import Truth
from sandbox.instants import parse, to_datetime

if TYPE_CHECKING:
    from collections.abc import Collection

    from sandbox.company.book import Book, Told
    from sandbox.company.cast import Cast
    from sandbox.company.story import Story
    from sandbox.company.truth import Settings


class CompanyControls(ArchiveControls):
    """The conversations of `Sandbox(conversations=...)`."""

    @property
    def company(self) -> Cast:
        """The company: its people and its queues."""
        return self._book.cast

    def tell(self, *stories: Story) -> None:
        """Add conversations, or replace those that have the same numbers.

        Changed records keep their ids, and their `lastModifiedTime` becomes now. Records that a
        conversation no longer has disappear without a deletion.
        """
        with self._state.lock:
            self._book.tell(stories, self._state.clock.now_ms())

    def story(self, number: int) -> Story:
        """Return a conversation by its number, from 0.

        Raises:
            KeyError: there is none.
        """
        return self._book.story(number)

    def record_keys(self, number: int) -> list[str]:
        """Return `Sheet.key` of each record of a conversation.

        Raises:
            KeyError: there is no such conversation.
        """
        return list(self._book.record_ids(number))

    def delete_conversation(self, number: int, *parts: str) -> None:
        """Delete the records of a conversation as a user would; see `delete_call`.

        Args:
            number: the conversation's number.
            parts: `Sheet.key` of each record to delete, such as "main"; none for all.

        Raises:
            KeyError: there is no such conversation or record.
        """
        state = self._state
        with state.lock:
            ids = self._book.record_ids(number)
            for key in parts or ids:
                state.log.delete(ids[key], state.clock.now_ms())

    def conversations(self, extension_ids: Collection[str] | None = None) -> list[Told]:
        """Return the conversations that the log shows now, without deleted records.

        Args:
            extension_ids: in whose logs; None for the account's.
        """
        state = self._state
        logs = None if extension_ids is None else frozenset(extension_ids)
        with state.lock:
            return list(self._book.told(state.clock.now_ms(), logs))

    def analytics(self, settings: Settings, extension_ids: Collection[str] | None = None) -> Truth:
        """Return the expected content of the marts for what the log shows now.

        Args:
            settings: the settings of the marts.
            extension_ids: in whose logs; None for the account's.
        """
        book = self._book
        return Truth(self.conversations(extension_ids), book.cast, book.teller, settings)

    def recordings_mart(self, extension_ids: Collection[str] | None = None) -> list[dict[str, Any]]:
        """Return the expected mart of recordings if no files are archived.

        Args:
            extension_ids: in whose logs; None for the account's.
        """
        logs = None if extension_ids is None else frozenset(extension_ids)
        with self._state.lock:
            conversations = self._book.conversation_of(logs)
        return [
            {
                "account_id": self.company.account_id,
                "recording_id": one["id"],
                "conversation_id": conversations[one["callId"]],
                "type": one["type"],
                "started_at": to_datetime(parse(one["startTime"])).replace(tzinfo=None),
                "expires_at": to_datetime(parse(one["expires"])).replace(tzinfo=None),
                "status": "not_archived",
                "path": None,
            }
            for one in self.recordings_truth()
            if one["callId"] in conversations
        ]

    @property
    def _book(self) -> Book:
        if self._state.book is None:
            message = "this sandbox has no company: give it a number of conversations"
            raise ValueError(message)
        return self._state.book
