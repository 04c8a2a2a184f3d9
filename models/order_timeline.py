"""What happened to an order, as those see it who look at it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from models.identity import user_of_owner
from models.order import Order, OrderStatus, StatusChange
from models.order_views import Side, changes_of, for_courier

Role = Literal["buyer", "seller", "delivery", "shop"]

# Who does that as a rule, where somebody may be more than one of these.
_USUAL: Mapping[OrderStatus, Sequence[Role]] = {
    OrderStatus.SHIPPED: ("seller", "delivery", "buyer"),
    OrderStatus.DELIVERED: ("delivery", "seller", "buyer"),
}
_OTHERWISE: Sequence[Role] = ("buyer", "seller", "delivery")


class Captured(NamedTuple):
    """When a payment was captured, and how much, in minor units."""

    at: datetime
    amount: int


class Returned(NamedTuple):
    """When a refund was carried out, and how much was given back."""

    id: str
    at: datetime
    amount: int


class Sent(NamedTuple):
    """A mail about an order: its kind, when it was written, and what became of it; not where it went."""

    kind: str
    at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class Traces:
    """What is told of an order beside itself."""

    captured: Captured | None = None
    returned: tuple[Returned, ...] = ()
    mails: tuple[Sent, ...] = ()


class By(NamedTuple):
    """Who did something; whoever asks may not know the id of others, unless they are an admin."""

    role: Role
    user_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Something that happened; what does not apply is None."""

    at: datetime
    kind: Literal["status", "refund_asked", "refund_carried_out", "payment_captured", "mail"]
    by: By | None = None
    reason: str = ""
    status: OrderStatus | None = None
    seller_id: str | None = None
    amount: int | None = None
    mail: Sent | None = None


@dataclass(frozen=True, slots=True)
class Looker:
    """Who looks at an order, and as what."""

    user_id: str
    side: Side


# Mails to the seller are not the buyer's business.
TO_SELLERS = frozenset({"order_cancelled_seller"})


def timeline(order: Order, looker: Looker, traces: Traces, names: Mapping[str, str]) -> list[Entry]:
    """Return what happened, oldest first; of one moment in the order in which it was written down.

    Money and mails are the buyer's and the admin's business; sellers and couriers see what became of their parts. A
    mail that was never to be sent (no mail server, or not wanted) is the admin's only.
    """
    found = list(_moves(order, looker, names))
    if looker.side in {"admin", "buyer"}:
        found += _money(order, looker, traces, names)
        found += _mails(looker, traces)
    return sorted(found, key=lambda entry: entry.at)


def actors(order: Order) -> set[str]:
    """Return the users whose names a timeline may need."""
    raws = (*(change.actor for change in order.history), *(refund.actor for refund in order.refunds))
    return {user_id for raw in raws if (user_id := user_of_owner(raw))}


def _moves(order: Order, looker: Looker, names: Mapping[str, str]) -> Iterator[Entry]:
    for change in _changes(order, looker):
        yield Entry(
            at=change.at,
            kind="status",
            by=_by(order, change.actor, _USUAL.get(change.status, _OTHERWISE), looker, names, change.seller_id),
            reason=change.reason,
            status=change.status,
            seller_id=change.seller_id,
        )


def _changes(order: Order, looker: Looker) -> Sequence[StatusChange]:
    if looker.side == "seller":
        return changes_of(order, {looker.user_id})
    if looker.side == "delivery":
        shown = for_courier(order, looker.user_id)
        return changes_of(order, {part.seller_id for part in shown.parts} if shown else set())
    return order.history


def _money(order: Order, looker: Looker, traces: Traces, names: Mapping[str, str]) -> Iterator[Entry]:
    if traces.captured:
        yield Entry(at=traces.captured.at, kind="payment_captured", by=By("shop"), amount=traces.captured.amount)
    for refund in order.refunds:
        yield Entry(
            at=refund.at,
            kind="refund_asked",
            by=_by(order, refund.actor, _OTHERWISE, looker, names),
            reason=refund.reason,
            amount=refund.amount,
        )
    for given in traces.returned:
        yield Entry(at=given.at, kind="refund_carried_out", by=By("shop"), amount=given.amount)


def _mails(looker: Looker, traces: Traces) -> Iterator[Entry]:
    for mail in traces.mails:
        if looker.side == "admin" or (mail.kind not in TO_SELLERS and mail.state != "unsent"):
            yield Entry(at=mail.at, kind="mail", mail=mail)


def _by(
    order: Order,
    raw: str,
    usual: Sequence[Role],
    looker: Looker,
    names: Mapping[str, str],
    seller_id: str | None = None,
) -> By:
    """Tell who did something: as what, and to admins, or of oneself, by which name."""
    user_id = user_of_owner(raw)
    parts = [part for part in order.fulfilments if seller_id in {None, part.seller_id}]
    is_one: Mapping[Role, bool] = {
        "buyer": raw == order.owner or (user_id is not None and user_id == order.buyer_id),
        "seller": any(user_id == part.seller_id for part in parts),
        "delivery": user_id is not None and any(user_id == part.courier for part in parts),
    }
    role: Role = next((each for each in usual if is_one[each]), "shop")
    if user_id is None:
        return By(role, None, raw if looker.side == "admin" and role == "shop" else None)
    if looker.side == "admin" or user_id == looker.user_id:
        return By(role, user_id, names.get(user_id))
    return By(role)
