"""The state of a running sandbox, shared by its routes and the test that controls it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.credentials import Permissions
from sandbox.faults import FaultPlan
from sandbox.refusals import not_found
from sandbox.render import ACCOUNT

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.clock import Clock
    from sandbox.company.book import Book
    from sandbox.credentials import Credentials
    from sandbox.directory import Directory
    from sandbox.habits import Habits
    from sandbox.limits import RateLimiter
    from sandbox.log import CallLog
    from sandbox.mailboxes import Mailboxes
    from sandbox.message_records import MessageWriter
    from sandbox.people import People
    from sandbox.recordings import Recordings
    from sandbox.tokens import Tokens

MYSELF = "~"

_SECRETS = frozenset(
    {
        "assertion", "client_secret", "code", "code_verifier", "password", "refresh_token",
        "token", "access_token",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A received request; its secrets are replaced by "[redacted]".

    Attributes:
        method: the HTTP method.
        path: the path without the query.
        query: the query parameters.
        form: the fields of a posted form.
        status: the answer's status; 0 if the connection was reset.
        group: the rate-limit group, empty for none.
        user: extension id of the user whose token it had; empty without a token.
        headers: the request's headers, in lower case; `authorization` is "[redacted]".
        at: when it arrived, in sandbox time.
        monotonic: when it arrived, by the clock of the rate limits, s.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    form: dict[str, list[str]]
    status: int
    group: str
    at: datetime
    monotonic: float
    headers: dict[str, str] = field(default_factory=dict)
    user: str = ""


def redacted(fields: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return parameters with "[redacted]" instead of secrets."""
    return {
        name: ["[redacted]"] * len(values) if name in _SECRETS else values
        for name, values in fields.items()
    }


@dataclass(slots=True)
class State:
    """The parts of one sandbox. `lock` guards all of them.

    Attributes:
        url: base of all URIs except those of files, without a slash at the end.
        media_url: base of the sandbox's own URIs of files.
        seed: the seed of the account.
        group_names: a group's name in headers, if it differs from its own name.
        latency: delay of every answer, s.
        hipaa: whether the account is a HIPAA account.
        book: the conversations of the company, if there is one.
        sync_epoch: increases when all sync tokens are invalidated.
        asking: extension id of the user of the current request.
    """

    url: str
    media_url: str
    seed: int
    clock: Clock
    people: People
    log: CallLog
    recordings: Recordings
    directory: Directory
    mailboxes: Mailboxes
    writer: MessageWriter
    limiter: RateLimiter
    tokens: Tokens
    credentials: Credentials
    refresh_token: str
    habits: Habits
    group_names: dict[str, str]
    latency: float
    hipaa: bool
    book: Book | None = None
    sync_epoch: int = 0
    asking: str = ""
    permissions: Permissions = field(default_factory=Permissions)
    faults: FaultPlan = field(default_factory=FaultPlan)
    requests: list[Seen] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def owner_id(self) -> str:
        """The extension id of the first user who logs in."""
        return self.people.desks[0].id

    @property
    def users(self) -> dict[str, str]:
        """The extension ids of the users who may log in, by their JWTs."""
        jwts = [self.credentials.jwt, *self.credentials.more_jwts]
        return {jwt: desk.id for jwt, desk in zip(jwts, self.people.desks, strict=False)}

    @property
    def allowed(self) -> frozenset[str]:
        """The permissions of the user of the current request."""
        return self.permissions.own.get(self.asking, self.permissions.user)

    def check_account(self, account_id: str) -> None:
        """Refuse requests for another account."""
        if account_id not in {MYSELF, self.people.account_id}:
            raise not_found(parameter="accountId")

    def viewer(self, extension_id: str | None) -> int:
        """Return the viewer for an extension id, or for None, the account."""
        if extension_id is None:
            return ACCOUNT
        mine = extension_id == MYSELF
        wanted = self.asking if mine else extension_id
        for index, desk in enumerate(self.people.desks):
            if desk.id == wanted and (mine or wanted not in self.directory.removed):
                return index
        raise not_found(parameter="extensionId")

    def home(self, viewer: int) -> str:
        """Return the URI of an account or an extension."""
        if viewer == ACCOUNT:
            return self.people.account_url
        return f"{self.people.account_url}/extension/{self.people.desks[viewer].id}"

    def limited_user(self, group: str) -> str:
        """Return the user whose rate limit counts a request; empty at login."""
        return "" if group == "Auth" else self.asking
