"""What a batch of the ledger needs to know, read in a few messages whatever the number of commands.

The order matters: carts first, because they name products; orders for the same reason; products last.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from models.commands import Command
from models.decide import Reads, needs_lines, products_of, reads
from models.identity import OwnerId
from models.policy import Policy
from models.state import Changes, OrderKey, State
from mongo import documents
from mongo.driver import Document

Ask = Callable[[Document], Awaitable[Document]]

_NOW = {"now": "$$NOW"}
_CART_FIELDS = dict.fromkeys(("revision", "lines", "currency", "expires_at", "extended", "email", "expired"), 1)
_NOTHING = Changes()
# How many documents are made into entities before others of the event loop get their turn.
_SLICE = 32


class BatchReader:
    """Reads by ``ask``, which sends one command to the database; ``after`` is laid over what is read.

    Afterwards ``wanted`` are the products that were asked for, and ``products`` the documents of those that exist, as
    ``after`` leaves them.
    """

    def __init__(self, ask: Ask, after: Changes | None = None) -> None:
        self.wanted: list[ObjectId] = []
        self.products: dict[ObjectId, Document] = {}
        self._ask = ask
        self._after = after or _NOTHING
        self._clock: list[datetime] = []

    async def read(self, commands: Sequence[Command[Any]], policy: Policy) -> State:
        """Return all that the commands touch. KeyError, TypeError, ValueError, AttributeError: a broken document."""
        state = State(datetime.min.replace(tzinfo=UTC), policy)
        wanted = [reads(command) for command in commands]
        await self._read_carts({cart for each in wanted for cart in each.carts}, state)
        await self._read_orders(wanted, state)
        both = zip(commands, wanted, strict=True)
        with_lines = {cart for command, each in both if needs_lines(command) for cart in each.carts}
        carts = {cart_id: cart for cart_id, cart in state.carts.items() if cart_id in with_lines}
        product_ids = {product_id for each in wanted for product_id in each.products}
        await self._read_products(product_ids | products_of(carts, state.orders), state)
        state.now = max(self._clock) if self._clock else await self._time()
        return state

    async def _read_carts(self, ids: set[OwnerId], state: State) -> None:
        for number, document in enumerate(await self._find("carts", ids, {**_CART_FIELDS, **_NOW})):
            self._clock.append(document["now"])
            cart = documents.cart_of(document)
            state.carts[cart.id] = cart
            await _breathe(number)
        for cart_id in ids & self._after.carts.keys():
            known, later = state.carts.get(cart_id), self._after.carts[cart_id]
            if known is None or known.revision <= later.revision:
                state.carts[cart_id] = later

    async def _read_orders(self, wanted: list[Reads], state: State) -> None:
        keys = {key for each in wanted for key in each.keys}
        ids = {ObjectId(order) for each in wanted for order in each.orders}
        if not keys and not ids:
            return
        by_key = {"owner": {"$in": [key.owner for key in keys]}, "order_key": {"$in": [key.key for key in keys]}}
        by_id = {"_id": {"$in": list(ids)}}
        query = {"$or": [by_key, by_id]} if keys and ids else by_key if keys else by_id
        for document in await self._rows("orders", filter=query, batchSize=2000):
            order = documents.order_of(document)
            if OrderKey(order.owner, order.order_key) in keys or document["_id"] in ids:
                state.add_order(order)
        for order in self._after.placed:
            if OrderKey(order.owner, order.order_key) in keys:
                state.add_order(order)

    async def _read_products(self, ids: set[str], state: State) -> None:
        self.wanted = [ObjectId(each) for each in ids]
        self.products = await self.find_products(self.wanted)
        for document in self.products.values():
            later = self._after.levels.get(str(document["_id"]))
            if later and later.version >= documents.level_of(document).version:
                document.update(later._asdict())
            product = documents.product_of(document)
            state.products[product.id] = product
            state.levels[product.id] = documents.level_of(document)

    async def find_products(self, ids: Sequence[ObjectId]) -> dict[ObjectId, Document]:
        """Return what the rules need of products, by id."""
        rows = await self._find("products", ids, {**documents.PRODUCT_FIELDS, **_NOW})
        self._clock += [row.pop("now") for row in rows]
        return {row["_id"]: row for row in rows}

    async def find_revisions(self, ids: Iterable[OwnerId]) -> dict[OwnerId, int]:
        """Return the revisions of carts, by id."""
        rows = await self._find("carts", ids, {"revision": 1})
        return {row["_id"]: row["revision"] for row in rows}

    async def _find(self, collection: str, ids: Iterable[Any], projection: Mapping[str, Any]) -> list[Document]:
        wanted = list(ids)
        if not wanted:
            return []
        by_id = {"_id": {"$in": wanted}}
        return await self._rows(collection, filter=by_id, projection=projection, batchSize=len(wanted) + 1)

    async def _time(self) -> datetime:
        rows = await self._rows("meta", filter={"_id": "schema"}, projection=_NOW, limit=1)
        now: datetime = rows[0]["now"]
        return now

    async def _rows(self, collection: str, **arguments: Any) -> list[Document]:
        reply = await self._ask({"find": collection, **arguments})
        rows: list[Document] = reply["cursor"]["firstBatch"]
        while reply["cursor"]["id"]:  # a reply has at most 16 MiB
            reply = await self._ask({"getMore": reply["cursor"]["id"], "collection": collection})
            rows += reply["cursor"]["nextBatch"]
        return rows


async def _breathe(number: int) -> None:
    if number % _SLICE == _SLICE - 1:
        await asyncio.sleep(0)
