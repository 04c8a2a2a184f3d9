"""What deciding reads, and what it leaves alone."""

from copy import deepcopy

import pytest

from models.commands import (
    Adjust,
    BeginOrder,
    CancelOrder,
    ClearCart,
    Command,
    ExpireCart,
    MergeCarts,
    Restock,
    SetEmail,
    SetLine,
    SetLines,
)
from models.decide import Reads, decide, needs_lines, products_of, reads
from models.errors import Refused
from models.identity import owner_of_session, owner_of_user, user_of_owner
from models.state import Changes, OrderKey
from tests.models.builders import ANNA, GUEST, Shop, an_order
from tests.movers import AN_ADMIN

READS: list[tuple[Command[object], Reads, bool]] = [
    (SetLine(ANNA, "tea", 1), Reads(("tea",), (ANNA,)), False),
    (SetLines(ANNA, (("tea", 1), ("cup", 2))), Reads(("tea", "cup"), (ANNA,)), True),
    (SetEmail(ANNA, None), Reads(carts=(ANNA,)), False),
    (ClearCart(ANNA), Reads(carts=(ANNA,)), True),
    (ExpireCart(ANNA), Reads(carts=(ANNA,)), True),
    (MergeCarts(GUEST, ANNA), Reads(carts=(GUEST, ANNA)), True),
    (an_order(), Reads(carts=(ANNA,), keys=(OrderKey(ANNA, "key"),)), True),
    (an_order(lines=(("cup", 1),)), Reads(("cup",), (ANNA,), keys=(OrderKey(ANNA, "key"),)), True),
    (BeginOrder(ANNA, "key", "f", None), Reads(carts=(ANNA,), keys=(OrderKey(ANNA, "key"),)), True),
    (CancelOrder("1", AN_ADMIN, "why"), Reads(orders=("1",)), False),
    (Restock("tea", 1, "seller", ""), Reads(("tea",)), False),
    (Adjust("tea", 1, None, "seller", ""), Reads(("tea",)), False),
]


@pytest.mark.parametrize(("command", "expected", "lines"), READS, ids=lambda each: type(each).__name__)
def test_a_command_names_what_must_be_read(command: Command[object], expected: Reads, *, lines: bool) -> None:
    """The store reads no more and no less."""
    assert reads(command) == expected
    assert needs_lines(command) is lines


def test_a_command_without_a_rule_is_a_bug() -> None:
    """Not a refusal."""
    with pytest.raises(TypeError):
        reads(Command())
    with pytest.raises(KeyError):
        decide(Command(), Shop().state)


def test_the_products_of_carts_and_orders_are_read_too() -> None:
    """Each once."""
    shop = Shop().sells().sells("cup")
    shop.put(ANNA, 1)
    shop.do(an_order())
    shop.put(GUEST, 1, "cup")
    assert products_of(shop.state.carts, shop.state.orders) == {"tea", "cup"}


def test_deciding_leaves_the_state_as_it_was() -> None:
    """Only what was accepted is applied, by whoever runs the batch."""
    shop = Shop().sells()
    shop.put(ANNA, 2)
    before = deepcopy(shop.state)
    decide(SetLine(ANNA, "tea", 5), shop.state)
    decide(an_order(), shop.state)
    assert shop.state == before


def test_a_refused_command_changes_nothing() -> None:
    """Even where a part of it could have been done."""
    shop = Shop().sells().sells("cup", stock=0)
    before = deepcopy(shop.state)
    with pytest.raises(Refused):
        decide(SetLines(ANNA, (("tea", 2), ("cup", 1))), shop.state)
    assert shop.state == before


def test_the_changes_of_a_batch_count_their_documents() -> None:
    """Last states of documents, and all new rows."""
    shop = Shop().sells(stock=4)
    changes = Changes()
    shop.put(ANNA, 1)
    assert shop.last
    changes.add(shop.last)  # the level, the cart, a movement, a crossing
    assert len(changes) == 4
    order = shop.do(an_order()).order
    changes.add(shop.last)  # one more movement, an order, a letter
    assert len(changes) == 7
    shop.do(CancelOrder(order.id, AN_ADMIN, "why"))
    changes.add(shop.last)  # one more movement, the changed order, a letter to the buyer and a notice to the seller
    assert len(changes) == 11


def test_owners_are_users_or_digests_of_sessions() -> None:
    """A session's token is a secret, so no id contains it."""
    assert owner_of_user("42") == "u:42"
    assert user_of_owner(owner_of_user("42")) == "42"
    token = "a" * 20
    assert token not in owner_of_session(token)
    assert user_of_owner(owner_of_session(token)) is None
