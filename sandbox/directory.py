"""The extensions of the account: current, former and future users, and queues."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.people import invented_name
from sandbox.plans import mix
from sandbox.refusals import not_found

if TYPE_CHECKING:
    from sandbox.people import People

_DEPARTMENTS = ("Sales", "Support", "Billing", "Operations")
_JOBS = ("Account Manager", "Agent", "Team Lead", "Specialist", "Director")
# Extensions without a user: number, type and name. Call queues come from the calls.
_SERVICES = (
    ("9001", "IvrMenu", "Main menu"),
    ("9002", "Announcement", "Office hours"),
    ("9003", "Voicemail", "General voicemail"),
    ("9004", "ParkLocation", "Park 1"),
    ("9005", "PagingOnly", "Warehouse paging"),
    ("9006", "Limited", "Lobby phone"),
)
_FORMER, _COMING = 600_000, 700_000
_SERVICE_IDS = 950_000
_MEMBERSHIP = 3  # one in this many users is a member of a queue


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension, before any change by a test.

    Attributes:
        id: its numeric id, as text.
        number: its short number.
        name: the user's or the queue's name.
        type: its `type`.
        status: its `status`.
        phone: its direct phone number, empty for none.
    """

    id: str
    number: str
    name: str
    type: str = "User"
    status: str = "Enabled"
    phone: str = ""


class Directory:
    """The extensions of the account.

    Args:
        seed: the same seed makes the same extensions.
        people: the people in the calls, who all have an extension.
    """

    def __init__(self, seed: int, people: People) -> None:
        self._seed = seed
        self._people = people
        self._made: dict[str, Extension] = {}
        self._fields: dict[str, dict[str, Any]] = {}
        self._removed: set[str] = set()
        self._members: dict[str, tuple[str, ...]] = {}

    def add(self, extension: Extension) -> None:
        """Add an extension."""
        self.extensions()
        self._made[extension.id] = extension

    def assign(self, queue_id: str, members: tuple[str, ...]) -> None:
        """Set a queue's members by their ids."""
        self._members[queue_id] = members

    def extensions(self) -> list[Extension]:
        """Return all current extensions, by extension number."""
        if not self._made:
            self._made = {one.id: one for one in self._make()}
        return [one for one in self._made.values() if one.id not in self._removed]

    def extension(self, extension_id: str, parameter: str = "extensionId") -> Extension:
        """Return an extension.

        Raises:
            Refusal: the extension does not exist, or was deleted.
        """
        self.extensions()
        if extension_id in self._removed or extension_id not in self._made:
            raise not_found(parameter=parameter)
        return self._made[extension_id]

    def status(self, extension: Extension) -> str:
        """Return an extension's status."""
        return str(self._fields.get(extension.id, {}).get("status", extension.status))

    def change(self, extension_id: str, fields: dict[str, Any]) -> None:
        """Override fields of an extension's record.

        Raises:
            Refusal: there is no such extension, or no longer.
        """
        self._fields.setdefault(self.extension(extension_id).id, {}).update(fields)

    def remove(self, extension_id: str) -> None:
        """Delete an extension.

        Raises:
            Refusal: there is no such extension, or no longer.
        """
        self._removed.add(self.extension(extension_id).id)

    @property
    def removed(self) -> frozenset[str]:
        """The ids of deleted extensions."""
        return frozenset(self._removed)

    def queues(self) -> list[Extension]:
        """Return the call queues."""
        return [one for one in self.extensions() if one.type == "Department"]

    def members(self, queue: Extension) -> list[Extension]:
        """Return a queue's members."""
        desks = [one.id for one in self._people.desks]
        if queue.id in self._members:
            return [self._made[one] for one in self._members[queue.id] if one not in self._removed]
        return [
            self._made[one]
            for index, one in enumerate(desks)
            if one not in self._removed
            and (
                mix(self._seed << 40 | int(queue.number) << 20 | index) % _MEMBERSHIP == 0
                or index == int(queue.number) % len(desks)
            )
        ]

    def record(self, extension: Extension) -> dict[str, Any]:
        """Return an extension as the API lists it."""
        url = f"{self._people.account_url}/extension/{extension.id}"
        admin = extension.id == self._people.desks[0].id
        record: dict[str, Any] = {
            "uri": url,
            "id": int(extension.id),
            "extensionNumber": extension.number,
            "name": extension.name,
            "type": extension.type,
            "status": extension.status,
            "contact": self._contact(extension),
            "permissions": {
                "admin": {"enabled": admin},
                "internationalCalling": {"enabled": extension.type == "User"},
            },
            "profileImage": {"uri": f"{url}/profile-image"},
            "hidden": False,
            "site": {"id": "main-site", "name": "Main Site"},
        }
        if extension.type == "Department":
            record["callQueueInfo"] = _service_level(extension)
        return {**record, **self._fields.get(extension.id, {})}

    def queue_record(self, queue: Extension, *, details: bool) -> dict[str, Any]:
        """Return a call queue as the list shows it, or as the route of a single queue does."""
        known = self.record(queue)
        record = {
            "uri": f"{self._people.account_url}/extension/{queue.id}",
            "id": queue.id,
            **{name: known[name] for name in ("extensionNumber", "name", "status", "site")},
        }
        if details:
            chance = mix(int(queue.id))
            record["serviceLevelSettings"] = known["callQueueInfo"]
            record["editableMemberStatus"] = chance & 1 == 0
            record["alertTimer"] = 5 * (1 + (chance >> 1 & 3))
        return record

    def _contact(self, extension: Extension) -> dict[str, Any]:
        company = {"company": "Belmont Supplies, Inc."}
        if extension.type != "User":
            return {"firstName": extension.name, **company}
        first, last = extension.name.split(" ", 1)
        chance = mix(int(extension.id))
        contact = {
            "firstName": first,
            "lastName": last,
            **company,
            "email": f"{_plain(first)}.{_plain(last)}.{extension.number}@example.com",
            "department": _DEPARTMENTS[chance & 3],
            "jobTitle": _JOBS[(chance >> 2) % len(_JOBS)],
            "emailAsLoginName": chance >> 8 & 1 == 1,
        }
        if extension.phone:
            contact["businessPhone"] = extension.phone
        return contact

    def _make(self) -> list[Extension]:
        people = self._people
        dice = random.Random(f"directory {self._seed}")
        base, count = int(people.account_id), len(people.desks)
        made = [
            Extension(
                one.id, one.number, one.name, phone=msgspec.json.decode(one.party)["phoneNumber"]
            )
            for one in people.desks
        ]
        for index in range(1 + count // 8):
            number, name = str(601 + index), invented_name(dice, index)
            made.append(Extension(str(base + _FORMER + index * 3), number, name, status="Disabled"))
        for index in range(1 + count // 12):
            number, name = str(701 + index), invented_name(dice, index)
            made.append(
                Extension(str(base + _COMING + index * 3), number, name, status="NotActivated")
            )
        for text in people.queues:
            queue = msgspec.json.decode(text)
            made.append(
                Extension(
                    queue["extensionId"], queue["extensionNumber"], queue["name"], "Department"
                )
            )
        for index, (number, kind, name) in enumerate(_SERVICES):
            made.append(Extension(str(base + _SERVICE_IDS + index), number, name, kind))
        return sorted(made, key=lambda one: (len(one.number), one.number, one.id))


def _service_level(queue: Extension) -> dict[str, Any]:
    # Each queue has different targets, so that a mix-up of queues shows in tests.
    chance = mix(int(queue.id)) >> 8
    return {
        "slaGoal": (70, 80, 90, 95)[chance & 3],
        "slaThresholdSeconds": 10 + 5 * (chance >> 2 & 7),
        "includeAbandonedCalls": chance >> 5 & 1 == 1,
        "abandonedThresholdSeconds": 5 + (chance >> 6 & 7),
    }


def _plain(name: str) -> str:
    return "".join(one for one in name.lower() if one.isascii() and one.isalpha()) or "user"
