"""The peer in the same language: python-socketio on aiohttp as it comes, with every default and asyncio's own loop."""

import asyncio
from typing import Any

import socketio

from bench.payload import EVENT
from bench.servers.serving import serve


async def main() -> None:
    """Serve until the input ends."""
    server = socketio.AsyncServer(async_mode="aiohttp")

    async def ask(_sid: str, payload: Any) -> Any:
        return payload

    server.on("ask", ask)
    await serve(server, lambda payload: server.emit(EVENT, payload))


if __name__ == "__main__":
    asyncio.run(main())
