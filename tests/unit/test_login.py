"""The one-time login in a browser fills the store, and says in one line why it did not."""

from __future__ import annotations

import json
import logging
import socket
import stat
import subprocess
import sys
import threading
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import click
import pytest
import requests
from waiting import PATIENCE

from tap_ringcentral_calllog import login
from tap_ringcentral_calllog.auth.browser import (
    Authorization,
    AuthorizationCodeGrant,
    RedirectServer,
)
from tap_ringcentral_calllog.auth.token_store import TokenStore
from tap_ringcentral_calllog.errors import LoginError, Problem, RequestError, SettingsError
from tap_ringcentral_calllog.login import run

API = "https://platform.ringcentral.com"
CODE = "SECRET-code"


@dataclass
class RingCentral:
    """Exchanges a code as RingCentral does, if everything about it fits."""

    answer: dict[str, Any] = field(
        default_factory=lambda: {"access_token": "SECRET-A", "refresh_token": "SECRET-R"}
    )
    challenge: str = ""
    forms: list[dict[str, str]] = field(default_factory=list)

    def post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        assert path == "/restapi/oauth/token"
        self.forms.append(dict(form))
        digest = sha256(form["code_verifier"].encode()).digest()
        proof = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if form["code"] != CODE or proof != self.challenge:
            problem = Problem(400, ("OAU-109", "invalid_grant"))
            raise RequestError(str(problem), problem)
        return self.answer


@pytest.fixture
def server():
    return RingCentral()


@pytest.fixture
def uri():
    """A redirect URI on a port that is free."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/callback"


@pytest.fixture
def given(tmp_path):
    return {"client_id": "my-app", "token_store": str(tmp_path / "tokens.json")}


@pytest.fixture
def browser(monkeypatch, server):
    """Go where the terminal says, as a user who has just logged in; returns what was said."""
    said, pages, threads = [], [], []

    def visit(query, back):
        for path, changes in browser.visits:
            fields = {"code": CODE, "state": query["state"], **changes}
            given = {name: value for name, value in fields.items() if value is not None}
            address = f"{back.scheme}://{back.netloc}{path or back.path}?{urlencode(given)}"
            pages.append(requests.get(address, timeout=PATIENCE))

    def echo(message=""):
        said.append(message)
        for line in message.splitlines():
            if "/restapi/oauth/authorize?" in line:
                query = {k: v[0] for k, v in parse_qs(urlsplit(line).query).items()}
                server.challenge = query["code_challenge"]
                back = urlsplit(query["redirect_uri"])
                threads.append(threading.Thread(target=visit, args=(query, back)))
                threads[-1].start()

    @dataclass
    class Browser:
        visits: list[tuple[str, dict[str, str | None]]]
        said: list[str]

        @property
        def pages(self) -> list[requests.Response]:
            for thread in threads:
                thread.join(5)
            return pages

    browser = Browser([("", {})], said)
    monkeypatch.setattr(click, "echo", echo)
    yield browser
    for thread in threads:
        thread.join(5)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_the_address_asks_for_a_code_with_pkce():
    """The fields are those of RingCentral's authorize route; no two logins share their secrets."""
    asked = Authorization(API, "my app", "http://127.0.0.1:8484/callback")
    assert asked.url.startswith(f"{API}/restapi/oauth/authorize?")
    query = query_of(asked.url)
    challenge = query.pop("code_challenge")
    assert query == {
        "response_type": "code",
        "client_id": "my app",
        "redirect_uri": "http://127.0.0.1:8484/callback",
        "state": asked.state,
        "code_challenge_method": "S256",
    }
    digest = sha256(asked.verifier.encode()).digest()
    assert challenge == urlsafe_b64encode(digest).decode().rstrip("=")
    assert 43 <= len(asked.verifier) <= 128
    again = Authorization(API, "my app", asked.redirect_uri)
    assert again.state != asked.state
    assert again.verifier != asked.verifier


def test_a_login_in_the_browser_fills_the_store(server, browser, given, uri):
    """The code is exchanged with its verifier, and what is said says what to configure now."""
    run(given, uri, post=server.post)
    (form,) = server.forms
    form.pop("code_verifier")
    assert form == {
        "grant_type": "authorization_code",
        "code": CODE,
        "redirect_uri": uri,
        "client_id": "my-app",
    }
    store = TokenStore(given["token_store"])
    assert store.read() == "SECRET-R"
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert str(store.path) in browser.said[-1]
    assert "token_store as the tap's only login" in browser.said[-1]
    assert "SECRET" not in "".join(browser.said)
    (page,) = browser.pages
    assert page.status_code == 200
    assert "close this window" in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_the_login_supersedes_the_configured_refresh_token(server, browser, given, uri):
    """A dead refresh_token that stays configured does not win over the new login."""
    run({**given, "refresh_token": "dead"}, uri, post=server.post)
    assert TokenStore(given["token_store"], "dead").read() == "SECRET-R"
    assert browser.pages


def test_only_the_answer_to_this_login_is_taken(server, browser, given, uri):
    """Another path, another state, or none: the login goes on waiting for its own."""
    browser.visits = [
        ("/favicon.ico", {}),
        ("", {"state": "forged", "code": "forged"}),
        ("", {"state": None, "error": "access_denied"}),
        ("", {}),
    ]
    run(given, uri, post=server.post)
    assert [page.status_code for page in browser.pages] == [404, 400, 400, 200]
    assert [form["code"] for form in server.forms] == [CODE]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": None, "error": "access_denied"}, "cancelled in the browser"),
        ({"code": None, "error": "invalid_scope"}, "sent no code: check client_id"),
        ({"code": None}, "sent no code"),
        ({"code": "SECRET-other"}, "with authorization code: the code has expired"),
    ],
)
def test_a_login_that_was_refused_is_told(server, browser, given, uri, changes, message):
    """In one line, with what to check; the store stays as it was."""
    browser.visits = [("", changes)]
    with pytest.raises(LoginError, match=message) as caught:
        run(given, uri, post=server.post)
    assert "\n" not in str(caught.value)
    assert "SECRET" not in str(caught.value)
    with pytest.raises(SettingsError, match="does not exist yet"):
        TokenStore(given["token_store"]).read()


def test_an_app_without_refresh_tokens_is_told(server, browser, given, uri):
    """Without one there is nothing to store."""
    server.answer = {"access_token": "SECRET-A"}
    with pytest.raises(LoginError, match="allow the refresh token grant"):
        run(given, uri, post=server.post)
    assert browser.pages


def test_a_browser_that_hangs_up_has_still_brought_the_code(server, monkeypatch, given, uri):
    """The code counts, not whether the page could be shown; and nothing is printed about it."""

    def echo(message):
        if "authorize?" not in message:
            return
        query = query_of(message.split()[-1])
        server.challenge = query["code_challenge"]
        target = urlencode({"code": CODE, "state": query["state"]})
        back = urlsplit(uri)
        with socket.create_connection((back.hostname, back.port), timeout=PATIENCE) as browser:
            browser.sendall(f"GET {back.path}?{target} HTTP/1.1\r\n\r\n".encode())

    def hang_up(*_):
        raise ConnectionResetError

    monkeypatch.setattr(click, "echo", echo)
    monkeypatch.setattr(BaseHTTPRequestHandler, "end_headers", hang_up)
    run(given, uri, post=server.post)
    assert TokenStore(given["token_store"]).read() == "SECRET-R"


def test_a_browser_that_never_comes_is_not_waited_for_forever(monkeypatch, given, uri):
    """The line says how long it was waited for, and names --paste."""
    monkeypatch.setattr(click, "echo", lambda _: None)
    with pytest.raises(LoginError, match=r"within 0.01 s: .* --paste"):
        run(given, uri, timeout=0.01, post=lambda *_: {})


@pytest.mark.parametrize(
    "uri",
    [
        "https://127.0.0.1:8484/callback",
        "http://example.com/callback",
        "http://127.0.0.1:99999/callback",
        "http://[::1/callback",
        "callback",
    ],
)
def test_a_redirect_elsewhere_cannot_be_listened_for(given, uri):
    """Only this machine is listened on; any other redirect can be pasted."""
    with pytest.raises(SettingsError, match=r"--redirect-uri must be like .* --paste"):
        run(given, uri)


def test_a_port_in_use_is_told(given, uri):
    """The line names the port and --paste."""
    with RedirectServer(Authorization(API, "my-app", uri)):
        port = urlsplit(uri).port
        with pytest.raises(SettingsError, match=f"port {port} .* --paste"):
            run(given, uri)


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_a_redirect_may_use_ipv6():
    """Both loopback addresses are this machine."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
            port = probe.getsockname()[1]
    except OSError:
        pytest.skip("no IPv6 on this machine")
    asked = Authorization(API, "my-app", f"http://[::1]:{port}")
    with RedirectServer(asked) as listening:
        query = urlencode({"state": asked.state, "code": CODE})
        assert requests.get(f"http://[::1]:{port}/?{query}", timeout=PATIENCE).status_code == 200
        assert asked.grant_for(listening.wait(PATIENCE)).code == CODE


def test_the_address_can_be_pasted(monkeypatch, server, browser, given):
    """Then nothing listens, and the redirect URI may be any that is registered."""
    browser.visits = []

    def paste(_question):
        query = query_of(browser.said[0].split()[-1])
        return f" https://example.com/back?code={CODE}&state={query['state']}#_ \n"

    monkeypatch.setattr(click, "prompt", paste)
    run(given, "https://example.com/back", paste=True, post=server.post)
    assert TokenStore(given["token_store"]).read() == "SECRET-R"


@pytest.mark.parametrize(
    "pasted",
    ["", "hello", f"http://127.0.0.1/?code={CODE}", f"http://[/?code={CODE}&state=\udcff%ff"],
)
def test_a_pasted_address_of_another_login_is_refused(monkeypatch, browser, given, pasted):
    """The state protects from being logged in as somebody else."""
    browser.visits = []
    monkeypatch.setattr(click, "prompt", lambda _: pasted)
    with pytest.raises(LoginError, match="does not belong to this login") as caught:
        run(given, paste=True)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"token_store": None}, "token_store must be set"),
        ({"client_id": None}, "client_id must be set"),
        ({"api_url": "http://example.com"}, "https"),
    ],
)
def test_a_wrong_setting_is_told_before_the_browser_is_opened(browser, given, changes, message):
    """In one line that names it."""
    settings = {name: value for name, value in {**given, **changes}.items() if value}
    with pytest.raises(SettingsError, match=message):
        run(settings)
    assert not browser.said


def test_a_file_that_is_no_store_is_told_before_the_browser_is_opened(browser, given, tmp_path):
    """A login never overwrites another file."""
    (tmp_path / "tokens.json").write_text("{}")
    with pytest.raises(SettingsError, match="not a token store"):
        run(given)
    assert not browser.said


def test_no_secret_shows():
    """Neither in an authorization nor in its grant."""
    asked = Authorization(API, "my-app", "http://127.0.0.1/", "SECRET-state", "SECRET-verifier")
    grant = AuthorizationCodeGrant(CODE, "http://127.0.0.1/", "my-app", "SECRET-verifier")
    assert "SECRET" not in repr(asked) + repr(grant)
    assert "SECRET-verifier" not in asked.url


@pytest.fixture
def clean(monkeypatch):
    """Undo what the SDK's command does to the process, and keep the tester's settings out."""
    for name in login._SETTINGS:  # noqa: SLF001 - the table itself
        monkeypatch.delenv(f"TAP_RINGCENTRAL_{name.upper()}", raising=False)
    hook = sys.excepthook
    yield
    sys.excepthook = hook
    logging.captureWarnings(capture=False)


@pytest.fixture
def api():
    """An API that knows the token route only; yields its address and the requests it got."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            got.append((self.path, self.headers["Authorization"], query_of(f"?{body}")))
            answer = json.dumps({"access_token": "SECRET-A", "refresh_token": "SECRET-R"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", got
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("clean")
def test_the_command_takes_its_settings_from_everywhere(
    monkeypatch, tmp_path, api, browser, uri, capsys
):
    """The command line wins over the environment, that over a file, a later over an earlier."""
    url, got = api
    store = tmp_path / "tokens.json"
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_text(json.dumps({"client_id": "first", "api_url": url, "jwt": "SECRET-jwt"}))
    second.write_text(json.dumps({"client_id": "second", "client_secret": "SECRET-second"}))
    monkeypatch.setenv("TAP_RINGCENTRAL_CLIENT_SECRET", "SECRET-environment")
    monkeypatch.setenv("TAP_RINGCENTRAL_TOKEN_STORE", str(tmp_path / "unused.json"))
    configs = [item for name in (first, "ENV", second) for item in ("--config", str(name))]
    arguments = [*configs, "--redirect-uri", uri, "--token-store", str(store)]
    monkeypatch.setattr(sys, "argv", ["tap-ringcentral-login", *arguments])
    with pytest.raises(SystemExit) as ended:
        login.main()
    assert not ended.value.code
    ((path, authorization, form),) = got
    assert path == "/restapi/oauth/token"
    assert b64decode(authorization.split()[1]) == b"second:SECRET-environment"
    assert form["client_id"] == "second"
    assert TokenStore(store).read() == "SECRET-R"
    assert "token_store as the tap's only login" in browser.said[-1]
    captured = capsys.readouterr()
    assert "SECRET" not in captured.out + captured.err


def test_the_command_fails_with_one_line():
    """Exit code 1, the line on standard error, no traceback."""
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tap_ringcentral_calllog.login import main; main()",
            "--config",
            "missing.json",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == "--config: missing.json cannot be read as a JSON object\n"


@pytest.mark.usefixtures("clean")
def test_the_command_explains_itself(monkeypatch, capsys):
    """The help names the options and where secrets can come from."""
    monkeypatch.setattr(sys, "argv", ["tap-ringcentral-login", "--help"])
    with pytest.raises(SystemExit) as ended:
        login.main()
    assert not ended.value.code
    shown = " ".join(capsys.readouterr().out.split())
    assert all(
        word in shown
        for word in (
            "--config",
            "--client-id",
            "--client-secret",
            "--token-store",
            "--api-url",
            "--redirect-uri",
            "--paste",
            "--timeout",
            "http://127.0.0.1:8484/callback",
            "TAP_RINGCENTRAL_CLIENT_SECRET",
        )
    )
