"""Mail by SMTP: one attempt per call, told apart into "later" and "never".

A message is offered a second time in one `send` only when its connection was a kept one and broke, or was shut by the
server (421), before the body was offered: then nobody can have accepted it. Whatever happens from DATA on is the
outbox's to repeat, under the same Message-ID.
"""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.email import extract_recipients, extract_sender

from ivorycart.mail.headers import MailPolicy
from ivorycart.mail.port import MailPermanent, MailTemporary
from ivorycart.mail.smtp_pool import SmtpPool
from ivorycart.mail.smtp_settings import SmtpSettings

__all__ = ["SmtpMailer", "SmtpSettings"]

_SERVICE_CLOSING = 421
# Sign-in wanted, failed or too weak (RFC 4954, 6): our settings are at fault, not the message, so it may wait.
_ABOUT_US = frozenset({530, 534, 535, 538})
_REASON_LENGTH = 300


class _NotOffered(Exception):  # noqa: N818 - never leaves this module
    """The connection ended before the server saw the message."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    sender: str
    recipient: str
    body: bytes
    utf8: bool


class SmtpMailer:
    """A `Mailer` over a small pool of connections; `timeout` (seconds) bounds connecting, then each offer."""

    def __init__(
        self,
        settings: SmtpSettings,
        *,
        connections: int = 4,
        timeout: float = 10.0,
        idle_seconds: float = 60.0,
    ) -> None:
        self._timeout = timeout
        self._pool = SmtpPool(settings, size=connections, timeout=timeout, idle_seconds=idle_seconds)

    async def send(self, message: EmailMessage) -> None:
        """Return once the server has accepted the message; raises `MailTemporary` or `MailPermanent`."""
        envelope = _envelope(message)
        async with self._pool.slots:
            if self._pool.closed:
                raise MailTemporary("the mailer is closed")
            kept = self._pool.take_idle()
            if kept is not None:
                try:
                    return await self._attempt(envelope, kept)
                except _NotOffered:
                    pass  # the kept connection had died: the fresh one below makes the first real attempt
            try:
                await self._attempt(envelope, await self._open())
            except _NotOffered as error:
                raise MailTemporary(_reason(error.__cause__ or error)) from error

    async def ping(self) -> None:
        """Return if the server lets us in and answers; raises `MailTemporary`. The connection is kept for a message."""
        if self._pool.closed:
            raise MailTemporary("the mailer is closed")
        kept = self._pool.take_idle()
        if kept is None or not await self._answers(kept):
            self._pool.give_back(await self._open())

    async def _answers(self, kept: SMTP) -> bool:
        """Whether a kept connection still is one; it is given back, or closed."""
        try:
            async with asyncio.timeout(self._timeout):
                await kept.noop()
        except (SMTPException, OSError):
            kept.close()
            return False
        self._pool.give_back(kept)
        return True

    async def close(self) -> None:
        """Let the messages under way finish, then leave the server."""
        await self._pool.close()

    async def _open(self) -> SMTP:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._pool.open()
        except (SMTPException, OSError) as error:
            # A 5xx at this point is about us and the server: no recipient has been named yet.
            raise self._later(error) from error

    async def _attempt(self, envelope: _Envelope, client: SMTP) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await _transfer(client, envelope)
        except SMTPResponseException as error:
            await self._reset(client)
            if 500 <= error.code < 600 and error.code not in _ABOUT_US:  # noqa: PLR2004 - RFC 5321, 4.2.1
                raise MailPermanent(_reason(error)) from error
            raise MailTemporary(_reason(error)) from error
        except (SMTPException, OSError) as error:
            raise self._later(error) from error
        except ValueError as error:  # an address that no SMTP command can carry
            raise MailPermanent(_reason(error)) from error
        finally:
            self._pool.give_back(client)

    async def _reset(self, client: SMTP) -> None:
        """Make a connection ready for the next message; the answer just heard stands, whatever comes of this."""
        try:
            async with asyncio.timeout(self._timeout):
                await client.rset()
        except (SMTPException, OSError):
            client.close()

    def _later(self, error: SMTPException | OSError) -> MailTemporary:
        if isinstance(error, TimeoutError):
            return MailTemporary(f"the mail server did not answer within {self._timeout:g} s")
        return MailTemporary(_reason(error))


async def _transfer(client: SMTP, envelope: _Envelope) -> None:
    """Offer one message; the connection is left open only if the server has answered to the last command."""
    answered = False
    try:
        await _address(client, envelope)
        await client.data(envelope.body)
        answered = True
    except SMTPResponseException:
        answered = True
        raise
    finally:
        if not answered:
            client.close()


async def _address(client: SMTP, envelope: _Envelope) -> None:
    options = ["SMTPUTF8"] if envelope.utf8 else []
    encoding = "utf-8" if envelope.utf8 else "ascii"
    try:
        await client.mail(envelope.sender, options=options, encoding=encoding)
        await client.rcpt(envelope.recipient, encoding=encoding)
    except SMTPServerDisconnected as error:
        raise _NotOffered from error
    except SMTPResponseException as error:
        if error.code == _SERVICE_CLOSING:
            raise _NotOffered from error
        raise


def _envelope(message: EmailMessage) -> _Envelope:
    sender, recipients = extract_sender(message), extract_recipients(message)
    if not sender or len(recipients) != 1:
        raise MailPermanent("a message needs a sender and exactly one recipient")
    utf8 = not (sender + recipients[0]).isascii()
    policy = MailPolicy(utf8=utf8)
    return _Envelope(sender, recipients[0], message.as_bytes(policy=policy), utf8)


def _reason(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        text = f"{error.code} {error.message}"
    else:
        text = str(error) or type(error).__name__
    return " ".join(text.split())[:_REASON_LENGTH]
