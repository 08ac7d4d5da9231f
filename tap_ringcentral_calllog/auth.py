"""Logging in: one small class for each way, and the login that a run goes by.

Source: https://developers.ringcentral.com/guide/authentication
"""

from __future__ import annotations

import math
import re
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from requests.auth import AuthBase

from tap_ringcentral_calllog.errors import LoginError, Problem, RequestError, SettingsError
from tap_ringcentral_calllog.token_store import TokenStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest

    Post = Callable[[str, Mapping[str, str]], dict[str, Any]]
    Send = Callable[[dict[str, str]], "Login"]

TOKEN_PATH = "/restapi/oauth/token"  # noqa: S105
REVOKE_PATH = "/restapi/oauth/revoke"

_LEEWAY = 60.0
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
        """Read the answer of the token route, and make do with what it lacks.

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
        name: what it goes by in messages.
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

        Args:
            send: sends a form to the token route.

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
        "the jwt has expired, was revoked, or belongs to another app or api_url: make a new JWT "
        "credential for this app in the developer console"
    )

    def form(self) -> dict[str, str]:
        """Return the fields for the token route."""
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

    def form(self) -> dict[str, str]:
        """Return the fields for the token route."""
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
        "the refresh token has expired (7 days unused) or was used already: run "
        "tap-ringcentral-login again, or configure a new refresh_token"
    )
    outlives_run = True

    def form(self) -> dict[str, str]:
        """Return the fields for the token route."""
        return _refresh_form(self.store.read())

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
class _SessionGrant(Grant):
    """Goes on with a run's own session, so that a long run takes one of about five, not more."""

    refresh_token: str = field(repr=False)

    name = "the session's refresh token"
    advice = "the session was ended"

    def form(self) -> dict[str, str]:
        return _refresh_form(self.refresh_token)


class Authenticator(AuthBase):
    """Signs requests, and logs in whenever there is no good access token.

    Logs in anew one minute before a token expires, or at half its life when that is shorter than
    two minutes. Once a login was refused, none is tried again: RingCentral would count it against
    the five that it allows in a minute, and refuse it as well.

    Args:
        grant: how to log in.
        post: sends a form with the app's credentials to a route, and returns the decoded answer;
            raises `RequestError` when it is refused for good.
        clock: returns monotonic seconds.
    """

    def __init__(
        self, grant: Grant, post: Post, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._grant = grant
        self._post = post
        self._clock = clock
        self._login: Login | None = None
        self._good_until = 0.0
        self._refusal: str | None = None

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        """Sign a request, after a login if need be.

        Raises:
            LoginError: when the login is refused.
        """
        r.headers["Authorization"] = f"Bearer {self.login().access_token}"
        return r

    @property
    def scope(self) -> frozenset[str] | None:
        """The app permissions of the login; None before it, or when RingCentral names none."""
        return self._login.scope if self._login else None

    @property
    def owner_id(self) -> str | None:
        """Id of the extension that logged in; None before, or when RingCentral does not tell."""
        return self._login.owner_id if self._login else None

    def login(self) -> Login:
        """Return a login that is good now, a new one if need be.

        Raises:
            LoginError: when RingCentral refuses it.
            SettingsError: when the token store cannot be used.
        """
        login = self._login
        if login is not None and self._clock() < self._good_until:
            return login
        self._login = None
        resumed = None
        if login is not None and login.refresh_token and not self._grant.outlives_run:
            with suppress(LoginError):
                resumed = log_in(_SessionGrant(login.refresh_token), self._post)
        return self._keep(resumed or self._log_in())

    def renew(self) -> Login:
        """Replace a login that RingCentral no longer accepts (status 401) by an entirely new one.

        Raises:
            LoginError: when RingCentral refuses it.
            SettingsError: when the token store cannot be used.
        """
        self._login = None
        return self._keep(self._log_in())

    def close(self) -> None:
        """End the session, unless the next run needs it. Whatever goes wrong there is ignored."""
        login, self._login = self._login, None
        if login is not None and not self._grant.outlives_run:
            with suppress(Exception):
                self._post(REVOKE_PATH, {"token": login.access_token})

    def _log_in(self) -> Login:
        if self._refusal is not None:
            raise LoginError(self._refusal)
        try:
            return log_in(self._grant, self._post)
        except LoginError as error:
            self._refusal = str(error)
            raise

    def _keep(self, login: Login) -> Login:
        leeway = min(_LEEWAY, login.lifetime / 2)
        self._good_until = self._clock() + login.lifetime - leeway
        self._login = login
        return login


def log_in(grant: Grant, post: Post) -> Login:
    """Log in once.

    Args:
        grant: how.
        post: as for `Authenticator`.

    Raises:
        LoginError: when RingCentral refuses it, with the settings to check.
    """

    def send(form: dict[str, str]) -> Login:
        try:
            answer = post(TOKEN_PATH, form)
        except RequestError as error:
            raise _explain(grant, error.problem) from None
        return Login.from_answer(answer)

    return grant.log_in(send)


def grants_configured(config: Mapping[str, Any]) -> list[str]:
    """Name the logins that a configuration begins to describe; exactly one is right.

    Args:
        config: the tap's configuration; null and empty values count as not given.

    Returns:
        Some of "jwt", "refresh_token" and "password", in this order.
    """
    logins = {
        "jwt": ("jwt",),
        "refresh_token": ("refresh_token", "token_store"),
        "password": ("username", "extension", "password"),
    }
    return [login for login, names in logins.items() if any(config.get(name) for name in names)]


def grant_from(config: Mapping[str, Any]) -> Grant:
    """Choose the way to log in.

    Args:
        config: the tap's configuration; null and empty values count as not given.

    Raises:
        SettingsError: when none, more than one, or half a login is configured.
    """
    found = grants_configured(config)
    if len(found) != 1:
        count = "more than one login is" if found else "no login is"
        msg = (
            f"{count} configured: set exactly one of jwt; token_store (filled by "
            "tap-ringcentral-login, or with refresh_token beside it); username (and extension) "
            "with password"
        )
        raise SettingsError(msg)
    if found == ["jwt"]:
        return JwtGrant(str(config["jwt"]).strip())
    if found == ["refresh_token"]:
        if not config.get("token_store"):
            msg = (
                "token_store must be set beside refresh_token: RingCentral replaces the token at "
                "each use, and the new one would be lost"
            )
            raise SettingsError(msg)
        store = TokenStore(str(config["token_store"]), config.get("refresh_token"))
        return RefreshTokenGrant(store)
    missing = [name for name in ("username", "password") if not config.get(name)]
    if missing:
        msg = f"{' and '.join(missing)} must be set for the login with username and password"
        raise SettingsError(msg)
    extension = config.get("extension")
    return PasswordGrant(
        str(config["username"]), str(extension) if extension else None, str(config["password"])
    )


def _explain(grant: Grant, problem: Problem) -> LoginError:
    """Name what to check. OAuth's codes: https://www.rfc-editor.org/rfc/rfc6749#section-5.2 ."""
    codes = set(problem.codes)
    if "invalid_client" in codes:
        advice = "check client_id, client_secret and api_url"
    elif codes & {"unauthorized_client", "unsupported_grant_type"}:
        advice = (
            f"the app's auth type does not allow the login with {grant.name}: allow it in the "
            "developer console, or configure another login"
        )
    elif "invalid_grant" in codes:
        advice = grant.advice
    else:
        advice = f"check client_id, client_secret, api_url and {grant.name}"
    return LoginError(f"RingCentral refused the login with {grant.name}: {advice} ({problem})")


def _refresh_form(token: str) -> dict[str, str]:
    return {"grant_type": "refresh_token", "refresh_token": token}


def _token(value: object) -> str | None:
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else None


def _seconds(value: object) -> float:
    try:
        seconds = float(value) if type(value) in {str, int, float} else 0.0  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        seconds = 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else _USUAL_LIFETIME
