"""Random choices, and who is free at a given moment."""

from __future__ import annotations

import random
from math import exp
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sandbox.company.story import Party, Ring, Talk
from sandbox.instants import HOUR, SECOND, to_datetime

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.company.cast import Cast, Person
    from sandbox.company.story import Refusal, Step

_OPENS, _CLOSES, _WORKDAYS = 8, 18, 5
# The shares of callers with a withheld number and with a masked number.
_WITHHELD, _MASKED = 0.03, 0.02
_REFUSALS: tuple[Refusal, ...] = ("declined", "declined", "offline", "busy", "not_accepted")


class Fortune:
    """Decides what happens by chance, depending on what has happened so far.

    Args:
        cast: the company.
        seed: the same seed gives the same decisions.
        zone: the company's time zone.
        serial: the number of the first story.

    Attributes:
        cast: the company.
        dice: the source of all random numbers.
    """

    def __init__(self, cast: Cast, seed: int, zone: str, serial: int = 0) -> None:
        self.cast = cast
        self.dice = random.Random(f"company {seed}")
        self._zone = ZoneInfo(zone)
        self._busy: dict[str, int] = {}
        self._serial = serial

    def number(self) -> int:
        """Return the number of the next story."""
        self._serial += 1
        return self._serial - 1

    def local(self, ms: int) -> datetime:
        """Return a moment in the company's time."""
        return to_datetime(ms).astimezone(self._zone)

    def chance(self, share: float) -> bool:
        """Return whether something with this probability happens."""
        return self.dice.random() < share

    def seconds(self, shortest: float, longest: float) -> int:
        """Return a random number of whole seconds between two bounds, in ms."""
        return round(self.dice.uniform(shortest, longest)) * SECOND

    def length(self, median: float = 140, longest: float = 3_600) -> int:
        """Return the duration of a talk or the like: whole seconds, in ms."""
        seconds = median * exp(self.dice.gauss(0, 0.9))
        return round(min(max(seconds, 5), longest)) * SECOND

    def known(self) -> Party:
        """Return a random outsider; a few of them call often."""
        outsiders = self.cast.outsiders
        return outsiders[int(len(outsiders) * self.dice.random() ** 2.5)]

    def outsider(self) -> Party:
        """Return an outsider as a caller: some without a number, or with a masked one."""
        party = self.known()
        if self.chance(_WITHHELD):
            return Party(name="Anonymous")
        if self.chance(_MASKED):
            return Party(f"{party.number[:-4]}XXXX", "", party.place)
        return party

    def person(self, *but: str) -> Person:
        """Return a random person of the company except `but`, if there is another."""
        others = [one for one in self.cast.people if one.id not in but]
        return self.dice.choice(others or self.cast.people)

    def open(self, at: int) -> bool:
        """Return whether people are at work."""
        local = self.local(at)
        return local.weekday() < _WORKDAYS and _OPENS <= local.hour < _CLOSES

    def next_open(self, at: int) -> int:
        """Return the next moment of working time."""
        if self.open(at):
            return at
        hour = at // HOUR + 1
        while not self.open(hour * HOUR):
            hour += 1
        return hour * HOUR + self.seconds(0, 1_800)

    def free(self, person: Person, at: int) -> bool:
        """Return whether somebody is at work, and not on the phone."""
        return self.open(at) and self._busy.get(person.id, 0) <= at

    def occupy(self, *steps: Step) -> None:
        """Keep people busy while they talk or their phones ring."""
        for one in steps:
            if isinstance(one, (Ring, Talk)) and one.person:
                self._busy[one.person] = max(self._busy.get(one.person, 0), one.until)

    def picks_up(self, longest: int) -> int:
        """Return after how many seconds a person takes a call.

        Returns:
            0 if the person lets it ring, or the negative number of seconds after which they refuse
            it.
        """
        if self.chance(0.66):
            return self.dice.randint(3, max(longest - 2, 4))
        return -self.dice.randint(1, 6) if self.chance(0.35) else 0

    def refusal(self) -> Refusal:
        """Return how somebody refuses a call."""
        return self.dice.choice(_REFUSALS)
