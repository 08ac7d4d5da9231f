"""The ways to log in, one small class each, and what a login brings.

Source: https://developers.ringcentral.com/guide/authentication
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import override

from tap_ringcentral_calllog.auth.token_store import TokenStore
from tap_ringcentral_calllog.errors import LoginError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_ringcentral_calllog.config.settings import LoginSettings

    Send = Callable[[dict[str, str]], "Login"]

_USUAL_LIFETIME = 3600.0

# What a header can hold; anything else would end up in the text of an exception of `requests`.
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Login:
    """What RingCentral answered to a login.

    Attributes:
        access_token: goes with each request.
        refresh_token: starts the next login of the same session, if the app may do that.
        lifetime: seconds that the access token is good for.
        scope: the app permissions that it stands for; None when the answer names none.
        owner_id: id of the extension that logged in.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    lifetime: float = _USUAL_LIFETIME
    scope: frozenset[str] | None = None
    owner_id: str | None = None

    @classmethod
    def from_answer(cls, answer: Mapping[str, Any]) -> Login:
        """Read the answer of the token route. Fields other than the access token may be missing.

        Raises:
            LoginError: when it holds no access token.
        """
        access_token = _token(answer.get("access_token"))
        if access_token is None:
            msg = "RingCentral answered the login without an access token: check api_url"
            raise LoginError(msg)
        scope, owner = answer.get("scope"), answer.get("owner_id")
        return cls(
            access_token,
            refresh_token=_token(answer.get("refresh_token")),
            lifetime=_seconds(answer.get("expires_in")),
            scope=(frozenset(scope.split()) or None) if isinstance(scope, str) else None,
            owner_id=str(owner) if type(owner) in {str, int} else None,
        )


class Grant(ABC):
    """A way to log in.

    Attributes:
        name: its name in messages.
        advice: what to do when RingCentral refuses what it was given.
        outlives_run: the session goes on in the next run, so it must not be revoked.
    """

    name: ClassVar[str]
    advice: ClassVar[str]
    outlives_run: ClassVar[bool] = False

    @abstractmethod
    def form(self) -> dict[str, str]:
        """Return the fields for the token route."""

    def log_in(self, send: Send) -> Login:
        """Log in.

        Returns:
            The login.
        """
        return send(self.form())


@dataclass(frozen=True)
class JwtGrant(Grant):
    """Login with a JWT credential; the developer console has signed it.

    https://developers.ringcentral.com/guide/authentication/jwt-flow
    """

    jwt: str = field(repr=False)

    name = "jwt"
    advice = (
        "the jwt has expired, was revoked, or belongs to another app or api_url: create a new JWT "
        "credential for this app in the developer console"
    )

    @override
    def form(self) -> dict[str, str]:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "assertion": self.jwt,
        }


@dataclass(frozen=True)
class PasswordGrant(Grant):
    """Login with a user's password, which RingCentral still allows to old apps."""

    username: str = field(repr=False)
    extension: str | None = field(repr=False)
    password: str = field(repr=False)

    name = "username and password"
    advice = (
        "check username, extension and password, and that the app still has the password grant "
        "(RingCentral has withdrawn it from most: configure jwt instead)"
    )

    @override
    def form(self) -> dict[str, str]:
        extension = {"extension": self.extension} if self.extension else {}
        return {
            "grant_type": "password",
            "username": self.username,
            **extension,
            "password": self.password,
        }


@dataclass(frozen=True)
class RefreshTokenGrant(Grant):
    """Login with the refresh token of an earlier one: each is good for one use within 7 days.

    https://developers.ringcentral.com/guide/authentication/refresh-tokens
    """

    store: TokenStore = field(repr=False)

    name = "refresh token"
    advice = (
        "the refresh token has expired (unused for 7 days) or has already been used: run "
        "tap-ringcentral-login again, or configure a new refresh_token"
    )
    outlives_run = True

    @override
    def form(self) -> dict[str, str]:
        return _refresh_form(self.store.read())

    @override
    def log_in(self, send: Send) -> Login:
        """Log in, and store the new refresh token before anyone can use the access token.

        Raises:
            SettingsError: when the store cannot be read or written.
        """
        with self.store.locked():
            login = send(self.form())
            if login.refresh_token:
                self.store.write(login.refresh_token)
        return login


@dataclass(frozen=True)
class SessionGrant(Grant):
    """Continues a run's own session: RingCentral allows only about five at a time."""

    refresh_token: str = field(repr=False)

    name = "the session's refresh token"
    advice = "the session was ended"

    @override
    def form(self) -> dict[str, str]:
        return _refresh_form(self.refresh_token)


def grants_configured(login: LoginSettings) -> list[str]:
    """Name the logins that the settings begin to describe; exactly one is right.

    Returns:
        Some of "jwt", "refresh_token" and "password", in this order.
    """
    given = {
        "jwt": login.jwt,
        "refresh_token": login.refresh_token or login.token_store,
        "password": login.username or login.extension or login.password,
    }
    return [name for name, setting in given.items() if setting]


def grant_from(login: LoginSettings) -> Grant:
    """Choose the way to log in.

    Raises:
        SettingsError: when none, more than one, or half a login is configured.
    """
    found = grants_configured(login)
    if len(found) != 1:
        count = "more than one login is" if found else "no login is"
        msg = (
            f"{count} configured: set exactly one of jwt; token_store (filled by "
            "tap-ringcentral-login, or with refresh_token beside it); username (and extension) "
            "with password"
        )
        raise SettingsError(msg)
    if login.jwt:
        return JwtGrant(login.jwt)
    if login.token_store:
        return RefreshTokenGrant(TokenStore(login.token_store, login.refresh_token))
    if login.refresh_token:
        msg = (
            "token_store must be set beside refresh_token: RingCentral replaces the token at "
            "each use, and the new one would be lost"
        )
        raise SettingsError(msg)
    if not login.username or not login.password:
        missing = [name for name in ("username", "password") if not getattr(login, name)]
        msg = f"{' and '.join(missing)} must be set for the login with username and password"
        raise SettingsError(msg)
    return PasswordGrant(login.username, login.extension, login.password)


def _refresh_form(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


def _token(value: object) -> str | None:
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _seconds(value: object) -> float:
    try:
        seconds = float(value) if type(value) in {str, int, float} else 0.0  # type: ignore[arg-type]  # checked by type()
    except (ValueError, OverflowError):
        seconds = 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else _USUAL_LIFETIME
