"""Controls for tests: change and query recordings, extensions and messages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, get_args

from sandbox.instants import MINUTE
from sandbox.messages_api import message_json
from sandbox.ongoing import ongoing
from sandbox.query import Query
from sandbox.recordings import recording_id
from sandbox.recordings_api import recorded_call
from sandbox.render import ACCOUNT

if TYPE_CHECKING:
    from sandbox.state import State

MessageKind = Literal["VoiceMail", "Fax", "SMS", "Pager"]
_EVER = (-(1 << 60), 1 << 60)


class ArchiveControls:
    """Controls of recordings, extensions and messages.

    Args:
        state: the sandbox's.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def recordings_truth(self) -> list[dict[str, Any]]:
        """Return the recordings that can be fetched now, newest call first.

        Each has `id`, `callId`, `startTime`, `type`, `duration` (s), `contentType`, `readyAt`,
        `expires`, and the `size` and `sha256` of its content.
        """
        state = self._state
        now, query = state.clock.now_ms(), Query(date_from=_EVER[0], date_to=_EVER[1])
        with state.lock:
            plans = [state.log.plan(one) for one in state.log.entries(query, now)]
            return [
                state.recordings.truth(plan) for plan in plans if state.recordings.ready(plan, now)
            ]

    def recording_bytes(self, recording: str | int) -> bytes:
        """Return the content of a recording.

        Raises:
            Refusal: there is no such recording, or no longer.
        """
        with self._state.lock:
            return self._state.recordings.content(recorded_call(self._state, recording)).data

    def forget_recording(self, recording: str | int) -> None:
        """Delete a recording, as RingCentral does beyond 100,000 of them, or as an administrator.

        Raises:
            Refusal: there is no such recording, or no longer.
        """
        with self._state.lock:
            call = recorded_call(self._state, recording)
            self._state.recordings.forget(recording_id(call))

    def extensions_truth(self) -> list[dict[str, Any]]:
        """Return all extensions as the API lists them, by extension number."""
        with self._state.lock:
            directory = self._state.directory
            return [directory.record(one) for one in directory.extensions()]

    def queues_truth(self) -> list[dict[str, Any]]:
        """Return all call queues as the route of a single queue shows them, by extension number."""
        with self._state.lock:
            directory = self._state.directory
            return [directory.queue_record(one, details=True) for one in directory.queues()]

    def queue_members_truth(self) -> dict[str, list[str]]:
        """Return the ids of each call queue's members, by the queue's id."""
        with self._state.lock:
            directory = self._state.directory
            return {
                one.id: [member.id for member in directory.members(one)]
                for one in directory.queues()
            }

    def active_calls_truth(self) -> list[dict[str, Any]]:
        """Return the Detailed records of the calls that are active now, newest first."""
        state = self._state
        with state.lock:
            query = Query(date_from=0, date_to=0)
            lag = round(state.habits.ended_calls_listed * MINUTE)
            found = ongoing(state.log, query, state.clock.now_ms(), ACCOUNT, lag)
            return [record for _, record in found]

    def change_extension(self, extension_id: str, **fields: Any) -> None:  # noqa: ANN401  (JSON)
        """Override fields of an extension's record.

        Raises:
            Refusal: there is no such extension, or no longer.
        """
        with self._state.lock:
            self._state.directory.change(extension_id, fields)

    def disable_extension(self, extension_id: str) -> None:
        """Disable an extension; see also `Habits.disabled_extensions`."""
        self.change_extension(extension_id, status="Disabled")

    def remove_extension(self, extension_id: str) -> None:
        """Delete an extension: no list contains it, and requests for its data return 404.

        Raises:
            Refusal: there is no such extension, or no longer.
        """
        with self._state.lock:
            self._state.directory.remove(extension_id)

    def messages_truth(self, extension_id: str | None = None) -> list[dict[str, Any]]:
        """Return the records of an extension's messages, including deleted ones, newest first.

        Raises:
            Refusal: there is no such extension.
        """
        state, now = self._state, self._state.clock.now_ms()
        with state.lock:
            owner = state.directory.extension(extension_id or state.owner_id).id
            return [
                json.loads(message_json(state, one, owner, now))
                for one in state.mailboxes.mailbox(owner, now)
            ]

    def message_files_truth(self, extension_id: str | None = None) -> list[dict[str, Any]]:
        """Return the files of an extension's messages that can be fetched now.

        Each has `messageId`, `attachmentId`, `type`, `contentType`, `size` and `sha256`.
        """
        state, now = self._state, self._state.clock.now_ms()
        with state.lock:
            owner = state.directory.extension(extension_id or state.owner_id).id
            return [
                state.writer.truth(message, one)
                for message in state.mailboxes.mailbox(owner, now)
                if message.availability(now) != "Purged"
                for one in state.writer.attachments(message)
            ]

    def message_bytes(self, message_id: str | int, attachment_id: str | int) -> bytes:
        """Return the content of an attachment.

        Raises:
            Refusal: there is no such message or attachment, or no longer.
        """
        state = self._state
        with state.lock:
            message = state.mailboxes.message(message_id, state.clock.now_ms())
            return state.writer.file(message, attachment_id).data

    def add_message(
        self,
        extension_id: str | None = None,
        kind: MessageKind = "SMS",
        **fields: Any,  # noqa: ANN401  (JSON)
    ) -> str:
        """Add a message and return its id; see `Message.update` for the fields.

        Raises:
            Refusal: there is no such extension.
            ValueError: there is no such kind, or a time makes no sense.
        """
        state = self._state
        if kind not in get_args(MessageKind):
            message = f"no such kind of message: {kind}"
            raise ValueError(message)
        with state.lock:
            owner = state.directory.extension(extension_id or state.owner_id).id
            return str(state.mailboxes.add(owner, kind, fields, state.clock.now_ms()).id)

    def change_message(self, message_id: str | int, **fields: Any) -> None:  # noqa: ANN401  (JSON)
        """Change a message, and set its `lastModifiedTime` to now."""
        with self._state.lock:
            self._state.mailboxes.change(message_id, fields, self._state.clock.now_ms())

    def delete_message(self, message_id: str | int, *, purge: bool = False) -> None:
        """Delete a message as a user would, or purge its content at once."""
        state, now = self._state, self._state.clock.now_ms()
        with state.lock:
            state.mailboxes.delete(message_id, now, purge=purge)
