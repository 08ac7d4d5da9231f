"""Turns a handler's result into an HTTP answer: access token, rate limit, headers, error bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from sandbox.instants import http_date
from sandbox.plans import mix
from sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from sandbox.limits import Verdict
    from sandbox.state import State

JSON = "application/json;charset=UTF-8"


def json_answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:  # noqa: ANN401 - any JSON
    """Return a JSON response; bytes and text must already be JSON."""
    if isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = msgspec.json.encode(body)
    return Response(body, status, headers, media_type=JSON)


def data_route(
    state: State, group: str, handler: Callable[[Request], bytes | Response]
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that serves the account's data.

    Args:
        state: the sandbox.
        group: the endpoint's rate-limit group.
        handler: returns the JSON body or a whole response, or raises `Refusal`.
    """

    async def endpoint(request: Request) -> Response:
        with state.lock:
            headers: dict[str, str] = {}
            try:
                session = state.tokens.use(_bearer(request))
                state.asking = request.scope["sandbox.user"] = session.user
                headers = admit(state, request, session.client_id, group)
                answer = handler(request)
                response = answer if isinstance(answer, Response) else json_answer(answer)
                response.headers.update(headers)
            except Refusal as refusal:
                response = refused(refusal, headers)
            return stamped(state, response)

    return endpoint


def admit(state: State, request: Request, client_id: str, group: str) -> dict[str, str]:
    """Count a request against the rate limit and return the `X-Rate-Limit-*` headers.

    Raises:
        Refusal: the request exceeds the limit.
    """
    verdict = state.limiter.admit(state.limited_user(group), client_id, group)
    request.scope["sandbox.group"] = group
    request.scope["sandbox.limited"] = not verdict.allowed
    headers = _rate_headers(state, group, verdict)
    if verdict.allowed:
        return headers
    if state.habits.retry_after:
        headers["Retry-After"] = str(verdict.retry_after)
    message = "Too many requests"
    raise Refusal(429, "CMN-301", message, headers=headers)


def refused(refusal: Refusal, headers: dict[str, str]) -> Response:
    """Return a refusal as a response."""
    return json_answer(refusal.body, refusal.status, {**headers, **refusal.headers})


def stamped(state: State, response: Response) -> Response:
    """Return a response with the headers that every answer carries."""
    response.headers["Date"] = http_date(state.clock.now_ms())
    response.headers["RCRequestId"] = f"{mix(len(state.requests) + 1):016x}"
    return response


def without_route(state: State) -> dict[Any, Any]:
    """Return Starlette's handlers for paths and methods that the sandbox does not serve."""

    async def nothing_there(request: Request, _: Exception) -> Response:
        message = f"The sandbox does not serve {request.method} {request.url.path}"
        return stamped(state, refused(Refusal(404, "CMN-102", message), {}))

    return {404: nothing_there, 405: nothing_there}


def _rate_headers(state: State, group: str, verdict: Verdict) -> dict[str, str]:
    if not state.habits.rate_headers:
        return {}
    return {
        "X-Rate-Limit-Group": state.group_names.get(group, group.lower()),
        "X-Rate-Limit-Limit": str(verdict.limit),
        "X-Rate-Limit-Remaining": str(verdict.remaining),
        "X-Rate-Limit-Window": f"{verdict.window:g}",
    }


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        raise Refusal(401, "CMN-405", "Log in first")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(401, "OAU-151", "Only a bearer token opens this")
    return token.strip()
