"""The `/sandbox/` routes, by which a test in another process controls the sandbox."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.routing import Route

from sandbox.answers import json_answer
from sandbox.faults import Fault
from sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.controls import Controls

    Handler = Callable[[Request, dict[str, Any]], object]


def routes(rc: Controls) -> list[Route]:
    """Return the control routes of a sandbox."""
    table: list[tuple[str, str, Handler]] = [
        ("GET", "credentials", lambda *_: rc.credentials()),
        ("GET", "truth", lambda request, _: rc.truth(**request.query_params)),
        ("GET", "recordings", lambda *_: rc.recordings_truth()),
        ("DELETE", "recordings/{id}", lambda given, _: rc.forget_recording(_id(given))),
        ("GET", "extensions", lambda *_: rc.extensions_truth()),
        ("PATCH", "extensions/{id}", lambda given, body: rc.change_extension(_id(given), **body)),
        ("DELETE", "extensions/{id}", lambda given, _: rc.remove_extension(_id(given))),
        ("GET", "messages", lambda request, _: rc.messages_truth(**request.query_params)),
        ("POST", "messages", lambda _, body: {"id": rc.add_message(**body)}),
        ("PATCH", "messages/{id}", lambda given, body: rc.change_message(_id(given), **body)),
        ("DELETE", "messages/{id}", lambda given, _: rc.delete_message(_id(given))),
        ("GET", "requests", lambda *_: _requests(rc)),
        ("DELETE", "requests", lambda *_: rc.forget_requests()),
        ("GET", "clock", lambda *_: _clock(rc)),
        ("POST", "clock", lambda _, body: _move_clock(rc, body)),
        ("POST", "calls", lambda _, body: {"id": rc.add_call(**body)}),
        ("PATCH", "calls/{id}", lambda given, body: rc.change_call(_id(given), **body)),
        ("DELETE", "calls/{id}", lambda request, _: _delete(rc, request)),
        ("POST", "faults", lambda _, body: _fail(rc, body)),
        ("DELETE", "faults", lambda *_: rc.clear_faults()),
        ("POST", "permissions", lambda _, body: rc.set_permissions(**body)),
        ("POST", "budget", lambda _, body: rc.use_budget(**body)),
        ("DELETE", "sessions", lambda *_: rc.revoke_all_sessions()),
        ("DELETE", "sync-tokens", lambda *_: rc.reset_sync()),
    ]
    return [
        Route(f"/sandbox/{path}", _endpoint(handler), methods=[method])
        for method, path, handler in table
    ]


def _endpoint(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            body = msgspec.json.decode(await request.body() or b"{}", type=dict[str, Any])
            return json_answer(handler(request, body))
        except KeyError as error:
            return json_answer({"error": f"not found: {error}"}, 404)
        except (AttributeError, TypeError, ValueError, Refusal) as error:
            return json_answer({"error": str(error)}, 400)

    return endpoint


def _id(request: Request) -> str:
    given: str = request.path_params["id"]
    return given


def _requests(rc: Controls) -> object:
    return {
        "requests": [asdict(seen) for seen in rc.requests],
        "rejected": rc.rejected,
        "penalties_restarted": rc.penalties_restarted,
    }


def _clock(rc: Controls) -> object:
    return {"now": rc.clock.now(), "running": rc.clock.running}


def _move_clock(rc: Controls, body: dict[str, Any]) -> object:
    if "set" in body:
        rc.clock.set(body["set"])
    if "advance" in body:
        rc.clock.advance(**body["advance"])
    return _clock(rc)


def _delete(rc: Controls, request: Request) -> None:
    if request.query_params.get("trace") == "false":
        rc.remove_call(_id(request))
    else:
        rc.delete_call(_id(request))


def _fail(rc: Controls, body: dict[str, Any]) -> None:
    # A request cannot contain Python callables.
    rc.fail(msgspec.convert(body, _RemoteFault).fault())


class _RemoteFault(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    on: str = ""
    after: int = 0
    times: int | None = 1
    status: int = 503
    retry_after: float | None = None
    seconds: float = 0.0

    def fault(self) -> Fault:
        return Fault(**msgspec.structs.asdict(self))
