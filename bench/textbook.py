"""What a shop without a ledger does: one transaction per order, repeated by the driver until it succeeds.

The same documents are written as by the ledger. The callback is the one of the driver's manual (``with_transaction``
repeats it on a conflict, at its own pace), on the driver's own connections.
"""

from typing import Any

from bson import ObjectId

from models.identity import OwnerId
from mongo.driver import Database, Document, Driver


class TextbookShop:
    """Places orders, each in a transaction of its own; ``tries`` counts how often one was begun."""

    def __init__(self, driver: Driver, database: Database) -> None:
        self._driver = driver
        self._database = database
        self.tries = 0

    async def order(self, owner: OwnerId) -> None:
        """Order what is in a cart."""
        session: Any = await self._driver.start_session()
        async with session:
            await session.with_transaction(lambda active: self._place(active, owner))

    async def _place(self, session: Any, owner: OwnerId) -> None:
        self.tries += 1
        database = self._database
        cart: Any = await database["carts"].find_one({"_id": owner}, session=session)
        if await database["orders"].find_one({"owner": owner, "order_key": "bench"}, session=session):
            return
        order_id, total = ObjectId(), 0
        for line in cart["lines"]:
            total += await self._sell(session, line, order_id)
        emptied: Document = {"lines": [], "currency": None, "expires_at": None, "extended": False, "expired": []}
        await database["carts"].update_one(
            {"_id": owner, "revision": cart["revision"]}, {"$set": emptied, "$inc": {"revision": 1}}, session=session
        )
        await database["orders"].insert_one(self._order(order_id, owner, cart, total), session=session)
        mail = {"_id": f"order:{order_id}", "kind": "order", "to": "buyer@example.com", "state": "pending", "tries": 0}
        await database["emails"].insert_one(mail, session=session)

    async def _sell(self, session: Any, line: Document, order_id: ObjectId) -> int:
        quantity = line["quantity"]
        product: Any = await self._database["products"].find_one_and_update(
            {"_id": line["product_id"], "held": {"$gte": quantity}},
            {"$inc": {"stock": -quantity, "held": -quantity, "version": 1}},
            session=session,
        )
        if product is None:
            raise ValueError("sold out")
        movement = {
            "product_id": line["product_id"],
            "version": product["version"] + 1,
            "change_type": "purchase",
            "old_stock": product["stock"],
            "new_stock": product["stock"] - quantity,
            "old_held": product["held"],
            "new_held": product["held"] - quantity,
            "reason": f"order {order_id}",
        }
        await self._database["inventory_logs"].insert_one(movement, session=session)
        total: int = product["price"] * quantity
        return total

    @staticmethod
    def _order(order_id: ObjectId, owner: OwnerId, cart: Document, total: int) -> Document:
        return {
            "_id": order_id,
            "owner": owner,
            "order_key": "bench",
            "product_list": cart["lines"],
            "total_amount": total,
            "currency": "EUR",
            "status": "placed",
            "email": "buyer@example.com",
        }
