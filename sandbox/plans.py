"""A call, and the moments at which its record appears and changes."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from math import exp
from statistics import NormalDist
from typing import TYPE_CHECKING

from sandbox.instants import DAY, HOUR, MINUTE, SECOND
from sandbox.kinds import KIND_OF_BYTE, MISSED_BY_MEMBER
from sandbox.timetable import extension_of, is_deleted_later, partner_of

if TYPE_CHECKING:
    from sandbox.kinds import Kind

# The longest generated call, ms. After this time plus the delay, every generated call is visible.
LONGEST = 3 * HOUR + 30 * MINUTE
SHOWN_AFTER = 30 * SECOND
# How long after its start a generated call's record may change; deletion is the last change.
LAST_CHANGE = 20 * DAY

# The first number of a call, so that all ids have the same length.
FIRST_NUMBER = 1 << 27
NOBODY = -1

# Ids of recordings and messages are a base plus the call's number modulo this prime.
FILE_IDS = 1_000_000_007
FIRST_RECORDING = 800_000_000_000
FIRST_MESSAGE = 400_000_000_000

_MASK = (1 << 64) - 1
_SPREAD = 1023
# Talk times are log-normal: half are under 100 s, one in a thousand is over 90 minutes.
_TALKS = tuple(
    min(int(exp(4.6 + 1.3 * NormalDist().inv_cdf((k + 0.5) / (_SPREAD + 1))) * 1000), LONGEST)
    for k in range(_SPREAD + 1)
)

_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_SORTED = b"-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_TO_SORTED = bytes.maketrans(_STANDARD, _SORTED)
_FROM_SORTED = bytes.maketrans(_SORTED, _STANDARD)


def mix(seed: int) -> int:
    """Return 64 well-mixed bits of a number (the finalizer of SplitMix64)."""
    seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EB & _MASK
    return seed ^ (seed >> 31)


def number_of(position: int, seed: int) -> int:
    """Return the number in the id of a call; later positions have higher numbers."""
    return (FIRST_NUMBER + position) << 20 | seed & 0xFFFFF


def id_of(number: int) -> str:
    """Return the id of a call; ids sort as the numbers do."""
    text = b2a_base64(number.to_bytes(6, "big"), newline=False).translate(_TO_SORTED)
    return f"I{text.decode()}KzUA"


def number_of_id(text: str) -> int | None:
    """Return the number in an id, None if it is not a valid id."""
    if text.isdigit():
        return int(text)
    try:
        return int.from_bytes(a2b_base64(text[1:9].encode().translate(_FROM_SORTED)), "big")
    except ValueError:
        return None


class Plan:
    """Everything about a call that is decided before it starts.

    Attributes:
        number: the number in its id.
        start: when it starts, ms since 1970, as are all the moments below.
        duration: ms.
        bits: 64 random bits.
        kind: what kind of call it is.
        extension: index of the extension it belongs to.
        partner: index of the extension at the other end, or `NOBODY`.
        contact: index of the outsider.
        session: the number of the conversation's main record, which all its records share.
        session_bits: 64 random bits, the same for all records of a conversation.
        visible: when its record appears.
        recorded: when the recording is attached; here and below, 0 means never.
        revised: when the billing and sometimes the result are corrected.
        deleted: when the record is deleted.
    """

    __slots__ = (
        "bits", "contact", "deleted", "duration", "extension", "kind", "number", "partner",
        "recorded", "revised", "session", "session_bits", "start", "visible",
    )  # fmt: skip

    def __init__(
        self, number: int, start: int, seed: int, extensions: int, kind: Kind | None = None
    ) -> None:
        self.number = self.session = number
        self.start = start
        self.kind = kind = kind or KIND_OF_BYTE[seed & 0xFF]
        self.bits = bits = mix(seed)
        self.session_bits = seed
        self.extension = extension_of(seed, extensions)
        self.partner = NOBODY
        if kind.internal and extensions > 1:
            self.partner = partner_of(seed, self.extension, extensions)
        self.contact = seed >> 24 & 0x3FF
        if kind.length == "talk":
            self.duration = _TALKS[bits & _SPREAD] + (bits >> 10 & 0x1FF)
        else:
            self.duration = 4 * SECOND + (bits & 0x7FFF)
        self.deleted = 0
        self.schedule()
        if is_deleted_later(seed):
            self.deleted = self.visible + 2 * HOUR + (bits >> 30 & 0xFFFFF) * 1_600

    def schedule(self) -> None:
        """Set the moments that depend on the end of the call."""
        bits = self.bits
        end = self.start + self.duration
        self.visible = end + 15 * SECOND + ((bits >> 20 & 0x3FFF) * 15 * SECOND >> 14)
        self.recorded = self.revised = 0
        if self.kind.recorded and bits >> 50 & 3 == 0 and self.duration > 30 * SECOND:
            self.recorded = end + 20 * SECOND + (bits >> 36 & 0x3FF) * 850
        if bits >> 58 & 0x1F == 0:
            self.revised = self.visible + 5 * MINUTE + (bits >> 40 & 0xFFFF) * SECOND

    @classmethod
    def unanswered(
        cls, number: int, start: int, seed: int, extensions: int, call: tuple[int, int, int]
    ) -> Plan:
        """Return the plan of the record for a queue member who did not answer.

        Args:
            number: the number in the record's id.
            start: when the member's phone rang.
            seed: the member's seed.
            extensions: how many there are.
            call: number and seed of the call to the queue, and the member's position in it.
        """
        plan = cls(number, start, seed, extensions, MISSED_BY_MEMBER)
        plan.session, plan.session_bits, rank = call
        plan.contact = plan.session_bits >> 24 & 0x3FF
        plan.extension = (extension_of(plan.session_bits, extensions) + rank) % extensions
        plan.deleted = 0
        return plan

    def modified(self, now: int) -> int:
        """Return when the record last changed, as of `now`."""
        moments = (self.visible, self.recorded, self.revised, self.deleted)
        return max(moment for moment in moments if moment <= now or moment == self.visible)
