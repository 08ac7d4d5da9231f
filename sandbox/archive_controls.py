"""What a test does to recordings, and asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.query import Query
from sandbox.recordings import recording_id
from sandbox.recordings_api import recorded_call

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
