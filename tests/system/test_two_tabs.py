"""Two tabs of one cart, at two processes: no change is lost, and both show the same."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from tests.patience import PATIENCE
from tests.system.conftest import Measured, Meet, OpenShop, ReadBooks
from tests.visitor import Visitor

ROUNDS = 12


@dataclass
class Tab:
    """A page that shows the newest cart it knows of, by answer or by event."""

    visitor: Visitor
    answered: dict[str, Any]
    refused: int = 0

    @property
    def shown(self) -> dict[str, Any]:
        """The cart, without the time at which it was told."""
        carts = [self.answered, *(told["cart"] for told in self.visitor.all("cart"))]
        newest = max(carts, key=lambda cart: int(cart["revision"]))
        return {name: value for name, value in newest.items() if name != "server_time"}

    async def one_more(self, product_id: str) -> None:
        """Add a unit to what is shown; where the other tab was faster, wait until that is shown, and add to it."""
        while True:
            shown = self.shown
            asked = {"quantity": shown["lines"][0]["quantity"] + 1, "revision": shown["revision"]}
            answer = await self.visitor.ask("cart:set", {"product_id": product_id, **asked})
            if answer["ok"]:
                self.answered = answer["cart"]
                return
            assert answer["error"]["code"] == "conflict", answer
            self.refused += 1
            await self.shows(answer["error"]["details"]["revision"])

    async def shows(self, revision: int) -> None:
        """Wait until it shows this revision, or a newer one."""
        if self.shown["revision"] < revision:
            await self.visitor.hear("cart", lambda told: told["cart"]["revision"] >= revision)


async def test_two_tabs_at_two_processes_lose_no_change_and_show_the_same(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet, books_of: ReadBooks, measured: Measured
) -> None:
    """Both add units one by one to what they see, at once: each of them counts, and both end with the same cart."""
    here, there = await open_shop("one", **one_database), await open_shop("two", **one_database)
    books = await books_of(here)
    product_id = await books.add_product()
    first = await meet(here)
    begun = (await first.ask("cart:set", {"product_id": product_id, "quantity": 1}))["cart"]
    second = await meet(there, session=first.session)
    tabs = [Tab(first, begun), Tab(second, (await second.ask("cart:get"))["cart"])]

    async def add(tab: Tab) -> None:
        for _ in range(ROUNDS):
            await tab.one_more(product_id)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*map(add, tabs))
        acked = time.monotonic()
        stored = await books.cart(first.session)
        assert stored
        await asyncio.gather(*(tab.shows(stored["revision"]) for tab in tabs))
        measured("seconds until both tabs were equal", time.monotonic() - acked)
    units = 1 + len(tabs) * ROUNDS
    assert tabs[0].shown == tabs[1].shown
    assert [line["quantity"] for line in tabs[0].shown["lines"]] == [units]
    assert (await books.product(product_id))["held"] == units
    assert sum(tab.refused for tab in tabs), "the first changes were made at once, of the same revision"
    await books.check()
