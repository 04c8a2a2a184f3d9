"""An order's life after it was placed: who moves which part of it where, and what comes of that."""

from collections.abc import Iterator
from itertools import product as every

import pytest

from models.commands import CancelOrder, ClaimDelivery, MoveOrder, RefundOrder
from models.errors import Conflict, Invalid, KeyReused, NotFound
from models.identity import OwnerId
from models.order import Fulfilment, Mover, Order, OrderStatus
from models.order_life import STEPS, status_of
from models.stock import ChangeType
from tests.models.builders import ANNA, BEN, Shop, a_payment, an_order
from tests.movers import AN_ADMIN

PLACED, SHIPPED, DELIVERED, COMPLETED = STEPS
CANCELLED, REFUNDED = OrderStatus.CANCELLED, OrderStatus.REFUNDED
BUYER = Mover(ANNA, "buyer")
SELLER, OTHER_SELLER = Mover(OwnerId("u:seller"), "seller"), Mover(OwnerId("u:potter"), "seller")
COURIER, OTHER_COURIER = Mover(OwnerId("u:cora"), "delivery"), Mover(OwnerId("u:carl"), "delivery")
STRANGERS = (Mover(BEN, "buyer"), Mover(OwnerId("u:somebody"), "seller"))
EVERYBODY = (BUYER, SELLER, OTHER_SELLER, COURIER, AN_ADMIN, *STRANGERS)


def shop_with_order(*, paid: bool = True) -> tuple[Shop, Order]:
    """Sell two teas of one seller and a cup of another to Anna."""
    shop = Shop().sells(stock=10).sells("cup", stock=10, seller_id="potter", price=900)
    shop.put(ANNA, 2)
    shop.put(ANNA, 1, "cup")
    payment = a_payment(1900) if paid else None
    return shop, shop.do(an_order(payment=payment)).order


def move(shop: Shop, order: Order, to: OrderStatus, by: Mover, **more: str) -> Order:
    """Move an order on."""
    return shop.do(MoveOrder(order.id, to, by, **{"reason": "why", **more})).order


def statuses(order: Order) -> tuple[OrderStatus, ...]:
    """Return the status of the order and of its parts."""
    return (order.status, *(part.status for part in order.fulfilments))


def test_an_order_goes_its_way_through_all_hands() -> None:
    """Its status is that of its least advanced part; each move is in its history with who, when and why."""
    shop, order = shop_with_order()
    order = move(shop, order, SHIPPED, SELLER, carrier="Post", tracking_number="42", reason="")
    assert statuses(order) == (PLACED, SHIPPED, PLACED)
    order = move(shop, order, SHIPPED, OTHER_SELLER, reason="")
    assert statuses(order) == (SHIPPED, SHIPPED, SHIPPED)
    order = move(shop, order, DELIVERED, COURIER, note="with the neighbour", reason="")
    assert statuses(order) == (DELIVERED, DELIVERED, DELIVERED)
    order = move(shop, order, COMPLETED, BUYER, reason="")
    assert statuses(order) == (COMPLETED, COMPLETED, COMPLETED)
    tea = order.fulfilments[0]
    assert tea == Fulfilment("seller", COMPLETED, "cora", "Post", "42", "with the neighbour")
    assert [(step.status, step.actor, step.seller_id) for step in order.history[1:4]] == [
        (SHIPPED, SELLER.owner, "seller"),
        (SHIPPED, OTHER_SELLER.owner, "potter"),
        (DELIVERED, COURIER.owner, "seller"),
    ]


def test_the_buyer_is_told_of_what_left_and_of_what_came() -> None:
    """Once for each seller's part, whoever asks how often."""
    shop, order = shop_with_order()
    for _ in range(2):
        move(shop, order, SHIPPED, SELLER)
    move(shop, order, DELIVERED, COURIER)
    assert [(each.kind, each.data["seller_id"], each.owner) for each in shop.letters[1:]] == [
        ("order_shipped", "seller", ANNA),
        ("order_delivered", "seller", ANNA),
    ]
    assert len({each.key for each in shop.letters}) == len(shop.letters)


def everything() -> Iterator[tuple[OrderStatus, OrderStatus, Mover]]:
    """Yield every state of an order, every wish, and everybody."""
    yield from every([*STEPS, CANCELLED], [*STEPS, CANCELLED], EVERYBODY)


RIGHT = {
    (PLACED, SHIPPED): {SELLER, OTHER_SELLER, AN_ADMIN},
    (SHIPPED, DELIVERED): {COURIER, AN_ADMIN},
    (DELIVERED, COMPLETED): {BUYER, AN_ADMIN},
    (PLACED, CANCELLED): {BUYER, AN_ADMIN},
    (PLACED, DELIVERED): {AN_ADMIN},
    (PLACED, COMPLETED): {AN_ADMIN},
    (SHIPPED, COMPLETED): {AN_ADMIN},
}


@pytest.mark.parametrize(("at", "to", "by"), list(everything()))
def test_everybody_makes_the_moves_that_are_theirs_and_no_others(at: OrderStatus, to: OrderStatus, by: Mover) -> None:
    """What is refused names the allowed ones; who has nothing to do with an order does not learn that there is one."""
    shop, order = shop_with_order()
    if at is CANCELLED:
        order = shop.do(CancelOrder(order.id, BUYER, "")).order
    elif at is not PLACED:
        order = move(shop, order, at, AN_ADMIN)
    command = CancelOrder(order.id, by, "why") if to is CANCELLED else MoveOrder(order.id, to, by, "why")
    if by in RIGHT.get((at, to), set()):
        assert to in statuses(shop.do(command).order)
    elif at is to and by == (BUYER if at is CANCELLED else AN_ADMIN) and at is not PLACED:
        assert shop.do(command).repeated
    elif by in STRANGERS or (by is COURIER and at is not SHIPPED):
        with pytest.raises(NotFound):
            shop.do(command)
    else:
        with pytest.raises(Conflict) as refusal:
            shop.do(command)
        theirs = {wish for (state, wish), who in RIGHT.items() if state is at and by in who}
        refunding = {REFUNDED} if at in STEPS[1:] and by in {SELLER, OTHER_SELLER, AN_ADMIN} else set()
        assert set(refusal.value.details["allowed"]) == {each.value for each in theirs | refunding}
        assert refusal.value.details["order_status"] == at.value
        assert shop.state.orders[order.id] == order


@pytest.mark.parametrize("to", [SHIPPED, CANCELLED])
def test_an_admin_says_why(to: OrderStatus) -> None:
    """They act in somebody else's stead."""
    shop, order = shop_with_order()
    with pytest.raises(Invalid):
        shop.do(CancelOrder(order.id, AN_ADMIN, " ") if to is CANCELLED else MoveOrder(order.id, to, AN_ADMIN))


def test_what_somebody_brings_nobody_else_hands_over() -> None:
    """Until they leave it; an admin may take it from them."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, SELLER)
    claimed = shop.do(ClaimDelivery(order.id, None, COURIER)).order
    assert [part.courier for part in claimed.fulfilments] == ["cora", None]
    assert shop.do(ClaimDelivery(order.id, None, COURIER)).repeated
    for refused in (ClaimDelivery(order.id, None, OTHER_COURIER), MoveOrder(order.id, DELIVERED, OTHER_COURIER)):
        with pytest.raises(Conflict, match="somebody else"):
            shop.do(refused)
    with pytest.raises(Conflict):
        shop.do(ClaimDelivery(order.id, None, OTHER_COURIER, release=True))
    shop.do(ClaimDelivery(order.id, None, COURIER, release=True))
    shop.do(ClaimDelivery(order.id, "seller", OTHER_COURIER))
    shop.do(ClaimDelivery(order.id, None, AN_ADMIN, release=True))
    handed = move(shop, order, DELIVERED, COURIER)
    assert handed.fulfilments[0].courier == "cora"


def test_what_is_not_on_its_way_is_not_claimed() -> None:
    """Nobody has sent it, or it has arrived."""
    shop, order = shop_with_order()
    with pytest.raises(NotFound):
        shop.do(ClaimDelivery(order.id, None, COURIER))
    move(shop, order, DELIVERED, AN_ADMIN)
    with pytest.raises(NotFound):
        shop.do(ClaimDelivery(order.id, None, COURIER))
    with pytest.raises(Conflict):
        shop.do(ClaimDelivery(order.id, None, AN_ADMIN, release=True))


def test_of_a_cancelled_order_goods_and_money_come_back() -> None:
    """All of it, shipping included, as one refund that the payment owes; the sellers hear of it."""
    shop = Shop().sells(stock=10).sells("cup", stock=10, seller_id="potter", price=900).with_policy(shipping=490)
    shop.put(ANNA, 2)
    shop.put(ANNA, 1, "cup")
    order = shop.do(an_order(payment=a_payment(2390))).order
    assert (order.shipping, order.total_amount) == (490, 2390)
    order = shop.do(CancelOrder(order.id, BUYER, "too late", refund_id="back")).order
    assert statuses(order) == (CANCELLED, CANCELLED, CANCELLED)
    assert shop.counts() == shop.counts("cup") == (10, 0)
    assert [(each.id, each.amount, each.reason) for each in order.refunds] == [("back", 2390, "too late")]
    assert shop.last
    assert shop.last.owing == [order.id]
    to_sellers = [each for each in shop.letters if each.kind == "order_cancelled_seller"]
    assert [(each.owner, each.to) for each in to_sellers] == [("u:seller", ""), ("u:potter", "")]
    assert [each.kind for each in shop.letters[1:2]] == ["order_cancelled"]


def test_one_sellers_part_is_cancelled_alone() -> None:
    """What it cost comes back; once the other part has gone out as well, no more can be cancelled."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, OTHER_SELLER)
    with pytest.raises(Conflict):
        shop.do(CancelOrder(order.id, BUYER, ""))
    order = shop.do(CancelOrder(order.id, BUYER, "", "seller", "back")).order
    assert statuses(order) == (SHIPPED, CANCELLED, SHIPPED)
    assert [each.amount for each in order.refunds] == [1000]
    assert [line.returned for line in order.lines] == [2, 0]
    with pytest.raises(Conflict):
        shop.do(CancelOrder(order.id, BUYER, "", "potter"))


def test_an_order_that_was_not_paid_here_owes_nothing_when_it_is_cancelled() -> None:
    """The first design's page pays elsewhere."""
    shop, order = shop_with_order(paid=False)
    assert shop.do(CancelOrder(order.id, BUYER, "")).order.refunds == ()
    shop, order = shop_with_order(paid=False)
    move(shop, order, DELIVERED, AN_ADMIN)
    order = shop.do(RefundOrder(order.id, "back", AN_ADMIN, "why")).order
    assert (order.status, [each.amount for each in order.refunds], shop.counts()) == (REFUNDED, [0], (10, 0))
    assert shop.last
    assert (shop.last.owing, shop.last.letters) == ([], [])


def refunded(shop: Shop, order: Order, by: Mover = SELLER, **asked: object) -> Order:
    """Give money back under a key of its own."""
    number = len(shop.state.orders[order.id].refunds)
    return shop.do(RefundOrder(order.id, f"back {number}", by, "broken", **asked)).order  # type: ignore[arg-type]


def test_units_come_back_one_after_the_other() -> None:
    """Each with its money and its movement; the part is refunded with the last one, and not once more."""
    shop, order = shop_with_order()
    move(shop, order, DELIVERED, AN_ADMIN)
    order = refunded(shop, order, units=(("tea", 1),))
    assert (order.refunds[0].amount, statuses(order), shop.counts()) == (500, (DELIVERED,) * 3, (9, 0))
    assert shop.movements[-1].change_type is ChangeType.RETURN
    order = refunded(shop, order, units=(("tea", 1),), restock=False)
    assert (statuses(order), shop.counts()) == ((DELIVERED, REFUNDED, DELIVERED), (9, 0))
    assert [line.returned for line in order.lines] == [1, 0]
    with pytest.raises(Conflict):
        refunded(shop, order, units=(("tea", 1),))
    order = refunded(shop, order, AN_ADMIN)
    assert statuses(order) == (REFUNDED, REFUNDED, REFUNDED)
    assert sum(each.amount for each in order.refunds) == order.total_amount


def test_a_refund_with_the_same_key_is_made_once() -> None:
    """Whoever asks again hears how it stands."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, SELLER)
    command = RefundOrder(order.id, "back", SELLER, "lost", amount=300)
    assert shop.do(command).order == shop.do(command).order
    assert shop.do(command).repeated


@pytest.mark.parametrize(
    ("by", "asked"),
    [
        (SELLER, {"units": (("tea", 3),)}),
        (SELLER, {"units": (("cup", 1),)}),
        (SELLER, {"amount": 1001}),
        (SELLER, {"amount": 0}),
        (AN_ADMIN, {"amount": 1901}),
        (AN_ADMIN, {"amount": 100}),
        (AN_ADMIN, {"units": (("tea", 1), ("cup", 1))}),
        (AN_ADMIN, {"units": (("milk", 1),)}),
        (AN_ADMIN, {"amount": 901, "seller_id": "potter"}),
    ],
)
def test_nobody_gives_back_more_than_was_sent_and_paid(by: Mover, asked: dict[str, object]) -> None:
    """A seller no more than their own part."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, AN_ADMIN)
    with pytest.raises(Invalid):
        refunded(shop, order, by, **asked)


def test_amounts_and_units_together_are_bounded_by_what_was_paid() -> None:
    """What was given back for goodwill is not given back once more with the goods."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, AN_ADMIN)
    refunded(shop, order, amount=700)
    with pytest.raises(KeyReused):
        shop.do(RefundOrder(order.id, "back 0", SELLER, "why", amount=701))
    with pytest.raises(Invalid):
        refunded(shop, order, units=(("tea", 1),))
    order = refunded(shop, order)
    assert [each.amount for each in order.refunds] == [700, 300]
    assert order.fulfilments[0].status is REFUNDED


def test_what_was_not_sent_is_cancelled_and_not_refunded() -> None:
    """The refusal names what is possible."""
    shop, order = shop_with_order()
    with pytest.raises(Conflict):
        refunded(shop, order)


@pytest.mark.parametrize("by", [BUYER, COURIER])
def test_who_did_not_sell_it_gives_nothing_back(by: Mover) -> None:
    """Nor does who bought or brought it."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, AN_ADMIN)
    with pytest.raises(Conflict):
        refunded(shop, order, by)


def test_the_status_of_an_order_follows_from_its_parts() -> None:
    """Cancelled and refunded parts do not count while there are others."""
    for parts, whole in (
        ((SHIPPED, DELIVERED), SHIPPED),
        ((CANCELLED, DELIVERED), DELIVERED),
        ((REFUNDED, COMPLETED), COMPLETED),
        ((CANCELLED, REFUNDED), REFUNDED),
        ((CANCELLED, CANCELLED), CANCELLED),
    ):
        assert status_of(Fulfilment(str(number), part) for number, part in enumerate(parts)) is whole


def test_nothing_is_given_back_twice_whoever_gives_it() -> None:
    """An admin, sellers, and a cancellation together come to what was paid, and no farther."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, SELLER)
    refunded(shop, order, AN_ADMIN, amount=1000, seller_id="seller")
    with pytest.raises(Conflict):
        refunded(shop, order, SELLER, amount=1)
    order = shop.do(CancelOrder(order.id, BUYER, "", "potter", "back")).order
    assert [each.amount for each in order.refunds] == [1000, 900]
    assert statuses(order) == (REFUNDED, REFUNDED, CANCELLED)


def test_an_amount_that_is_all_of_a_part_ends_it() -> None:
    """Goods or not: nothing more can come of it, but for what an admin still finds left."""
    shop, order = shop_with_order()
    move(shop, order, SHIPPED, AN_ADMIN)
    order = refunded(shop, order, amount=1000)
    assert order.fulfilments[0].status is REFUNDED
    order = refunded(shop, order, OTHER_SELLER, units=(("cup", 1),), amount=1)
    assert order.status is REFUNDED
    order = refunded(shop, order, AN_ADMIN, amount=899, seller_id="potter")
    assert sum(each.amount for each in order.refunds) == order.total_amount


def test_who_gives_back_the_last_part_gives_back_what_sending_cost() -> None:
    """Once the others are cancelled or refunded, all that is left can be given back."""
    shop = Shop().sells(stock=10).sells("cup", stock=10, seller_id="potter", price=900).with_policy(shipping=490)
    shop.put(ANNA, 2)
    shop.put(ANNA, 1, "cup")
    order = shop.do(an_order(payment=a_payment(2390))).order
    move(shop, order, SHIPPED, SELLER)
    shop.do(CancelOrder(order.id, BUYER, "", "potter", "cancelled"))
    order = refunded(shop, order, AN_ADMIN)
    assert [each.amount for each in order.refunds] == [900, 1490]


def test_a_seller_who_is_none_any_more_moves_nothing() -> None:
    """Their products are others' business now."""
    shop, order = shop_with_order()
    with pytest.raises(NotFound):
        shop.do(MoveOrder(order.id, SHIPPED, Mover(SELLER.owner, "buyer")))
