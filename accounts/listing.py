"""The list of accounts: one YAML file, without secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# Dashes become underscores in the names of environment variables: with both, two accounts could
# share theirs.
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class ListError(Exception):
    """The list cannot be used; the message is the one line that its author reads."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account to read.

    Attributes:
        name: lower-case letters, digits and single dashes, such as `south-east`.
        settings: settings of the tap that are not everybody's; none of them a secret.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def plugin(self) -> str:
        """Name of its Meltano plugin, in Meltano's form for inherited ones."""
        return f"tap-ringcentral--{self.name}"

    @property
    def prefix(self) -> str:
        """What the names of its environment variables begin with, as Meltano makes them."""
        return self.plugin.replace("-", "_").upper() + "_"


def read(path: Path) -> tuple[Account, ...]:
    """Read a list.

    Args:
        path: a YAML file: a list of mappings, each with `name` and settings of the tap.

    Returns:
        The accounts, in their order.

    Raises:
        ListError: when it cannot be read, is empty, or a name is missing, impossible or repeated.
    """
    entries = _entries(path)
    accounts = []
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict) or "name" not in entry:
            msg = f"{path}: entry {number} has no name: write `- name: …`"
            raise ListError(msg)
        settings = {str(key): _plain(value) for key, value in entry.items() if key != "name"}
        accounts.append(Account(str(entry["name"]), settings))
    for account in accounts:
        if not _NAME.fullmatch(account.name):
            msg = (
                f"{path}: {account.name!r} is no name: use lower-case letters, digits and single "
                "dashes, a letter first"
            )
            raise ListError(msg)
    if repeated := _repeated(account.name for account in accounts):
        msg = f"{path}: there are two accounts named {repeated!r}"
        raise ListError(msg)
    return tuple(accounts)


def check(accounts: Iterable[Account], schema: Mapping[str, Any]) -> None:
    """Compare the settings of accounts with those that the tap has.

    Args:
        accounts: the accounts.
        schema: JSON schema of the tap's settings, as `tap-ringcentral --about` tells it.

    Raises:
        ListError: when a setting is a secret, unknown, or has an impossible value.
    """
    known = schema["properties"]
    for account in accounts:
        for name, value in account.settings.items():
            if name not in known:
                nearest = "".join(get_close_matches(name, known, 1))
                hint = f"; do you mean {nearest}?" if nearest else ""
                msg = f"{account.name}: the tap has no setting {name}{hint}"
                raise ListError(msg)
            if known[name].get("secret"):
                msg = (
                    f"{account.name}: {name} is a secret and must not stand in a file: set the "
                    f"environment variable {account.prefix}{name.upper()} instead"
                )
                raise ListError(msg)
            validator = Draft202012Validator(known[name], format_checker=FormatChecker())
            if not validator.is_valid(value):
                msg = f"{account.name}: {name} cannot be {value!r}"
                raise ListError(msg)


def _entries(path: Path) -> list[Any]:
    try:
        content = yaml.safe_load(path.read_text())
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise ListError(msg) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        msg = f"{path}{place}: this is no YAML"
        raise ListError(msg) from None
    if not isinstance(content, list) or not content:
        msg = f"{path}: a list of accounts is needed, each beginning with `- name: …`"
        raise ListError(msg)
    return content


def _plain(value: Any) -> Any:  # noqa: ANN401 - YAML
    """Return a value as JSON knows it: YAML makes dates and times of some texts."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _repeated(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None
