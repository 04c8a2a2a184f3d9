"""From a mail of the outbox to the message that is sent."""

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, Protocol

from ivorycart.mail.compose import compose
from ivorycart.mail.order_data import is_about_order, order_data
from models.account import Purpose
from models.letter import Mail
from models.order import Order


class TokenMaker(Protocol):
    """Makes the tokens that go into links."""

    def token(self, purpose: Purpose, request_id: str) -> str:
        """Return the token of a request."""


class LinkMaker(Protocol):
    """Makes the tokens of links to guests' orders."""

    def token(self, order_id: str) -> str:
        """Return the token of an order's link."""


class OrderLookup(Protocol):
    """Finds the order that a mail is about, its address legible."""

    async def get(self, order_id: str) -> Order | None:
        """Return an order."""


@dataclass(frozen=True, slots=True)
class MailComposer:
    """Composes mails; the Message-ID comes of the mail's key, so a second try is the same message."""

    orders: OrderLookup
    sender: str
    public_url: str
    tokens: TokenMaker
    links: LinkMaker

    async def __call__(self, mail: Mail) -> EmailMessage:
        """Compose; raise LookupError where the order is gone, ValueError where the mail cannot be composed."""
        data = dict(mail.data)
        if is_about_order(mail.kind):
            data = await self._order_data(mail)
        if "request_id" in data:  # the token itself is stored nowhere
            data["token"] = self.tokens.token(data["purpose"], data["request_id"])
        domain = parseaddr(self.sender)[1].rpartition("@")[2].encode("idna").decode() or "localhost"
        message_id = f"<{hashlib.sha256(mail.key.encode()).hexdigest()[:32]}@{domain}>"
        return compose(
            mail.kind, data, sender=self.sender, to=mail.to, message_id=message_id, public_url=self.public_url
        )

    async def _order_data(self, mail: Mail) -> dict[str, Any]:
        order = await self.orders.get(mail.data["order_id"])
        if order is None:
            raise LookupError(f"order {mail.data['order_id']} is gone")
        guest = order.buyer_id is None and mail.owner == order.owner  # and not a seller, whom others' links are none of
        token = self.links.token(order.id) if guest else None
        return {**order_data(mail, order), "kind": mail.kind, "token": token}
