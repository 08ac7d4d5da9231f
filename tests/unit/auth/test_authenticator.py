"""One login per run, renewed in time, never repeated when refused; and no secret ever shows."""

from __future__ import annotations

import logging
import threading
import traceback
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from waiting import PATIENCE

from tap_ringcentral_calllog.auth.authenticator import REVOKE_PATH, TOKEN_PATH, Authenticator
from tap_ringcentral_calllog.auth.grants import (
    JwtGrant,
    Login,
    PasswordGrant,
    RefreshTokenGrant,
    SessionGrant,
    grant_from,
    grants_configured,
)
from tap_ringcentral_calllog.auth.token_store import TokenStore
from tap_ringcentral_calllog.config.settings import LoginSettings
from tap_ringcentral_calllog.errors import (
    LoginError,
    Problem,
    RequestError,
    SettingsError,
    UnavailableError,
    UnreachableError,
)

JWT = JwtGrant("SECRET-jwt")


class Killed(BaseException):
    """Stands for the process's end: nothing of the code under test may handle it."""


@dataclass(repr=False)
class RingCentral:
    """Issues tokens as RingCentral does, and remembers what it was asked.

    Attributes:
        now: seconds on the clock.
        expires_in: life of an access token, in seconds.
        refusals: the errors to answer with, next one first.
        dies: which refresh tokens are spoiled at which time.
        kills: the calls of `post` in which the process dies after RingCentral has acted.
    """

    now: float = 1000.0
    expires_in: Any = 3600
    extra: dict[str, Any] = field(default_factory=dict)
    refusals: list[Problem | Exception] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    dies: dict[str, float] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    kills: set[int] = field(default_factory=set)

    def clock(self) -> float:
        return self.now

    def post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == REVOKE_PATH:
            self.revoked.append(form["token"])
            return {}
        assert path == TOKEN_PATH
        self.forms.append(dict(form))
        if self.refusals:
            refusal = self.refusals.pop(0)
            if isinstance(refusal, Problem):
                raise RequestError(str(refusal), refusal)
            raise refusal
        return self._issue(form)

    def _issue(self, form: dict[str, str]) -> dict[str, Any]:
        number = len(self.forms)
        access, refresh = f"SECRET-A{number}", f"SECRET-R{number}"
        if form["grant_type"] == "refresh_token":
            old = form["refresh_token"]
            if self.dies.get(old, -1) <= self.now:
                problem = Problem(400, ("OAU-210", "invalid_grant"))
                raise RequestError(str(problem), problem)
            self.dies[old] = min(self.dies[old], self.now + 3600)
            self.replaced[access] = old
        self.dies[refresh] = self.now + 7 * 86400
        if number in self.kills:
            raise Killed
        answer = {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": self.expires_in,
            "scope": "ReadCallLog ReadAccounts",
            "owner_id": "62001",
            **self.extra,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def use(self, authorization: str) -> None:
        """Take a request: ten seconds later, the refresh token before this login is dead."""
        old = self.replaced.get(authorization.removeprefix("Bearer "))
        if old:
            self.dies[old] = min(self.dies[old], self.now + 10)

    @property
    def grants(self) -> list[str]:
        """The grants that were asked for, short."""
        return [form["grant_type"].rpartition(":")[2] for form in self.forms]


def sign(authenticator) -> str:
    request = requests.Request("GET", "https://localhost/x", auth=authenticator).prepare()
    return request.headers["Authorization"]


@pytest.fixture
def server():
    return RingCentral()


@pytest.fixture
def run(server):
    """Start an authenticator: a run of the tap."""

    def start(grant: Any = JWT) -> Authenticator:
        return Authenticator(grant, server.post, clock=server.clock)

    return start


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tokens.json"


@pytest.fixture
def refresh_run(server, run, path):
    """Start a run that logs in with a refresh token, R0 being configured."""
    server.dies["SECRET-R0"] = server.now + 7 * 86400

    def start(configured: str | None = "SECRET-R0") -> Authenticator:
        return run(RefreshTokenGrant(TokenStore(path, configured)))

    return start


def test_one_login_serves_the_whole_run(server, run):
    """The first request logs in, the others use the same token."""
    authenticator = run()
    assert authenticator.scope is authenticator.owner_id is None
    assert [sign(authenticator) for _ in range(3)] == ["Bearer SECRET-A1"] * 3
    assert server.grants == ["jwt-bearer"]
    assert authenticator.scope == {"ReadCallLog", "ReadAccounts"}
    assert authenticator.owner_id == "62001"


@pytest.mark.parametrize(
    ("expires_in", "lives"),
    [
        (3600, 3540),
        (120, 60),
        (100, 50),
        ("7200", 7140),
        (1800.5, 1740.5),
        (None, 3540),
        ("soon", 3540),
        (0, 3540),
        (-5, 3540),
        (True, 3540),
        ([], 3540),
        ("nan", 3540),
        ("inf", 3540),
        (10**400, 3540),
    ],
)
def test_a_token_is_replaced_before_it_expires(server, run, expires_in, lives):
    """A minute ahead, or at half its life; an hour is assumed where the answer says nothing."""
    server.expires_in = expires_in
    authenticator = run()
    sign(authenticator)
    server.now += lives - 0.1
    assert sign(authenticator) == "Bearer SECRET-A1"
    server.now += 0.2
    assert sign(authenticator) == "Bearer SECRET-A2"


@pytest.mark.parametrize("grant", [JWT, PasswordGrant("+1", "101", "SECRET-password")])
def test_a_long_run_goes_on_with_its_session(server, run, grant):
    """It refreshes, because a user has about five sessions at a time, and older ones die."""
    authenticator = run(grant)
    for _ in range(3):
        sign(authenticator)
        server.now += 3600
    assert server.grants[1:] == ["refresh_token", "refresh_token"]
    assert [form.get("refresh_token") for form in server.forms[1:]] == ["SECRET-R1", "SECRET-R2"]


def test_a_session_that_cannot_go_on_is_begun_anew_once(server, run):
    """The grant itself is still good when the session's refresh token is refused."""
    authenticator = run()
    sign(authenticator)
    server.now += 3600
    server.refusals = [Problem(400, ("invalid_grant",))]
    assert sign(authenticator) == "Bearer SECRET-A3"
    assert server.grants == ["jwt-bearer", "refresh_token", "jwt-bearer"]


def test_an_app_without_refresh_tokens_logs_in_again(server, run):
    """Their absence is no error."""
    server.extra = {"refresh_token": None}
    authenticator = run()
    sign(authenticator)
    server.now += 3600
    sign(authenticator)
    assert server.grants == ["jwt-bearer", "jwt-bearer"]


def test_after_a_401_the_grant_itself_is_used(server, run):
    """The session may have been revoked, and its refresh token with it."""
    authenticator = run()
    sign(authenticator)
    authenticator.renew()
    assert sign(authenticator) == "Bearer SECRET-A2"
    assert server.grants == ["jwt-bearer", "jwt-bearer"]


@pytest.mark.parametrize(
    ("extra", "scope", "owner"),
    [
        ({"scope": None, "owner_id": None}, None, None),
        ({"scope": "", "owner_id": 62001}, None, "62001"),
        ({"scope": ["ReadCallLog"], "owner_id": True}, None, None),
        ({"refresh_token": 7, "scope": "ReadCallLog"}, {"ReadCallLog"}, "62001"),
    ],
)
def test_what_an_answer_lacks_is_done_without(server, run, extra, scope, owner):
    """Only the access token is needed."""
    server.extra = extra
    authenticator = run()
    assert sign(authenticator) == "Bearer SECRET-A1"
    assert authenticator.scope == scope
    assert authenticator.owner_id == owner


@pytest.mark.parametrize("token", [None, "", 7, "SECRET\r\nX-Header: 1", "SECRET token", "SÉCRET"])
def test_an_answer_without_a_usable_access_token_is_an_error(server, run, token):
    """What no header can hold is no token, and is not repeated in any message."""
    server.extra = {"access_token": token}
    authenticator = run()
    with pytest.raises(LoginError, match="without an access token") as caught:
        sign(authenticator)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(LoginError, match="without an access token"):
        sign(authenticator)
    assert len(server.forms) == 1


@pytest.mark.parametrize(
    ("grant", "problem", "words"),
    [
        (
            JWT,
            Problem(401, ("OAU-153", "invalid_client")),
            ["jwt", "client_id, client_secret", "HTTP 401 OAU-153 invalid_client"],
        ),
        (JWT, Problem(400, ("invalid_grant",)), ["the jwt has expired", "revoked", "another app"]),
        (JWT, Problem(400, ("unauthorized_client",)), ["auth type does not allow", "with jwt"]),
        (JWT, Problem(400, ("unsupported_grant_type",)), ["auth type does not allow", "with jwt"]),
        (JWT, Problem(403), ["check client_id, client_secret, api_url and jwt", "HTTP 403"]),
        (
            PasswordGrant("+1", None, "p"),
            Problem(400, ("OAU-140", "invalid_grant")),
            ["check username, extension and password", "password grant"],
        ),
        (
            PasswordGrant("+1", None, "p"),
            Problem(400, ("unauthorized_client",)),
            ["auth type does not allow the login with username and password"],
        ),
        (
            PasswordGrant("+1", None, "p"),
            Problem(400),
            ["check client_id, client_secret, api_url and username and password"],
        ),
    ],
)
def test_a_refused_login_names_what_to_check(server, run, grant, problem, words):
    """One line, for each grant and each refusal; and the login is never repeated."""
    server.refusals = [problem]
    authenticator = run(grant)
    messages = set()
    for attempt in (authenticator.login, authenticator.renew, lambda: sign(authenticator)):
        with pytest.raises(LoginError) as caught:
            attempt()
        messages.add(str(caught.value))
    (message,) = messages
    assert message.startswith("RingCentral refused the login with ")
    assert "\n" not in message
    assert all(word in message for word in words), message
    assert len(server.forms) == 1


def test_a_refused_refresh_token_names_the_two_ways_out(server, refresh_run):
    """The command, or a new setting; the store is not touched."""
    server.dies.clear()
    with pytest.raises(LoginError, match="tap-ringcentral-login again") as caught:
        sign(refresh_run())
    assert "refresh_token" in str(caught.value)
    assert "7 days" in str(caught.value)
    assert len(server.forms) == 1


def test_a_server_that_cannot_be_reached_is_no_refusal(server, run):
    """It ends the run, and not only what was asked for: nothing can be read without a login."""
    server.refusals = [UnavailableError("down")]
    authenticator = run()
    with pytest.raises(UnreachableError):
        sign(authenticator)
    assert sign(authenticator) == "Bearer SECRET-A2"


def test_the_session_is_ended_with_the_run(server, run):
    """It makes room for the next: about five are allowed."""
    authenticator = run()
    sign(authenticator)
    authenticator.close()
    authenticator.close()
    assert server.revoked == ["SECRET-A1"]


def test_who_never_logged_in_has_nothing_to_end(server, run):
    """No request is made."""
    run().close()
    assert not server.revoked
    assert not server.forms


def test_a_refresh_token_session_goes_on(server, refresh_run):
    """Revoking it would kill the stored token."""
    authenticator = refresh_run()
    sign(authenticator)
    authenticator.close()
    assert not server.revoked


@pytest.mark.parametrize("error", [UnavailableError("down"), ValueError("no JSON"), OSError()])
def test_a_session_that_cannot_be_ended_is_no_error(server, error):
    """The run is done."""

    def post(path, form):
        if path == REVOKE_PATH:
            raise error
        return server.post(path, form)

    authenticator = Authenticator(JWT, post)
    sign(authenticator)
    authenticator.close()


def test_the_new_refresh_token_is_stored_before_the_access_token_is_used(server, refresh_run, path):
    """When the signed request can leave, the store holds the token that belongs to it."""
    authenticator = refresh_run()
    authenticator.login()
    assert TokenStore(path).read() == "SECRET-R1"
    server.now += 3600
    sign(authenticator)
    assert TokenStore(path).read() == "SECRET-R2"
    assert [form["refresh_token"] for form in server.forms] == ["SECRET-R0", "SECRET-R1"]


def test_a_server_that_keeps_the_refresh_token_keeps_the_store(server, refresh_run, path):
    """Without a new one, the old one stays the one to use."""
    server.extra = {"refresh_token": None}
    sign(refresh_run())
    assert not path.exists()


def test_a_token_that_cannot_be_stored_is_not_used(server, refresh_run, monkeypatch):
    """The run ends, and the next finds the old token good."""
    authenticator = refresh_run()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(SettingsError, match="token_store"):
            sign(authenticator)
    server.now += 3000
    server.use(sign(refresh_run()))
    assert server.grants == ["refresh_token"] * 2


def test_an_unusable_store_costs_no_request(server, run, tmp_path):
    """A token that could not be kept is not asked for."""
    authenticator = run(RefreshTokenGrant(TokenStore(tmp_path / "missing" / "t.json", "R0")))
    with pytest.raises(SettingsError, match="token_store"):
        sign(authenticator)
    assert not server.forms


def kill_while_posting(server, _patch):
    server.kills = {len(server.forms) + 1}


def kill_while_writing(_server, patch):
    def die(*_):
        raise Killed

    patch.setattr("os.fsync", die)


def kill_before_replacing(_server, patch):
    def die(*_):
        raise Killed

    patch.setattr("pathlib.Path.replace", die)


def kill_after_replacing(_server, patch):
    def die(*_):
        raise Killed

    patch.setattr("tap_ringcentral_calllog.auth.token_store.sync_folder", die)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("configured", ["SECRET-R0", None])
@pytest.mark.parametrize(
    "kill",
    [kill_while_posting, kill_while_writing, kill_before_replacing, kill_after_replacing],
)
def test_a_kill_at_any_step_leaves_a_login_that_works(
    server, refresh_run, monkeypatch, kill, stored, configured
):
    """Up to an hour later, after two kills in a row, and in the runs from then on."""
    if stored or configured is None:
        server.use(sign(refresh_run()))
        server.now += 100
    for _ in range(2):
        with monkeypatch.context() as patch:
            kill(server, patch)
            with pytest.raises(Killed):
                sign(refresh_run(configured))
        server.kills = set()
        server.now += 1700
    for _ in range(2):
        server.use(sign(refresh_run(configured)))
        server.now += 86400


def test_a_kill_before_the_first_request_leaves_a_login_that_works(server, refresh_run):
    """The token is stored, the access token never used."""
    sign(refresh_run())
    server.now += 3 * 3600
    server.use(sign(refresh_run()))


def test_two_runs_can_share_a_store(server, refresh_run):
    """Each takes what the other has left there, at every login."""
    one, other = refresh_run(), refresh_run()
    for _ in range(3):
        server.use(sign(one))
        server.now += 30
        server.use(sign(other))
        server.now += 30
        one.renew()
        server.now += 3600
    used = [form["refresh_token"] for form in server.forms]
    assert len(set(used)) == len(used) > 6


def test_two_runs_that_log_in_at_once_do_not_spend_the_same_token(server, refresh_run, path):
    """The second one's login waits for the first to have stored its token."""
    inside, go_on = threading.Event(), threading.Event()
    issue = server.post

    def slow(path, form):
        inside.set()
        assert go_on.wait(PATIENCE)
        return issue(path, form)

    one = Authenticator(RefreshTokenGrant(TokenStore(path, "SECRET-R0")), slow, clock=server.clock)
    other = refresh_run()
    threads = [threading.Thread(target=sign, args=[run]) for run in (one, other)]
    threads[0].start()
    assert inside.wait(PATIENCE)
    threads[1].start()
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert [form["refresh_token"] for form in server.forms] == ["SECRET-R0", "SECRET-R1"]
    assert TokenStore(path).read() == "SECRET-R2"


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({}, []),
        ({"jwt": "j"}, ["jwt"]),
        ({"refresh_token": "r"}, ["refresh_token"]),
        ({"token_store": "s"}, ["refresh_token"]),
        ({"refresh_token": "r", "token_store": "s"}, ["refresh_token"]),
        ({"extension": "101"}, ["password"]),
        ({"jwt": "j", "token_store": "s", "username": "u"}, ["jwt", "refresh_token", "password"]),
    ],
)
def test_the_logins_that_are_configured_are_known(config, found):
    """Half a login counts: it would be a mistake to overlook."""
    assert grants_configured(LoginSettings("app", **config)) == found


def test_each_login_has_its_form(tmp_path):
    """The fields are those of RingCentral's token route."""
    jwt = grant_from(LoginSettings("app", jwt="j"))
    assert jwt.form() == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "j",
    }
    password = {"username": "+1", "password": " p "}
    assert grant_from(LoginSettings("app", **password)).form() == {
        "grant_type": "password",
        **password,
    }
    password["extension"] = "101"
    assert grant_from(LoginSettings("app", **password)).form() == {
        "grant_type": "password",
        **password,
    }
    store = {"refresh_token": "r\n", "token_store": str(tmp_path / "t.json")}
    assert grant_from(LoginSettings("app", **store)).form() == {
        "grant_type": "refresh_token",
        "refresh_token": "r",
    }


def test_a_filled_store_is_a_login(path):
    """No other setting is needed after `tap-ringcentral-login`."""
    store = TokenStore(path)
    store.write("R1")
    assert grant_from(LoginSettings("app", token_store=str(path))).form()["refresh_token"] == "R1"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "no login is configured: set exactly one of jwt; token_store .*; username"),
        ({"jwt": "SECRET", "password": "SECRET"}, "more than one login is configured: set exact"),
        ({"jwt": "SECRET", "extension": "101"}, "more than one login is configured"),
        ({"refresh_token": "SECRET"}, "token_store must be set beside refresh_token"),
        ({"username": "SECRET"}, "^password must be set"),
        ({"password": "SECRET"}, "^username must be set"),
        ({"extension": "SECRET"}, "^username and password must be set"),
    ],
)
def test_a_wrong_choice_of_login_is_told(config, message):
    """In one line, with the settings and without their values."""
    with pytest.raises(SettingsError, match=message) as caught:
        grant_from(LoginSettings("app", **config))
    assert "SECRET" not in str(caught.value)


def test_no_secret_shows(server, run, path, caplog):
    """Not in what a debugger, a log or a report of an exception would print."""
    caplog.set_level(logging.DEBUG)
    store = TokenStore(path, "SECRET-R0")
    grants = [
        JWT,
        PasswordGrant("SECRET-name", "SECRET-ext", "SECRET-password"),
        RefreshTokenGrant(store),
        SessionGrant("SECRET-R"),
    ]
    shown = [repr(grants), str(Login("SECRET-A", "SECRET-R"))]
    for grant in grants:
        server.refusals = [Problem(400, ("invalid_grant",))]
        authenticator = run(grant)
        with pytest.raises(LoginError) as caught:
            sign(authenticator)
        shown += [repr(authenticator), repr(caught.value)]
        shown += traceback.format_exception(caught.value)
    authenticator = run()
    sign(authenticator)
    shown += [repr(authenticator), repr(vars(authenticator)), caplog.text]
    lines = [line for text in shown for line in text.splitlines()]
    assert not [line for line in lines if "SECRET" in line]
