"""A list of accounts as plugins of a Meltano project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from accounts.listing import Account

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = """\
# Made from {source} by `python -m accounts`: change that file instead, and make this one anew.
# Credentials are environment variables: {examples}, …
"""

# A plugin that inherits would take from its parent what it lacks itself: an account whose variables
# are missing would read the account that TAP_RINGCENTRAL_JWT logs in to. Empty counts as not set.
LOGIN = (
    "client_id", "client_secret", "jwt", "refresh_token", "token_store", "username", "extension",
    "password",
)  # fmt: skip


def include_file(accounts: Iterable[Account], source: str) -> str:
    """Return the text of a file for `include_paths` of a `meltano.yml`.

    Each account becomes an extractor that inherits from `tap-ringcentral`: its code, settings and
    selection, but no login. A part of an account inherits from that account, login and all. All
    load into one schema, so that they share tables.

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
        parent, login = "tap-ringcentral", dict.fromkeys(LOGIN, "")
    return {
        "name": account.plugin,
        "inherit_from": parent,
        "load_schema": "tap_ringcentral",
        "config": {**login, **account.settings},
    }
