"""The demo shop's past: two weeks of orders, made by the real ledger, whose batches are dated back meanwhile."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ivorycart.demo.past import DAYS, Sale
from ivorycart.demo.product import DemoProduct
from ivorycart.ledger import Ledger
from models.catalogue import Listing
from models.commands import MoveOrder, PlaceOrder, Restock
from models.identity import OwnerId, owner_of_session, owner_of_user
from models.order import Mover, OrderStatus

PACKING = timedelta(hours=9)
ON_THE_WAY = timedelta(days=2)


@dataclass(slots=True)
class Ago:
    """How far back what is done now is dated."""

    by: timedelta = field(default_factory=timedelta)

    def __call__(self) -> timedelta:
        """Return it."""
        return self.by


@dataclass(frozen=True, slots=True)
class Trading:
    """Sells what the demo sold; ``people`` are the ids of the demo's accounts by their addresses, ``goods`` by SKU."""

    ledger: Ledger
    ago: Ago
    goods: Mapping[str, Listing]
    people: Mapping[str, str]
    new_id: Callable[[], str]

    async def run(self, sales: list[Sale]) -> int:
        """Have in stock what will be sold, sell it, and send what was ordered; return how many orders there are."""
        sold: Counter[str] = Counter()
        for sale in sales:
            sold.update({product.sku: units for product, units in sale.units})
        self.ago.by = timedelta(days=DAYS, hours=1)
        for sku, units in sold.items():
            await self.ledger.submit(Restock(self.goods[sku].product.id, units, "seed", "a delivery"))
        for number, sale in enumerate(sales):
            await self._sell(number, sale)
        return len(sales)

    async def _sell(self, number: int, sale: Sale) -> None:
        buyer = self.people["buyer@demo.com"] if sale.of_buyer else None
        owner = owner_of_user(buyer) if buyer else owner_of_session(f"somebody of the demo {number}")
        order_id = self.new_id()
        self.ago.by = sale.ago
        await self.ledger.submit(self._order(order_id, owner, buyer, sale))
        if sale.sent:
            self.ago.by = sale.ago - PACKING
            for seller in {product.seller_email for product, _ in sale.units}:
                mover = Mover(owner_of_user(self.people[seller]), "seller")
                await self.ledger.submit(MoveOrder(order_id, OrderStatus.SHIPPED, mover, carrier="DHL"))
        if sale.brought:
            self.ago.by = sale.ago - ON_THE_WAY
            courier = Mover(owner_of_user(self.people["delivery@demo.com"]), "delivery")
            await self.ledger.submit(MoveOrder(order_id, OrderStatus.DELIVERED, courier))

    def _order(self, order_id: str, owner: OwnerId, buyer: str | None, sale: Sale) -> PlaceOrder:
        return PlaceOrder(
            cart_id=owner,
            order_id=order_id,
            order_key=order_id,
            fingerprint="",
            buyer_id=buyer,
            email=None,
            address=None,
            payment=None,
            expected_total=None,
            lines=tuple((self._id(product), units) for product, units in sale.units),
        )

    def _id(self, product: DemoProduct) -> str:
        return self.goods[product.sku].product.id
