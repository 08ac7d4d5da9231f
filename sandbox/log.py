"""The call log: its content at a given moment, for the account or for one extension."""

from __future__ import annotations

import json
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.distort import distorted
from sandbox.edits import Edited
from sandbox.generated import Generated
from sandbox.instants import iso
from sandbox.plans import FILE_IDS, LAST_CHANGE, Plan, id_of, mix, number_of, number_of_id
from sandbox.query import Query
from sandbox.render import ACCOUNT, Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.edits import Telling
    from sandbox.habits import Habits
    from sandbox.people import People
    from sandbox.recordings import Recordings
    from sandbox.timetable import Timetable

# A generated call, by its position, or a call that a test added or changed.
Entry = int | Edited

# Numbers of told calls, which `sandbox.company` writes, are higher than all others.
_FIRST_TOLD = 3 << 25

# Fields that a told record takes from its plan.
_OF_PLAN = ("uri", "id", "recording", "message", "deleted")

# Fields that only the Detailed view shows.
DETAILS = ("legs", "billing", "lastModifiedTime", "transport", "metadataCategories")


class CallLog:
    """The call log of one account.

    Args:
        timetable: the generated calls.
        people: the people in the calls.
        recordings: their recordings.
        habits: how records are written.
        seed: the seed of added calls.
    """

    def __init__(
        self,
        timetable: Timetable,
        people: People,
        recordings: Recordings,
        habits: Habits,
        seed: int,
    ) -> None:
        self._generated = Generated(timetable)
        self._people = people
        self._habits = habits
        self._recordings = recordings
        self._seed = seed
        self._renderer = Renderer(people, recordings)
        self._edited: dict[int, Edited] = {}
        self._serial = 0
        self._told = 0

    def entries(self, query: Query, now: int, viewer: int = ACCOUNT) -> Iterator[Entry]:
        """Yield the calls that match, newest first by start time, then by id.

        Args:
            query: the query.
            now: the sandbox's time, ms; calls appear and vanish with it.
            viewer: `ACCOUNT`, or the index of the extension whose log is read.
        """
        generated = self._generated.visible(query, now, viewer)
        entries: Iterator[Entry] = generated
        edited = sorted(
            (
                (one.plan.start, one.plan.number, one)
                for one in self._shown_edits(now, viewer, show_deleted=query.show_deleted)
                if query.date_from <= one.plan.start <= query.date_to
            ),
            key=lambda item: item[:2],
            reverse=True,
        )
        if edited:
            key = self._generated.start_and_number
            keyed = ((*key(at), at) for at in generated)
            both: Iterator[tuple[int, int, Entry]] = merge(
                keyed, iter(edited), key=lambda item: item[:2], reverse=True
            )
            entries = (entry for _, _, entry in both)
        if query.recording:
            # Most calls have none, and reading their records is slow.
            entries = (one for one in entries if isinstance(one, Edited) or self.plan(one).recorded)
        if not query.picks:
            return entries
        return (one for one in entries if query.matches(self.record(one, now, viewer)))

    def page(
        self, query: Query, now: int, viewer: int, span: tuple[int, int]
    ) -> tuple[list[bytes], bool]:
        """Return the records of a page as JSON, and whether more follow.

        Args:
            query: the query.
            now: the sandbox's time, ms.
            viewer: `ACCOUNT`, or the index of the extension whose log is read.
            span: position of the first record, and the number of records.
        """
        offset, count = span
        chosen = list(islice(self.entries(query, now, viewer), offset, offset + count + 1))
        records = [self.text(query, one, now, viewer).encode() for one in chosen[:count]]
        return records, len(chosen) > count

    def text(self, query: Query, entry: Entry, now: int, viewer: int) -> str:
        """Return a call's record as the API serves it for this query."""
        plan = self.plan(entry)
        if isinstance(entry, Edited):
            text = self._edited_text(query, entry, now, viewer)
        else:
            text = self._renderer.record(plan, now, detailed=query.detailed, viewer=viewer)
        if self._habits.leave_records_alone:
            return text
        return distorted(text, plan.number, self._habits)

    def truth(self, query: Query, now: int, viewer: int = ACCOUNT) -> list[dict[str, Any]]:
        """Return all records that match, as decoded JSON."""
        # msgspec is faster, but refuses the lone surrogates that these records may contain.
        plain = self._habits.leave_records_alone and not self._edited
        decode = msgspec.json.decode if plain else json.loads
        return [
            decode(self.text(query, one, now, viewer)) for one in self.entries(query, now, viewer)
        ]

    def laid_over(self) -> list[dict[str, Any]]:
        """Return the fields that tests set in added and changed calls."""
        return [part for one in self._edited.values() for part in (one.fields, one.leg)]

    def plan(self, entry: Entry) -> Plan:
        """Return a call's plan."""
        return entry.plan if isinstance(entry, Edited) else self._generated.plan(entry)

    def started(self, since: int, now: int, viewer: int) -> Iterator[Entry]:
        """Yield the calls that started in a period, visible or not, in no particular order."""
        yield from self._generated.started(since, now, viewer)
        for one in self._edited.values():
            if since <= one.plan.start <= now and (viewer == ACCOUNT or viewer in one.extensions):
                yield one

    def with_remainder(self, remainder: int) -> Iterator[Entry]:
        """Yield the calls that a recording or message may belong to; see `FILE_IDS`."""
        for one in self._edited.values():
            if one.plan.number % FILE_IDS == remainder:
                yield one
        yield from self._generated.with_remainder(remainder)

    def modified(self, entry: Entry, now: int) -> int:
        """Return when a call's record last changed, ms."""
        if isinstance(entry, Edited):
            return max(entry.plan.modified(now), entry.touched)
        return self._generated.plan(entry).modified(now)

    def changes(
        self, since: tuple[int, int], now: int, viewer: int, *, show_deleted: bool
    ) -> list[tuple[int, int, Entry]]:
        """Return calls whose records changed, in the order of the changes.

        Args:
            since: the last change to leave out: its time, ms, and the call's number.
            now: the sandbox's time, ms.
            viewer: `ACCOUNT`, or the index of the extension whose log is read.
            show_deleted: whether to include deleted records.

        Returns:
            For each call the time of its last change, ms, its number, and the call.
        """
        query = Query(date_from=since[0] - LAST_CHANGE, date_to=now, show_deleted=show_deleted)
        candidates: list[Entry] = [
            *self._generated.visible(query, now, viewer),
            *self._shown_edits(now, viewer, show_deleted=show_deleted),
        ]
        changes = [(self.modified(one, now), self.plan(one).number, one) for one in candidates]
        return sorted(
            (change for change in changes if change[:2] > since), key=lambda change: change[:2]
        )

    def _shown_edits(self, now: int, viewer: int, *, show_deleted: bool) -> Iterator[Edited]:
        for one in self._edited.values():
            plan = one.plan
            if (
                (viewer == ACCOUNT or viewer in one.extensions)
                and plan.visible <= now
                and (show_deleted or not 0 < plan.deleted <= now)
            ):
                yield one

    def add(self, fields: dict[str, Any], now: int) -> str:
        """Add a call and return its id; see `Edited.update`.

        Raises:
            KeyError: there is no such kind of call.
            ValueError: a field makes no sense.
        """
        kind = fields.pop("kind", "answered")
        one = Edited.added(self._serial, self._seed, self._people, kind)
        fields.setdefault("extension_ids", [self._people.desks[0].id])
        one.update(fields, self._people, now)
        self._serial += 1
        self._edited[one.plan.number] = one
        return id_of(one.plan.number)

    def tell(self, told: Telling, now: int = 0, call_id: str = "") -> str:
        """Add or replace a record that was written elsewhere, and return its id.

        Args:
            told: the record.
            now: the sandbox's time, ms, if the record replaces another.
            call_id: the id of the replaced record.
        """
        number = number_of_id(call_id) if call_id else None
        if number is None:
            number = number_of(_FIRST_TOLD + self._told, mix(self._seed << 20 | self._told))
            self._told += 1
        entry = told.entry(number, mix(number), len(self._people.desks))
        entry.touched = now if call_id else 0
        self._edited[number] = entry
        return id_of(number)

    def shown(self, call_id: str, now: int) -> bool:
        """Return whether a told call is in the log and not deleted."""
        one = self._edited.get(number_of_id(call_id) or -1)
        return one is not None and one.plan.visible <= now and not 0 < one.plan.deleted <= now

    def names_recording(self, call_id: str, now: int) -> bool:
        """Return whether the record of a told call names a recording."""
        plan = self._take(call_id).plan
        return plan.recorded > 0 and self._recordings.named(plan, now)

    def change(self, call_id: str, fields: dict[str, Any], now: int) -> None:
        """Change fields of a call, and set its `lastModifiedTime` to now.

        Raises:
            KeyError: there is no such call.
            ValueError: a field makes no sense.
        """
        one = self._take(call_id)
        one.update(dict(fields), self._people, now)
        one.touched = now

    def delete(self, call_id: str, now: int) -> None:
        """Delete a call as a user would: queries for deleted calls still return it.

        Raises:
            KeyError: there is no such call.
        """
        self._take(call_id).plan.deleted = now

    def remove(self, call_id: str) -> None:
        """Remove a call completely, even from queries for deleted calls.

        Raises:
            KeyError: there is no such call.
        """
        del self._edited[self._take(call_id).plan.number]

    def _take(self, call_id: str) -> Edited:
        number = number_of_id(call_id)
        if number is None:
            raise KeyError(call_id)
        if number not in self._edited:
            plan = self._generated.withdraw(number)
            if plan is None:
                raise KeyError(call_id)
            self._edited[number] = Edited.of(plan)
        return self._edited[number]

    def record(self, entry: Entry, now: int, viewer: int) -> dict[str, Any]:
        """Return a call's current Detailed record, before any distortion."""
        plan = self.plan(entry)
        text = self._renderer.record(plan, now, detailed=True, viewer=viewer)
        record: dict[str, Any] = msgspec.json.decode(text)
        if isinstance(entry, Edited):
            if entry.told:
                record = _told(record, msgspec.json.decode(entry.told))
            record["lastModifiedTime"] = iso(self.modified(entry, now))
            if record.get("legs"):
                record["legs"][0].update(entry.leg)
            record.update(entry.fields)
        return record

    def _edited_text(self, query: Query, one: Edited, now: int, viewer: int) -> str:
        record = self.record(one, now, viewer)
        if not query.detailed:
            record = {key: value for key, value in record.items() if key not in DETAILS}
            record["uri"] = record["uri"].replace("view=Detailed", "view=Simple")
        return json.dumps(record, separators=(",", ":"))


def _told(planned: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Return a told record, with the fields that the server sets."""
    own = {name: planned[name] for name in _OF_PLAN if name in planned}
    if "recording" in own and told.get("legs"):
        told["legs"][0]["recording"] = own["recording"]
    return {**own, **told}
