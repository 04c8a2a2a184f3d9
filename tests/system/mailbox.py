"""A real SMTP server that keeps what it receives."""

import asyncio
import socket
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.patience import PATIENCE


class Mailbox:
    """What arrived, over all connections."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        """Keep a message."""
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=default))
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        """Return what one address received, in the order of arrival."""
        return [message for message in list(self.messages) if address in str(message["To"])]

    async def receives(self, address: str, count: int = 1, within: float = PATIENCE) -> list[EmailMessage]:
        """Wait until an address has received so many messages."""
        async with asyncio.timeout(within):
            while len(self.to(address)) < count:
                await asyncio.sleep(0.02)
        return self.to(address)


class PostOffice(Controller):
    """A threaded SMTP server on a free port of the loopback, in front of a mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        super().__init__(mailbox, hostname="127.0.0.1", port=self._listening.getsockname()[1])

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)

    @property
    def url(self) -> str:
        """The setting SMTP_URL for it."""
        return f"smtp://127.0.0.1:{self.port}"
