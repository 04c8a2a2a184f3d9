"""Checkout: begin the order, have the money set aside, commit the order; whatever fails, nobody pays for nothing.

The order is begun in the ledger before money moves, so that a changed price or an expired hold is told first. If the
order is refused after all, the authorisation is let go. If its fate is unknown, or the database is away, the caller
asks again with the same key; the provider knows the key, too, and sets nothing aside twice. What was let go pays for
nothing any more: the next try under the same key takes the next of the few keys that it may have at the provider.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import structlog

from ivorycart.ledger import Ledger
from ivorycart.order_addresses import OrderAddresses
from ivorycart.payments.port import Charge, Declined, PaymentProvider, ProviderUnavailable
from models.commands import BeginOrder, PlaceOrder
from models.errors import Conflict, Invalid, PaymentDeclined, Pending, Refused, StorageUnavailable
from models.identity import OwnerId
from models.order import Address, Order, Payment

# How often one request may have its money set aside anew after it was let go.
MAX_ATTEMPTS = 10
# Not about the order: the client is meant to ask again, and another try may already be using the same authorisation.
UNDECIDED = (Pending, StorageUnavailable)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a client asks for. ``payment`` names its ``method``; None is for orders that are not paid here.

    ``address_id`` is how the address was named, where it is from an address book: the entry may change before a repeat.

    ``fingerprint`` is a digest of it, card number and all: the same key with another digest is the client's mistake.
    """

    owner: OwnerId
    order_key: str
    buyer_id: str | None
    email: str | None
    address: Address | None
    payment: Mapping[str, Any] | None
    expected_total: int | None
    origin: str | None = None
    lines: tuple[tuple[str, int], ...] | None = None
    address_id: str | None = None
    fingerprint: str = field(init=False)

    def __post_init__(self) -> None:
        content = {
            "address": self.address_id or (self.address and list(self.address.clear())),
            "payment": self.payment,
            "expected_total": self.expected_total,
            "lines": sorted(self.lines) if self.lines is not None else None,
        }
        digest = hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
        object.__setattr__(self, "fingerprint", digest)  # once: an order asks for it three times


@dataclass(frozen=True, slots=True)
class Checkout:
    """Places orders. ``new_id`` makes order ids (24 hex characters).

    What is sealed of an address is so between here and the store only: requests and answers are clear.
    """

    ledger: Ledger
    providers: Mapping[str, PaymentProvider]
    new_id: Callable[[], str]
    addresses: OrderAddresses

    async def place(self, request: OrderRequest) -> Order:
        """Place an order, or return the one that was placed with this key."""
        return self.addresses.opened(await self._place(request))

    async def _place(self, request: OrderRequest) -> Order:
        if request.payment is None:
            return await self._commit(request, None)
        provider = self._provider(request.payment)
        begun = await self.ledger.submit(
            BeginOrder(request.owner, request.order_key, request.fingerprint, request.expected_total)
        )
        if begun.order:
            return begun.order
        authorised = await self._authorise(provider, request, begun.total_amount, begun.currency)
        payment = Payment(provider.name, authorised.id, authorised.amount, authorised.currency)
        try:
            return await self._commit(request, payment)
        except UNDECIDED:
            raise
        except Refused:
            await self._let_go(provider, authorised)
            raise

    def _provider(self, payment: Mapping[str, Any]) -> PaymentProvider:
        provider = self.providers.get(str(payment.get("method")))
        if provider is None:
            raise Invalid("this payment method is not offered", methods=sorted(self.providers))
        return provider

    async def _authorise(self, provider: PaymentProvider, request: OrderRequest, amount: int, currency: str) -> Charge:
        # Another request under the same order key must get money of its own: it will be refused, and its money let go.
        for attempt in range(MAX_ATTEMPTS):
            key = f"{request.owner}:{request.order_key}:{request.fingerprint}:{attempt}"
            authorised = await self._set_aside(provider, key, amount, currency, dict(request.payment or {}))
            if authorised.state == "authorised":
                return authorised
        raise Conflict("this order was refused too often under its key: order again with another key")

    async def _set_aside(
        self, provider: PaymentProvider, key: str, amount: int, currency: str, method: dict[str, Any]
    ) -> Charge:
        try:
            return await provider.authorise(key, amount, currency, method)
        except Declined as reason:
            raise PaymentDeclined(str(reason)) from reason
        except ProviderUnavailable as reason:
            found = await self._find(provider, key, amount, currency)
            if found is None:
                raise Pending("the payment's outcome is not known yet: ask again with the same key") from reason
            return found

    async def _find(self, provider: PaymentProvider, key: str, amount: int, currency: str) -> Charge | None:
        try:
            return await provider.find(key, amount, currency)
        except ProviderUnavailable:
            return None

    async def _let_go(self, provider: PaymentProvider, authorised: Charge) -> None:
        try:
            await provider.void(authorised.id)
        except (Declined, ProviderUnavailable) as reason:
            log.warning("payment.void_failed", provider=provider.name, id=authorised.id, reason=str(reason))

    async def _commit(self, request: OrderRequest, payment: Payment | None) -> Order:
        command = PlaceOrder(
            cart_id=request.owner,
            order_id=self.new_id(),
            order_key=request.order_key,
            fingerprint=request.fingerprint,
            buyer_id=request.buyer_id,
            email=request.email,
            address=self.addresses.sealed(request.address),
            payment=payment,
            expected_total=request.expected_total,
            lines=request.lines,
        )
        placed = await self.ledger.submit(command, origin=request.origin)
        return placed.order
