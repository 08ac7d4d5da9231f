"""Turns a list of accounts into plugins of a Meltano project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from accounts.listing import Account

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = """\
# Written by `python -m accounts` from {source}. Change that file and run the command again.
# Credentials are in environment variables: {examples}, …
"""

# A plugin inherits the settings that it does not set itself. Without these empty values, an account
# whose variables are missing would read the account of TAP_RINGCENTRAL_JWT. Empty counts as not
# set.
LOGIN = (
    "client_id", "client_secret", "jwt", "additional_jwts", "refresh_token", "token_store",
    "username", "extension", "password",
)  # fmt: skip


def include_file(accounts: Iterable[Account], source: str) -> str:
    """Return the text of a file for `include_paths` of a `meltano.yml`.

    Each account becomes an extractor that inherits code, settings and selection from
    `tap-ringcentral`, but not the login. A part of an account inherits everything from that
    account, including the login. All load into one schema and so share tables.

    Args:
        accounts: the accounts.
        source: the name of their list.
    """
    accounts = list(accounts)
    examples = f"{accounts[0].prefix}CLIENT_ID, {accounts[0].prefix}JWT"
    content = {"plugins": {"extractors": [_extractor(account) for account in accounts]}}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    return _HEAD.format(source=source, examples=examples) + text


def _extractor(account: Account) -> dict[str, Any]:
    if account.part_of:
        parent, login = Account(account.part_of).plugin, {}
    else:
        # Meltano refuses an empty text where it expects a list.
        parent, login = "tap-ringcentral", {**dict.fromkeys(LOGIN, ""), "additional_jwts": []}
    return {
        "name": account.plugin,
        "inherit_from": parent,
        "load_schema": "tap_ringcentral",
        "config": {**login, **account.settings},
    }
