"""The desk: where an order is moved on, cancelled, claimed or given money back for, by whoever may.

Each is one command of the ledger. What comes back has a legible address: who may see which part of it is for whoever
shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ivorycart.ledger import Ledger
from ivorycart.order_addresses import OrderAddresses
from models.commands import CancelOrder, ClaimDelivery, Command, MoveOrder, RefundOrder
from models.order import Mover, Order, OrderStatus
from models.outcomes import OrderMoved


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequest:
    """Where to move an order, or ``seller_id``'s part of it, and what is to be noted of that."""

    to: OrderStatus
    seller_id: str | None = None
    reason: str = ""
    carrier: str = ""
    tracking_number: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What to give back: for these units, or this amount, or all that is left; ``id`` is its idempotency key."""

    id: str | None = None
    units: tuple[tuple[str, int], ...] = ()
    amount: int | None = None
    seller_id: str | None = None
    reason: str = ""
    restock: bool = True


@dataclass(frozen=True, slots=True)
class OrderDesk:
    """Moves orders. ``new_id`` makes ids (24 hex characters)."""

    ledger: Ledger
    addresses: OrderAddresses
    new_id: Callable[[], str]

    async def move(self, order_id: str, request: MoveRequest, by: Mover) -> Order:
        """Move an order on. NotFound: not theirs to know of. Conflict: not now, or not by them; it names what is."""
        if request.to is OrderStatus.CANCELLED:
            return await self.cancel(order_id, by, request.reason, request.seller_id)
        if request.to is OrderStatus.REFUNDED:
            return await self.refund(order_id, RefundRequest(seller_id=request.seller_id, reason=request.reason), by)
        return await self._do(
            MoveOrder(
                order_id=order_id,
                to=request.to,
                by=by,
                reason=request.reason,
                seller_id=request.seller_id,
                carrier=request.carrier,
                tracking_number=request.tracking_number,
                note=request.note,
            )
        )

    async def cancel(self, order_id: str, by: Mover, reason: str, seller_id: str | None = None) -> Order:
        """Cancel what was not sent yet; its stock returns, and what was paid for it."""
        return await self._do(CancelOrder(order_id, by, reason, seller_id, self.new_id()))

    async def refund(self, order_id: str, request: RefundRequest, by: Mover) -> Order:
        """Give money back for what was sent; the settler carries it out."""
        return await self._do(
            RefundOrder(
                order_id=order_id,
                refund_id=request.id or self.new_id(),
                by=by,
                reason=request.reason,
                units=request.units,
                amount=request.amount,
                seller_id=request.seller_id,
                restock=request.restock,
            )
        )

    async def claim(self, order_id: str, by: Mover, seller_id: str | None = None, *, release: bool = False) -> Order:
        """Note who brings what is on its way, or that they do not after all."""
        return await self._do(ClaimDelivery(order_id, seller_id, by, release))

    async def _do(self, command: Command[OrderMoved]) -> Order:
        return self.addresses.opened((await self.ledger.submit(command)).order)
