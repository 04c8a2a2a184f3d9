"""How entities look as documents, and back. Ids are ObjectIds here and 24 hex characters everywhere else."""

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId

from models.account import Account
from models.alert import Notice
from models.cart import Cart, Line, Released
from models.catalogue import Image, Listing
from models.entry import Entry, shelves
from models.feed import AccountChanged
from models.letter import Letter
from models.notification import Notification
from models.order import (
    Address,
    Fulfilment,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    Refund,
    StatusChange,
)
from models.pricing import Discount, next_change, price_at
from models.stock import Crossing, Level, Movement, Product
from models.telling import KINDS, Choice, Choices, muted
from models.waiter import Waiter, WaitState
from mongo.driver import Document

# For products that another program wrote without these fields; the shop itself always writes them. Units.
FALLBACK_THRESHOLD = 3
FALLBACK_MAX_PER_CART = 99
# Who brings a part of an order that is on its way and that nobody has claimed yet.
UNCLAIMED = "unclaimed"

PRODUCT_FIELDS = dict.fromkeys(
    (
        *("name", "price", "currency", "seller_id", "threshold", "max_per_cart", "published", "disabled", "images"),
        *("discounts", "category"),
        *("stock", "held", "version", "arming", "waiting", "joined"),
    ),
    1,
)


def object_id(text: str | None) -> ObjectId | None:
    """Turn an id of the outside into an ObjectId."""
    return ObjectId(text) if text else None


def id_of(value: ObjectId | None) -> str | None:
    """Turn an ObjectId that may be missing into an id of the outside."""
    return str(value) if value else None


def product_of(document: Mapping[str, Any]) -> Product:
    """Read what the rules need of a catalogue entry. A product that another program wrote may lack optional fields."""
    images = document.get("images")
    return Product(
        id=str(document["_id"]),
        name=document["name"],
        price=document["price"],
        currency=document["currency"],
        seller_id=str(document["seller_id"]),
        threshold=_given(document.get("threshold"), FALLBACK_THRESHOLD),
        max_per_cart=_given(document.get("max_per_cart"), FALLBACK_MAX_PER_CART),
        for_sale=document.get("published", True) and not document.get("disabled", False),
        image=_image_of(images[0]).small if images else None,
        discounts=discounts_of(document),
        department=department_of(document.get("category")),
    )


def department_of(category: Any) -> str:
    """Return the topmost category of a path: one text for the many products that share it."""
    return sys.intern(category.partition("/")[0]) if isinstance(category, str) else ""


def _given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def discounts_of(document: Mapping[str, Any]) -> tuple[Discount, ...]:
    """Read a product's discounts, those of other periods, too."""
    return tuple(
        Discount(str(each["_id"]), each["kind"], each["value"], each["starts_at"], each["ends_at"])
        for each in document.get("discounts") or ()
    )


def level_of(document: Mapping[str, Any]) -> Level:
    """Read a level."""
    get = document.get
    return Level(
        document["stock"], get("held", 0), get("version", 0), get("arming", 0), get("waiting", 0), get("joined", 0)
    )


def level_fields(level: Level) -> Document:
    """Write a level; of a product for which nobody ever waited nothing is said of a line."""
    fields = level._asdict()
    if not level.joined:
        del fields["waiting"], fields["joined"]
    return fields


def cart_of(document: Mapping[str, Any]) -> Cart:
    """Read a cart."""
    return Cart(
        id=document["_id"],
        revision=document["revision"],
        lines=tuple(Line(str(line["product_id"]), line["quantity"], line["since"]) for line in document["lines"]),
        currency=document["currency"],
        expires_at=document["expires_at"],
        extended=document["extended"],
        email=document["email"],
        expired=tuple(Released(str(each["product_id"]), each["quantity"]) for each in document["expired"]),
    )


def cart_document(cart: Cart, written_by: str) -> Document:
    """Write a cart whole, so that the change stream carries it whole; ``by`` lets a process know its own writes."""
    return {
        "_id": cart.id,
        "revision": cart.revision,
        "lines": [
            {"product_id": ObjectId(line.product_id), "quantity": line.quantity, "since": line.since}
            for line in cart.lines
        ],
        "currency": cart.currency,
        "expires_at": cart.expires_at,
        "extended": cart.extended,
        "email": cart.email,
        "expired": [{"product_id": ObjectId(each.product_id), "quantity": each.quantity} for each in cart.expired],
        "by": written_by,
    }


EMPTY_CART: Document = {"lines": [], "currency": None, "expires_at": None, "extended": False, "expired": []}


def movement_document(movement: Movement) -> Document:
    """Write a row of the ledger."""
    document = movement._asdict()
    document["product_id"] = ObjectId(movement.product_id)
    document["change_type"] = movement.change_type.value
    if movement.seller_id is None:
        del document["seller_id"]
    else:
        document["seller_id"] = ObjectId(movement.seller_id)
    return document


def movement_of(document: Mapping[str, Any]) -> Document:
    """Read a row of the ledger for showing: plain values, the id as text."""
    shown = {**document, "_id": str(document["_id"]), "product_id": str(document["product_id"])}
    shown.pop("seller_id", None)
    return shown


def crossing_document(crossing: Crossing) -> Document:
    """Write a crossing, still to be told."""
    return {
        "_id": f"{crossing.product_id}:{crossing.version}",
        **crossing._asdict(),
        "product_id": ObjectId(crossing.product_id),
        "state": "due",
        "told": 0,
        "mailed": 0,
    }


def crossing_of(document: Mapping[str, Any]) -> Crossing:
    """Read a crossing."""
    values = {field: document[field] for field in Crossing._fields}
    return Crossing(**(values | {"product_id": str(document["product_id"])}))


def letter_document(letter: Letter, at: Any) -> Document:
    """Write a mail into the outbox, due at once."""
    return {
        "_id": letter.key,
        "kind": letter.kind,
        "to": letter.to,
        "data": dict(letter.data),
        "state": "pending" if letter.to else "unaddressed",
        "tries": 0,
        "due": at,
        "created_at": at,
        "sent_at": None,
        "error": None,
        **({"until": letter.until} if letter.until else {}),
        **({"once": letter.once} if letter.once else {}),
        **({"owner": letter.owner, "in_app": True} if letter.owner else {}),
    }


def notice_document(notice: Notice, at: datetime) -> Document:
    """Write a notification that nobody has seen yet."""
    return {
        "key": notice.key,
        "to": notice.to,
        "kind": notice.kind,
        "data": dict(notice.data),
        "at": at,
        "seen": False,
        **({"until": notice.until} if notice.until else {}),
    }


def waiter_document(waiter: Waiter) -> Document:
    """Write a place in a line whole; ``open`` is there for the index that lets an owner have one per product."""
    return {
        "_id": waiter.id,
        "product_id": ObjectId(waiter.product_id),
        "place": waiter.place,
        "owner": waiter.owner,
        "state": waiter.state.value,
        "open": waiter.open,
        "email": waiter.email,
        "joined_at": waiter.joined_at,
        "offered_at": waiter.offered_at,
        "offer_expires_at": waiter.offer_expires_at,
        "closed_at": waiter.closed_at,
    }


def waiter_of(document: Mapping[str, Any]) -> Waiter:
    """Read a place in a line."""
    return Waiter(
        product_id=str(document["product_id"]),
        place=document["place"],
        owner=document["owner"],
        email=document["email"],
        joined_at=document["joined_at"],
        state=WaitState(document["state"]),
        offered_at=document["offered_at"],
        offer_expires_at=document["offer_expires_at"],
        closed_at=document["closed_at"],
    )


def order_document(order: Order) -> Document:
    """Write an order."""
    return {
        "_id": ObjectId(order.id),
        "owner": order.owner,
        "buyer_id": object_id(order.buyer_id),
        "order_key": order.order_key,
        "fingerprint": order.fingerprint,
        "product_list": [
            {
                "product_id": ObjectId(line.product_id),
                "name": line.name,
                "quantity": line.quantity,
                "price": line.price,
                "seller_id": ObjectId(line.seller_id),
                **({} if line.list_price is None else {"list_price": line.list_price}),
                **({"returned": line.returned} if line.returned else {}),
            }
            for line in order.lines
        ],
        "total_amount": order.total_amount,
        "currency": order.currency,
        "status": order.status.value,
        "history": list(map(_change_document, order.history)),
        "fulfilments": list(map(_fulfilment_document, order.fulfilments)),
        "address": order.address._asdict() if order.address else None,
        "email": order.email,
        "payment": order.payment._asdict() if order.payment else None,
        "timestamp": order.timestamp,
        **({"shipping": order.shipping} if order.shipping else {}),
        **({"refunds": list(map(_refund_document, order.refunds))} if order.refunds else {}),
        **_for_couriers(order),
    }


def _change_document(change: StatusChange) -> Document:
    document = {"status": change.status.value, "at": change.at, "actor": change.actor, "reason": change.reason}
    return {**document, "seller_id": ObjectId(change.seller_id)} if change.seller_id else document


def _fulfilment_document(part: Fulfilment) -> Document:
    """Write a seller's part; what nobody has said of it yet is left out."""
    document = {"seller_id": ObjectId(part.seller_id), "status": part.status.value}
    if part.courier:
        document["courier"] = ObjectId(part.courier)
    texts = {"carrier": part.carrier, "tracking_number": part.tracking_number, "note": part.note}
    return {**document, **{name: text for name, text in texts.items() if text}}


def _refund_document(refund: Refund) -> Document:
    units = [{"product_id": ObjectId(product_id), "quantity": quantity} for product_id, quantity in refund.units]
    own = {"seller_id": ObjectId(refund.seller_id)} if refund.seller_id else {}
    fields = {"amount": refund.amount, "at": refund.at, "actor": refund.actor, "reason": refund.reason}
    return {"id": ObjectId(refund.id), **fields, "units": units, **own}


def _for_couriers(order: Order) -> Document:
    """Say of an order with parts on their way who brings them; those that nobody does yet are ``UNCLAIMED``."""
    on_the_way = {part.courier or UNCLAIMED for part in order.fulfilments if part.status is OrderStatus.SHIPPED}
    return {"on_the_way": sorted(on_the_way)} if on_the_way else {}


def order_of(document: Mapping[str, Any]) -> Order:
    """Read an order."""
    return Order(
        id=str(document["_id"]),
        owner=document["owner"],
        buyer_id=str(document["buyer_id"]) if document["buyer_id"] else None,
        order_key=document["order_key"],
        fingerprint=document["fingerprint"],
        lines=tuple(_order_line(line) for line in document["product_list"]),
        total_amount=document["total_amount"],
        currency=document["currency"],
        status=OrderStatus(document["status"]),
        history=tuple(
            StatusChange(
                OrderStatus(each["status"]), each["at"], each["actor"], each["reason"], id_of(each.get("seller_id"))
            )
            for each in document["history"]
        ),
        fulfilments=tuple(map(_fulfilment_of, document["fulfilments"])),
        address=Address(**document["address"]) if document["address"] else None,
        email=document["email"],
        payment=Payment(**document["payment"]) if document["payment"] else None,
        timestamp=document["timestamp"],
        shipping=document.get("shipping", 0),
        refunds=tuple(map(_refund_of, document.get("refunds", ()))),
    )


def _fulfilment_of(each: Mapping[str, Any]) -> Fulfilment:
    get = each.get
    return Fulfilment(
        str(each["seller_id"]),
        OrderStatus(each["status"]),
        id_of(get("courier")),
        get("carrier", ""),
        get("tracking_number", ""),
        get("note", ""),
    )


def _refund_of(each: Mapping[str, Any]) -> Refund:
    units = tuple((str(unit["product_id"]), unit["quantity"]) for unit in each["units"])
    seller_id = id_of(each.get("seller_id"))
    return Refund(str(each["id"]), each["amount"], each["at"], each["actor"], each["reason"], units, seller_id)


def _order_line(line: Mapping[str, Any]) -> OrderLine:
    return OrderLine(
        str(line["product_id"]),
        line["name"],
        line["quantity"],
        line["price"],
        str(line["seller_id"]),
        line.get("list_price"),
        line.get("returned", 0),
    )


def payment_document(order: Order) -> Document:
    """Write the payment of a new order that did not begin as an intent: set aside at the provider, to be captured."""
    payment = order.payment._asdict() if order.payment else {}
    payment.pop("id", None)
    return {
        "order_id": ObjectId(order.id),
        "owner": order.owner,
        "order_key": order.order_key,
        **payment,
        "state": "authorised",
        "captured": 0,
        "refunded": 0,
        "open": True,
        "due": order.timestamp,
        "created_at": order.timestamp,
        "updated_at": order.timestamp,
    }


def listing_of(document: Mapping[str, Any]) -> Listing:
    """Read a catalogue entry whole."""
    return Listing(
        product=product_of(document),
        level=level_of(document),
        description=document.get("description") or "",
        category=document.get("category") or "",
        tags=tuple(document.get("tags") or ()),
        sku=document.get("sku"),
        published=document.get("published", True),
        images=images_of(document),
        created_at=document.get("created_at"),
        disabled=document.get("disabled", False),
        disabled_reason=document.get("disabled_reason"),
        updated_at=document.get("updated_at"),
    )


def image_document(image_id: ObjectId, alt: str) -> Document:
    """Write a product's picture."""
    return {"_id": image_id, "url": f"/images/{image_id}", "alt": alt}


def image_entry(image: Mapping[str, Any]) -> Document:
    """Write a picture that a new product comes with: one of ours by its ``id``, any other as it is."""
    return image_document(ObjectId(image["id"]), image["alt"]) if "id" in image else dict(image)


def images_of(document: Mapping[str, Any]) -> tuple[Image, ...]:
    """Read a product's pictures. Those that another program put there have no id of ours, and one address."""
    return tuple(_image_of(image) for image in document.get("images") or ())


def _image_of(image: Mapping[str, Any]) -> Image:
    image_id, url = image.get("_id"), image["url"]
    small = f"{url}/small" if image_id else url
    return Image(str(image_id) if image_id else None, url, small, image.get("alt") or "")


def entry_of(document: Mapping[str, Any]) -> Entry:
    """Read a catalogue entry as its seller wrote it."""
    product = product_of(document)
    return Entry(
        id=product.id,
        seller_id=product.seller_id,
        name=product.name,
        description=document.get("description") or "",
        price=product.price,
        currency=product.currency,
        category=document.get("category") or "",
        tags=tuple(document.get("tags") or ()),
        sku=document.get("sku"),
        threshold=product.threshold,
        max_per_cart=product.max_per_cart,
        published=document.get("published", True),
        disabled=document.get("disabled", False),
        disabled_reason=document.get("disabled_reason"),
        discounts=product.discounts,
        deleted_at=document.get("deleted_at"),
    )


def entry_fields(entry: Entry) -> Document:
    """Write what a seller wrote, as fields of the product; without a SKU there is no such field."""
    discounts = [{"_id": ObjectId(each.id), **each._asdict()} for each in entry.discounts]
    for each in discounts:
        del each["id"]
    return {
        "name": entry.name,
        "description": entry.description,
        "price": entry.price,
        "currency": entry.currency,
        "category": entry.category,
        "tags": list(entry.tags),
        **({} if entry.sku is None else {"sku": entry.sku}),
        "threshold": entry.threshold,
        "max_per_cart": entry.max_per_cart,
        "published": entry.published,
        "disabled": entry.disabled,
        "disabled_reason": entry.disabled_reason,
        "discounts": discounts,
        "deleted_at": entry.deleted_at,
    }


def derived_fields(entry: Entry, now: datetime) -> Document:
    """Return what lists are found and sorted by: it follows from the entry, and from the time."""
    return {
        "shelves": shelves(entry),
        "price_now": price_at(entry.price, entry.discounts, now),
        "price_changes_at": next_change(entry.discounts, now),
    }


STANDING_FIELDS: Document = dict.fromkeys(("role", "disabled_at", "deleted_at", "email", "telling"), 1)


def choices_of(document: Mapping[str, Any]) -> Choices:
    """Read what an account has chosen to be told; kinds of another version are left out."""
    kept = document.get("telling") or {}
    return {name: Choice(each["in_app"], each["email"]) for name, each in kept.items() if name in KINDS}


def account_of(document: Mapping[str, Any]) -> Account:
    """Read an account."""
    return Account(
        id=str(document["_id"]),
        email=document["email"],
        name=document["name"],
        role=document["role"],
        password=document["password"],
        created_at=document.get("created_at"),
        activated_at=document.get("activated_at"),
        disabled_at=document.get("disabled_at"),
        deleted_at=document.get("deleted_at"),
    )


def standing_of(document: Mapping[str, Any]) -> AccountChanged:
    """Read what an account may do."""
    barred = document.get("disabled_at") is not None or document.get("deleted_at") is not None
    silent = muted(choices_of(document))
    return AccountChanged(str(document["_id"]), document["role"], barred, document["email"], silent)


def notification_of(document: Mapping[str, Any], *, still_open: bool = False) -> Notification:
    """Read a notification."""
    return Notification(
        id=str(document["_id"]),
        to=document["to"],
        kind=document["kind"],
        data=document["data"],
        at=document["at"],
        seen=document["seen"],
        open=still_open,
    )
