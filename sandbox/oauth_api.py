"""The login routes: token, authorize, revoke."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sandbox.answers import admit, json_answer, refused, stamped
from sandbox.refusals import Refusal
from sandbox.state import redacted
from sandbox.tokens import invalid_grant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from sandbox.state import State
    from sandbox.tokens import Issued

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def routes(state: State) -> list[Route]:
    """Return the routes for logging in and out."""
    oauth = _OAuth(state)
    return [
        Route("/restapi/oauth/token", oauth.token, methods=["POST"]),
        Route("/restapi/oauth/revoke", oauth.revoke, methods=["POST"]),
        Route("/restapi/oauth/authorize", oauth.authorize),
    ]


class _OAuth:
    def __init__(self, state: State) -> None:
        self._state = state

    async def token(self, request: Request) -> Response:
        form = await _form(request)
        state = self._state
        with state.lock:
            headers: dict[str, str] = {}
            try:
                client_id = self._client(request, form)
                headers = admit(state, request, client_id, "Auth")
                body = self._answer(self._grant(form, client_id))
                response = json_answer(body, headers=headers)
            except Refusal as refusal:
                response = refused(refusal, headers)
            return stamped(state, response)

    async def revoke(self, request: Request) -> Response:
        form = await _form(request)
        state = self._state
        with state.lock:
            headers: dict[str, str] = {}
            try:
                client_id = self._client(request, form)
                headers = admit(state, request, client_id, "Auth")
                token = form.get("token") or request.query_params.get("token", "")
                state.tokens.revoke(token)
                response = Response(status_code=200, headers=headers)
            except Refusal as refusal:
                response = refused(refusal, headers)
            return stamped(state, response)

    async def authorize(self, request: Request) -> Response:
        """Grant consent at once, as if the user had clicked, and redirect the browser."""
        given, state = request.query_params, self._state
        with state.lock:
            try:
                back = self._authorize(given)
            except Refusal as refusal:
                return stamped(state, refused(refusal, {}))
            return stamped(state, RedirectResponse(back, 302))

    def _authorize(self, given: Mapping[str, str]) -> str:
        """Return the address for the browser, with a code for the app."""
        uri = given.get("redirect_uri", "")
        if given.get("client_id") != self._state.credentials.client_id:
            raise _invalid_client()
        if given.get("response_type") != "code" or "://" not in uri:
            message = "response_type must be code, redirect_uri a URI"
            raise Refusal(400, "OAU-109", message, oauth="invalid_request")
        code = self._state.tokens.authorize(
            given["client_id"],
            uri,
            given.get("code_challenge", ""),
            given.get("code_challenge_method", "plain"),
        )
        back = {"code": code, **({"state": given["state"]} if "state" in given else {})}
        return f"{uri}{'&' if '?' in uri else '?'}{urlencode(back)}"

    def _client(self, request: Request, form: dict[str, str]) -> str:
        """Return the app's id; a public app (PKCE) is authenticated later, by the code verifier."""
        known = self._state.credentials
        scheme, _, basic = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _, secret = b64decode(basic).decode().partition(":")
            except ValueError:
                raise _invalid_client() from None
            if (client_id, secret) == (known.client_id, known.client_secret):
                return client_id
            raise _invalid_client()
        public = "code_verifier" in form or form.get("grant_type") == "refresh_token"
        if form.get("client_id") == known.client_id and public:
            return known.client_id
        raise _invalid_client()

    def _grant(self, form: dict[str, str], client_id: str) -> Issued:
        tokens, known = self._state.tokens, self._state.credentials
        grant = form.get("grant_type", "")
        if grant == _JWT:
            user = self._state.users.get(form.get("assertion", ""))
            if user is None:
                raise invalid_grant(code="OAU-250", message="The JWT is not valid")
            return tokens.log_in(client_id, user)
        if grant == "refresh_token":
            return tokens.refresh(form.get("refresh_token", ""), client_id)
        if grant == "authorization_code":
            return tokens.exchange(
                form.get("code", ""),
                client_id,
                form.get("redirect_uri", ""),
                form.get("code_verifier", ""),
            )
        if grant == "password":
            login = (form.get("username", ""), form.get("extension", ""), form.get("password", ""))
            if login != (known.username, known.extension, known.password):
                raise invalid_grant(
                    code="OAU-140", message="User name, extension or password is wrong"
                )
            return tokens.log_in(client_id, self._state.owner_id)
        message = f"Unsupported grant type: {grant}"
        raise Refusal(400, "OAU-109", message, oauth="unsupported_grant_type")

    def _answer(self, issued: Issued) -> dict[str, Any]:
        user = self._state.tokens.user_of(issued.access_token)
        return {
            "access_token": issued.access_token,
            "token_type": "bearer",
            "expires_in": issued.expires_in,
            "refresh_token": issued.refresh_token,
            "refresh_token_expires_in": issued.refresh_token_expires_in,
            "scope": " ".join(sorted(self._state.permissions.app)),
            "owner_id": user,
            "endpoint_id": f"endpoint-{user}",
        }


async def _form(request: Request) -> dict[str, str]:
    fields = parse_qs((await request.body()).decode(errors="replace"), keep_blank_values=True)
    request.scope["sandbox.form"] = redacted(fields)
    return {name: values[0] for name, values in fields.items()}


def _invalid_client() -> Refusal:
    return Refusal(401, "OAU-153", "The app could not be identified", oauth="invalid_client")
