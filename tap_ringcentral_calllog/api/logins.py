"""The logins of a run: RingCentral limits requests per user and app, so each has its own budget.

The main login may send every request. Additional logins, of other users of the same account, share
the requests that the rate limit slows down: pages of logs and mailboxes, and files. Only a refusal
of the main login counts: if an additional login is refused a request, the main login repeats it.
Requests may come from several threads; each login sends one at a time.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from math import ceil, inf
from threading import Condition, Lock, get_ident
from typing import TYPE_CHECKING, Any

import requests

from tap_ringcentral_calllog.api.pacing import LONGEST_WAIT
from tap_ringcentral_calllog.api.transport import PacedAdapter
from tap_ringcentral_calllog.errors import SettingsError, UnreachableError
from tap_ringcentral_calllog.records.account import account_id_in

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

    from tap_ringcentral_calllog.api.pacing import Pacer
    from tap_ringcentral_calllog.auth.authenticator import Authenticator

#: The purposes of requests that additional logins may send, in the words of the log.
ACCOUNT_LOG = "the account's call log"
EXTENSION_LOGS = "the call logs of extensions"
MESSAGES = "messages"
RECORDINGS = "recordings"
ATTACHMENTS = "files of messages"
#: The purpose of requests that only the main login sends.
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
        # Held by the thread that chooses the login for its next request, or sleeps until the rate
        # limit lets that leave.
        self._turn = Lock()
        # Logins by which a request is under way: the threads that have taken them, and for which
        # rate-limit groups. A thread that logs in may take the same login once more.
        self._taken: dict[UserLogin, list[tuple[int, str]]] = {}
        self._released = Condition()
        self._releases = 0
        # The thread that ends the run: no other one sends a request from then on.
        self._last: int | None = None
        self._logger = logger

    @property
    def all(self) -> tuple[UserLogin, ...]:
        """All logins, the main one first."""
        return (self.main, *self.additional)

    def able(self, purpose: str) -> list[UserLogin]:
        """Return the logins that may send a request, the main one first.

        Args:
            purpose: what the request is for.
        """
        if purpose == ALONE:
            return [self.main]
        return [one for one in self.all if _may_serve(one, purpose)]

    def leave_out(self, one: UserLogin, why: object, purpose: str = _EVERYTHING) -> None:
        """Stop using a login for a purpose, and log it once.

        Args:
            one: an additional login.
            why: the reason.
            purpose: what it is no longer used for; by default, anything.
        """
        if not (one.left_out & {purpose, _EVERYTHING} or self._is_over):
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

    def take(self, group: str, among: Sequence[UserLogin], purpose: str = ALONE) -> UserLogin:
        """Wait until one of the logins may send a request, and keep others from using it.

        Each login sends one request at a time: as long as an answer is under way, the rate limit
        does not show its request.

        Args:
            group: the request's rate-limit group.
            among: the logins that may send it; of those that are free, the first one is used.
            purpose: what the request is for. A login that is left out meanwhile does not send it.

        Returns:
            The login, to be released by the same thread. An additional login may be held while the
            main one is taken, but not the other way round: two threads could wait for each other.

        Raises:
            LongWaitError: when that is further away than a run should wait for.
            UnreachableError: when the run has ended meanwhile.
        """
        while True:
            with nullcontext() if self._last == get_ident() else self._turn:
                with self._released:
                    self._check_end()
                    able = [one for one in among if _may_serve(one, purpose)]
                    idle = [one for one in able if self._is_available(one)]
                    busy = [one.pacer.delay(group) for one in able if one not in idle]
                    delays = [one.pacer.delay(group) for one in idle]
                    is_idle = bool(idle) and min(delays) <= min(busy, default=inf)
                    if is_idle and not min(delays):
                        one = idle[delays.index(0.0)]
                        self._taken.setdefault(one, []).append((get_ident(), group))
                        return one
                    releases = self._releases
                if is_idle:
                    idle[delays.index(min(delays))].pacer.wait(group)
                    continue
            # Without the turn: whoever has the login may need it before it is free.
            with self._released:
                if self._releases == releases:
                    self._released.wait(min([*delays, LONGEST_WAIT]))

    def release(self, one: UserLogin) -> None:
        """Let a login send its next request: the last one is answered."""
        with self._released:
            self._taken[one].pop()
            if not self._taken[one]:
                del self._taken[one]
            self._releases += 1
            self._released.notify_all()

    def end(self) -> None:
        """From now on, let no other thread send a request, or log in, and let this one not wait.

        After a stop, threads may still wait for the rate limit, or download. At their next request
        they raise an `UnreachableError`.
        """
        with self._released:
            self._last = get_ident()
            self._releases += 1
            self._released.notify_all()

    def is_free(self, group: str) -> bool:
        """Return whether the main login may send a request of a group now, beside others."""
        with self._released:
            groups = {one for _, one in self._taken.get(self.main, ())}
            return group not in groups and not self.main.pacer.delay(group)

    def _is_available(self, one: UserLogin) -> bool:
        """Return whether no other thread has taken a login; the last one need not care."""
        threads = {thread for thread, _ in self._taken.get(one, ())}
        return self._last is not None or threads <= {get_ident()}

    @property
    def _is_over(self) -> bool:
        """Whether another thread has ended the run."""
        return self._last not in {None, get_ident()}

    def _check_end(self) -> None:
        if self._is_over:
            msg = "the run has ended"
            raise UnreachableError(msg)

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


def _may_serve(one: UserLogin, purpose: str) -> bool:
    return one.left_out.isdisjoint({purpose, _EVERYTHING})
