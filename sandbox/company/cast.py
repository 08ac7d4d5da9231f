"""The people who work for the company, and its queues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sandbox.company.story import Party
from sandbox.directory import Extension

if TYPE_CHECKING:
    from sandbox.directory import Directory
    from sandbox.people import People

SITES = ("Main Site", "Denver", "Miami")
_TEAMS = ("Sales", "Support", "Billing", "Operations")
# The teams of ten people.
_SEATS = (0, 1, 0, 1, 2, 0, 1, 3, 1, 2)
_SHARED_LINE = "8101"
_PLACE = "Belmont, CA"


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the account.

    Attributes:
        id: the extension's id.
        index: the index among the account's desks.
        number: the extension number.
        phone: the direct number.
        name: the name.
        team: the department.
        site: the name of the site.
    """

    id: str
    index: int
    number: str
    phone: str
    name: str
    team: str
    site: str

    @property
    def party(self) -> Party:
        """The person as a party of a call."""
        return Party(self.phone, self.name, _PLACE, self.id)


@dataclass(frozen=True, slots=True)
class Queue:
    """A call queue.

    Attributes:
        id: the extension's id.
        number: the extension number.
        phone: its own phone number.
        name: the name.
        members: its members, in the order in which they are rung.
        ring: whether free members are rung simultaneously or one after the other.
        seconds: how long each member is rung, s.
        longest: the maximum wait, s.
        then: what happens after the maximum wait; "overflow" sends the call to the last queue.
        goal: the service-level goal, in percent.
        threshold: `goal` percent of the calls should be answered within this many seconds.
        counts_abandoned: whether abandoned calls count as not answered in time.
        short: an abandoned call shorter than this never counts, s.
    """

    id: str
    number: str
    phone: str
    name: str
    members: tuple[Person, ...]
    ring: Literal["together", "in turn"]
    seconds: int
    longest: int
    then: Literal["voicemail", "overflow", "hang up", "callback"]
    goal: int
    threshold: int
    counts_abandoned: bool
    short: int

    @property
    def settings(self) -> dict[str, Any]:
        """Its `callQueueInfo`."""
        return {
            "slaGoal": self.goal,
            "slaThresholdSeconds": self.threshold,
            "includeAbandonedCalls": self.counts_abandoned,
            "abandonedThresholdSeconds": self.short,
        }

    @property
    def party(self) -> Party:
        """The queue as a party of a call."""
        return Party(self.phone, self.name, _PLACE, self.id)


# Ring, seconds, longest, then, goal, threshold, counts_abandoned, short, and the teams.
_QUEUES: tuple[tuple[Any, ...], ...] = (
    ("together", 20, 90, "voicemail", 80, 20, True, 5, ("Sales",)),
    ("in turn", 15, 180, "overflow", 80, 30, False, 10, ("Support",)),
    ("in turn", 20, 60, "callback", 90, 40, True, 15, ("Billing",)),
    ("together", 25, 75, "hang up", 75, 15, True, 5, ("Operations", "Billing", "Support")),
)


class Cast:
    """The company.

    Args:
        people: the people of the account, at least one.

    Attributes:
        account_id: the account's id.
        account_url: the account's URI.
        people: the users.
        queues: the call queues.
        company: the main number, as a party of a call.
        outsiders: people outside the company who may call or be called.
        menu: the menu's extension id.
        park: the park location's extension id.
        shared_line: the line that a few people share, as a party of a call.
        bridge: the number of conferences, as a party of a call.
        sharers: the people who share the line.
    """

    def __init__(self, people: People) -> None:
        self.account_id, self.account_url = people.account_id, people.account_url
        count = len(people.desks)
        self.people = tuple(
            Person(
                desk.id,
                index,
                desk.number,
                msgspec.json.decode(desk.party)["phoneNumber"],
                desk.name,
                _TEAMS[_SEATS[index % len(_SEATS)]],
                SITES[index % 7 // 3],
            )
            for index, desk in enumerate(people.desks)
        )
        self.queues = tuple(
            self._queue(index, msgspec.json.decode(text))
            for index, text in enumerate(people.queues)
        )
        self.company = Party(people.main_number, "Main number", _PLACE)
        self.outsiders = tuple(
            Party(one["phoneNumber"], one.get("name", ""), one["location"])
            for one in map(msgspec.json.decode, people.callers)
        )
        self.menu = str(int(self.account_id) + 950_000)
        self.park = str(int(self.account_id) + 950_003)
        line = str(int(self.account_id) + 960_000)
        self.shared_line = Party("+18005550120", "Shared line", _PLACE, line)
        self.bridge = Party("+18005550121", "Conference", _PLACE)
        self.sharers = self.people[: max(2, count // 4)]
        self._people_by_id = {one.id: one for one in self.people}
        self._queues_by_id = {one.id: one for one in self.queues}

    def _queue(self, index: int, party: dict[str, str]) -> Queue:
        *how, teams = _QUEUES[index]
        members = tuple(one for one in self.people if one.team in teams) or self.people[:1]
        return Queue(
            party["extensionId"],
            party["extensionNumber"],
            f"+1800555{110 + index:04d}",
            party["name"],
            members,
            *how,
        )

    @property
    def numbers(self) -> set[str]:
        """The company's phone numbers, other than those of people."""
        own = (self.company, self.shared_line, self.bridge, *(one.party for one in self.queues))
        return {one.number for one in own}

    def person(self, extension_id: str) -> Person | None:
        """Return the user with an extension id, None if there is none."""
        return self._people_by_id.get(extension_id)

    def queue(self, extension_id: str) -> Queue | None:
        """Return the queue with an extension id, None if there is none."""
        return self._queues_by_id.get(extension_id)

    def move_in(self, directory: Directory) -> None:
        """Set the company's teams, sites, queues and shared line in the account's directory."""
        line = self.shared_line
        directory.add(Extension(line.extension, _SHARED_LINE, line.name, "SharedLinesGroup"))
        for one in self.people:
            site = {"id": one.site.lower().replace(" ", "-"), "name": one.site}
            record = directory.record(directory.extension(one.id))
            contact = {**record["contact"], "department": one.team}
            directory.change(one.id, {"site": site, "contact": contact})
        for queue in self.queues:
            directory.change(queue.id, {"callQueueInfo": queue.settings})
            directory.assign(queue.id, tuple(one.id for one in queue.members))
