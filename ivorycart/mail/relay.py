"""The mail relay: sends what is in the outbox, at least once, with a Message-ID that stays the same.

Pattern: a leased worker. It claims due mails (which moves their next try into the future, so that a relay that dies
loses nothing and a second one takes nothing twice), sends them concurrently, at a pace that leaves room for orders,
and notes what became of each: sent; to be tried again with a growing, jittered pause; or dead, after a permanent
refusal or too many tries. What a slow server leaves no time for is given back before its claim runs out. A mail that
goes wrong in a way nobody thought of costs the others nothing. Where no mail server is set, nothing is composed: mails
are set aside by the hundred, stay in the history as ``unsent``, and are named in the log.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Protocol

import structlog

from ivorycart.mail.pace import Pace
from ivorycart.mail.port import Mailer, MailPermanent, MailTemporary
from models.letter import Mail

BATCH = 100
ASIDE = 500  # mails that are set aside at once where no mail server is set
NAMED = 20  # so many of them have log lines of their own; more are counted, or logging would cost more than all else
INTERVAL = 0.5
CONCURRENCY = 8
MAX_TRIES = 110  # four days: a mail server may be away for so long (RFC 5321, 4.5.4.1)
# Seconds after the claim in which a mail is still begun: with the mailer's own patience it ends before the claim does.
PATIENCE = 45.0
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
NO_SERVER = "not sent: no mail server is set"

log = structlog.get_logger(__name__)


class MailBook(Protocol):
    """Where the outbox is."""

    async def claim(self, limit: int) -> Sequence[Mail]:
        """Take due mails: nobody else gets them for the next minutes."""

    async def sent(self, mail: Mail) -> None:
        """Note that a mail was accepted by the server."""

    async def set_aside(self, limit: int, note: str) -> Sequence[Mail]:
        """Note of due mails that they were not sent and will not be; return them."""

    async def retry(self, mail: Mail, error: str, pause: timedelta) -> None:
        """Have a mail tried again after a pause."""

    async def dead(self, mail: Mail, error: str) -> None:
        """Give a mail up."""

    async def give_back(self, mail: Mail) -> None:
        """Have a mail that was not tried taken up by whoever comes next."""


class Composer(Protocol):
    """Makes messages of mails."""

    async def __call__(self, mail: Mail) -> EmailMessage:
        """Compose; raise LookupError where what the mail is about is gone, ValueError where it cannot be composed."""


@dataclass(slots=True)
class Relay:
    """Sends mails."""

    book: MailBook
    mailer: Mailer | None
    compose: Composer
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    """Between 0 and 1: by how much of itself a pause is shortened, at most by a quarter."""
    pace: Pace = field(default_factory=Pace)

    async def step(self) -> bool:
        """Send one batch, or set one aside where nothing can be sent; return whether there may be more."""
        if self.mailer is None:
            return await self._set_aside()
        return await self._send_batch(self.mailer)

    async def _set_aside(self) -> bool:
        mails = await self.book.set_aside(ASIDE, NO_SERVER)
        for mail in mails[:NAMED]:
            log.info("mail.unsent", mail=mail.key, to=mail.to, kind=mail.kind, reason=NO_SERVER)
        if len(mails) > NAMED:
            log.info("mail.unsent_too", count=len(mails) - NAMED, reason=NO_SERVER)
        return len(mails) == ASIDE

    async def _send_batch(self, mailer: Mailer) -> bool:
        mails = await self.book.claim(BATCH)
        last_start = self.clock() + PATIENCE
        gate = asyncio.Semaphore(CONCURRENCY)

        async def send(mail: Mail) -> None:
            async with gate:
                await self.pace.wait()
                if self.clock() > last_start:
                    await self.book.give_back(mail)
                else:
                    await self._send(mailer, mail)

        # One whose outcome cannot be noted must not cut short the others, which are being talked about with a server.
        for failure in await asyncio.gather(*map(send, mails), return_exceptions=True):
            if failure is not None:
                raise failure
        return len(mails) == BATCH

    async def _send(self, mailer: Mailer, mail: Mail) -> None:
        try:
            message = await self.compose(mail)
        except (LookupError, ValueError) as error:
            log.warning("mail.dead", mail=mail.key, reason=str(error))
            await self.book.dead(mail, f"cannot be composed: {error}")
        except Exception as error:
            log.exception("mail.not_composed", mail=mail.key)
            await self._later(mail, f"{type(error).__name__}: {error}")
        else:
            await self._deliver(mailer, mail, message)

    async def _deliver(self, mailer: Mailer, mail: Mail, message: EmailMessage) -> None:
        try:
            await mailer.send(message)
        except MailPermanent as error:
            log.warning("mail.dead", mail=mail.key, reason=str(error))
            await self.book.dead(mail, str(error))
        except MailTemporary as error:
            await self._later(mail, str(error))
        except Exception as error:
            log.exception("mail.not_sent", mail=mail.key)
            await self._later(mail, f"{type(error).__name__}: {error}")
        else:
            await self.book.sent(mail)

    async def _later(self, mail: Mail, reason: str) -> None:
        if mail.tries >= MAX_TRIES:
            log.warning("mail.dead", mail=mail.key, reason=reason, tries=mail.tries)
            await self.book.dead(mail, f"given up after {mail.tries} tries: {reason}")
        else:
            await self.book.retry(mail, reason, pause_after(mail.tries) * (1 - self.chance() / 4))


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many failed tries: doubling from seconds to an hour."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * float(2 ** min(tries - 1, 20)))
