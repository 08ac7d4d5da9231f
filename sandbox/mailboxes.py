"""The mailboxes of the extensions: voicemail and faxes of the calls, and text messages."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from sandbox.edits import Edited
from sandbox.instants import DAY
from sandbox.messages import GONE_AFTER, KEPT, TEXTS, Message
from sandbox.people import CONTACTS
from sandbox.plans import FILE_IDS, FIRST_MESSAGE, LONGEST, NOBODY
from sandbox.refusals import not_found
from sandbox.timetable import BUSIEST, DAYS_AHEAD, busyness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.log import CallLog, Entry
    from sandbox.people import People

_FIRST_TEXT = 500_000_000_000
_TEXTS_EACH = 1_000_000
_FIRST_ADDED = 590_000_000_000
# Number of outsiders that a user writes to.
_FRIENDS = 8


class Mailboxes:
    """All messages of one account.

    Args:
        seed: the same seed and numbers make the same messages.
        log: the calls that some of them come from.
        people: the people who write.
        texts: number of text messages per user in the `days` before `now`; as many follow later.
        days: how far back they go.
        now: the sandbox's first moment, ms.
        hipaa: whether the account is a HIPAA account, which has no text messages.
    """

    def __init__(  # noqa: PLR0913  (the parameters of an account)
        self,
        seed: int,
        log: CallLog,
        people: People,
        *,
        texts: int,
        days: int,
        now: int,
        hipaa: bool,
    ) -> None:
        self._seed = seed
        self._log = log
        self._people = people
        self._count = texts
        self._days = days
        self._began = now
        self._hipaa = hipaa
        self._texts: dict[str, list[Message]] = {}
        self._edited: dict[int, Message] = {}
        self._serial = 0

    def mailbox(self, extension_id: str, now: int) -> list[Message]:
        """Return the messages of an extension that have a record now, newest first."""
        found = {one.id: one for one in self._invented(extension_id, now)}
        found = {key: self._edited.get(key, one) for key, one in found.items()}
        found.update((key, one) for key, one in self._edited.items() if extension_id in one.owners)
        shown = [
            one
            for one in found.values()
            if one.shown(now) and not (self._hipaa and one.type in TEXTS)
        ]
        return sorted(shown, key=lambda one: (one.created, one.id), reverse=True)

    def message(self, message_id: str | int, now: int) -> Message:
        """Return a message that has a record now.

        Raises:
            Refusal: the message does not exist, or was deleted.
        """
        text = str(message_id)
        for one in self._known(int(text)) if text.isascii() and text.isdigit() else ():
            if one.shown(now) and not (self._hipaa and one.type in TEXTS):
                return one
        raise not_found(parameter="messageId")

    def add(self, extension_id: str, kind: str, fields: dict[str, Any], now: int) -> Message:
        """Add a message, created now by default; see `Message.update` for the fields."""
        dice = random.Random(f"message {self._seed} {self._serial}")
        one = Message(
            id=_FIRST_ADDED + self._serial,
            type=kind,
            direction="Inbound",
            owners=(extension_id,),
            created=now,
            bits=dice.getrandbits(64),
            contact=dice.randrange(CONTACTS),
            duration=dice.randint(3, 90),
            visible=now,
        )
        one.update(fields)
        self._serial += 1
        self._edited[one.id] = one
        return one

    def change(self, message_id: str | int, fields: dict[str, Any], now: int) -> None:
        """Change a message, and set its `lastModifiedTime` to now.

        Raises:
            Refusal: the message does not exist, or was deleted.
            ValueError: a time is invalid.
        """
        one = self.message(message_id, now)
        one.update(fields)
        one.touched = now
        self._edited[one.id] = one

    def delete(self, message_id: str | int, now: int, *, purge: bool) -> None:
        """Delete a message, or purge its content at once.

        Raises:
            Refusal: the message does not exist, or was deleted.
        """
        one = self.message(message_id, now)
        one.deleted = one.deleted if 0 < one.deleted <= now else now
        one.purge = now if purge else 0
        self._edited[one.id] = one

    def written(self) -> Iterator[Message]:
        """Yield the text messages created so far, and messages that a test added or changed."""
        for texts in self._texts.values():
            yield from texts
        yield from self._edited.values()

    def _known(self, number: int) -> Iterator[Message]:
        if number in self._edited:
            yield self._edited[number]
        elif FIRST_MESSAGE <= number < FIRST_MESSAGE + FILE_IDS:
            for entry in self._log.with_remainder(number - FIRST_MESSAGE):
                if self._log.plan(entry).kind.message:
                    yield self._of_call(entry)
        else:
            index, serial = divmod(number - _FIRST_TEXT, _TEXTS_EACH)
            if 0 <= index < len(self._people.desks):
                yield from self._text_messages(index)[serial : serial + 1]

    def _invented(self, extension_id: str, now: int) -> Iterator[Message]:
        ids = [desk.id for desk in self._people.desks]
        if extension_id in ids:
            index = ids.index(extension_id)
            yield from self._text_messages(index)
            since = now - KEPT - GONE_AFTER - LONGEST
            for entry in self._log.started(since, now, index):
                if self._log.plan(entry).kind.message:
                    yield self._of_call(entry)

    def _of_call(self, entry: Entry) -> Message:
        plan = self._log.plan(entry)
        indices = entry.extensions if isinstance(entry, Edited) else (plan.extension,)
        return Message.of_call(plan, tuple(self._people.desks[index].id for index in indices))

    def _text_messages(self, index: int) -> list[Message]:
        desks = self._people.desks
        owner = desks[index].id
        if owner not in self._texts:
            dice = random.Random(f"messages {self._seed} {index}")
            friends = [dice.randrange(CONTACTS) for _ in range(_FRIENDS)]
            before = self._moments(dice, -self._days, 0, self._count)
            after = self._moments(dice, 0, DAYS_AHEAD, self._count * DAYS_AHEAD // self._days)
            made = []
            for serial, created in enumerate((*before, *after)):
                other = dice.randrange(len(desks))
                pager = dice.random() < 0.15 and other != index  # noqa: PLR2004 - a seventh or so
                one = Message(
                    id=_FIRST_TEXT + index * _TEXTS_EACH + serial,
                    type="Pager" if pager else "SMS",
                    direction=dice.choice(("Inbound", "Outbound")),
                    owners=(owner,),
                    created=created,
                    bits=dice.getrandbits(64),
                    contact=dice.choice(friends),
                    partner=other if pager else NOBODY,
                )
                made.append(one.scheduled())
            self._texts[owner] = made
        return self._texts[owner]

    def _moments(self, dice: random.Random, first: int, last: int, count: int) -> list[int]:
        """Return moments between two days, relative to the first one, mostly in office hours."""
        moments: list[int] = []
        while len(moments) < count:
            moment = self._began + dice.randrange(first * DAY, last * DAY)
            if dice.random() * BUSIEST < busyness(moment):
                moments.append(moment)
        return sorted(moments)
