"""Engine.IO's server with our connection in the place of its own: websocket only, checked before the upgrade."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import engineio
from aiohttp import WSCloseCode, web

from ivorycart.engine.connection import Connection
from ivorycart.engine.limits import Limits
from ivorycart.engine.origin import OriginPolicy
from ivorycart.engine.refusal import Ending, Refusal
from ivorycart.engine.upgrade import UpgradeRefused, check_upgrade, connect_environ
from ivorycart.engine.websocket import GuardedWebSocket


class EngineServer(engineio.AsyncServer):  # type: ignore[misc]  # python-engineio has no types
    """Accepts websockets and moves packets; `sockets` maps Engine.IO's sid to its Connection."""

    sockets: dict[str, Connection]

    def __init__(
        self,
        *,
        limits: Limits,
        allow_origin: OriginPolicy,
        failed: Callable[[BaseException], None],
        **options: Any,
    ) -> None:
        super().__init__(
            async_mode="aiohttp",
            transports=["websocket"],
            allow_upgrades=False,
            cors_allowed_origins=[],  # its check trusts forwarded headers; ours stands before it
            monitor_clients=False,  # each connection watches its own heartbeat
            max_http_buffer_size=limits.max_message,
            ping_interval=limits.ping_interval,
            ping_timeout=limits.ping_timeout,
            **options,
        )
        self.refusals: Counter[Refusal] = Counter()
        self._limits = limits
        self._allow_origin = allow_origin
        self._failed = failed
        self._is_draining = False
        self._all_gone = asyncio.Event()

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket for its whole life, or answer with a problem document."""
        try:
            self._check(request)
        except UpgradeRefused as refused:
            self._count(refused.refusal)
            return refused.response()
        ws = GuardedWebSocket(max_message=self._limits.max_message, close_timeout=self._limits.close_timeout)
        await ws.prepare(request)
        await self._serve(ws, connect_environ(request))
        return ws

    async def send_packet(self, sid: str, pkt: Any) -> None:
        """Send an Engine.IO packet; one for a connection that is gone is dropped."""
        connection = self.sockets.get(sid)
        if connection is not None:
            connection.write(pkt.encode().encode())

    async def drain(self, reason: str, within: float) -> None:
        """Refuse new sockets and end all that are open; after `within` seconds without asking."""
        self._is_draining = True
        for connection in list(self.sockets.values()):
            connection.end(Ending(WSCloseCode.GOING_AWAY, reason))
        if await self._is_empty(within):
            return
        for connection in list(self.sockets.values()):
            connection.abort()
        await self._is_empty(self._limits.close_timeout)

    def _check(self, request: web.Request) -> None:
        if self._is_draining:
            raise UpgradeRefused(
                Refusal.DRAINING, HTTPStatus.SERVICE_UNAVAILABLE, "The server is going away; try again."
            )
        check_upgrade(request, self._allow_origin)

    async def _serve(self, ws: GuardedWebSocket, environ: dict[str, Any]) -> None:
        sid = self.generate_id()
        connection = Connection(sid, ws, self._limits, refused=self._count, failed=self._failed)
        self.sockets[sid] = connection
        self._all_gone.clear()
        try:
            connection.write(self._open_packet(sid))
            await self.handlers["connect"](sid, environ)
            del environ  # this frame lives as long as the connection
            await connection.run(partial(self.handlers["message"], sid), partial(self.handlers["disconnect"], sid))
        finally:
            del self.sockets[sid]
            if not self.sockets:
                self._all_gone.set()

    def _open_packet(self, sid: str) -> bytes:
        handshake = {
            "sid": sid,
            "upgrades": [],
            "pingInterval": int(self._limits.ping_interval * 1000),
            "pingTimeout": int(self._limits.ping_timeout * 1000),
            "maxPayload": self._limits.max_message,
        }
        return b"0" + json.dumps(handshake, separators=(",", ":")).encode()

    async def _is_empty(self, within: float) -> bool:
        if self.sockets:
            try:
                await asyncio.wait_for(self._all_gone.wait(), within)
            except TimeoutError:
                return False
        return True

    def _count(self, refusal: Refusal) -> None:
        self.refusals[refusal] += 1
