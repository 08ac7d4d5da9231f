"""What a test does to recordings and extensions, and asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.ongoing import ongoing
from sandbox.query import Query
from sandbox.recordings import recording_id
from sandbox.recordings_api import recorded_call
from sandbox.render import ACCOUNT

if TYPE_CHECKING:
    from sandbox.state import State

_EVER = (-(1 << 60), 1 << 60)


class ArchiveControls:
    """Everything that is kept besides the call log.

    Args:
        state: the sandbox's.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def recordings_truth(self) -> list[dict[str, Any]]:
        """Return the recordings that can be fetched now, newest call first.

        Each has `id`, `callId`, `startTime`, `type`, `duration` (s), `contentType`, `readyAt`,
        `expires`, and of its bytes `size` and `sha256`.
        """
        state = self._state
        now, query = state.clock.now_ms(), Query(date_from=_EVER[0], date_to=_EVER[1])
        with state.lock:
            plans = [state.log.plan(one) for one in state.log.entries(query, now)]
            return [
                state.recordings.truth(plan) for plan in plans if state.recordings.ready(plan, now)
            ]

    def recording_bytes(self, recording: str | int) -> bytes:
        """Return what is in a recording.

        Raises:
            Refusal: there is no such recording, or no longer.
        """
        with self._state.lock:
            return self._state.recordings.content(recorded_call(self._state, recording)).data

    def forget_recording(self, recording: str | int) -> None:
        """Drop a recording, as RingCentral does beyond 100,000 of them and an administrator may.

        Raises:
            Refusal: there is no such recording, or no longer.
        """
        with self._state.lock:
            call = recorded_call(self._state, recording)
            self._state.recordings.forget(recording_id(call))

    def extensions_truth(self) -> list[dict[str, Any]]:
        """Return all extensions as the list of extensions has them, by short number."""
        with self._state.lock:
            directory = self._state.directory
            return [directory.record(one) for one in directory.extensions()]

    def queue_members_truth(self) -> dict[str, list[str]]:
        """Return for each call queue's id the ids of its members."""
        with self._state.lock:
            directory = self._state.directory
            return {
                one.id: [member.id for member in directory.members(one)]
                for one in directory.queues()
            }

    def active_calls_truth(self) -> list[dict[str, Any]]:
        """Return the records of the calls that are going on now, Detailed, newest first."""
        state = self._state
        with state.lock:
            query = Query(date_from=0, date_to=0)
            found = ongoing(state.log, query, state.clock.now_ms(), ACCOUNT)
            return [record for _, record in found]

    def change_extension(self, extension_id: str, **fields: Any) -> None:  # noqa: ANN401  (JSON)
        """Lay fields over an extension's record.

        Raises:
            Refusal: there is no such extension, or no longer.
        """
        with self._state.lock:
            self._state.directory.change(extension_id, fields)

    def disable_extension(self, extension_id: str) -> None:
        """Disable an extension; see also `Habits.disabled_extensions`."""
        self.change_extension(extension_id, status="Disabled")

    def remove_extension(self, extension_id: str) -> None:
        """Delete an extension: it is in no list any more, and all that is its own is 404.

        Raises:
            Refusal: there is no such extension, or no longer.
        """
        with self._state.lock:
            self._state.directory.remove(extension_id)
