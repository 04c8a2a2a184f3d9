"""Orders of the past, written straight into the database as the shop itself would have left them: paid, and told of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bson import ObjectId

from bench.shop.books import Books
from models.identity import owner_of_user
from models.letter import Letter
from models.order import Address, Fulfilment, Order, OrderLine, OrderStatus, Payment, StatusChange
from models.stock import ChangeType, Movement
from mongo import documents
from mongo.driver import Document

CHUNK = 2000
PRODUCTS, SELLERS, BUYERS = 500, 20, 5000
PRICE = 500
OPENED = datetime(2024, 1, 1, tzinfo=UTC)


class Past(NamedTuple):
    """Who bought what, before: ids that orders are made of."""

    products: list[str]
    sellers: list[str]
    buyers: list[str]


def new_past() -> Past:
    """Return ids for a history."""
    return Past(*([str(ObjectId()) for _ in range(count)] for count in (PRODUCTS, SELLERS, BUYERS)))


async def fill_up(books: Books, past: Past, stored: int, size: int) -> None:
    """Write orders number `stored` to `size`, with their payments, movements and mails."""
    for start in range(stored, size, CHUNK):
        orders = [past_order(past, number) for number in range(start, min(size, start + CHUNK))]
        movements = [_movement(order, start + place) for place, order in enumerate(orders)]
        for collection, rows in (
            ("orders", [documents.order_document(order) for order in orders]),
            ("payments", [_captured(order) for order in orders]),
            ("inventory_logs", [documents.movement_document(movement) for movement in movements]),
            ("emails", [_sent(order) for order in orders]),
        ):
            await books[collection].insert_many(rows, ordered=False)


def past_order(past: Past, number: int) -> Order:
    """Return an order: one line of a product, to one buyer, one minute after the order before it."""
    at = OPENED + timedelta(minutes=number)
    buyer, seller = past.buyers[number * 7 % BUYERS], past.sellers[number % SELLERS]
    owner, shipped = owner_of_user(buyer), OrderStatus.SHIPPED
    order = Order(
        id=str(ObjectId()),
        owner=owner,
        buyer_id=buyer,
        order_key=f"past-{number}",
        fingerprint=f"{number:064x}",
        lines=(OrderLine(past.products[number % PRODUCTS], "Tea", 1, PRICE, seller),),
        total_amount=PRICE,
        currency="EUR",
        status=shipped,
        history=(StatusChange(OrderStatus.PLACED, at, owner, ""),),
        fulfilments=(Fulfilment(seller, shipped),),
        address=Address("Ada", "1 Analytical Way", "", "London", "N1", "GB"),
        email="buyer@example.com",
        payment=Payment("sandbox", f"past-{number}", PRICE, "EUR"),
        timestamp=at,
    )
    step = StatusChange(shipped, at + timedelta(days=1), f"u:{seller}", "")
    return replace(order, history=(*order.history, step))


def _movement(order: Order, number: int) -> Movement:
    """Return the purchase; versions of a product run on from 1."""
    version = number // PRODUCTS + 1
    before = 1_000_000 - version
    sold = ChangeType.PURCHASE
    line = order.lines[0]
    return Movement(
        line.product_id, version, sold, before + 1, before, 1, 0, "", order.owner, order.id, order.timestamp
    )


def _captured(order: Order) -> Document:
    settled = documents.payment_document(order) | {"state": "captured", "captured": order.total_amount}
    return {name: value for name, value in settled.items() if name not in {"open", "due"}}


def _sent(order: Order) -> Document:
    letter = Letter(f"order_placed:{order.id}", "order_placed", str(order.email), {"order_id": order.id})
    return documents.letter_document(letter, order.timestamp) | {"state": "sent", "sent_at": order.timestamp}
