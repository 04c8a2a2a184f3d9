"""Joining a line: whose address is told, and how often anybody may name one."""

from types import SimpleNamespace
from typing import Any

import pytest

from ivorycart.connections import User
from ivorycart.waiting import WaitingRoom
from models.cart import Cart
from models.errors import RateLimited
from models.identity import OwnerId
from models.outcomes import Waits

GUEST = OwnerId("s:guest")
USER = User("a" * 24, "ada@shop.test", "Ada", "buyer", float("inf"))


class Stage:
    """A room whose ledger, book, carts and limits are one."""

    def __init__(self) -> None:
        self.email: str | None = None
        self.hits: list[tuple[str, str]] = []
        self.joined: list[Any] = []
        fakes: Any = self
        self.room = WaitingRoom(fakes, fakes, fakes, fakes)

    async def get(self, owner: OwnerId) -> Cart:
        """Return a cart."""
        return Cart(owner, email=self.email)

    async def hit(self, act: str, who: str) -> None:
        """Count, up to three of a kind."""
        self.hits.append((act, who))
        if self.hits.count((act, who)) > 3:
            raise RateLimited("too many", retry_after=1)

    async def count(self, _owner: OwnerId) -> int:
        """Be in no line."""
        return 0

    async def submit(self, command: Any, *, origin: str | None) -> Waits:
        """Take a command."""
        assert origin is None
        self.joined.append(command)
        return Waits((SimpleNamespace(),))  # type: ignore[arg-type]

    async def place(self, waiter: Any) -> Any:
        """Show a place."""
        return waiter

    async def join(self, email: str | None = None, user: User | None = None) -> None:
        """Join a line."""
        await self.room.join(GUEST, "tea", user=user, email=email, address="192.0.2.1")


@pytest.mark.parametrize("of_cart", [False, True])
async def test_the_address_that_is_used_counts_wherever_it_comes_from(*, of_cart: bool):
    """Else a cart's would be a way around; nobody beyond the limit joins."""
    stage = Stage()
    stage.email = "cart@shop.test"
    used = "cart@shop.test" if of_cart else "given@shop.test"
    for _ in range(3):
        await stage.join(None if of_cart else used)
    assert ("waiting", used) in stage.hits
    assert {(each.email, each.of_cart) for each in stage.joined} == {(None, used) if of_cart else (used, None)}
    with pytest.raises(RateLimited):
        await stage.join(None if of_cart else used)
    assert len(stage.joined) == 3


async def test_one_network_address_cannot_name_many():
    """Whatever addresses it makes up."""
    stage = Stage()
    for number in range(3):
        await stage.join(f"{number}@shop.test")
    with pytest.raises(RateLimited):
        await stage.join("4@shop.test")


async def test_a_user_is_told_at_the_accounts_address_which_is_nobody_elses():
    """So nothing is counted."""
    stage = Stage()
    for _ in range(9):
        await stage.join("other@shop.test", USER)
    assert (stage.hits, {each.email for each in stage.joined}) == ([], {USER.email})
