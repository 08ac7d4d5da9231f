"""OAuth's authorization code flow with PKCE: the address to open, and the redirect with the code.

Source: https://developers.ringcentral.com/guide/authentication/auth-code-pkce-flow
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from socket import AF_INET6
from threading import Thread
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from typing_extensions import override

from tap_ringcentral_calllog.auth.grants import Grant
from tap_ringcentral_calllog.errors import LoginError, SettingsError

COMMAND = "tap-ringcentral-login"
REDIRECT_URI = "http://127.0.0.1:8484/callback"

_LOOPBACK = {"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "::1": "::1"}
_PAGE = b"""<!doctype html><meta charset="utf-8"><title>tap-ringcentral-login</title>
<p>RingCentral's answer has arrived. You may close this window; the terminal shows how it went.</p>
"""


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a user is asked to allow, and how the answer is known to belong to it.

    Attributes:
        api_url: address of RingCentral's API, without a path.
        client_id: the app.
        redirect_uri: where RingCentral sends the browser afterwards; registered with the app.
        state: comes back with the answer. https://www.rfc-editor.org/rfc/rfc6749#section-10.12
        verifier: proves that whoever exchanges the code has asked for it.
            https://www.rfc-editor.org/rfc/rfc7636
    """

    api_url: str
    client_id: str
    redirect_uri: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    @property
    def url(self) -> str:
        """The address to open in a browser."""
        challenge = urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.api_url}/restapi/oauth/authorize?{urlencode(query)}"

    def owns(self, redirected: str) -> bool:
        """Return whether the address that a browser was sent to answers this very request."""
        state = _query(redirected).get("state", "")
        return secrets.compare_digest(state.encode(errors="replace"), self.state.encode())

    def grant_for(self, redirected: str) -> AuthorizationCodeGrant:
        """Read the address that the browser was sent to.

        Raises:
            LoginError: when it belongs to another login, holds no code, or tells of a refusal.
        """
        if not self.owns(redirected):
            msg = (
                "that address does not belong to this login: open the address shown above, log "
                "in, and copy the complete address that the browser ends up at"
            )
            raise LoginError(msg)
        query = _query(redirected)
        if query.get("error") == "access_denied":
            msg = "the login was cancelled in the browser, or the user may not use this app"
            raise LoginError(msg)
        if "error" in query or not query.get("code"):
            msg = (
                "RingCentral sent no code: check client_id, and the app's redirect URI and "
                "authorization settings in the developer console"
            )
            raise LoginError(msg)
        return AuthorizationCodeGrant(
            query["code"], self.redirect_uri, self.client_id, self.verifier
        )


@dataclass(frozen=True)
class AuthorizationCodeGrant(Grant):
    """Login with the code that a browser brought; good for one use within a minute."""

    code: str = field(repr=False)
    redirect_uri: str
    client_id: str
    verifier: str = field(repr=False)

    name = "authorization code"
    advice = (
        "the code has expired (after a minute), has already been used, or was made for another "
        f"redirect URI: run {COMMAND} again"
    )
    outlives_run = True

    @override
    def form(self) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": self.code,
            "redirect_uri": self.redirect_uri,
            "client_id": self.client_id,
            "code_verifier": self.verifier,
        }


class RedirectServer(ThreadingHTTPServer):
    """Waits on this machine for the browser to come back from RingCentral.

    A context manager that listens while it is open. It answers in threads, because browsers open
    connections ahead of use and would block it. It takes only requests that answer the
    authorization: a page that guesses the port can neither slip in another login nor end this one.

    Args:
        authorization: what the user was asked for.

    Raises:
        SettingsError: when the redirect URI can't be listened on.
    """

    def __init__(self, authorization: Authorization) -> None:
        self.authorization = authorization
        self.arrived: Queue[str] = Queue()
        host, port = _address(authorization.redirect_uri)
        if ":" in host:
            self.address_family = AF_INET6
        try:
            super().__init__((host, port), _Redirect)
        except OSError as error:
            msg = f"cannot listen on port {port} ({error.strerror}): use --paste"
            raise SettingsError(msg) from None

    @override
    def __enter__(self) -> RedirectServer:  # noqa: PYI034  # typing.Self came with Python 3.11
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    @override
    def __exit__(self, *error: object) -> None:
        self.shutdown()
        self.server_close()

    def wait(self, timeout: float) -> str:
        """Return the address that the browser was sent to.

        Args:
            timeout: how long to wait for it, in seconds.

        Raises:
            LoginError: when it has not come by then.
        """
        try:
            return self.arrived.get(timeout=timeout)
        except Empty:
            msg = f"no login arrived within {timeout:g} s: run {COMMAND} again, or use --paste"
            raise LoginError(msg) from None

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a browser that hung up: if it brought the code, that has been taken."""


class _Redirect(BaseHTTPRequestHandler):
    server: RedirectServer
    timeout: ClassVar[float] = 10.0

    def do_GET(self) -> None:
        authorization = self.server.authorization
        expected = urlsplit(authorization.redirect_uri).path or "/"
        path = self.path.partition("?")[0]
        if path != expected:
            self.send_error(404)
        elif not authorization.owns(self.path):
            self.send_error(400, "This address does not belong to the login that was started")
        else:
            try:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(_PAGE)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(_PAGE)
            finally:
                self.server.arrived.put(self.path)

    @override
    def log_message(self, *_args: object) -> None:
        """Log nothing: the request line holds the code."""


def _query(address: str) -> dict[str, str]:
    fields = parse_qs(address.partition("?")[2].partition("#")[0], errors="replace")
    return {name: values[0] for name, values in fields.items()}


def _address(redirect_uri: str) -> tuple[str, int]:
    """Return host and port to listen on."""
    try:
        parts = urlsplit(redirect_uri)
        host, port = _LOOPBACK[parts.hostname or ""], parts.port or 80
    except (ValueError, KeyError):
        host = ""
    if not host or parts.scheme != "http":
        msg = (
            f"--redirect-uri must be like {REDIRECT_URI}, so that the command can listen on it: "
            "use --paste for any other"
        )
        raise SettingsError(msg)
    return host, port
