"""Reads and checks the list of accounts: one YAML file, without secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

# Dashes become underscores in the names of environment variables. If names could contain both, two
# accounts could share a variable.
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")


class ListError(Exception):
    """The list cannot be used; the message is one line for its author."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account to read.

    Attributes:
        name: lower-case letters, digits and single dashes, such as `south-east`.
        settings: settings of the tap for this account; none of them a secret.
        part_of: the account whose login and settings this entry uses, for a range of its backfill.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    part_of: str | None = None

    @property
    def plugin(self) -> str:
        """Name of its Meltano plugin, in Meltano's form for inherited ones."""
        return f"tap-ringcentral--{self.name}"

    @property
    def prefix(self) -> str:
        """Prefix of its environment variables, as Meltano forms it."""
        return self.plugin.replace("-", "_").upper() + "_"


def read(path: Path) -> tuple[Account, ...]:
    """Read a list.

    Args:
        path: a YAML file with a list of mappings. Each has `name`, may have settings of the tap,
            and may have `part_of`.

    Returns:
        The accounts, in order.

    Raises:
        ListError: when it cannot be read or is empty, when a name is missing, invalid or repeated,
            or when `part_of` names no account.
    """
    accounts = tuple(
        _account(entry, f"{path}: entry {number}") for number, entry in enumerate(_entries(path), 1)
    )
    names = [account.name for account in accounts]
    if repeated := [name for name in names if names.count(name) > 1]:
        msg = f"{path}: there are two accounts named {repeated[0]!r}"
        raise ListError(msg)
    whole = {account.name for account in accounts if account.part_of is None}
    for account in accounts:
        if account.part_of is not None and account.part_of not in whole:
            msg = f"{path}: {account.name} is part of {account.part_of!r}, which is not in the list"
            raise ListError(msg)
    return accounts


def _account(entry: Any, place: str) -> Account:  # noqa: ANN401 - YAML
    if not isinstance(entry, dict) or "name" not in entry:
        msg = f"{place} has no name: write `- name: …`"
        raise ListError(msg)
    settings = {str(key): _plain(value) for key, value in entry.items()}
    name, part_of = str(settings.pop("name")), settings.pop("part_of", None)
    if not _NAME.fullmatch(name):
        msg = (
            f"{place}: {name!r} is not a valid name: use lower-case letters, digits and single "
            "dashes, a letter first"
        )
        raise ListError(msg)
    return Account(name, settings, part_of if part_of is None else str(part_of))


def check(accounts: Iterable[Account], schema: Mapping[str, Any]) -> None:
    """Check the settings of accounts against the settings of the tap.

    Args:
        accounts: the accounts.
        schema: JSON schema of the tap's settings, from `tap-ringcentral --about`.

    Raises:
        ListError: when a setting is a secret, is unknown, or has an invalid value.
    """
    known = schema["properties"]
    for account in accounts:
        for name, value in account.settings.items():
            if name not in known:
                nearest = "".join(get_close_matches(name, known, 1))
                hint = f"; did you mean {nearest}?" if nearest else ""
                msg = f"{account.name}: the tap has no setting {name}{hint}"
                raise ListError(msg)
            if known[name].get("secret"):
                msg = (
                    f"{account.name}: {name} is a secret and must not be in a file: set the "
                    f"environment variable {account.prefix}{name.upper()} instead"
                )
                raise ListError(msg)
            validator = Draft202012Validator(known[name])
            if not validator.is_valid(value):
                msg = f"{account.name}: {value!r} is not a valid value for {name}"
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
        msg = f"{path}{place}: this is not valid YAML"
        raise ListError(msg) from None
    if not isinstance(content, list) or not content:
        msg = f"{path}: write a list of accounts, each beginning with `- name: …`"
        raise ListError(msg)
    return content


def _plain(value: Any) -> Any:  # noqa: ANN401 - YAML
    """Return a value as JSON has it: YAML turns some strings into dates and times."""
    return value.isoformat() if hasattr(value, "isoformat") else value
