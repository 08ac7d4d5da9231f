"""What must not appear anywhere: credentials, and the people in the call log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

_NAMES = frozenset({"name"})
_NUMBERS = frozenset({"phoneNumber", "dialerPhoneNumber", "dialedPhoneNumber"})

# Anything shorter is found where nobody meant it: "007" in an id, "null" in any JSON.
_SHORTEST = 6
# Without the country code: however a number is written, these stand in it.
_NATIONAL = 10


@dataclass(frozen=True, slots=True)
class Secrets:
    """Texts to search for, in every form in which they might be written.

    Leaves out what is shorter than six characters (a name) or digits (a phone number).

    Attributes:
        kinds: for each text, what kind of secret it is.
    """

    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, text: str) -> None:
        """Add a text, and how JSON in ASCII writes it."""
        if len(text) >= _SHORTEST:
            self.kinds[text] = self.kinds[json.dumps(text)[1:-1]] = kind

    def add_name(self, name: str) -> None:
        """Add a person's name."""
        self.add("name", name)

    def add_number(self, number: str) -> None:
        """Add a phone number: its digits, as numbers in E.164 and in URLs show them."""
        digits = "".join(one for one in number if one.isdigit())
        self.add("phone number", digits[-_NATIONAL:])

    def add_people_in(self, value: object) -> None:
        """Add the names and phone numbers at any depth of a record."""
        if isinstance(value, list):
            for item in value:
                self.add_people_in(item)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key in _NAMES and isinstance(item, str):
                    self.add_name(item)
                elif key in _NUMBERS and isinstance(item, (str, int)):
                    self.add_number(str(item))
                self.add_people_in(item)
