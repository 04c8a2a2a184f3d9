"""What the database alone can do: the messages of grouped orders sent by hand, decided by nobody.

One order is the level, the movement, the emptied cart, the order and the mail, 256 of them in one transaction, one
transaction after the other; what is sent was built before the clock starts. With ``schema`` they go into the shop's
collections, with its indexes and validators; without, into plain ones, with no index but those that keep an order or a
movement from being written twice. The first is the limit of any ledger on this schema that does one thing at a time,
the second what grouping gives on this machine where nothing has to be found again.
"""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from bench.figures import Figures, waits
from mongo.documents import EMPTY_CART
from mongo.driver import Database, Document, Driver
from mongo.schema import migrate

BATCH = 256


async def by_hand(driver: Driver, *, orders: int, schema: bool) -> Figures:
    """Order one hot product; every batch is what a ledger would write for it."""
    database = driver.client[f"bench_{ObjectId()}"]
    now = datetime.now(UTC)
    product_id, seller_id = ObjectId(), ObjectId()
    owners = [f"session:buyer-{number:020d}" for number in range(orders)]
    await _fill(database, owners, product_id, seller_id, now, schema=schema)
    numbers = range(orders)
    batches = [
        _messages(numbers[start : start + BATCH], owners, (product_id, seller_id), orders, now)
        for start in range(0, orders, BATCH)
    ]
    session = await driver.start_session()
    latencies: list[float] = []
    started = time.perf_counter()
    for batch in batches:
        began = time.perf_counter()
        await driver.start_transaction(session)
        for message in batch:
            reply: Any = await database.command(message, session=session)
            assert not reply.get("writeErrors"), reply["writeErrors"][0]
        await session.commit_transaction()
        latencies += [time.perf_counter() - began] * len(batch[0]["filter"]["_id"]["$in"])
    seconds = time.perf_counter() - started
    await session.end_session()
    await driver.client.drop_database(database.name)
    return {"per_s": orders / seconds} | waits(latencies) | {"retries": 0.0, "oversold": 0.0}


async def _fill(
    database: Database,
    owners: Sequence[str],
    product_id: ObjectId,
    seller_id: ObjectId,
    now: datetime,
    *,
    schema: bool,
) -> None:
    """Put the product and the full carts there."""
    if schema:
        await migrate(database, "bench")
    else:
        await database["orders"].create_index([("owner", 1), ("order_key", 1)], unique=True)
        await database["inventory_logs"].create_index([("product_id", 1), ("version", 1)], unique=True)
        await database["emails"].insert_one({"_id": "first"})
    count = len(owners)
    product = {"_id": product_id, "name": "p", "price": 1000, "currency": "EUR", "seller_id": seller_id}
    await database["products"].insert_one(product | {"stock": count, "held": count, "version": 0, "arming": 0})
    line = {"product_id": product_id, "quantity": 1, "since": now}
    filled = EMPTY_CART | {
        "lines": [line],
        "currency": "EUR",
        "expires_at": now,
        "revision": 1,
        "email": None,
        "by": "x",
    }
    await database["carts"].insert_many([{"_id": owner, **filled} for owner in owners])


def _messages(
    numbers: Sequence[int], owners: Sequence[str], ids: tuple[ObjectId, ObjectId], orders: int, now: datetime
) -> list[Document]:
    """Return a batch's messages: it reads the carts and the product, and writes five collections."""
    product_id = ids[0]
    own = [owners[number] for number in numbers]
    order_ids = [ObjectId() for _ in numbers]
    left = orders - numbers[-1] - 1
    level = {"stock": left, "held": left, "version": numbers[-1] + 1, "arming": 0}
    by_id: Document = {"_id": {"$in": own}, "revision": 1}
    emptied: Document = {"q": by_id, "u": {"$inc": {"revision": 1}, "$set": EMPTY_CART | {"by": "y"}}, "multi": True}
    both = list(zip(numbers, order_ids, strict=True))
    return [
        {"find": "carts", "filter": {"_id": {"$in": own}}, "batchSize": BATCH + 1},
        {"find": "products", "filter": {"_id": product_id}},
        {"update": "products", "updates": [{"q": {"_id": product_id}, "u": {"$set": level}}]},
        {"update": "carts", "updates": [emptied]},
        {"insert": "inventory_logs", "documents": [_movement(n, i, ids, orders, now) for n, i in both]},
        {"insert": "orders", "documents": [_order(owners[n], i, ids, now) for n, i in both]},
        {"insert": "emails", "documents": [_mail(order_id, now) for order_id in order_ids]},
    ]


def _movement(number: int, order_id: ObjectId, ids: tuple[ObjectId, ObjectId], orders: int, now: datetime) -> Document:
    before = orders - number
    return {
        "product_id": ids[0],
        "version": number + 1,
        "change_type": "purchase",
        "old_stock": before,
        "new_stock": before - 1,
        "old_held": before,
        "new_held": before - 1,
        "reason": "order",
        "actor": "buyer",
        "cause": str(order_id),
        "timestamp": now,
        "seller_id": ids[1],
    }


def _order(owner: str, order_id: ObjectId, ids: tuple[ObjectId, ObjectId], now: datetime) -> Document:
    return {
        "_id": order_id,
        "owner": owner,
        "buyer_id": None,
        "order_key": "bench",
        "fingerprint": "bench",
        "product_list": [{"product_id": ids[0], "name": "p", "quantity": 1, "price": 1000, "seller_id": ids[1]}],
        "total_amount": 1000,
        "currency": "EUR",
        "status": "placed",
        "history": [{"status": "placed", "at": now, "actor": owner, "reason": ""}],
        "fulfilments": [{"seller_id": ids[1], "status": "placed"}],
        "address": None,
        "email": "buyer@example.com",
        "payment": None,
        "timestamp": now,
    }


def _mail(order_id: ObjectId, now: datetime) -> Document:
    return {
        "_id": f"order_placed:{order_id}",
        "kind": "order_placed",
        "to": "buyer@example.com",
        "data": {"order_id": str(order_id)},
        "state": "pending",
        "tries": 0,
        "due": now,
        "created_at": now,
        "sent_at": None,
        "error": None,
    }
