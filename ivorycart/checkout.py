"""Checkout: begin the order, have the money set aside, commit the order; whatever fails, nobody pays for nothing.

A saga of which each step is written down before the next: the ledger begins the order and its payment (so a changed
price or an expired hold is told before money moves), the provider sets the money aside under the payment's id, the
ledger makes both an order in one transaction, the settler takes the money. A process may die between any two of them:
what was begun and became no order is given up by the settler, and let go at the provider.

If the order is refused after all, its money is let go at once. If its fate is unknown, or the database is away, the
caller asks again with the same key, and goes on with the payment that was begun.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

import orjson
import structlog

from ivorycart.ledger import Ledger
from ivorycart.order_addresses import OrderAddresses
from ivorycart.payments.port import ActionNeeded, Charge, Declined, PaymentProvider, ProviderUnavailable
from models.commands import BeginOrder, PlaceOrder
from models.errors import (
    CartExpired,
    Conflict,
    Invalid,
    KeyReused,
    PaymentDeclined,
    Pending,
    PriceChanged,
    Refused,
    StorageUnavailable,
)
from models.identity import OwnerId
from models.order import Address, Order, Payment
from models.outcomes import OrderBegun

# Seconds. Asking twice, and the ledger's deadline, take less than an intent is left alone for.
LONGEST_CALL = 12.0
# How long the payer has to confirm a payment at the provider.
CONFIRMING = timedelta(minutes=10)
# Not about the order: the client is meant to ask again, and another try may already be using the same authorisation.
UNDECIDED = (Pending, StorageUnavailable)
# This order will not come about as it was begun.
OVER = (CartExpired, PriceChanged, KeyReused)

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


class PaymentBook(Protocol):
    """Where it is noted what came of a payment that was begun."""

    async def abandon(self, payment_id: str, *, unheard: bool = False) -> bool | None:
        """Give an intent up; None where it is none any more."""

    async def abandon_all(self, owner: OwnerId, order_key: str, fingerprint: str) -> None:
        """Give up all intents of a request."""

    async def wait_for_payer(self, payment_id: str, patience: timedelta) -> None:
        """Give an intent more time, because the payer has to confirm it first."""


@dataclass(frozen=True, slots=True)
class Checkout:
    """Places orders. ``new_id`` makes ids (24 hex characters).

    What is sealed of an address is so between here and the store only: requests and answers are clear.
    ``storage_errors`` is what the book raises while the database cannot be reached.
    """

    ledger: Ledger
    providers: Mapping[str, PaymentProvider]
    new_id: Callable[[], str]
    addresses: OrderAddresses
    payments: PaymentBook
    storage_errors: tuple[type[Exception], ...] = ()

    async def place(self, request: OrderRequest) -> Order:
        """Place an order, or return the one that was placed with this key."""
        return self.addresses.opened(await self._place(request))

    async def _place(self, request: OrderRequest) -> Order:
        if request.payment is None:
            return await self._commit(request, None)
        provider = self._provider(request.payment)
        begun = await self._begin(request, provider)
        if begun.order:
            return begun.order
        charge = await self._set_aside(provider, request, begun)
        if charge.state != "authorised" or (charge.amount, charge.currency) != (begun.total_amount, begun.currency):
            return await self._placed_meanwhile(provider, request, begun)
        payment = Payment(provider.name, charge.id, charge.amount, charge.currency, begun.payment_id)
        try:
            return await self._commit(request, payment)
        except UNDECIDED:
            raise
        except Refused:
            await self._let_go(provider, begun)
            raise

    async def _placed_meanwhile(self, provider: PaymentProvider, request: OrderRequest, begun: OrderBegun) -> Order:
        """Return the order that another request with this key made of the money; otherwise it pays for nothing more."""
        again = await self._begin(request, provider)
        if again.order:
            return again.order
        await self._let_go(provider, begun)
        raise Conflict("the payment cannot be used any more: order again")

    def _provider(self, payment: Mapping[str, Any]) -> PaymentProvider:
        provider = self.providers.get(str(payment.get("method")))
        if provider is None:
            raise Invalid("this payment method is not offered", methods=sorted(self.providers))
        return provider

    async def _begin(self, request: OrderRequest, provider: PaymentProvider) -> OrderBegun:
        begin = BeginOrder(
            cart_id=request.owner,
            order_key=request.order_key,
            fingerprint=request.fingerprint,
            expected_total=request.expected_total,
            provider=provider.name,
            payment_id=self.new_id(),
        )
        try:
            return await self.ledger.submit(begin)
        except OVER:
            # What a payer confirmed for this order before is not kept from them any longer.
            await self._note(self.payments.abandon_all(request.owner, request.order_key, request.fingerprint))
            raise

    async def _set_aside(self, provider: PaymentProvider, request: OrderRequest, begun: OrderBegun) -> Charge:
        """Have the money set aside, or find that it was already; refuse where it was not, or nobody knows."""
        asked = (begun.payment_id, begun.total_amount, begun.currency)
        try:
            async with asyncio.timeout(LONGEST_CALL):
                charge = await provider.authorise(*asked, dict(request.payment or {}))
        except Declined as reason:
            # Let go as well: a payment that a payer may still confirm at the provider sets money aside even now.
            await self._let_go(provider, begun)
            raise PaymentDeclined(str(reason)) from reason
        except ActionNeeded as reason:
            await self._note(self.payments.wait_for_payer(begun.payment_id, CONFIRMING))
            message = "the payment has to be confirmed first: then ask again with the same key"
            raise Pending(message, payment=dict(reason.details)) from reason
        except (ProviderUnavailable, TimeoutError) as reason:
            found = await self._find(provider, *asked)
            if found is None:
                raise Pending("the payment's outcome is not known yet: ask again with the same key") from reason
            return found
        return charge

    async def _find(self, provider: PaymentProvider, key: str, amount: int, currency: str) -> Charge | None:
        try:
            async with asyncio.timeout(LONGEST_CALL):
                return await provider.find(key, amount, currency)
        except (Declined, ProviderUnavailable, TimeoutError):
            return None

    async def _let_go(self, provider: PaymentProvider, begun: OrderBegun) -> None:
        """Let go of what was set aside, unless an order was made of it. What fails here is left to the settler."""
        try:
            if await self.payments.abandon(begun.payment_id) is not None:
                async with asyncio.timeout(LONGEST_CALL):
                    await provider.abandon(begun.payment_id, begun.total_amount, begun.currency)
        except self._bearable as reason:
            log.warning("payment.left_to_the_settler", payment=begun.payment_id, reason=str(reason)[:200])

    @property
    def _bearable(self) -> tuple[type[Exception], ...]:
        return (*self.storage_errors, Declined, ProviderUnavailable, TimeoutError)

    async def _note(self, noting: Awaitable[None]) -> None:
        """Note something that the settler finds out by itself, though later."""
        try:
            await noting
        except self.storage_errors as reason:
            log.warning("payment.not_noted", reason=str(reason)[:200])

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
