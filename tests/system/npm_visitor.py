"""The npm client, driven and heard over its standard streams."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.root import ROOT
from bench.shop.running import RunningShop
from tests.patience import PATIENCE
from tests.visitor import Visitor

SCRIPT = Path(__file__).with_name("npm_client.mjs")


@dataclass
class NpmVisitor(Visitor):
    """A `socket.io-client` in Node that is asked the same questions as the Python client."""

    to_node: asyncio.StreamWriter | None = None
    _acks: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)

    async def ask_with(self, event: str, *arguments: Any) -> Any:
        """Send an event with just these arguments and return its ack."""
        assert self.to_node
        self.to_node.write(f"{json.dumps([event, *arguments])}\n".encode())
        async with asyncio.timeout(PATIENCE):
            return await self._acks.get()

    async def listen(self, from_node: asyncio.StreamReader) -> None:
        """Take in what the client prints, until it ends."""
        async for line in from_node:
            name, payload = json.loads(line)
            if name == "ack":
                self._acks.put_nowait(payload)
            else:
                await self._hear(name, payload)


@asynccontextmanager
async def npm_visitor(shop: RunningShop, **auth: Any) -> AsyncIterator[NpmVisitor]:
    """Connect a client from npm; it leaves at the end."""
    command = ("node", str(SCRIPT), shop.url, json.dumps(auth))
    node = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert node.stdin
    assert node.stdout
    visitor = NpmVisitor(shop.url, auth, to_node=node.stdin)
    listening = asyncio.create_task(visitor.listen(node.stdout))
    try:
        await visitor.hear("welcome")
        yield visitor
    finally:
        node.stdin.close()
        await listening
        await node.wait()
