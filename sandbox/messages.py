"""A message, and the moments at which its record appears and changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.instants import DAY, HOUR, MINUTE, SECOND, to_ms
from sandbox.plans import FILE_IDS, FIRST_MESSAGE, NOBODY, mix

if TYPE_CHECKING:
    from sandbox.plans import Plan

KEPT = 30 * DAY
KEPT_DELETED = 5 * DAY
# How long the record of a purged message remains visible.
GONE_AFTER = DAY
TEXTS = frozenset({"SMS", "Pager"})
TYPES = ("Fax", "SMS", "VoiceMail", "Pager", "Text")


@dataclass(slots=True)
class Message:
    """One message.

    Attributes:
        id: its numeric id.
        type: "VoiceMail", "Fax", "SMS" or "Pager".
        direction: "Inbound" or "Outbound".
        owners: ids of the extensions whose mailboxes contain it.
        created: when it was created, ms since 1970, as are all the moments below.
        bits: 64 random bits.
        contact: index of the outsider.
        partner: index of the colleague at the other end, or `NOBODY`.
        duration: of a voicemail, s.
        visible: when its record appears.
        read: when it is read; here and below, 0 means never.
        deleted: when it is deleted.
        purge: when its content is purged early.
        touched: when a test last changed it.
        fields: overrides of the record.
    """

    id: int
    type: str
    direction: str
    owners: tuple[str, ...]
    created: int
    bits: int
    contact: int = 0
    partner: int = NOBODY
    duration: int = 0
    visible: int = 0
    read: int = 0
    deleted: int = 0
    purge: int = 0
    touched: int = 0
    fields: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of_call(cls, plan: Plan, owners: tuple[str, ...]) -> Message:
        """Return the voicemail or fax that a call left."""
        message = cls(
            id=FIRST_MESSAGE + plan.number % FILE_IDS,
            type=plan.kind.message,
            direction=plan.kind.direction,
            owners=owners,
            created=plan.start + plan.duration,
            bits=mix(plan.bits),
            contact=plan.contact,
            duration=max(plan.duration // SECOND - 3, 1),
        ).scheduled()
        # A client that sees the call's record can read the message that it names.
        message.visible = min(message.visible, plan.visible)
        return message

    def scheduled(self) -> Message:
        """Set the moments of later changes, and return the message."""
        bits = self.bits
        self.visible = self.created + SECOND + (bits & 0xFFF)
        if self.direction == "Inbound" and bits >> 12 & 3:
            self.read = self.visible + MINUTE + (bits >> 14 & 0x3FF) * 40 * SECOND
        if bits >> 24 & 0xF == 0:
            self.deleted = self.visible + 12 * HOUR + (bits >> 28 & 0x3FF) * 20 * MINUTE
        return self

    @property
    def purged(self) -> int:
        """When its content is purged; never for text messages."""
        moments = [self.purge] if self.purge else []
        if self.type not in TEXTS:
            moments.append(self.created + KEPT)
            if self.deleted:
                moments.append(self.deleted + KEPT_DELETED)
        return min(moments, default=0)

    def shown(self, now: int) -> bool:
        """Return whether its record exists, in any state."""
        return self.visible <= now and not (self.purged and self.purged + GONE_AFTER <= now)

    def availability(self, now: int) -> str:
        """Return its `availability`: "Alive", "Deleted" or "Purged"."""
        if 0 < self.purged <= now:
            return "Purged"
        return "Deleted" if 0 < self.deleted <= now else "Alive"

    def read_status(self, now: int) -> str:
        """Return its `readStatus`; sent messages are always read."""
        status = "Read" if self.direction == "Outbound" or 0 < self.read <= now else "Unread"
        return str(self.fields.get("readStatus", status))

    def modified(self, now: int) -> int:
        """Return when its record last changed, as of `now`."""
        moments = (self.visible, self.read, self.deleted, self.purged, self.touched)
        return max(moment for moment in moments if moment <= now or moment == self.visible)

    def update(self, fields: dict[str, Any]) -> None:
        """Change the message.

        Args:
            fields: `creation_time` (or `creationTime`), `visible_at` (by default, the delay after
                its creation stays the same), `read_at` and `deleted_at` (None for never),
                `direction` and `duration` (s); every other name is a field of the record. A
                trailing underscore (`from_`) is dropped.

        Raises:
            ValueError: a time is invalid.
        """
        fields = {name.removesuffix("_"): value for name, value in fields.items()}
        created = fields.pop("creationTime", None)
        created = fields.pop("creation_time", created)
        if created is not None:
            self.visible += to_ms(created) - self.created
            self.created = to_ms(created)
        self.direction = fields.pop("direction", self.direction)
        self.duration = fields.pop("duration", self.duration)
        for name, attribute in (
            ("visible_at", "visible"),
            ("read_at", "read"),
            ("deleted_at", "deleted"),
        ):
            if name in fields:
                moment = fields.pop(name)
                setattr(self, attribute, 0 if moment is None else to_ms(moment))
        self.fields.update(fields)
