"""The company's conversations as they are in the call log, with changes and deletions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.company.telling import Teller
from sandbox.edits import Telling
from sandbox.instants import MINUTE, SECOND
from sandbox.plans import mix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sandbox.company.cast import Cast
    from sandbox.company.story import Outcome, Story
    from sandbox.company.telling import Sheet
    from sandbox.habits import Habits
    from sandbox.log import CallLog

# Determines whether a record has a voicemail, a fax or a recording.
_KINDS: dict[Outcome, str] = {"answered": "answered", "voicemail": "voicemail"}
_SHORTEST_RECORDING = 30 * SECOND
_NO_CONTACT = 0


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation and its existing records.

    Attributes:
        story: what happened.
        id: the session id that its records share.
        sheets: its records.
        ids: their ids, in the same order.
        recorded: for each, whether it names a recording.
    """

    story: Story
    id: str
    sheets: tuple[Sheet, ...]
    ids: tuple[str, ...]
    recorded: tuple[bool, ...]


class Book:
    """All conversations of an account.

    Args:
        cast: the company.
        log: the call log that receives the records.
        habits: the server's.
        seed: the account's seed.
    """

    def __init__(self, cast: Cast, log: CallLog, habits: Habits, seed: int) -> None:
        self.cast = cast
        self.teller = Teller(cast, habits, seed)
        self._log = log
        self._seed = seed
        self._stories: dict[int, Story] = {}
        self._ids: dict[int, dict[str, str]] = {}
        self._contacts = {one.number: index for index, one in enumerate(cast.outsiders)}

    def tell(self, stories: Iterable[Story], now: int = 0) -> None:
        """Add conversations, or replace those that have the same numbers.

        A record that a conversation no longer has disappears without a deletion.

        Args:
            stories: the conversations.
            now: the sandbox's time, ms: replaced records get it as `lastModifiedTime`.
        """
        for story in stories:
            before = self._ids.get(story.number, {})
            self._stories[story.number] = story
            self._ids[story.number] = {
                sheet.key: self._log.tell(
                    self._telling(story, sheet), now, before.pop(sheet.key, "")
                )
                for sheet in self.teller.sheets(story)
            }
            for call_id in before.values():
                self._log.remove(call_id)

    def __len__(self) -> int:
        """Return the number of conversations, including future ones."""
        return len(self._stories)

    def story(self, number: int) -> Story:
        """Return a conversation.

        Raises:
            KeyError: the conversation does not exist.
        """
        return self._stories[number]

    def record_ids(self, number: int) -> dict[str, str]:
        """Return the ids of a conversation's records, by `Sheet.key`.

        Raises:
            KeyError: the conversation does not exist.
        """
        return dict(self._ids[number])

    def conversation_of(self, extensions: frozenset[str] | None = None) -> dict[str, str]:
        """Return the conversation's id for each record's id, including deleted records.

        Args:
            extensions: the extensions whose logs are read; None for the account's log.
        """
        return {
            self._ids[number][one.key]: self.teller.conversation_id(
                story, self._ids[number][one.key]
            )
            for number, story in self._stories.items()
            for one in self.teller.sheets(story)
            if extensions is None or extensions & set(one.logs)
        }

    def told(self, now: int, extensions: frozenset[str] | None = None) -> Iterator[Told]:
        """Yield the existing conversations, with their existing records.

        Args:
            now: the sandbox's time, ms.
            extensions: the extensions whose logs are read; None for the account's log.
        """
        for number, story in self._stories.items():
            ids = self._ids[number]
            sheets = [
                one
                for one in self.teller.sheets(story)
                if self._log.shown(ids[one.key], now)
                and (extensions is None or extensions & set(one.logs))
            ]
            if sheets:
                shown = tuple(ids[one.key] for one in sheets)
                yield Told(
                    story,
                    self.teller.conversation_id(story, shown[0]),
                    tuple(sheets),
                    shown,
                    tuple(self._log.names_recording(one, now) for one in shown),
                )

    def _telling(self, story: Story, sheet: Sheet) -> Telling:
        bits = mix(self._seed << 40 ^ story.number)
        kind = _KINDS.get(story.outcome, "missed")
        if story.form == "fax":
            kind = "fax_in" if story.direction == "Inbound" else "fax_out"
        if sheet.role != "main" or not sheet.logs:
            kind = "missed"
        recorded = 0
        if (
            story.recorded
            and sheet.role == "main"
            and sheet.end - sheet.start > _SHORTEST_RECORDING
        ):
            recorded = story.end + 20 * SECOND + bits % (10 * MINUTE)
        late = story.late if sheet.role == "main" else 0
        outsider = story.called if story.direction == "Outbound" else story.caller
        return Telling(
            record=sheet.fields,
            start=sheet.start,
            end=sheet.end,
            visible=story.end + 15 * SECOND + bits % (15 * SECOND) + late,
            recorded=recorded,
            kind=kind,
            extensions=tuple(one.index for one in self.cast.people if one.id in sheet.logs),
            contact=self._contacts.get(outsider.number, _NO_CONTACT),
        )
