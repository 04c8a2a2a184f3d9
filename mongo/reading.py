"""What a batch of the ledger needs to know, read in a few messages whatever the number of commands.

The order matters: places in lines first, because they name carts; carts, because they name products; orders for the
same reason; products; last those who wait for them, who are asked for only where a product says that there are any.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from models.commands import Command
from models.decide import Reads, Waiting, needs_lines, products_of, reads
from models.identity import OwnerId
from models.policy import Policy
from models.state import Changes, OrderKey, Place, State
from models.waiter import WaitState
from mongo import documents
from mongo.driver import Document
from mongo.payments import INTENT_FIELDS, intent_of

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
        lines = [each.waiting for each in wanted if each.waiting]
        carts_of_offers = await self._read_places(lines, state) if lines else set()
        await self._read_carts({cart for each in wanted for cart in each.carts} | carts_of_offers, state)
        await self._read_orders(wanted, state)
        await self._read_payments({key for each in wanted for key in each.payments}, state)
        both = zip(commands, wanted, strict=True)
        with_lines = {cart for command, each in both if needs_lines(command) for cart in each.carts}
        carts = {cart_id: cart for cart_id, cart in state.carts.items() if cart_id in with_lines}
        product_ids = {product_id for each in wanted for product_id in each.products}
        product_ids |= {waiter.product_id for waiter in state.waiters.values()}
        await self._read_products(product_ids | products_of(carts, state.orders), state)
        await self._read_first({product: limit for each in lines for product, limit in each.first}, state)
        state.now = max(self._clock) if self._clock else await self._time()
        return state

    async def _read_places(self, lines: Sequence[Waiting], state: State) -> set[OwnerId]:
        """Read what commands name of lines; return the carts of the offers among it."""
        places = {place for each in lines for place in each.places}
        owners = [owner for each in lines for owner in each.owners]
        ids = [waiter_id for each in lines for waiter_id in each.ids]
        queries: list[Document] = []
        if places:
            products = [ObjectId(each) for each in {place.product_id for place in places}]
            named: Document = {"product_id": {"$in": products}, "owner": {"$in": [place.owner for place in places]}}
            queries.append({**named, "open": True})
        if owners:
            queries.append({"owner": {"$in": owners}, "open": True})
        if ids:
            queries.append({"_id": {"$in": ids}})
        if queries:
            for document in await self._rows("waiting", filter={"$or": queries}, batchSize=2000):
                state.add_waiter(documents.waiter_of(document))
        for place in {place for each in lines for place in each.last if not state.place_of(place)}:
            await self._read_last(place, state)
        return {each.offer_cart for each in state.waiters.values() if each.state == WaitState.OFFERED}

    async def _read_last(self, place: Place, state: State) -> None:
        """Read somebody's last place in a line; it is asked for by those alone who repeat what they did."""
        theirs = {"product_id": ObjectId(place.product_id), "owner": place.owner}
        for document in await self._rows("waiting", filter=theirs, sort={"place": -1}, limit=1):
            state.add_waiter(documents.waiter_of(document))

    async def _read_first(self, limits: Mapping[str, int], state: State) -> None:
        """Read the first who wait for products."""
        for product_id, limit in limits.items():
            level = state.levels.get(product_id)
            if not level or not level.waiting:
                state.known_up_to[product_id] = sys.maxsize
                continue
            query = {"product_id": ObjectId(product_id), "state": WaitState.WAITING.value}
            rows = await self._rows("waiting", filter=query, sort={"place": 1}, limit=limit, batchSize=limit + 1)
            for row in rows:
                state.add_waiter(documents.waiter_of(row))
            state.known_up_to[product_id] = rows[-1]["place"] if len(rows) == limit else sys.maxsize

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

    async def _read_payments(self, keys: set[OrderKey], state: State) -> None:
        if not keys:
            return
        query = {"owner": {"$in": [key.owner for key in keys]}, "order_key": {"$in": [key.key for key in keys]}}
        query["attempt"] = {"$type": "int"}  # the index has no others; without saying so, the server reads all rows
        for row in await self._rows("payments", filter=query, projection=INTENT_FIELDS, batchSize=20_000):
            if OrderKey(row["owner"], row["order_key"]) in keys:
                state.add_payment(intent_of(row))
        for intent in (*self._after.begun.values(), *self._after.paid):
            if OrderKey(intent.owner, intent.order_key) in keys:
                state.add_payment(intent)

    async def _read_products(self, ids: set[str], state: State) -> None:
        self.wanted = [ObjectId(each) for each in ids]
        rows = await self._find("products", self.wanted, {**documents.PRODUCT_FIELDS, **_NOW})
        self._clock += [row.pop("now") for row in rows]
        self.products = {row["_id"]: row for row in rows}
        for document in self.products.values():
            later = self._after.levels.get(str(document["_id"]))
            if later and later.version >= documents.level_of(document).version:
                document.update(documents.level_fields(later))
            product = documents.product_of(document)
            state.products[product.id] = product
            state.levels[product.id] = documents.level_of(document)

    async def _find(self, collection: str, ids: Collection[Any], projection: Mapping[str, Any]) -> list[Document]:
        return await self._all(by_ids(collection, ids, projection)) if ids else []

    async def _time(self) -> datetime:
        rows = await self._rows("meta", filter={"_id": "schema"}, projection=_NOW, limit=1)
        now: datetime = rows[0]["now"]
        return now

    async def _rows(self, collection: str, **arguments: Any) -> list[Document]:
        return await self._all({"find": collection, **arguments})

    async def _all(self, query: Document) -> list[Document]:
        reply = await self._ask(query)
        rows: list[Document] = reply["cursor"]["firstBatch"]
        while reply["cursor"]["id"]:  # a reply has at most 16 MiB
            reply = await self._ask({"getMore": reply["cursor"]["id"], "collection": query["find"]})
            rows += reply["cursor"]["nextBatch"]
        return rows


def by_ids(collection: str, ids: Collection[Any], projection: Mapping[str, Any]) -> Document:
    """Return the command that reads these fields of some documents, all at once as far as a reply can hold them."""
    by_id = {"_id": {"$in": list(ids)}}
    return {"find": collection, "filter": by_id, "projection": projection, "batchSize": len(ids) + 1}


async def _breathe(number: int) -> None:
    if number % _SLICE == _SLICE - 1:
        await asyncio.sleep(0)
