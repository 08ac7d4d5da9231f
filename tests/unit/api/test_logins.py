"""Whose a login is, by what RingCentral says of the user's own extension."""

from __future__ import annotations

import pytest

from tap_ringcentral_calllog.api.logins import Owner

URI = "https://platform.ringcentral.com/restapi/v1.0/account/401/extension/7"
ROLES = [{"id": "1"}, {"id": "2", "siteRestricted": False}]
NONE, ONE = frozenset(), frozenset("1")


@pytest.mark.parametrize(
    ("content", "owner"),
    [
        (
            {"uri": URI, "id": 7, "roles": ROLES},
            Owner("401", "7", frozenset("12"), is_limited=False),
        ),
        ({"account": {"id": 401}, "id": "7"}, Owner("401", "7", NONE, is_limited=False)),
        (
            {"id": 7, "roles": ROLES[1:], "siteAccess": "Unlimited"},
            Owner(None, "7", frozenset("2"), is_limited=False),
        ),
        (
            {"id": 7, "roles": ROLES, "siteAccess": "Limited"},
            Owner(None, "7", frozenset("12"), is_limited=True),
        ),
        ({"roles": [{"id": "1", "siteRestricted": True}]}, Owner(None, None, ONE, is_limited=True)),
        (
            {"roles": [{"id": "1", "siteRestricted": "yes"}]},
            Owner(None, None, ONE, is_limited=True),
        ),
        ({"account": "401", "roles": ["1", {}, None]}, Owner(None, None, NONE, is_limited=False)),
        ({"account": None, "roles": {"id": "1"}}, Owner(None, None, NONE, is_limited=False)),
        ({}, Owner(None, None, NONE, is_limited=False)),
    ],
)
def test_what_is_not_told_is_not_known(content, owner):
    """Ids may be numbers or texts; anything but false limits a role to sites."""
    assert Owner.from_answer(content) == owner
