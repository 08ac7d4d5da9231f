"""The login of a run.

Source: https://developers.ringcentral.com/guide/authentication
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from requests.auth import AuthBase
from typing_extensions import override

from tap_ringcentral_calllog.auth.grants import Grant, Login, SessionGrant
from tap_ringcentral_calllog.errors import (
    LoginError,
    Problem,
    RequestError,
    UnavailableError,
    UnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest

    Post = Callable[[str, Mapping[str, str]], dict[str, Any]]

TOKEN_PATH = "/restapi/oauth/token"  # noqa: S105 - a path
REVOKE_PATH = "/restapi/oauth/revoke"

_LEEWAY = 60.0


class Authenticator(AuthBase):
    """Signs requests, and logs in whenever there is no good access token.

    Logs in again one minute before a token expires, or at half its life when that is shorter than
    two minutes. After a refusal, it does not try again: RingCentral allows five logins a minute and
    would refuse the next one, too.

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

    @override
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

    @property
    def is_good(self) -> bool:
        """Whether there is a login that is good now."""
        return self._login is not None and self._clock() < self._good_until

    def login(self) -> Login:
        """Return a login that is good now, a new one if need be.

        Raises:
            LoginError: when RingCentral refuses it.
            SettingsError: when the token store cannot be used.
        """
        login = self._login
        if login is not None and self.is_good:
            return login
        self._login = None
        resumed = None
        if login is not None and login.refresh_token and not self._grant.outlives_run:
            with suppress(LoginError):
                resumed = log_in(SessionGrant(login.refresh_token), self._post)
        return self._keep(resumed or self._log_in())

    def has_signed(self, request: PreparedRequest) -> bool:
        """Return whether a request has the access token in use, and not an earlier one."""
        login = self._login
        signature = request.headers.get("Authorization")
        return login is None or signature == f"Bearer {login.access_token}"

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
        UnreachableError: when RingCentral does not answer.
    """

    def send(form: dict[str, str]) -> Login:
        try:
            answer = post(TOKEN_PATH, form)
        except RequestError as error:
            raise _explain(grant, error.problem) from None
        except UnavailableError as error:
            raise UnreachableError(str(error)) from None
        return Login.from_answer(answer)

    return grant.log_in(send)


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
