"""Connections to one mail server that are kept for the next message.

Concurrency: `slots` lets at most `size` messages be under way; each has a connection to itself meanwhile.
Shutdown: `close` waits for those messages (each ends by its own timeout), then says QUIT to the idle connections.
Invariant: what lies in `_idle` is signed in, between two messages, and used by nobody.
"""

import asyncio
from contextlib import suppress

from aiosmtplib import SMTP, SMTPException

from ivorycart.mail.smtp_settings import SmtpSettings, is_loopback


class SmtpPool:
    """Opens connections, hands out idle ones and takes them back; `timeout` and `idle_seconds` in seconds."""

    def __init__(self, settings: SmtpSettings, *, size: int, timeout: float, idle_seconds: float) -> None:
        self.slots = asyncio.Semaphore(size)
        self.closed = False
        self._settings = settings
        self._size = size
        self._timeout = timeout
        self._idle_seconds = idle_seconds
        self._idle: list[tuple[SMTP, float]] = []  # with the loop time of its return, the latest last

    async def open(self) -> SMTP:
        """Connect, go over to TLS and sign in, as the settings say; raises what aiosmtplib raises."""
        settings = self._settings
        client = SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            # Looking up one's own name can take seconds where no name server answers.
            local_hostname="localhost" if is_loopback(settings.host) else None,
            use_tls=settings.tls == "implicit",
            start_tls={"implicit": False, "always": True, "auto": None, "never": False}[settings.tls],
            validate_certs=settings.verify,
            timeout=self._timeout,
        )
        await client.connect()
        return client

    def take_idle(self) -> SMTP | None:
        """Return the connection used last, unless it is dead or so old that the server has likely given it up."""
        now = asyncio.get_running_loop().time()
        while self._idle:
            client, since = self._idle.pop()
            if client.is_connected and now - since < self._idle_seconds:
                return client
            client.close()
        return None

    def give_back(self, client: SMTP) -> None:
        """Keep a connection for the next message, if it still is one."""
        if client.is_connected:
            self._idle.append((client, asyncio.get_running_loop().time()))

    async def close(self) -> None:
        """Refuse new messages, wait for those under way, and leave the server politely."""
        self.closed = True
        for _ in range(self._size):
            await self.slots.acquire()
        idle, self._idle = self._idle, []
        await asyncio.gather(*(self._leave(client) for client, _ in idle))
        for _ in range(self._size):
            self.slots.release()

    async def _leave(self, client: SMTP) -> None:
        with suppress(SMTPException, OSError):  # TimeoutError is an OSError
            async with asyncio.timeout(self._timeout):
                await client.quit()
        client.close()
