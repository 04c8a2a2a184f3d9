"""How entities look on the wire."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from ivorycart.accounts.profiles import ListedAddress
from ivorycart.connections import Connection, User
from ivorycart.stock.board import Shown, StockBoard
from models.account import Account, LoginSession
from models.cart import Cart
from models.catalogue import Image, Listing
from models.entry import EntryChange
from models.feed import CatalogueChanged, Cursor
from models.finding import CategoryCount, Facets
from models.identity import user_of_owner
from models.notification import Notification
from models.order import Address, Fulfilment, Order, Refund
from models.outcomes import StockChanged
from models.pricing import Discount
from models.profile import Profile
from models.stock import Level, Movement, Product
from models.telling import KINDS, Choice
from models.waiter import ListedPlace, Waiter

Payload = dict[str, Any]


def time(at: datetime | None) -> str | None:
    """Write a time: RFC 3339, UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z" if at else None


def plain(value: Any) -> Any:
    """Write figures as they are, but times as on the wire."""
    if isinstance(value, datetime):
        return time(value)
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def frame(cursor: Cursor, shown: Iterable[Shown]) -> Payload:
    """Show levels."""
    return {"cursor": cursor, "items": [stock_item(*each) for each in shown]}


def stock_item(product_id: str, level: Level, next_release: datetime | None) -> Payload:
    """Show one level."""
    return {
        "id": product_id,
        "available": level.available,
        "stock": level.stock,
        "held": level.held,
        "version": level.version,
        "waiting": level.waiting,
        "next_release": time(next_release),
    }


def product(listing: Listing, now: datetime) -> Payload:
    """Show a catalogue entry at a moment of the database's clock."""
    entry, level = listing.product, listing.level
    price = entry.price_at(now)
    return {
        "id": entry.id,
        "name": entry.name,
        "description": listing.description,
        "price": price,
        "list_price": _if_other(entry.price, price),
        "discounts": [_discount(each) for each in entry.discounts],
        "currency": entry.currency,
        "category": listing.category,
        "tags": list(listing.tags),
        "sku": listing.sku,
        "seller_id": entry.seller_id,
        "stock": level.stock,
        "held": level.held,
        "available": level.available,
        "version": level.version,
        "threshold": entry.threshold,
        "max_per_cart": entry.max_per_cart,
        "published": listing.published,
        "disabled": listing.disabled,
        "disabled_reason": listing.disabled_reason,
        "images": [image(each) for each in listing.images],
        "created_at": time(listing.created_at),
        "updated_at": time(listing.updated_at),
    }


def image(shown: Image) -> Payload:
    """Show a picture."""
    return shown._asdict()


def category(counted: CategoryCount) -> Payload:
    """Show a category with its count."""
    return {"category": counted.category, "count": counted.count, "name": counted.name, "depth": counted.depth}


def facets(found: Facets) -> Payload:
    """Show what is among all that was found."""
    return {
        "categories": [category(each) for each in found.categories],
        "min_price": found.min_price,
        "max_price": found.max_price,
    }


def _if_other(list_price: int, price: int) -> int | None:
    return list_price if price != list_price else None


def _discount(each: Discount) -> Payload:
    return {**each._asdict(), "starts_at": time(each.starts_at), "ends_at": time(each.ends_at)}


def entry_change(change: EntryChange) -> Payload:
    """Show who changed what of a product, when and why."""
    return {
        "id": change.id,
        "at": time(change.at),
        "kind": change.kind,
        "actor": change.actor,
        "reason": change.reason,
        "changed": [
            {"field": name, "before": _stored(old), "after": _stored(new)}
            for name, (old, new) in change.changed.items()
        ],
    }


def _stored(value: Any) -> Any:
    """Show a value of a field that was changed."""
    if isinstance(value, datetime):
        return time(value)
    if isinstance(value, list):
        return [_stored(each) for each in value]
    if isinstance(value, dict):
        return {name.removeprefix("_"): _stored(each) for name, each in value.items()}
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def order(placed: Order) -> Payload:
    """Show an order; ``payment`` is null for one that was not paid here."""
    return {
        "id": placed.id,
        "order_key": placed.order_key,
        "buyer_id": placed.buyer_id,
        "product_list": [{**line._asdict(), "line_total": line.price * line.quantity} for line in placed.lines],
        "shipping": placed.shipping,
        "total_amount": placed.total_amount,
        "currency": placed.currency,
        "status": placed.status.value,
        "history": [
            {"status": step.status.value, "at": time(step.at), "reason": step.reason, "seller_id": step.seller_id}
            for step in placed.history
        ],
        "fulfilments": [_fulfilment(part) for part in placed.fulfilments],
        "refunds": [refund(each) for each in placed.refunds],
        "address": place(placed.address),
        "payment": placed.payment and {"method": placed.payment.provider, "amount": placed.payment.amount},
        "timestamp": time(placed.timestamp),
    }


def _fulfilment(part: Fulfilment) -> Payload:
    return {
        "seller_id": part.seller_id,
        "status": part.status.value,
        "claimed": part.courier is not None,
        "carrier": part.carrier,
        "tracking_number": part.tracking_number,
        "note": part.note,
    }


def refund(each: Refund) -> Payload:
    """Show money that is given back."""
    return {
        "id": each.id,
        "amount": each.amount,
        "at": time(each.at),
        "reason": each.reason,
        "units": [{"product_id": product_id, "quantity": quantity} for product_id, quantity in each.units],
        "seller_id": each.seller_id,
    }


def place(address: Address | None) -> Payload | None:
    """Show where an order goes; an address that was not opened is none."""
    if address is None or address.sealed:
        return None
    shown = address._asdict()
    del shown["sealed"]
    return shown


def notification(told: Notification) -> Payload:
    """Show a notification, with what it is about in a line for people."""
    kind = KINDS.get(told.kind)
    return {"id": told.id, "kind": told.kind, "title": kind.title if kind else "", "at": time(told.at), **told.data}


def listed_notification(told: Notification) -> Payload:
    """Show a notification among others."""
    return {**notification(told), "seen": told.seen}


def choice(kind: str, wanted: Choice) -> Payload:
    """Show which forms of a kind somebody gets."""
    return {"kind": kind, "title": KINDS[kind].title, **wanted._asdict()}


def offer(told: Notification, now: datetime) -> Payload:
    """Show what is offered; one whose owner was erased meanwhile offers nothing."""
    return {"id": told.id, **told.data, "server_time": time(now)}


def user(who: User | Account) -> Payload:
    """Show an account."""
    return {"id": who.id, "email": who.email, "name": who.name, "role": who.role}


def profile(own: Profile) -> Payload:
    """Show somebody their own account."""
    return {
        "id": own.id,
        "email": own.email,
        "name": own.name,
        "role": own.role,
        "phone": own.phone or None,
        "created_at": time(own.created_at),
        "activated_at": time(own.activated_at),
        "default_shipping": own.default_shipping,
        "default_billing": own.default_billing,
    }


def address(listed: ListedAddress) -> Payload:
    """Show an entry of an address book."""
    return {
        **asdict(listed.entry),
        "phone": listed.entry.phone or None,
        "default_shipping": listed.default_shipping,
        "default_billing": listed.default_billing,
    }


def login_session(session: LoginSession, *, current: str) -> Payload:
    """Show where somebody is signed in."""
    return {
        "id": session.id,
        "device": session.visitor.device,
        "address": session.visitor.address,
        "created_at": time(session.created_at),
        "last_used_at": time(session.last_used_at),
        "expires_at": time(session.expires_at),
        "current": session.id == current,
    }


def movement(row: Movement | Mapping[str, Any]) -> Payload:
    """Show a row of the ledger."""
    values = dict(row._asdict() if isinstance(row, Movement) else row)
    for inner in ("_id", "seller_id", "cursor"):
        values.pop(inner, None)
    return {**values, "change_type": str(values["change_type"]), "timestamp": time(values["timestamp"])}


def logged_movement(row: Mapping[str, Any]) -> Payload:
    """Show a row of the ledger with who it was."""
    return {**movement(row), "by": asdict(row["by"])}


def stock(changed: StockChanged) -> Payload:
    """Show a level after stock work."""
    level = stock_item(changed.product_id, changed.level, None)
    del level["next_release"]
    return {**level, "movement": movement(changed.movement) if changed.movement else None}


_GONE = Product("", "", 0, "", "", 0, 0, for_sale=False)
_NO_LEVEL = Level(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class WireShapes:
    """The shapes that need the board: what a cart's lines cost and how many are left, and what time it is."""

    board: StockBoard

    def cart(
        self, cart: Cart, connection: Connection | str | None, levels: Mapping[str, Level] | None = None
    ) -> Payload:
        """Show a cart to whoever holds its session; ``levels`` are fresher than the board's."""
        session = connection.session if isinstance(connection, Connection) else connection
        user_id = user_of_owner(cart.id)
        fresh = levels or {}
        lines = [self._line(each.product_id, each.quantity, fresh.get(each.product_id)) for each in cart.lines]
        return {
            "session": None if user_id else session,
            "user_id": user_id,
            "revision": cart.revision,
            "lines": lines,
            "total_amount": sum(line["line_total"] for line in lines),
            "currency": cart.currency,
            "expires_at": time(cart.expires_at),
            "server_time": time(self.board.clock.now()),
            "email": cart.email,
        }

    def _line(self, product_id: str, quantity: int, fresh: Level | None) -> Payload:
        """Show a line. One whose product is gone is shown without name and price, so that it can be taken out."""
        entry = self.board.look_up(product_id) or _GONE
        level = self.board.levels.get(product_id, _NO_LEVEL)
        if fresh is not None and fresh.version > level.version:
            level = fresh
        price = entry.price_at(self.board.clock.now())
        return {
            "product_id": product_id,
            "name": entry.name,
            "quantity": quantity,
            "price": price,
            "list_price": _if_other(entry.price, price),
            "for_sale": entry.for_sale,
            "line_total": price * quantity,
            "available": level.available,
            "image": entry.image,
        }

    def expired(self, cart: Cart, connection: Connection) -> Payload:
        """Show what an expiry took."""
        return {"cart": self.cart(cart, connection), "released": [each._asdict() for each in cart.expired]}

    def order(self, placed: Order) -> Payload:
        """Show an order."""
        return order(placed)

    def product(self, change: CatalogueChanged) -> Payload:
        """Show a catalogue change; what is not on show has only its id."""
        hidden = change.listing is None or change.change == "withdrawn"
        shown = (
            {"id": change.product_id}
            if hidden or change.listing is None
            else product(change.listing, self.board.clock.now())
        )
        return {"cursor": change.cursor, "change": change.change, "product": shown}

    def notification(self, told: Notification) -> Payload:
        """Show a notification."""
        return notification(told)

    def alert(self, told: Notification) -> Payload:
        """Show what is running out: the event is always of the same kind; ``role`` says whether as a seller's."""
        role = "seller" if told.kind == "low_stock_seller" else "cart"
        return {**notification(told), "kind": "low_stock", "role": role}

    def offer(self, told: Notification) -> Payload:
        """Show what is offered."""
        return offer(told, self.board.clock.now())

    def place(self, listed: ListedPlace) -> Payload:
        """Show a place in a line, with how many are before it."""
        waiter = listed.waiter
        return {
            "product_id": waiter.product_id,
            "name": self._name(waiter),
            "state": waiter.state.value,
            "place": waiter.place,
            "ahead": listed.ahead,
            "email": waiter.email,
            "joined_at": time(waiter.joined_at),
            "offered_at": time(waiter.offered_at),
            "expires_at": time(waiter.offer_expires_at),
            "server_time": time(self.board.clock.now()),
        }

    def waiter(self, waiter: Waiter) -> Payload:
        """Show what has become of a place in a line."""
        return self.place(ListedPlace(waiter, None))

    def offer_expired(self, waiter: Waiter) -> Payload:
        """Show which offer has run out."""
        return {
            "product_id": waiter.product_id,
            "name": self._name(waiter),
            "expires_at": time(waiter.offer_expires_at),
        }

    def _name(self, waiter: Waiter) -> str:
        return self.board.products.get(waiter.product_id, _GONE).name
