"""Mail through a real SMTP server."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from ivorycart.mail.compose import compose
from ivorycart.mail.port import Mailer, MailPermanent, MailTemporary
from ivorycart.mail.smtp import SmtpMailer, SmtpSettings


@dataclass
class Inbox:
    """What the server took in, and what it answers to whom."""

    raw: list[bytes] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)  # by recipient, at RCPT
    data_answer: str = "250 taken"
    connections: list[Any] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - the server looks for this name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Count a connection."""
        session.host_name = hostname
        self.connections.append(session.peer)
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answer as told for this recipient."""
        answer = self.answers.get(address, "250 go on")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message, or refuse it as told."""
        if self.data_answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
        return self.data_answer

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, parsed."""
        return [message_from_bytes(raw, policy=default) for raw in self.raw]


class Server(Controller):
    """A threaded server on a port that the system picked."""

    def __init__(self, handler: Inbox) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@pytest.fixture
def inbox() -> Inbox:
    """Give an empty inbox that takes everything."""
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[Server]:
    """Run a server in front of the inbox."""
    controller = Server(inbox)
    controller.start()
    inbox.connections.clear()  # the controller knocks once itself
    yield controller
    controller.stop(no_assert=True)


@pytest.fixture
async def mailer(server: Server) -> AsyncIterator[Mailer]:
    """Point a mailer at the server."""
    built: Mailer = SmtpMailer(SmtpSettings.from_url(f"smtp://127.0.0.1:{server.port}"))
    yield built
    await built.close()


def alert(to: str = "zoe@example.com", name: str = "Moon vase", number: int = 1) -> EmailMessage:
    """Write a low-stock alert."""
    return compose(
        "low_stock",
        {"product_id": "65f0", "name": name, "available": 2, "threshold": 3},
        sender="IvoryCart <shop@ivorycart.example>",
        to=to,
        message_id=f"<alert-{number}@ivorycart.example>",
        public_url="https://shop.example",
    )


async def test_text_and_html_arrive_with_names_in_any_script(mailer: Mailer, inbox: Inbox) -> None:
    """What was composed is what is read."""
    await mailer.send(alert(name="花瓶 Vasé 🏺"))
    (arrived,) = inbox.messages
    assert arrived["Subject"] == "Only 2 left: 花瓶 Vasé 🏺"
    for kind in ("plain", "html"):
        body = arrived.get_body((kind,))
        assert body is not None
        assert "花瓶 Vasé 🏺" in body.get_content()


async def test_a_repeat_carries_the_same_message_id(mailer: Mailer, inbox: Inbox) -> None:
    """At least once is bearable when readers' servers can tell a repeat."""
    message = alert()
    await mailer.send(message)
    await mailer.send(message)
    assert [arrived["Message-ID"] for arrived in inbox.messages] == ["<alert-1@ivorycart.example>"] * 2


async def test_an_address_beyond_ascii_is_delivered(mailer: Mailer, inbox: Inbox) -> None:
    """SMTPUTF8 is asked for when it is needed."""
    await mailer.send(alert(to="zoë@example.com"))
    assert "\r\nTo: zoë@example.com\r\n" in inbox.raw[0].decode()


async def test_asking_the_server_opens_the_connection_that_the_next_message_uses(mailer: Mailer, inbox: Inbox) -> None:
    """However often it is asked."""
    await mailer.ping()
    await mailer.ping()
    await mailer.send(alert())
    assert len(inbox.connections) == 1


async def test_a_server_that_went_away_is_told_of(inbox: Inbox) -> None:
    """Though a connection to it was kept."""
    server = Server(inbox)
    server.start()
    mailer = SmtpMailer(SmtpSettings.from_url(f"smtp://127.0.0.1:{server.port}"))
    await mailer.ping()
    server.stop()
    with pytest.raises(MailTemporary):
        await mailer.ping()
    await mailer.close()


async def test_a_line_of_one_dot_survives(mailer: Mailer, inbox: Inbox) -> None:
    """SMTP ends a message with a lone dot; ours inside a body is no end."""
    message = alert()
    message.clear_content()
    message.set_content("before\n.\nafter\n")
    await mailer.send(message)
    assert inbox.messages[0].get_content().splitlines() == ["before", ".", "after"]


async def test_a_4xx_is_temporary_and_the_connection_stays_useful(mailer: Mailer, inbox: Inbox) -> None:
    """A busy mailbox is tried again later, and the next recipient doesn't wait for a new connection."""
    inbox.answers["busy@example.com"] = "451 mailbox busy"
    with pytest.raises(MailTemporary, match="451 mailbox busy"):
        await mailer.send(alert(to="busy@example.com"))
    await mailer.send(alert())
    assert len(inbox.connections) == 1
    assert len(inbox.raw) == 1


async def test_a_5xx_is_permanent_and_the_connection_stays_useful(mailer: Mailer, inbox: Inbox) -> None:
    """A mailbox that doesn't exist is not tried again."""
    inbox.answers["nobody@example.com"] = "550 no such mailbox"
    with pytest.raises(MailPermanent) as caught:
        await mailer.send(alert(to="nobody@example.com"))
    assert caught.value.reason == "550 no such mailbox"
    await mailer.send(alert())
    assert len(inbox.connections) == 1


@pytest.mark.parametrize(("answer", "error"), [("452 disk full", MailTemporary), ("554 spam", MailPermanent)])
async def test_a_refusal_after_the_body_counts_the_same(
    mailer: Mailer, inbox: Inbox, answer: str, error: type[Exception]
) -> None:
    """Servers may read a message before they refuse it."""
    inbox.data_answer = answer
    with pytest.raises(error, match=answer):
        await mailer.send(alert())
    inbox.data_answer = "250 taken"
    await mailer.send(alert())
    assert len(inbox.raw) == 1


async def test_messages_one_after_another_share_a_connection(mailer: Mailer, inbox: Inbox) -> None:
    """A greeting and a TLS handshake per mail would be most of the work."""
    for number in range(6):
        await mailer.send(alert(number=number))
    assert len(inbox.raw) == 6
    assert len(inbox.connections) == 1


async def test_many_at_once_use_no_more_connections_than_allowed(server: Server, inbox: Inbox) -> None:
    """Servers ban clients that open too many."""
    mailer = SmtpMailer(SmtpSettings.from_url(f"smtp://127.0.0.1:{server.port}"), connections=3)
    await asyncio.gather(*(mailer.send(alert(number=number)) for number in range(20)))
    await mailer.close()
    assert len({arrived["Message-ID"] for arrived in inbox.messages}) == 20
    assert len(inbox.connections) <= 3


async def test_a_connection_idle_for_long_is_not_trusted(server: Server, inbox: Inbox) -> None:
    """Firewalls drop idle connections without telling; zero seconds stands for long here."""
    settings = SmtpSettings.from_url(f"smtp://127.0.0.1:{server.port}")
    mailer = SmtpMailer(settings, idle_seconds=0)
    await mailer.send(alert())
    await mailer.send(alert())
    await mailer.close()
    assert len(inbox.connections) == 2


async def test_a_message_for_several_is_refused(mailer: Mailer, inbox: Inbox) -> None:
    """One row of the outbox is one person: a refusal must mean exactly one."""
    message = alert()
    message["Cc"] = "other@example.com"
    with pytest.raises(MailPermanent, match="exactly one recipient"):
        await mailer.send(message)
    assert inbox.raw == []


async def test_a_closed_mailer_keeps_the_mail_for_later(mailer: Mailer, inbox: Inbox) -> None:
    """Stopping loses nothing: what comes too late stays in the outbox."""
    await mailer.send(alert())
    await mailer.close()
    with pytest.raises(MailTemporary, match="closed"):
        await mailer.send(alert())
    assert len(inbox.raw) == 1
