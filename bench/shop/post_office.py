"""A real mail server in a thread, in front of whoever takes its mails."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.controller import Controller


class _Office(Controller):
    """A mail server on a port of the loopback; 0: one that the system picks."""

    def __init__(self, letters: Any, port: int) -> None:
        self._listening = socket.create_server(("127.0.0.1", port))
        super().__init__(letters, hostname="127.0.0.1", port=self._listening.getsockname()[1])

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


class PostOffice:
    """A mail server that can be closed and opened again. ``letters`` handles what comes, as aiosmtpd's handlers do."""

    def __init__(self, letters: Any) -> None:
        self._letters = letters
        self._office: _Office | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The setting SMTP_URL for it."""
        return f"smtp://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self._office = _Office(self._letters, self._port)
        self._port = self._office.port
        await asyncio.to_thread(self._office.start)

    async def close(self) -> None:
        """Cut all connections, and listen no more."""
        if self._office:
            office, self._office = self._office, None
            await asyncio.to_thread(office.stop, no_assert=True)


@asynccontextmanager
async def post_office(letters: Any) -> AsyncIterator[PostOffice]:
    """Run a mail server."""
    office = PostOffice(letters)
    await office.open()
    try:
        yield office
    finally:
        await office.close()
