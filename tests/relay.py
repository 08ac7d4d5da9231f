"""What may stand between the tap and RingCentral: TLS, a proxy, another web server."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from waiting import PATIENCE

if TYPE_CHECKING:
    import ssl
    from email.message import Message

# Those of the one connection, not of what goes over it.
_HOP = frozenset({"connection", "proxy-authorization", "proxy-connection", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that came by; `target` is a path, or what a proxy is asked for."""

    method: str
    target: str
    headers: Message


class Relay(ThreadingHTTPServer):
    """Passes requests on to a sandbox, or as a proxy to wherever they go.

    A context manager that listens while it is open.

    Args:
        target: the address to pass requests on to that name none.
        context: encrypts, where given.

    Attributes:
        url: where it listens.
        seen: the requests so far.
        answers: for parts of paths, the status and headers to answer with in place of the target.
        headers: what is added to the target's answers.
    """

    def __init__(self, target: str, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self.target = target
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.server_port}"
        self.seen: list[Passed] = []
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.headers: dict[str, str] = {}
        if context:
            # Shaking hands while accepting, one client could hold up all others.
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def __enter__(self) -> Relay:  # noqa: PYI034  # typing.Self came with Python 3.11
        """Listen."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that does not like the certificate, or hangs up."""


class _Passage(BaseHTTPRequestHandler):
    server: Relay

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        answers = self._noted()
        if answers:
            self._answer(*answers[0])
            return
        goal = urlsplit(self.path if "://" in self.path else self.server.target + self.path)
        headers = {name: self.headers[name] for name in self.headers if name.lower() not in _HOP}
        onward = HTTPConnection(goal.netloc, timeout=PATIENCE)
        try:
            onward.request(self.command, f"{goal.path}?{goal.query}", body or None, headers)
            answer = onward.getresponse()
            kept = {n: v for n, v in answer.getheaders() if n.lower() not in _HOP}
            self._answer(answer.status, {**kept, **self.server.headers}, answer.read())
        finally:
            onward.close()

    def do_POST(self) -> None:
        self.do_GET()

    def do_CONNECT(self) -> None:
        answers = self._noted()
        if answers:
            self._answer(*answers[0])
            return
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as far:
            self._answer(200, {})
            back = threading.Thread(target=_pump, args=(far, self.connection))
            back.start()
            _pump(self.connection, far)
            back.join()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _noted(self) -> list[tuple[int, dict[str, str]]]:
        self.server.seen.append(Passed(self.command, self.path, self.headers))
        return [answer for part, answer in self.server.answers.items() if part in self.path]

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
