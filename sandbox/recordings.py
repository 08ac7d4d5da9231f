"""The calls' recordings: which exist at a given moment, and their content."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sandbox.files import File, invented
from sandbox.instants import DAY, SECOND, iso
from sandbox.plans import FILE_IDS, FIRST_RECORDING, id_of, mix

if TYPE_CHECKING:
    from sandbox.habits import Habits
    from sandbox.plans import Plan


def recording_id(plan: Plan) -> int:
    """Return the id of a call's recording."""
    return FIRST_RECORDING + plan.number % FILE_IDS


def recording_type(plan: Plan) -> str:
    """Return the `type` of a call's recording."""
    return "OnDemand" if plan.bits >> 46 & 3 == 0 else "Automatic"


class Recordings:
    """The recordings of one account.

    Args:
        seed: the same seed makes the same contents.
        days: days for which they are kept after the start of the call.
        sizes: smallest and largest size, bytes.
        habits: the server's.

    Attributes:
        days: days for which they are kept after the start of the call.
    """

    def __init__(self, seed: int, days: float, sizes: tuple[int, int], habits: Habits) -> None:
        self.days = days
        self._seed = seed
        self._sizes = sizes
        self._habits = habits
        self._forgotten: set[int] = set()

    def forget(self, recording: int) -> None:
        """Delete a recording permanently."""
        self._forgotten.add(recording)

    def named(self, plan: Plan, now: int) -> bool:
        """Return whether a call's record, which must be visible, names its recording."""
        if not 0 < plan.recorded <= now and self._habits.unready_recordings == "absent":
            return False
        return self._habits.expired_recordings == "stay" or not self.gone(plan, now)

    def ready(self, plan: Plan, now: int) -> bool:
        """Return whether a call's recording can be downloaded."""
        return 0 < plan.recorded <= now and not self.gone(plan, now)

    def pending(self, plan: Plan, now: int) -> bool:
        """Return whether a call's recording is known, but not ready yet."""
        known = self._habits.unready_recordings != "absent" and plan.visible <= now
        return known and now < plan.recorded and not self.gone(plan, now)

    def gone(self, plan: Plan, now: int) -> bool:
        """Return whether a call's recording was deleted."""
        return self.expires(plan) <= now or recording_id(plan) in self._forgotten

    def expires(self, plan: Plan) -> int:
        """Return when a call's recording will be deleted, ms."""
        return plan.start + int(self.days * DAY)

    def content_type(self, plan: Plan) -> str:
        """Return the content type of a recording, as in its metadata."""
        return "audio/wav" if mix(recording_id(plan)) & 3 == 0 else "audio/mpeg"

    def content(self, plan: Plan) -> File:
        """Return the content of a call's recording.

        The answer's content type sometimes differs from that of the metadata.
        """
        recording, kind = recording_id(plan), self.content_type(plan)
        data = invented(f"recording {self._seed} {recording}", kind, self._sizes)
        odd = {0: "application/octet-stream", 1: f"{kind};charset=UTF-8"}
        return File(odd.get(mix(recording) >> 8 & 7, kind), data, f"{recording}.{kind[-3:]}")

    def truth(self, plan: Plan) -> dict[str, Any]:
        """Return the properties of a recording that is ready, for tests."""
        data = self.content(plan).data
        return {
            "id": str(recording_id(plan)),
            "callId": id_of(plan.number),
            "startTime": iso(plan.start),
            "type": recording_type(plan),
            "duration": plan.duration // SECOND,
            "contentType": self.content_type(plan),
            "readyAt": iso(plan.recorded),
            "expires": iso(self.expires(plan)),
            "size": len(data),
            "sha256": sha256(data).hexdigest(),
        }
