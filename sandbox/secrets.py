"""Texts that must not appear in any output: credentials, and people in the call log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

_NAMES = frozenset({"name"})
_NUMBERS = frozenset({"phoneNumber", "dialerPhoneNumber", "dialedPhoneNumber"})

# Shorter texts match by accident: "007" in an id, "null" in any JSON.
_SHORTEST = 6
# Without the country code, because every form of a number contains these digits.
_NATIONAL = 10


@dataclass(frozen=True, slots=True)
class Secrets:
    """Texts to search for, in every form in which they might be written.

    Leaves out names of fewer than six characters and phone numbers of fewer than six digits.

    Attributes:
        kinds: for each text, what kind of secret it is.
    """

    kinds: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, text: str) -> None:
        """Add a text, and its form in ASCII JSON."""
        if len(text) >= _SHORTEST:
            self.kinds[text] = self.kinds[json.dumps(text)[1:-1]] = kind

    def add_name(self, name: str) -> None:
        """Add a person's name."""
        self.add("name", name)

    def add_number(self, number: str) -> None:
        """Add a phone number by its digits, which E.164 and URLs contain."""
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
