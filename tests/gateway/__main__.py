"""Runs the strict gateway: `python -m tests.gateway --key sk_test_x` tells its two addresses and serves until it ends.

It is a process of its own so that what it has been asked for outlives the shop's `kill -9`. It ends with whoever
started it: when its standard input is closed.
"""

import argparse
import asyncio
import sys

from aiohttp import web

from tests.gateway.api import Gateway, api
from tests.gateway.control import control

LOOPBACK = "127.0.0.1"


class Door:
    """The API's port, which can be shut, and opened again under the same number."""

    def __init__(self, app: web.Application) -> None:
        self._app = app
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def set_open(self, wanted: bool) -> None:  # noqa: FBT001 - it is the whole question
        """Open or shut it; whoever is connected is cut off when it is shut."""
        if wanted == (self._runner is not None):
            return
        if self._runner:
            runner, self._runner = self._runner, None
            server = runner.server
            for site in list(runner.sites):
                await site.stop()
            for connection in server.connections if server else ():
                if connection.transport:
                    connection.transport.abort()
            return
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, LOOPBACK, self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]


async def run(key: str) -> None:
    """Serve until standard input is closed."""
    gateway = Gateway(key)
    door = Door(api(gateway))
    await door.set_open(True)
    desk = web.AppRunner(control(gateway, door.set_open), access_log=None, shutdown_timeout=0.1)
    await desk.setup()
    await web.TCPSite(desk, LOOPBACK, 0).start()
    print(f"http://{LOOPBACK}:{door.port} http://{LOOPBACK}:{desk.addresses[0][1]}", flush=True)  # noqa: T201
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--key", default="sk_test_x")
    asyncio.run(run(arguments.parse_args().key))
