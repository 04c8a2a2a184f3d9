"""The seam between what wants a mail sent and what sends it.

MailError                 a mail did not leave
├── MailTemporary         worth trying again later: the server is down, slow, busy, or misconfigured
└── MailPermanent         no repeat will help: the server refuses this message or this recipient
"""

from email.message import EmailMessage
from typing import Protocol


class MailError(Exception):
    """A mail that did not leave; `reason` is one line, fit for an outbox row, without credentials."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class MailTemporary(MailError):  # noqa: N818 - its base says that it is an error
    """The same message may succeed later."""


class MailPermanent(MailError):  # noqa: N818 - likewise
    """The same message will be refused again."""


class Mailer(Protocol):
    """Something that hands a message to the outside world."""

    async def send(self, message: EmailMessage) -> None:
        """Return once the message is accepted; raises `MailTemporary` or `MailPermanent`."""

    async def ping(self) -> None:
        """Return if the outside world would take a message now; raises `MailTemporary`."""

    async def close(self) -> None:
        """Let what is under way finish, then give back all connections."""
