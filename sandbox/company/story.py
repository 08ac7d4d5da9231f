"""What happened in a conversation, before any record of it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Outcome = Literal[
    "answered", "voicemail", "abandoned", "missed", "not_connected", "callback_requested",
    "blocked", "failed", "emergency", "fax", "unknown",
]  # fmt: skip

Form = Literal[
    "direct", "queue", "outbound", "ringout", "internal", "fax", "conference", "shared_line",
]  # fmt: skip
"""How a conversation is written down; see `telling`."""

Refusal = Literal["missed", "elsewhere", "declined", "busy", "offline", "not_accepted"]


@dataclass(frozen=True, slots=True)
class Party:
    """One party of a call.

    Attributes:
        number: the phone number, empty if withheld, with letters in it if masked.
        name: the name in the log, empty for none.
        place: the location of the number.
        extension: the extension's id, empty for an outsider.
    """

    number: str = ""
    name: str = ""
    place: str = ""
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """The caller listens to a menu or an announcement.

    Attributes:
        at: when it begins, ms since 1970, as are all moments here.
        until: when it ends.
        id: the extension's id.
        logged: whether a leg shows it.
    """

    at: int
    until: int
    id: str
    logged: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """The caller waits in a queue.

    Attributes:
        at: when the call enters the queue.
        until: when it leaves the queue.
        queue: the queue's extension id.
        end: why it leaves: "overflow" into the next queue, or else the conversation's outcome.
    """

    at: int
    until: int
    queue: str
    end: Literal["answered", "overflow", "voicemail", "abandoned", "missed", "callback_requested"]


@dataclass(frozen=True, slots=True)
class Ring:
    """Somebody's phone rings.

    Attributes:
        at: when it begins to ring.
        until: when it is answered or stops.
        person: the extension's id.
        end: "answered", or the reason why not.
        queue: the queue that rings it, empty for none.
    """

    at: int
    until: int
    person: str
    end: Refusal | Literal["answered"]
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Talk:
    """A person of the company talks with the other party.

    Attributes:
        at: when they take the call.
        until: when they leave it.
        person: the extension's id of the person; empty if the log cannot show it.
        how: by answering or placing it, after a transfer, or by picking it up from where it is
            parked.
        stands_in_for: the extension on whose behalf they talk, empty for their own.
    """

    at: int
    until: int
    person: str
    how: Literal["answer", "transfer", "pickup"] = "answer"
    stands_in_for: str = ""


@dataclass(frozen=True, slots=True)
class Parked:
    """The call is parked.

    Attributes:
        at: when it is parked.
        until: when it is picked up.
        by: the extension's id of the person who parks it.
        place: the park location's extension id.
    """

    at: int
    until: int
    by: str
    place: str


@dataclass(frozen=True, slots=True)
class Message:
    """The caller speaks to a voicemail box.

    Attributes:
        at: when it begins.
        until: when it ends.
        box: the extension's id of the voicemail box.
        left: whether a message is left.
    """

    at: int
    until: int
    box: str
    left: bool = True


Step: TypeAlias = "Menu | Waiting | Ring | Talk | Parked | Message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A conversation.

    Attributes:
        number: its place in the company's history, from 0.
        form: the form of its records.
        start: when it begins, ms since 1970.
        end: when the last party leaves.
        direction: "Outbound" if a person of the company places the call.
        outcome: its outcome.
        caller: the caller.
        called: the party that is dialled.
        steps: what happened, in order of time.
        owner: the extension's id of the main record: the extension that is dialled or dials.
        internal: whether both parties belong to the company.
        result: the word in the log; empty for the usual one, None for no word at all.
        reason: the reason in the log, empty for none.
        legs: whether the records have legs.
        session: whether the records have both session ids, only the older one, or neither.
        recorded: whether it is recorded.
        late: how much later than usual the main record appears, ms.
        follows: the number of the story that was transferred into this one's session; -1 for none.
        continued_by: the number of the story into whose session this one was transferred.
    """

    number: int
    form: Form
    start: int
    end: int
    direction: Literal["Inbound", "Outbound"]
    outcome: Outcome
    caller: Party
    called: Party
    steps: tuple[Step, ...] = ()
    owner: str = ""
    internal: bool = False
    result: str | None = ""
    reason: str = ""
    legs: bool = True
    session: Literal["both", "old", "none"] = "both"
    recorded: bool = False
    late: int = 0
    follows: int = -1
    continued_by: int = -1

    @property
    def waits(self) -> tuple[Waiting, ...]:
        """Its waits in queues, in order."""
        return tuple(one for one in self.steps if isinstance(one, Waiting))

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The rings of phones, in order."""
        return tuple(one for one in self.steps if isinstance(one, Ring))

    @property
    def talks(self) -> tuple[Talk, ...]:
        """The talks, in order."""
        return tuple(one for one in self.steps if isinstance(one, Talk))

    def ring_of(self, talk: Talk) -> Ring | None:
        """Return the ring that a talk answered, None if there was none."""
        for ring in self.rings:
            if (ring.person, ring.until, ring.end) == (talk.person, talk.at, "answered"):
                return ring
        return None
