"""Mail through a server that speaks TLS, with a certificate that nobody vouches for."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import Envelope, Session

from ivorycart.mail.port import MailTemporary
from ivorycart.mail.smtp import SmtpMailer, SmtpSettings

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to sign a certificate")


class Witness(Sink):
    """Takes every message, and notes whether its session was encrypted."""

    def __init__(self) -> None:
        super().__init__()
        self.encrypted: list[bool] = []

    async def handle_DATA(self, _server: Any, session: Session, _envelope: Envelope) -> str:  # noqa: N802
        """Look at the session."""
        self.encrypted.append(session.ssl is not None)
        return "250 taken"


class Server(Controller):
    """A threaded server on a port that the system picked, with STARTTLS when given a context."""

    def __init__(self, handler: Witness, context: ssl.SSLContext | None) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        port = self._listening.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, tls_context=context)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._listening)


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """Sign a certificate for 127.0.0.1 with its own key."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return context


@pytest.fixture
def witness() -> Witness:
    """Give a handler that has seen nothing yet."""
    return Witness()


@pytest.fixture
def server(witness: Witness, certificate: ssl.SSLContext) -> Iterator[Server]:
    """Run a server that offers STARTTLS."""
    controller = Server(witness, certificate)
    controller.start()
    yield controller
    controller.stop(no_assert=True)


def note() -> EmailMessage:
    """Write a small message."""
    message = EmailMessage()
    message["From"], message["To"] = "shop@ivorycart.example", "zoe@example.com"
    message.set_content("Hello")
    return message


async def post(url: str) -> None:
    """Send one message and leave."""
    mailer = SmtpMailer(SmtpSettings.from_url(url))
    try:
        await mailer.send(note())
    finally:
        await mailer.close()


async def test_starttls_is_taken_when_offered(server: Server, witness: Witness) -> None:
    """An offer of encryption is not declined."""
    await post(f"smtp://127.0.0.1:{server.port}?starttls=auto&verify=no")
    assert witness.encrypted == [True]


async def test_a_certificate_that_nobody_vouches_for_is_refused(server: Server, witness: Witness) -> None:
    """Whoever stands between us and the server gets no mail; it waits until the operator has looked."""
    with pytest.raises(MailTemporary, match=r"(?i)certificate"):
        await post(f"smtp://127.0.0.1:{server.port}?starttls=always")
    assert witness.encrypted == []


async def test_without_the_demanded_starttls_nothing_is_sent(witness: Witness) -> None:
    """Striking the offer out of the greeting doesn't make us speak in the clear."""
    controller = Server(witness, None)
    controller.start()
    try:
        with pytest.raises(MailTemporary, match="STARTTLS"):
            await post(f"smtp://me:secret@127.0.0.1:{controller.port}?starttls=always")
    finally:
        controller.stop(no_assert=True)
    assert witness.encrypted == []
