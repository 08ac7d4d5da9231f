"""Sessions of logins, their tokens, and the tokens' validity."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from sandbox.instants import DAY, MINUTE, SECOND
from sandbox.refusals import Refusal, invalid_token

if TYPE_CHECKING:
    from sandbox.clock import Clock

SESSIONS = 5
"""How many sessions each user may have in one app; a further one ends the oldest."""

REFRESH_TOKEN_LIFE = 7 * DAY
CODE_LIFE = MINUTE
# A used refresh token remains valid until the new access token is used, at most an hour, and then
# for ten more seconds.
_UNUSED_GRACE = 60 * MINUTE
_USED_GRACE = 10 * SECOND


@dataclass(slots=True, eq=False)
class Session:
    """One login of a user through an app; its tokens are valid only as long as it lasts."""

    client_id: str
    user: str
    access_tokens: set[str] = field(default_factory=set)
    refresh_tokens: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Refresh:
    session: Session
    dies: int
    used: bool = False


@dataclass(slots=True)
class _Access:
    session: Session
    dies: int
    replaced: _Refresh | None
    used: bool = False


@dataclass(frozen=True, slots=True)
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str
    method: str
    dies: int


@dataclass(frozen=True, slots=True)
class Issued:
    """A new pair of tokens; lifetimes are in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_token_expires_in: int


def invalid_grant(*, code: str, message: str) -> Refusal:
    """Return the refusal of a login that can never succeed."""
    return Refusal(400, code, message, oauth="invalid_grant")


class Tokens:
    """The sessions of the users of one account.

    Args:
        clock: the clock for tokens' lifetimes.
        seed: the same seed issues the same tokens.
        expires_in: lifetime of an access token, s.
        owner: extension id of the user of logins that name no user.

    Attributes:
        issued: every token and code so far, including invalid ones.
    """

    def __init__(self, clock: Clock, seed: int, expires_in: int, owner: str) -> None:
        self.expires_in = expires_in
        self.owner = owner
        self.issued: list[str] = []
        self._clock = clock
        self._dice = random.Random(f"tokens {seed}")
        self._sessions: list[Session] = []
        self._access: dict[str, _Access] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}

    def log_in(self, client_id: str, user: str) -> Issued:
        """Start a session of the user with an extension id."""
        return self._issue(Session(client_id, user), None)

    def reserve(self, client_id: str) -> str:
        """Return a refresh token of a session that begins with the token's first use."""
        return self._new_refresh(Session(client_id, self.owner))

    def refresh(self, token: str, client_id: str) -> Issued:
        """Exchange a refresh token for a new pair.

        Raises:
            Refusal: the token was used, has expired, or was not issued to this app.
        """
        old = self._refresh.get(token)
        if old is None or old.session.client_id != client_id:
            raise invalid_grant(
                code="OAU-211", message="The refresh token is unknown or was revoked"
            )
        if old.dies <= self._clock.now_ms():
            raise invalid_grant(code="OAU-210", message="The refresh token was used or has expired")
        if not old.used:
            old.used = True
            old.dies = min(old.dies, self._clock.now_ms() + _UNUSED_GRACE)
        return self._issue(old.session, old)

    def user_of(self, token: str) -> str:
        """Return the user of an access token's session."""
        return self._access[token].session.user

    def authorize(self, client_id: str, redirect_uri: str, challenge: str, method: str) -> str:
        """Return a short-lived code that the app can exchange for tokens once.

        Args:
            client_id: the app.
            redirect_uri: where the code is sent; the exchange must name the same address.
            challenge: the PKCE code challenge, empty for none.
            method: "S256" or "plain".
        """
        code = self._random("code")
        dies = self._clock.now_ms() + CODE_LIFE
        self._codes[code] = _Code(client_id, redirect_uri, challenge, method, dies)
        return code

    def exchange(self, code: str, client_id: str, redirect_uri: str, verifier: str) -> Issued:
        """Exchange an authorization code for tokens; even a failed exchange uses up the code.

        Raises:
            Refusal: the code, the redirect URI or the PKCE code verifier is wrong.
        """
        known = self._codes.pop(code, None)
        if known is None or known.client_id != client_id or known.dies <= self._clock.now_ms():
            raise invalid_grant(code="OAU-152", message="The code is unknown, used or too old")
        if known.redirect_uri != redirect_uri:
            raise invalid_grant(
                code="OAU-142", message="The redirect URI is not the one that the code was sent to"
            )
        if known.challenge:
            proof = verifier
            if known.method == "S256":
                proof = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            if proof != known.challenge:
                raise invalid_grant(
                    code="OAU-109", message="The code verifier does not fit the challenge"
                )
        return self.log_in(client_id, self.owner)

    def use(self, token: str) -> Session:
        """Return the session of a request's access token.

        Raises:
            Refusal: the token is invalid or has expired.
        """
        access = self._access.get(token)
        if access is None:
            raise invalid_token()
        now = self._clock.now_ms()
        if access.dies <= now:
            raise invalid_token(code="OAU-123", message="The access token has expired")
        if not access.used:
            access.used = True
            if access.replaced is not None:
                access.replaced.dies = min(access.replaced.dies, now + _USED_GRACE)
        return access.session

    def revoke(self, token: str) -> None:
        """End the session of an access or refresh token; ignore unknown tokens."""
        access, refresh = self._access.get(token), self._refresh.get(token)
        if access is not None:
            self._end(access.session)
        if refresh is not None:
            self._end(refresh.session)

    def revoke_all(self, user: str | None = None) -> None:
        """End all sessions, or those of a user."""
        sessions = [one.session for one in self._access.values()]
        sessions += [one.session for one in self._refresh.values()]
        for session in sessions:
            if user in {None, session.user}:
                self._end(session)

    def _issue(self, session: Session, replaced: _Refresh | None) -> Issued:
        if session not in self._sessions:
            self._sessions.append(session)
        whose = (session.client_id, session.user)
        own = [one for one in self._sessions if (one.client_id, one.user) == whose]
        for oldest in own[:-SESSIONS]:
            self._end(oldest)
        token = self._random("access")
        dies = self._clock.now_ms() + self.expires_in * SECOND
        self._access[token] = _Access(session, dies, replaced)
        session.access_tokens.add(token)
        return Issued(
            token, self.expires_in, self._new_refresh(session), REFRESH_TOKEN_LIFE // SECOND
        )

    def _new_refresh(self, session: Session) -> str:
        token = self._random("refresh")
        self._refresh[token] = _Refresh(session, self._clock.now_ms() + REFRESH_TOKEN_LIFE)
        session.refresh_tokens.add(token)
        return token

    def _end(self, session: Session) -> None:
        for token in session.access_tokens:
            self._access.pop(token, None)
        for token in session.refresh_tokens:
            self._refresh.pop(token, None)
        self._sessions = [one for one in self._sessions if one is not session]

    def _random(self, sort: str) -> str:
        self.issued.append(f"sandbox-{sort}-{self._dice.getrandbits(160):040x}")
        return self.issued[-1]
