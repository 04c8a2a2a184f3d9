"""Signing in on an open socket while the database hangs: nothing is half done."""

from tests.standing_still import standing_still
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.visitor import sign_in


async def test_a_socket_whose_cart_cannot_be_joined_stays_who_it_was(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """The refusal says that nothing was done, and so it is: the guest's cart is still the socket's; later it joins."""
    shop = await open_shop(DEMO="true")
    books = await books_of(shop)
    tea = await books.add_product(stock=10)
    token = await sign_in(shop.url)
    guest = await meet(shop)
    await guest.ask("cart:set", {"product_id": tea, "quantity": 2})
    async with standing_still(shop.mongod_pid):
        refused = await guest.ask("auth", {"token": token})
    assert refused["error"]["code"] in {"storage_unavailable", "pending"}
    cart = (await guest.ask("cart:get"))["cart"]
    assert (cart["user_id"], [line["quantity"] for line in cart["lines"]]) == (None, [2])
    joined = await guest.ask("auth", {"token": token})
    assert joined["merged"] == [tea]
    assert (await guest.ask("cart:get"))["cart"]["user_id"]
    await books.check()
