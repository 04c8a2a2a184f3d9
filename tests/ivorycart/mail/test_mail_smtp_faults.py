"""Mail servers that are down, silent, or gone in mid-sentence."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from email.message import EmailMessage

import pytest

from ivorycart.mail.port import MailPermanent, MailTemporary
from ivorycart.mail.smtp import SmtpMailer, SmtpSettings

Answer = str | None  # None: hang up without a word
Script = Callable[[int, str], Awaitable[Answer]]  # (number of the connection, command or "BODY")


class Host:
    """A server that answers by a script; keeps the commands heard, and the bodies received in full."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.heard: list[tuple[int, str]] = []
        self.bodies: list[str] = []
        self.connections = 0
        self.port = 0
        self.ended = asyncio.Event()  # a connection is over
        self._writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk on one connection until the script hangs up or the client leaves."""
        self.connections += 1
        number = self.connections
        self._writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._talk(number, reader, writer)
        writer.close()
        self.ended.set()

    def hang_up(self) -> None:
        """Cut all connections, as a restart does."""
        for writer in self._writers:
            writer.transport.abort()

    async def _talk(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = "GREETING"
        while True:
            answer = await self.script(number, command)
            if answer is None:
                return
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            if answer.startswith("354"):
                self.bodies.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                command = "BODY"
            else:
                line = (await reader.readuntil(b"\r\n")).decode().strip()
                command = line.split(" ")[0]
                self.heard.append((number, command))


async def polite(_number: int, command: str) -> Answer:
    """Answer as a server does that accepts everything."""
    return {"GREETING": "220 here", "DATA": "354 go on", "QUIT": "221 bye"}.get(command, "250 fine")


@asynccontextmanager
async def talking(script: Script, *, patience: float = 30.0) -> AsyncIterator[tuple[Host, SmtpMailer]]:
    """Run a scripted host, and point a mailer at it."""
    host = Host(script)
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    mailer = SmtpMailer(SmtpSettings.from_url(f"smtp://127.0.0.1:{host.port}"), timeout=patience)
    try:
        yield host, mailer
    finally:
        await mailer.close()
        server.close()
        await server.wait_closed()


def note() -> EmailMessage:
    """Write a small message."""
    message = EmailMessage()
    message["From"], message["To"] = "shop@ivorycart.example", "zoe@example.com"
    message["Message-ID"] = "<note-1@ivorycart.example>"
    message.set_content("Hello")
    return message


async def test_a_server_that_is_down_is_temporary() -> None:
    """Mail waits; nothing else does."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    mailer = SmtpMailer(SmtpSettings.from_url(f"smtp://127.0.0.1:{port}"))
    with pytest.raises(MailTemporary, match="connecting"):
        await mailer.send(note())
    await mailer.close()


@pytest.mark.parametrize("silent_at", ["GREETING", "EHLO", "MAIL", "DATA", "BODY"])
async def test_a_server_that_falls_silent_is_temporary(silent_at: str) -> None:
    """No step of the conversation may hold a worker beyond the timeout."""
    released = asyncio.Event()

    async def script(number: int, command: str) -> Answer:
        if command == silent_at:
            await released.wait()
        return await polite(number, command)

    async with talking(script, patience=0.2) as (_host, mailer):
        with pytest.raises(MailTemporary, match=r"did not answer within 0\.2 s"):
            await mailer.send(note())
        released.set()


async def test_a_kept_connection_that_died_is_replaced() -> None:
    """The server restarted between two messages: the second goes out on a fresh connection."""
    async with talking(polite) as (host, mailer):
        await mailer.send(note())
        host.hang_up()
        await host.ended.wait()
        await mailer.send(note())
        assert host.connections == 2
        assert len(host.bodies) == 2


@pytest.mark.parametrize("farewell", [None, "421 too many messages on this connection"])
@pytest.mark.parametrize("at", ["MAIL", "RCPT"])
async def test_a_kept_connection_that_ends_before_the_body_is_replaced(at: str, farewell: Answer) -> None:
    """Nobody can have accepted what was not offered, so a second offer makes no second mail."""

    async def script(number: int, command: str) -> Answer:
        if number == 1 and host.bodies and command == at:
            return farewell
        return await polite(number, command)

    async with talking(script) as (host, mailer):
        await mailer.send(note())
        await mailer.send(note())
        assert host.connections == 2
        assert len(host.bodies) == 2


async def test_a_fresh_connection_that_ends_early_is_not_tried_twice() -> None:
    """A server that hangs up on everyone is the outbox's to wait for."""

    async def script(number: int, command: str) -> Answer:
        return None if command == "MAIL" else await polite(number, command)

    async with talking(script) as (host, mailer):
        with pytest.raises(MailTemporary):
            await mailer.send(note())
        assert host.connections == 1


@pytest.mark.parametrize("at", ["DATA", "BODY"])
async def test_a_message_that_may_have_been_accepted_is_not_offered_again(at: str) -> None:
    """The connection broke after the body went out: only the outbox may repeat it, knowing that it may be twice."""

    async def script(number: int, command: str) -> Answer:
        return None if sent_once and command == at else await polite(number, command)

    sent_once = False
    async with talking(script) as (host, mailer):
        await mailer.send(note())
        sent_once = True
        with pytest.raises(MailTemporary):
            await mailer.send(note())
        assert host.connections == 1


async def test_a_server_that_hangs_up_after_refusing_has_still_refused() -> None:
    """Tidying up the connection doesn't change the answer."""

    async def script(number: int, command: str) -> Answer:
        if command == "RCPT":
            return "550 no such mailbox"
        return None if command == "RSET" else await polite(number, command)

    async with talking(script) as (_host, mailer):
        with pytest.raises(MailPermanent, match="550 no such mailbox"):
            await mailer.send(note())


@pytest.mark.parametrize(("at", "answer"), [("GREETING", "554 go away"), ("MAIL", "530 sign in first")])
async def test_a_refusal_of_us_is_not_a_refusal_of_the_recipient(at: str, answer: str) -> None:
    """A wrong password must not send a day's mail to the dead letters."""

    async def script(number: int, command: str) -> Answer:
        return answer if command == at else await polite(number, command)

    async with talking(script) as (_host, mailer):
        with pytest.raises(MailTemporary, match=answer):
            await mailer.send(note())


async def test_a_wrong_password_is_temporary_and_not_told() -> None:
    """The reason is shown to operators; the password is not part of it."""

    async def script(number: int, command: str) -> Answer:
        if command == "EHLO":
            return "250-here\r\n250 AUTH PLAIN"
        return "535 wrong" if command == "AUTH" else await polite(number, command)

    async with talking(script) as (host, _mailer):
        mailer = SmtpMailer(SmtpSettings.from_url(f"smtp://me:secret@127.0.0.1:{host.port}"))
        with pytest.raises(MailTemporary, match="535 wrong") as caught:
            await mailer.send(note())
        await mailer.close()
        assert "secret" not in caught.value.reason


async def test_a_cancelled_message_leaves_no_connection_in_between() -> None:
    """What was interrupted in mid-sentence is never used for the next message."""
    reached, released = asyncio.Event(), asyncio.Event()

    async def script(number: int, command: str) -> Answer:
        if number == 1 and command == "DATA":
            reached.set()
            await released.wait()
        return await polite(number, command)

    async with talking(script) as (host, mailer):
        sending = asyncio.create_task(mailer.send(note()))
        await reached.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        released.set()
        await mailer.send(note())
        assert host.connections == 2


async def test_closing_waits_for_the_message_under_way() -> None:
    """A stop doesn't turn a delivered mail into one that is sent twice."""
    reached, released = asyncio.Event(), asyncio.Event()

    async def script(number: int, command: str) -> Answer:
        if command == "BODY":
            reached.set()
            await released.wait()
        return await polite(number, command)

    async with talking(script) as (host, mailer):
        sending = asyncio.create_task(mailer.send(note()))
        await reached.wait()
        closing = asyncio.create_task(mailer.close())
        await asyncio.sleep(0)
        assert not closing.done()
        released.set()
        await sending
        await closing
        assert host.heard[-1] == (1, "QUIT")
