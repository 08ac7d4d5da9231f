"""Runs uvicorn in its own thread, on a socket that is bound before it starts."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_START_TIMEOUT = 10.0
# A client that paces itself leaves its connection idle during a penalty.
_KEEP_ALIVE = 180


class _Server(uvicorn.Server):
    """uvicorn without its polling delays, because tests open and close many sandboxes."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self._over = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def end(self) -> None:
        """Stop serving; any thread may call it."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for one in sockets or ():
            one.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        # Let the connections notice that they are closed, and end their requests.
        for task in tuple(self.server_state.tasks):
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)


class Server:
    """An HTTP server.

    Args:
        host: the address to listen at.
        port: the port; 0 for any free port.

    Attributes:
        url: its address.
    """

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_server((host, port), backlog=256)
        # Accepted connections inherit this option. Without it, each answer waits 40 ms for the
        # client's acknowledgement. asyncio sets it only on sockets with a protocol number.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: ASGIApp) -> None:
        """Serve an application until `stop`; return when it answers."""
        config = uvicorn.Config(
            app,
            loop="asyncio",
            ws="none",
            lifespan="off",
            proxy_headers=False,
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE,
        )
        self._server = _Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="sandbox", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(_START_TIMEOUT):
            message = "the sandbox did not start"
            raise RuntimeError(message)

    def stop(self) -> None:
        """Stop serving and free the port; unfinished requests are dropped."""
        if self._server and self._thread:
            self._server.end()
            self._thread.join(_START_TIMEOUT)
            self._server = self._thread = None
        self._socket.close()
