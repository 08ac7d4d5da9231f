"""Wraps the routes: records requests, adds latency, and applies the requested faults.

It is the outermost ASGI application, because only that one can reach the server's own `send` and,
through it, the TCP connection.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from sandbox.faults import Target
from sandbox.state import Seen, redacted

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.faults import Fault
    from sandbox.state import State

_CODES = {
    401: "OAU-213", 404: "CMN-102", 408: "CMN-211",
    429: "CMN-301", 500: "CMN-203", 502: "CMN-202",
}  # fmt: skip
_SECRET_HEADERS = frozenset({"authorization", "cookie"})
_WEB_PAGE = (
    b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please wait</body></html>"
)
_HTML = (b"content-type", b"text/html; charset=utf-8")
_GZIP = (b"content-encoding", b"gzip")
_POLL = 0.01  # seconds between two looks at whether a stall is over
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 s: closing sends RST


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def with_body(self, body: bytes, *more: tuple[bytes, bytes]) -> _Answer:
        names = {b"content-length", *(name for name, _ in more)}
        headers = [item for item in self.headers if item[0].lower() not in names]
        length = (b"content-length", str(len(body)).encode())
        return replace(self, headers=[*headers, length, *more], body=body)


class Pipeline:
    """The complete server as an ASGI application.

    Args:
        app: the routes; requests under `/sandbox/` are not recorded and never get faults.
        state: the sandbox.
    """

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"].startswith("/sandbox/"):
            await self._app(scope, receive, send)
            return
        state = self._state
        at, monotonic = state.clock.now(), state.limiter.now()
        query = scope["query_string"].decode("latin-1")
        with state.lock:
            armed = state.faults.due(Target(scope["method"], f"{scope['path']}?{query}"))
            hook = armed.fault.hook if armed and armed.fault.hook and armed.strike() else None
        if hook:
            hook()
        answer = await self._answer(scope, receive)
        fault = None
        with state.lock:
            if armed and not hook and not scope.get("sandbox.limited") and armed.strike():
                fault = armed.fault
        if fault:
            answer = _spoiled(answer, fault)
        if state.latency:
            await asyncio.sleep(state.latency)
        if fault and fault.kind == "stall":
            await _stall(receive, fault)
        reset = fault is not None and fault.kind == "reset"
        seen = Seen(
            method=scope["method"],
            path=scope["path"],
            query=redacted(parse_qs(query, keep_blank_values=True)),
            form=scope.get("sandbox.form", {}),
            status=0 if reset else answer.status,
            group=scope.get("sandbox.group", ""),
            at=at,
            monotonic=monotonic,
            headers=_headers(scope),
            user=scope.get("sandbox.user", ""),
        )
        with state.lock:
            state.requests.append(seen)
        if reset:
            await _reset(receive, send)
        elif fault and fault.kind == "drip":
            await _drip(answer, receive, send, fault.seconds)
        elif fault and fault.kind == "cut":
            await _cut(answer, receive, send)
        else:
            await _send(answer, send)

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, collect)
        start, *bodies = messages
        body = b"".join(message.get("body", b"") for message in bodies)
        return _Answer(start["status"], list(start["headers"]), body)


def _headers(scope: Scope) -> dict[str, str]:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return {**headers, **dict.fromkeys(_SECRET_HEADERS & headers.keys(), "[redacted]")}


def _spoiled(answer: _Answer, fault: Fault) -> _Answer:
    kind = (b"content-type", fault.content_type.encode())
    if fault.kind == "status":
        return _refused(answer, fault, kind)
    if fault.kind in _OTHERS:
        return _OTHERS[fault.kind](answer, fault)
    if fault.edit:
        return answer.with_body(fault.edit(answer.body))
    spoiled = {
        "type": answer.with_body(answer.body, kind),
        "truncated_json": answer.with_body(answer.body[: len(answer.body) // 2]),
        "html": replace(answer, status=200).with_body(_WEB_PAGE, _HTML),
        "bad_gzip": answer.with_body(b"\x1f\x8b\x08" + b"not gzip" * 20, _GZIP),
    }
    return spoiled.get(fault.kind, answer)


def _refused(answer: _Answer, fault: Fault, kind: tuple[bytes, bytes]) -> _Answer:
    if fault.body is not None:
        return replace(answer, status=fault.status).with_body(fault.body, kind)
    code = fault.code or _CODES.get(fault.status, "CMN-201")
    message = f"The sandbox was told to answer {fault.status}"
    outer = "TokenInvalid" if code.startswith("OAU") else code
    errors = [{"errorCode": code, "message": message}]
    body = json.dumps({"errorCode": outer, "message": message, "errors": errors}).encode()
    refused = replace(answer, status=fault.status).with_body(body)
    if fault.retry_after is not None:
        refused.headers.append((b"retry-after", f"{fault.retry_after:g}".encode()))
    return refused


def _part_of(answer: _Answer, _: Fault) -> _Answer:
    content = json.loads(answer.body)
    records = content["records"]
    content["records"] = records[: len(records) // 2]
    content.get("navigation", {}).pop("nextPage", None)
    return replace(answer, status=206).with_body(json.dumps(content).encode())


def _dated(answer: _Answer, fault: Fault) -> _Answer:
    headers = [item for item in answer.headers if item[0].lower() != b"date"]
    return replace(answer, headers=[*headers, (b"date", fault.date.encode())])


def _compressed(answer: _Answer, fault: Fault) -> _Answer:
    body = fault.edit(answer.body) if fault.edit else gzip.compress(answer.body)
    return answer.with_body(body, (b"content-encoding", b"gzip"))


_OTHERS = {"partial": _part_of, "date": _dated, "gzip": _compressed}


async def _send(answer: _Answer, send: Send, body: bytes | None = None) -> None:
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    await send(start)
    whole = body is None
    body = answer.body if body is None else body
    await send({"type": "http.response.body", "body": body, "more_body": not whole})


async def _reset(receive: Receive, send: Send) -> None:
    transport = _transport(send)
    _socket(transport).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()
    await _disconnected(receive)


async def _cut(answer: _Answer, receive: Receive, send: Send) -> None:
    await _send(answer, send, answer.body[: len(answer.body) // 2])
    # Closing flushes the written part, so the client sees a premature end of the stream.
    _transport(send).close()
    await _disconnected(receive)


async def _drip(answer: _Answer, receive: Receive, send: Send, seconds: float) -> None:
    """Send a byte at a time, until the client disconnects."""
    await _send(answer, send, b"")
    gone = asyncio.ensure_future(_disconnected(receive))
    for byte in answer.body:
        await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
        done, _ = await asyncio.wait([gone], timeout=seconds)
        if done:
            return
    gone.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _stall(receive: Receive, fault: Fault) -> None:
    """Wait, unless the client disconnects."""
    client = asyncio.ensure_future(_disconnected(receive))
    seconds = fault.seconds
    while seconds > 0 and not (fault.until and fault.until()):
        pause = min(seconds, _POLL) if fault.until else seconds
        gone, _ = await asyncio.wait([client], timeout=pause)
        if gone:
            return
        seconds -= pause
    client.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _transport(send: Send) -> asyncio.Transport:
    # uvicorn passes a bound method of the object that also holds the connection.
    transport: asyncio.Transport = send.__self__.transport  # type: ignore[attr-defined]  # uvicorn's own
    return transport


def _socket(transport: asyncio.Transport) -> Any:  # noqa: ANN401 - asyncio does not type it
    return transport.get_extra_info("socket")
