"""Ours: the Socket.IO engine alone, without a shop."""

import logging
from collections.abc import Mapping
from typing import Any

import uvloop

from bench.payload import EVENT, ROOM
from bench.servers.serving import serve
from ivorycart.collecting import collect_seldom
from ivorycart.engine import SocketServer, origin_policy

SWAMPED = "swamped"


async def main() -> None:
    """Serve until the input ends."""
    server = SocketServer(allow_origin=origin_policy(()))

    async def connect(sid: str, _environ: Mapping[str, Any], auth: Any = None) -> None:
        await server.enter_room(sid, ROOM)
        if isinstance(auth, dict) and auth.get("swamped"):
            await server.enter_room(sid, SWAMPED)

    async def ask(_sid: str, payload: Any) -> Any:
        return payload

    server.on("connect", connect)
    server.on("ask", ask)
    await serve(
        server,
        lambda payload: server.emit(EVENT, payload, room=ROOM),
        lambda payload: server.emit("filling", payload, room=SWAMPED),
        settled=collect_seldom,  # as the shop does
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    uvloop.run(main())
