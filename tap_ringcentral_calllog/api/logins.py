"""The logins of a run: RingCentral limits requests per user and app, so each has its own budget.

The main login makes all requests. Additional ones, of other users of the same account, help with
what the rate limit slows: pages of logs and mailboxes, and files. Only the main login's refusals
count: what an additional login is refused, the main one asks for as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

import requests

from tap_ringcentral_calllog.api.transport import PacedAdapter
from tap_ringcentral_calllog.errors import SettingsError
from tap_ringcentral_calllog.records.account import account_id_in

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

    from tap_ringcentral_calllog.api.pacing import Pacer
    from tap_ringcentral_calllog.auth.authenticator import Authenticator

#: What additional logins help with, in the words of the log.
ACCOUNT_LOG = "the account's call log"
EXTENSION_LOGS = "the call logs of extensions"
MESSAGES = "messages"
RECORDINGS = "recordings"
ATTACHMENTS = "files of messages"
#: What only the main login does.
ALONE = ""

_EVERYTHING = "everything"
_LIMITED = "Limited"


class UserLogin:
    """The login of one user: access token, HTTP session and rate limit.

    Args:
        name: its name in the log; empty for the main login.
        authenticator: logs in.
        pacer: knows the user's rate limit.
        user_agent: sent with every request.

    Attributes:
        left_out: the purposes that it is not used for.
        renewed_at: when it last logged in again after a refusal; None before the first time.
    """

    def __init__(
        self, name: str, authenticator: Authenticator, pacer: Pacer, *, user_agent: str
    ) -> None:
        self.name = name
        self.authenticator = authenticator
        self.pacer = pacer
        self.adapter = PacedAdapter(pacer)
        self.session = requests.Session()
        self.session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
        self.session.mount("https://", self.adapter)
        self.session.mount("http://", self.adapter)
        self.left_out: set[str] = set()
        self.renewed_at: float | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The user of a login, as RingCentral describes them in the answer to `extension/~`.

    Attributes:
        account: the account's id; None if the answer does not contain it.
        user: the extension's id; None if the answer does not contain it.
        roles: the ids of the user's roles that the answer contains.
        is_limited: whether a role is limited to some sites.
    """

    account: str | None
    user: str | None
    roles: frozenset[str]
    is_limited: bool

    @classmethod
    def from_answer(cls, content: Mapping[str, Any]) -> Owner:
        """Read the answer.

        Args:
            content: the decoded answer.
        """
        account, roles = content.get("account"), content.get("roles")
        told = account.get("id") if isinstance(account, dict) else None
        user = content.get("id")
        known = [one for one in roles if isinstance(one, dict)] if isinstance(roles, list) else []
        is_limited = content.get("siteAccess") == _LIMITED or any(
            one.get("siteRestricted") not in {None, False} for one in known
        )
        ids = frozenset(str(one.get("id")) for one in known if one.get("id") is not None)
        return cls(
            account_id_in(content) or (str(told) if told is not None else None),
            str(user) if user is not None else None,
            ids,
            is_limited,
        )


class Logins:
    """The main login and the additional ones.

    Args:
        main: the main login.
        additional: the others.
        logger: receives a line about each login that is left out, and why.
    """

    def __init__(
        self, main: UserLogin, additional: Sequence[UserLogin], logger: logging.Logger
    ) -> None:
        self.main = main
        self.additional = tuple(additional)
        #: Additional logins that were refused the current request, and why.
        self.doubts: dict[UserLogin, str] = {}
        self._logger = logger

    @property
    def all(self) -> tuple[UserLogin, ...]:
        """All logins, the main one first."""
        return (self.main, *self.additional)

    def able(self, purpose: str) -> list[UserLogin]:
        """Return the logins that a request may go by, the main one first.

        Args:
            purpose: what the request is for.
        """
        if purpose == ALONE:
            return [self.main]
        barred = {purpose, _EVERYTHING}
        return [self.main, *(one for one in self.additional if barred.isdisjoint(one.left_out))]

    def leave_out(self, one: UserLogin, why: object, purpose: str = _EVERYTHING) -> None:
        """Stop using a login for a purpose, and log it once.

        Args:
            one: an additional login.
            why: the reason.
            purpose: what it is no longer used for; by default, anything.
        """
        if not one.left_out & {purpose, _EVERYTHING}:
            one.left_out.add(purpose)
            if purpose == _EVERYTHING:
                self._logger.warning("%s is not used: %s.", one.name, why)
            else:
                self._logger.warning("%s is not used for %s: %s.", one.name, purpose, why)

    def compare(self, owners: Mapping[UserLogin, Owner]) -> None:
        """Leave out logins that have no limit of their own, or may see less than the main one.

        Args:
            owners: the users of the logins, the main one's first. Unknown ones are missing.

        Raises:
            SettingsError: when one belongs to another account.
        """
        main, users = owners[self.main], {owners[self.main].user: "the main login"}
        for one, owner in owners.items():
            if one is self.main:
                continue
            if owner.account is None or main.account is None:
                self.leave_out(one, "RingCentral does not say which account it belongs to")
            elif owner.account != main.account:
                msg = (
                    f"{one.name} belongs to another account than the main login: take it out of "
                    "additional_jwts"
                )
                raise SettingsError(msg)
            elif owner.user in users:
                self.leave_out(
                    one,
                    f"it is the same user as {users[owner.user]}, and RingCentral limits requests "
                    "by user",
                )
            else:
                users[owner.user] = one.name
            if owner.is_limited or owner.roles != main.roles:
                # With a role that is limited to some sites, RingCentral may show a part of the log
                # without an error.
                self.leave_out(
                    one,
                    "its user does not have the same roles as the main login's user, for all sites",
                    ACCOUNT_LOG,
                )

    def free_first(self, group: str, among: Sequence[UserLogin]) -> UserLogin:
        """Return the login that may send the next request first.

        Args:
            group: the request's rate-limit group.
            among: the logins that may send it; of those that are free, the first one is used.
        """
        return min(among, key=lambda one: one.pacer.free_at(group))

    def seconds_for(self, group: str, requests: int, each: float, purpose: str) -> float:
        """Return how long requests will take, one after another, in seconds.

        Args:
            group: their rate-limit group.
            requests: how many, at least 1.
            each: how long one takes without waiting, in seconds.
            purpose: what they are for.
        """
        able = self.able(purpose)
        part = ceil(requests / len(able))
        return max(one.pacer.seconds_for(group, part, each * len(able)) for one in able)

    def per_day(self, group: str, purpose: str) -> float | None:
        """Return how many requests a day the rate limit allows; None before the first answer.

        Args:
            group: their rate-limit group.
            purpose: what the requests are for.
        """
        rate = self.main.pacer.per_day(group)
        return rate * len(self.able(purpose)) if rate else None
