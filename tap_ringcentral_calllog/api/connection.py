"""The connection to RingCentral, which all streams of a run share."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests.auth import HTTPBasicAuth

from tap_ringcentral_calllog.api.clock import ServerClock
from tap_ringcentral_calllog.api.exchange import exchange
from tap_ringcentral_calllog.api.logins import ALONE, Logins, Owner, UserLogin
from tap_ringcentral_calllog.api.pacing import LONGEST_WAIT, Pacer, long_wait, retry_after
from tap_ringcentral_calllog.api.transport import (
    AUTH_GROUP,
    FILE_STATUS,
    group_of,
)
from tap_ringcentral_calllog.auth.authenticator import Authenticator
from tap_ringcentral_calllog.auth.grants import JwtGrant, grant_from
from tap_ringcentral_calllog.errors import (
    LoginError,
    LongWaitError,
    Problem,
    RequestError,
    UnavailableError,
    UnreachableError,
)
from tap_ringcentral_calllog.records.decoding import decode

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from tap_ringcentral_calllog.auth.grants import Grant
    from tap_ringcentral_calllog.config.settings import Settings

    # Returns what an answer holds, if it is a success, and what is wrong with it.
    Read = Callable[[requests.Response], tuple["T | None", str]]
    Decode = Callable[[bytes], tuple[dict[str, Any] | None, str]]

T = TypeVar("T")

_TRIES = 6
_TRIES_LIMITED = 10
# After so many requests in a row that were given up, the next ones get one try each, until one is
# answered: otherwise, a thousand broken mailboxes would take a minute each.
_PATIENCE = 3

# After a new login for a refusal, no other one is tried for this long, in seconds: most refusals
# have other reasons, and RingCentral allows five logins a minute.
_NEXT_RENEWAL = 600.0

_TRANSIENT = frozenset({408, 425, 429})
_SERVER_ERROR = 500
_SUCCESS = range(200, 300)

# Every user may read their own extension. A refusal is an answer, too.
_OWN_EXTENSION = "/restapi/v1.0/account/~/extension/~"

# Ten times as many records as a request asks for. A decoded record may take a kilobyte of memory.
_MOST_RECORDS = 10_000

# Ending the session is optional, so it must not delay the end of a run.
_FAREWELL_TIMEOUT = 2.0


@dataclass(frozen=True, slots=True)
class Load:
    """Requests that are still to come.

    Attributes:
        group: their rate-limit group.
        requests: how many.
        purpose: what they are for, see `Logins.able`.
    """

    group: str = ""
    requests: int = 0
    purpose: str = ALONE


_NO_LOAD = Load()


@dataclass(frozen=True, slots=True)
class Answer:
    """A decoded answer.

    Attributes:
        content: the JSON object.
        raw: the body it was decoded from.
    """

    content: dict[str, Any]
    raw: bytes

    @property
    def has_more(self) -> bool:
        """Whether the answer offers a next page."""
        return bool((self.content.get("navigation") or {}).get("nextPage"))


class Connection:
    """A logged-in connection that paces requests, repeats failed ones and renews the login.

    Args:
        settings: the run's settings.
        logger: receives a line about each wait and about a wrong clock.
        clock: returns monotonic seconds.
        sleep: waits for a number of seconds.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        logger: logging.Logger,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.api_url = settings.api_url
        self.timeout = settings.request_timeout
        self._logger = logger
        self._tries = _TRIES
        self._given_up = 0
        # Rate-limit groups whose last request was given up for one status 429 after another.
        self._doubted: set[str] = set()
        self._no_renewal_until = clock()
        self._renewed_for = self._answered_last = ""
        self._server_clock = ServerClock(logger)
        self._clock = clock
        self._opened = clock()
        # As bytes: `requests` would refuse what is not Latin-1.
        login = settings.login
        self._client = (login.client_id.encode(), login.client_secret.encode())

        def user(grant: Grant, name: str = "") -> UserLogin:
            pacer = Pacer(
                share=settings.rate_limit_share, clock=clock, sleep=sleep, report=self._report
            )
            authenticator = Authenticator(grant, self.post_form, clock=clock)
            return UserLogin(name, authenticator, pacer, user_agent=settings.user_agent)

        others = [
            user(JwtGrant(jwt), f"additional_jwts[{number}]")
            for number, jwt in enumerate(login.additional_jwts)
        ]
        self.logins = Logins(user(grant_from(login)), others, logger)

    @property
    def pacer(self) -> Pacer:
        """The main login's pacer."""
        return self.logins.main.pacer

    @property
    def session(self) -> requests.Session:
        """The main login's HTTP session."""
        return self.logins.main.session

    @property
    def authenticator(self) -> Authenticator:
        """The main login's access."""
        return self.logins.main.authenticator

    @property
    def sent(self) -> int:
        """Requests sent so far, those of all logins included."""
        return sum(one.adapter.sent for one in self.logins.all)

    @property
    def elapsed(self) -> float:
        """Seconds since the connection was made."""
        return self._clock() - self._opened

    def seconds_for(self, load: Load, others: Load = _NO_LOAD) -> float:
        """Return how long requests and the work between them will take, in seconds.

        Args:
            load: the requests.
            others: further ones.
        """
        waited = sum(one.pacer.waited for one in self.logins.all)
        each = max((self.elapsed - waited) / max(self.sent, 1), 0.0)
        if others.requests and self.pacer.shares_limit(load.group, others.group):
            load, others = replace(others, requests=load.requests + others.requests), _NO_LOAD
        return sum(
            self.logins.seconds_for(one.group, one.requests, each, one.purpose)
            for one in (load, others)
            if one.requests
        )

    @cached_property
    def started(self) -> datetime:
        """When the run started, by RingCentral's clock. Logs in to know it.

        Raises:
            LoginError: when the login is refused.
        """
        self.log_in()
        return self._server_clock.start()

    @property
    def started_at_the_latest(self) -> datetime:
        """When the run started, by the answer whose `Date` was the furthest behind.

        A single wrong `Date` must not make calls final too early.
        """
        return self.started + self._server_clock.drift

    def now(self) -> datetime:
        """Return RingCentral's time, or this machine's before the first answer."""
        return self._server_clock.now

    def log_in(self) -> Authenticator:
        """Log in, unless the main login is good, and return its access.

        Raises:
            LoginError: when the login is refused.
        """
        if not self.authenticator.is_good:
            with self._alone():
                self.authenticator.login()
        return self.authenticator

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other threads from using the main login, and wait until it may log in."""
        main = self.logins.take(AUTH_GROUP, [self.logins.main])
        try:
            yield
        finally:
            self.logins.release(main)

    def get(
        self,
        request: requests.PreparedRequest,
        is_whole: Callable[[dict[str, Any]], bool],
        purpose: str = ALONE,
        decode: Decode = decode,
    ) -> Answer:
        """Send a request for data.

        Args:
            request: the request; the login is added here, because it may change between tries.
            is_whole: returns whether an answer contains what was requested. If it does not, the
                request is repeated: to take the answer for an empty one would lose records.
            purpose: what it is for; see `Logins.able`.
            decode: decodes the body, as `decoding.decode` does.

        Returns:
            The answer.

        Raises:
            LoginError: when the login is refused.
            RequestError: when RingCentral refuses the request for good.
            UnavailableError: when it kept failing.
            UnreachableError: when RingCentral answers no other request either.
        """
        read = partial(_read, is_whole=is_whole, decode=decode)
        response, content = self._ask(request, read, purpose=purpose)
        if content is None:
            problem = Problem.from_answer(response.status_code, response.content)
            raise RequestError(str(problem), problem)
        return Answer(content, response.content)

    def download(
        self,
        request: requests.PreparedRequest,
        receive: Callable[[requests.Response], str],
        *,
        signed: bool = True,
        purpose: str = ALONE,
    ) -> None:
        """Send a request for a file.

        Args:
            request: the request; `receive` may change it for the next try, to resume in the middle
                of the file.
            receive: takes the body of an answer, and returns what was wrong with it; empty if
                nothing was.
            signed: whether the login is added.
            purpose: what it is for, see `Logins.able`.

        Raises:
            LoginError: when the login is refused.
            LongWaitError: when RingCentral asks to wait for longer than a run does.
            RequestError: when RingCentral refuses the request for good.
            UnavailableError: when it kept failing.
            UnreachableError: when RingCentral answers no other request either.
        """

        def read(response: requests.Response) -> tuple[bool | None, str]:
            if response.status_code in FILE_STATUS:
                return True, receive(response)
            return None, ""

        if signed:
            response, done = self._ask(request, read, stream=True, purpose=purpose)
        else:
            response, done = self._send(request, read, signed=False, stream=True, purpose=purpose)
        if not done:
            problem = Problem.from_answer(response.status_code, response.content)
            raise RequestError(str(problem), problem)

    def _ask(
        self,
        request: requests.PreparedRequest,
        read: Read[T],
        *,
        stream: bool = False,
        purpose: str = ALONE,
    ) -> tuple[requests.Response, T | None]:
        """Send a request with the login, and once more with a new one if that may help."""
        route = request.path_url.partition("?")[0]
        response, content = self._send(request, read, signed=True, stream=stream, purpose=purpose)
        if self._may_renew(route, response):
            status = response.status_code
            with self._alone():
                # Another thread may have done so, for the same reason.
                if self.authenticator.has_signed(request):
                    self.authenticator.renew()
            response, content = self._send(request, read, signed=True, stream=stream)
            if status in {response.status_code, HTTPStatus.FORBIDDEN}:
                self._no_renewal_until = self._clock() + _NEXT_RENEWAL
                self._renewed_for = route
        if content is not None:
            self._answered_last = route
        return response, content

    def _may_renew(self, route: str, response: requests.Response) -> bool:
        """Return whether a new login may turn a refusal into an answer.

        A list that is refused after its last page was answered gets a new login even soon after
        another route did: permissions do not change between two pages.
        """
        if response.status_code not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return False
        problem = Problem.from_answer(response.status_code, response.content)
        return problem.may_be_the_login and (
            self._clock() >= self._no_renewal_until
            or self._renewed_for != route == self._answered_last
        )

    def _send(
        self,
        request: requests.PreparedRequest,
        read: Read[T],
        *,
        signed: bool,
        stream: bool,
        purpose: str = ALONE,
    ) -> tuple[requests.Response, T | None]:
        """Send a request, with fewer tries after several requests in a row have failed."""
        tries = self._tries if self._given_up < _PATIENCE else 1
        doubts: dict[UserLogin, str] = {}
        try:
            answer = self._repeat(
                request, read, tries, doubts, signed=signed, stream=stream, purpose=purpose
            )
        except LongWaitError:
            # That is an answer, and it is about a rate-limit group.
            raise
        except UnavailableError:
            self._given_up += 1
            if self._given_up >= _PATIENCE:
                self._look_for_life()
            raise
        else:
            if answer[1] is not None:
                for one, why in doubts.items():
                    self.logins.leave_out(one, why, purpose)
        finally:
            # Until the main login was answered, they could be refused the same again and again.
            for one in doubts:
                self.logins.release(one)
        self._given_up = 0
        return answer

    def _look_for_life(self) -> None:
        """Make sure that RingCentral answers any request.

        Raises:
            UnreachableError: when it does not.
        """
        request = requests.Request("GET", self.api_url + _OWN_EXTENSION, auth=_unsigned)
        prepared = self.session.prepare_request(request)
        try:
            self._repeat(prepared, partial(_read, is_whole=bool), self._tries, signed=True)
        except LongWaitError:
            return
        except UnavailableError as error:
            msg = f"RingCentral no longer answers any request, so the run stops: {error}"
            raise UnreachableError(msg) from None

    def post_form(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Send a form with the app's credentials.

        Args:
            path: the route, below `api_url`.
            form: the form's fields.

        Returns:
            The decoded answer.

        Raises:
            RequestError: when RingCentral refuses it for good.
            UnavailableError: when it kept failing.
        """
        client_id, secret = self._client
        request = requests.Request("POST", self.api_url + path, data=dict(form))
        # Always set: otherwise the session would add the login, and start one.
        request.auth = HTTPBasicAuth(client_id, secret) if secret else _unsigned
        if not secret:
            # A public app has no secret and sends its id in the form.
            # https://developers.ringcentral.com/guide/authentication/auth-code-pkce-flow
            request.data = {"client_id": client_id, **form}
        prepared = self.session.prepare_request(request)
        response, content = self._repeat(prepared, _read, self._tries)
        if content is None:
            problem = Problem.from_answer(response.status_code, response.content)
            raise RequestError(str(problem), problem)
        return content

    def hurry(self) -> None:
        """From now on, do not repeat requests."""
        self._tries = 1

    def close(self) -> None:
        """End the session at RingCentral, if that needs no wait, and close the connections."""
        self.timeout = min(self.timeout, _FAREWELL_TIMEOUT)
        self.hurry()
        self.logins.end()
        for one in self.logins.all:
            if self.logins.is_free(AUTH_GROUP):
                one.authenticator.close()
            one.session.close()

    def check_logins(self) -> None:
        """Ask RingCentral who the users of the logins are, and leave out those of no use.

        Raises:
            LoginError: when the main login is refused.
            SettingsError: when an additional one belongs to another account.
            UnreachableError: when RingCentral does not answer the main login.
        """
        if not self.logins.additional:
            return
        found = [(one, self._owner_of(one)) for one in self.logins.all]
        self.logins.compare({one: owner for one, owner in found if owner})

    def _owner_of(self, one: UserLogin) -> Owner | None:
        """Ask RingCentral who the user of a login is. Leave out an additional one that is refused.

        Raises:
            LoginError: when the main login is refused.
            UnreachableError: when RingCentral does not answer the main login.
        """
        is_main = one is self.logins.main
        request = requests.Request("GET", self.api_url + _OWN_EXTENSION, auth=_unsigned)
        prepared = one.session.prepare_request(request)
        read = partial(_read, is_whole=bool)
        try:
            response, content = self._repeat(prepared, read, self._tries, signed=True, logins=[one])
        except (LoginError, UnreachableError) as error:
            if is_main:
                raise
            self.logins.leave_out(one, error)
            return None
        except UnavailableError as error:
            content, why = None, str(error)
        else:
            why = str(Problem.from_answer(response.status_code, response.content))
        if content is None and not is_main:
            self.logins.leave_out(one, why)
            return None
        return Owner.from_answer(content or {})

    def _repeat(  # noqa: PLR0913 - a request, and all that may differ from one to another
        self,
        request: requests.PreparedRequest,
        read: Read[T],
        tries: int,
        doubts: dict[UserLogin, str] | None = None,
        *,
        signed: bool = False,
        stream: bool = False,
        purpose: str = ALONE,
        logins: list[UserLogin] | None = None,
    ) -> tuple[requests.Response, T | None]:
        """Send a request until it is answered for good.

        Args:
            request: the request.
            read: returns what an answer holds, if it is a success, and what is wrong with it.
            tries: how often it may fail.
            doubts: receives the additional logins that are refused, and why. They stay taken.
            signed: whether the login is added.
            stream: whether `read` takes the body from the connection.
            purpose: what the request is for, see `Logins.able`.
            logins: those that may send it; by default, those that the purpose allows. Only the
                first one's refusals and failures count: it repeats what another one is refused.

        Returns:
            The answer, and its content when it is a success.
        """
        group = group_of(request.path_url)
        logins = logins or self.logins.able(purpose)
        failures, limited = 0, Counter[UserLogin]()
        while True:
            one = self._next(request, group, logins, purpose, signed=signed)
            is_main = one is logins[0]
            response, content, fault = self._send_by(
                one, request, read, None if is_main else doubts, stream=stream
            )
            if response is not None and not fault and (is_main or content is not None):
                self._doubted.discard(group)
                return response, content
            if response is not None and response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                limited[one] += 1
                if is_main:
                    self._check_limit(group, fault, limited[one], failures)
                elif limited[one] >= _TRIES_LIMITED:
                    logins = [other for other in logins if other is not one]
                continue
            if not is_main:
                logins = logins[:1]
                continue
            wait = retry_after(response.headers) if response is not None else None
            if wait is not None and wait > LONGEST_WAIT:
                raise UnavailableError(long_wait(wait, fault), fault)
            failures += 1
            if failures >= tries:
                total = failures + limited.total()
                raise _given_up(fault, total, answered=response is not None)
            one.pacer.pause(group, failures, wait, f"{fault}, trying again")

    def _send_by(
        self,
        one: UserLogin,
        request: requests.PreparedRequest,
        read: Read[T],
        doubts: dict[UserLogin, str] | None,
        *,
        stream: bool,
    ) -> tuple[requests.Response | None, T | None, str]:
        """Send a request once, by a login that was taken for it, and release the login.

        An additional login that is in doubt afterwards stays taken.

        Returns:
            The answer, its content when it is a success, and what is wrong if another try may help.
        """
        doubt, content = "", None
        try:
            response, fault = self._try(request, one.session, stream=stream)
            if response is not None and not fault:
                content, fault = read(response)
            if response is not None and doubts is not None:
                doubt = self._doubt(one, response)
        finally:
            if doubt and doubts is not None:
                doubts[one] = doubt
            else:
                self.logins.release(one)
        return response, content, fault

    def _next(
        self,
        request: requests.PreparedRequest,
        group: str,
        logins: list[UserLogin],
        purpose: str,
        *,
        signed: bool,
    ) -> UserLogin:
        """Take one of the logins as soon as it may send a request, and add it to the request.

        Args:
            request: the request.
            group: its rate-limit group.
            logins: those that may send it. One that cannot log in is removed from the list.
            purpose: what the request is for.
            signed: whether the login is added.

        Raises:
            LoginError: when the first login is refused.
            UnreachableError: when RingCentral does not answer the first login.
        """
        # Wait first: the token must be good when the request leaves.
        one = self.logins.take(group, logins, purpose)
        if not signed:
            return one
        try:
            one.authenticator(request)
        except BaseException as error:
            self.logins.release(one)
            if one is logins[0] or not isinstance(error, LoginError | UnreachableError):
                raise
            self.logins.leave_out(one, error)
            logins.remove(one)
            return self._next(request, group, logins, purpose, signed=signed)
        return one

    def _doubt(self, one: UserLogin, response: requests.Response) -> str:
        """Return what an additional login seems to lack; the main login may be refused as well.

        After a 401 it logs in again, unless it did so within the last ten minutes.
        """
        status, now = response.status_code, self._clock()
        may_renew = one.renewed_at is None or now >= one.renewed_at + _NEXT_RENEWAL
        if status == HTTPStatus.FORBIDDEN or (status == HTTPStatus.UNAUTHORIZED and not may_renew):
            problem = Problem.from_answer(status, response.content)
            return f"it lacks a right that the main login has ({problem})"
        if status == HTTPStatus.UNAUTHORIZED:
            one.renewed_at = now
            try:
                one.authenticator.renew()
            except (LoginError, UnreachableError) as error:
                self.logins.leave_out(one, error)
        return ""

    def _check_limit(self, group: str, fault: str, limited: int, failures: int) -> None:
        """Give up a request that is always refused with status 429.

        The cause may be this request alone, so others of its group are still sent. If the next one
        is refused as well, the cause is the limit of the group, and the group is closed.

        Raises:
            UnavailableError: when it was refused too often.
        """
        if group in self._doubted:
            self.pacer.close(group, f"{fault}, again and again")
        elif limited >= _TRIES_LIMITED:
            self._doubted.add(group)
            raise _given_up(fault, failures + limited)

    def _try(
        self, request: requests.PreparedRequest, session: requests.Session, *, stream: bool
    ) -> tuple[requests.Response | None, str]:
        """Send a request once, and return what was wrong if another try may help.

        Raises:
            SettingsError: when the environment's proxy or certificates can't be used.
        """
        response, fault = exchange(request, session, timeout=self.timeout, stream=stream)
        if response is None:
            return None, fault
        status = response.status_code
        if status in _SUCCESS:
            self._server_clock.compare(response.headers.get("Date"))
        if status in _TRANSIENT or status >= _SERVER_ERROR:
            return response, str(Problem.from_answer(status, response.content))
        return response, ""

    def _report(self, seconds: float, reason: str) -> None:
        self._logger.info("Waiting %.1f s: %s.", seconds, reason)


def _given_up(fault: str, times: int, *, answered: bool = True) -> UnavailableError:
    often = "once" if times == 1 else f"{times} times in a row"
    msg = (
        f"RingCentral could not be read: {fault}, {often}. "
        "What was written is kept; the next run continues from the last bookmark"
    )
    return UnavailableError(msg, fault, answered=answered)


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _read(
    response: requests.Response,
    is_whole: Callable[[dict[str, Any]], bool] | None = None,
    decode: Decode = decode,
) -> tuple[dict[str, Any] | None, str]:
    """Return what a successful answer holds, and what is wrong with an answer.

    Only status 200 is complete: 206, for example, is a part.
    """
    if response.status_code == HTTPStatus.OK or (
        is_whole is None and response.status_code in _SUCCESS
    ):
        content, fault = decode(response.content)
        records = content.get("records") if content else None
        if content is not None and is_whole and not is_whole(content):
            fault = "an answer without the requested data"
        elif isinstance(records, list) and len(records) > _MOST_RECORDS:
            fault = f"an answer of more than {_MOST_RECORDS} records"
        return content, fault
    if response.status_code in _SUCCESS:
        return None, f"HTTP {response.status_code} instead of 200"
    if is_whole and response.status_code == HTTPStatus.BAD_REQUEST:
        # RingCentral always says why; without that, the answer is damaged.
        problem = Problem.from_answer(response.status_code, response.content)
        return None, "" if problem.codes else "HTTP 400 without a reason"
    return None, ""
