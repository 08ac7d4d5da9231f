"""The people of the invented company and its callers, as prerendered JSON.

A page of the call log names thousands of parties, so each party is rendered only once.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import msgspec

CONTACTS = 1024

_FIRST = (
    "Ada Bruno Carla Dmitri Esra Farid Greta Hugo Ines Jonas Kemal Lena Mira Noah Olga Pavel "
    "Quinn Rosa Sami Tara Uwe Vera Wim Xenia Yusuf Zita"
)
_ACCENTED = "Anaïs José Łucja Søren Zoë 美咲"
_LAST = (
    "Abbott Brandt Castillo Dufour Eriksen Falk Garnier Holm Ito Jansen Kowalski Lindqvist "
    "Moreau Novak Okafor Petrov Quiroga Rossi Schaefer Tanaka Ueda Vargas Winter Yilmaz Zimmer"
)
_PLACES = (
    ("212", "New York, NY"),
    ("312", "Chicago, IL"),
    ("415", "San Francisco, CA"),
    ("512", "Austin, TX"),
    ("602", "Phoenix, AZ"),
    ("617", "Boston, MA"),
    ("704", "Charlotte, NC"),
    ("720", "Denver, CO"),
    ("786", "Miami, FL"),
    ("816", "Kansas City, MO"),
    ("971", "Portland, OR"),
)
_HOME = "Belmont, CA"
_QUEUES = ("Sales queue", "Support queue", "Billing queue", "Front desk")


@dataclass(frozen=True, slots=True)
class Desk:
    """One extension of the account.

    Attributes:
        id: the numeric extension id, as text.
        number: the extension number.
        name: the user's name.
        party: its `from`, as JSON.
        party_dialed: its `to`, as JSON.
        ref: the `extension` of its records, as JSON.
    """

    id: str
    number: str
    name: str
    party: str
    party_dialed: str
    ref: str


class People:
    """The people who may appear in the call log.

    Args:
        seed: the same seed invents the same people.
        extensions: how many extensions the account has, at least 1.
        url: base of the URIs in records, without a slash at the end.
        media: base of the URIs of files; empty for `url`.

    Attributes:
        account_id: the numeric account id, as text.
        account_url: the account's URI.
        media_url: the account's URI on the media host.
        main_number: the company's phone number.
        desks: its extensions.
        callers: outsiders as `from`, JSON.
        called: the same outsiders as `to`, JSON.
        company: the company as `to`, JSON.
        queues: its call queues as `to`, JSON.
        names: the names of all people.
        numbers: all phone numbers.
    """

    def __init__(self, seed: int, extensions: int, url: str, media: str = "") -> None:
        dice = random.Random(f"people {seed}")
        self.names: set[str] = set()
        self.account_id = str(401_400_000_008 + (seed % 1_000_000) * 1_000)
        self.account_url = f"{url}/restapi/v1.0/account/{self.account_id}"
        self.media_url = f"{media or url}/restapi/v1.0/account/{self.account_id}"
        self.main_number = _number("650", seed)
        self.numbers = {self.main_number}
        self.desks = tuple(
            self._desk(index, invented_name(dice, index)) for index in range(extensions)
        )
        self.callers: list[str] = []
        self.called: list[str] = []
        for index in range(CONTACTS):
            area, place = _PLACES[index // 100]
            number, name = _number(area, index), invented_name(dice, index)
            self.numbers.add(number)
            self.names.add(name)
            about = {"phoneNumber": number, "name": name, "location": place}
            # Some callers have only a number, as real ones do.
            if index % 5 == 0:
                del about["name"]
            self.callers.append(_json(**about, dialerPhoneNumber=number))
            self.called.append(_json(**about, dialedPhoneNumber=number))
        self.company = _json(phoneNumber=self.main_number, name="Main number", location=_HOME)
        self.queues = tuple(
            _json(
                phoneNumber=self.main_number,
                extensionNumber=str(8001 + index),
                extensionId=str(int(self.account_id) + 900_000 + index),
                name=name,
            )
            for index, name in enumerate(_QUEUES)
        )

    def _desk(self, index: int, name: str) -> Desk:
        # Extension ids are not evenly spaced, and the first one is the account's own id.
        extension_id = str(int(self.account_id) + index * 1_000 + index * index % 997)
        device = str(802_000_000 + int(extension_id) % 1_000_000)
        direct = _number("650", index)
        self.numbers.add(direct)
        self.names.add(name)
        party = {
            "phoneNumber": direct,
            "extensionNumber": str(101 + index),
            "extensionId": extension_id,
            "name": name,
            "location": _HOME,
            "device": {"id": device, "uri": f"{self.account_url}/device/{device}"},
        }
        return Desk(
            id=extension_id,
            number=str(101 + index),
            name=name,
            party=_json(**party),
            party_dialed=_json(**party, dialedPhoneNumber=direct),
            ref=_json(id=int(extension_id), uri=f"{self.account_url}/extension/{extension_id}"),
        )


def _number(area: str, index: int) -> str:
    # 555-0100 to 555-0199 are set aside for fiction.
    return f"+1{area}555{100 + index % 100:04d}"


def invented_name(dice: random.Random, index: int) -> str:
    """Return a random name."""
    # Few names are not ASCII, because joining other text is much slower.
    first = _ACCENTED if index % 16 == 7 else _FIRST  # noqa: PLR2004 - one in sixteen, anywhere
    return f"{dice.choice(first.split())} {dice.choice(_LAST.split())}"


def _json(**fields: object) -> str:
    return msgspec.json.encode(fields).decode()
