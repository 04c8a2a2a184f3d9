"""The operators' commands on accounts, beside a running server and without one."""

import asyncio
from typing import Any

import pytest

from bench.shop.running import RunningShop
from tests.accounts import person, token_in
from tests.handlers.doors import bearer, send
from tests.patience import PATIENCE
from tests.system.commands import ivorycart
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.system.mailbox import Mailbox, PostOffice
from tests.visitor import sign_in

EVE, PASSWORD = "eve@shop.test", "quiet harbour lamp"
AS_ADMIN = ("users", "create", EVE, "--role", "admin", "--name", "Eve")


async def _users(shop: RunningShop, *words: str, given: str = "") -> tuple[int | None, str, str]:
    """Run a command on accounts."""
    return await ivorycart(shop, "users", *words, given=given)


async def _may_administer(shop: RunningShop, token: str) -> bool:
    return (await send(shop.url, "GET", "/api/admin/users", **bearer(token))).status == 200


async def test_the_first_admin_is_made_before_the_shop_ever_ran(open_shop: OpenShop, tmp_path: Any) -> None:
    """With a password that stands in no default, no argument and no log; then the server knows them."""
    shop = RunningShop(tmp_path / "shop" / "data")
    shop.data_dir.parent.mkdir(parents=True)
    status, out, err = await ivorycart(shop, *AS_ADMIN[:1], "list")
    assert (status, len(err.splitlines())) == (2, 1)
    status, out, err = await ivorycart(shop, *AS_ADMIN, "--password-stdin", given="password1\n")
    assert (status, len(err.splitlines())) == (1, 1)
    assert "tried first" in err
    status, out, err = await ivorycart(shop, *AS_ADMIN)
    assert (status, len(err.splitlines())) == (1, 1)
    status, out, err = await ivorycart(shop, *AS_ADMIN, "--password-stdin", given=f"{PASSWORD}\n")
    assert (status, err) == (0, "")
    assert out.startswith(f"{EVE}: admin, active")
    shop = await open_shop()
    assert await _may_administer(shop, await sign_in(shop.url, EVE, PASSWORD))
    status, out, err = await ivorycart(shop, *AS_ADMIN, "--password-stdin", given=f"{PASSWORD}\n")
    assert (status, err) == (1, "refused (conflict): this address has an account already\n")


async def test_what_an_operator_does_counts_at_once_in_a_running_server(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """For tokens and open sockets; and the last admin stays."""
    shop = await open_shop(DEMO="true")
    token = await sign_in(shop.url)
    socket = await meet(shop, token=token)
    assert await _users(shop, "role", "buyer@demo.com", "admin") == (0, "buyer@demo.com: admin, active\n", "")
    assert (await socket.hear("account"))["role"] == "admin"
    assert await _may_administer(shop, token)
    assert (await _users(shop, "role", "admin@demo.com", "buyer"))[0] == 0
    for words in (("role", "buyer@demo.com", "seller"), ("disable", "buyer@demo.com")):
        status, _, err = await _users(shop, *words)
        assert (status, err) == (1, "refused (conflict): this is the last admin: make somebody else one first\n")
    assert (await _users(shop, "role", "admin@demo.com", "admin"))[0] == 0
    assert await _users(shop, "disable", "buyer@demo.com") == (0, "buyer@demo.com: admin, disabled\n", "")
    await socket.hear("signed_out")
    assert (await send(shop.url, "GET", "/api/auth/profile", **bearer(token))).status == 401
    assert (await _users(shop, "enable", "buyer@demo.com"))[0] == 0
    await sign_in(shop.url)
    status, out, _ = await _users(shop, "show", "buyer@demo.com")
    assert (status, "let in" in out) == (0, True)
    status, out, _ = await _users(shop, "list", "--role", "seller", "--search", "studio")
    assert "studio.nord@demo.com" in out
    assert "buyer@demo.com" not in out
    await _deletes(shop, books_of)


async def _deletes(shop: RunningShop, books_of: ReadBooks) -> None:
    assert (await _users(shop, "delete", "seller@demo.com"))[0] == 2
    assert await _users(shop, "delete", "seller@demo.com", "--yes") == (0, "seller@demo.com: seller, deleted\n", "")
    books = await books_of(shop)
    async with asyncio.timeout(PATIENCE):
        while await books["audit_events"].count_documents({"email": "seller@demo.com"}):
            await asyncio.sleep(0.1)
    status, _, err = await _users(shop, "show", "seller@demo.com")
    assert (status, len(err.splitlines())) == (1, 1)
    deleted = await books["users"].find_one({"deleted_at": {"$type": "date"}})
    async with asyncio.timeout(PATIENCE):
        while await books["products"].count_documents({"seller_id": deleted["_id"], "published": {"$ne": False}}):
            await asyncio.sleep(0.1)
    await books.check()


@pytest.mark.parametrize("activation", ["true", "false"])
async def test_an_invited_admin_sets_the_password_by_mail(
    open_shop: OpenShop, mailbox: Mailbox, post_office: PostOffice, activation: str
) -> None:
    """A real one; following its link proves the address, too."""
    shop = await open_shop(SMTP_URL=post_office.url, ACTIVATION_REQUIRED=activation)
    status, out, _ = await ivorycart(shop, *AS_ADMIN, "--invite")
    assert (status, out.startswith(f"{EVE}: admin, invited by mail")) == (0, True)
    (message,) = await mailbox.receives(EVE)
    async with person(shop.url) as eve:
        assert await eve.login(EVE, PASSWORD) == 401
        body = {"token": token_in(message, "reset-password"), "password": PASSWORD}
        assert (await eve.ask("POST", "/api/auth/reset-password", body))[0] == 200
        assert await eve.login(EVE, PASSWORD) == 200
        assert await _may_administer(shop, eve.token)


async def test_an_account_that_waits_is_activated_by_an_operator(open_shop: OpenShop, books_of: ReadBooks) -> None:
    """Where mail does not come, say: with the password that it was registered with."""
    shop = await open_shop(ACTIVATION_REQUIRED="true")
    body = {"email": EVE, "password": PASSWORD, "name": "Eve"}
    assert (await send(shop.url, "POST", "/api/auth/register", body)).status == 201
    async with person(shop.url) as eve:
        assert await eve.login(EVE, PASSWORD) == 401
        tokens = (await books_of(shop))["account_tokens"]
        async with asyncio.timeout(PATIENCE):
            while not await tokens.count_documents({"purpose": "activation"}):
                await asyncio.sleep(0.05)
        assert await _users(shop, "activate", EVE) == (0, f"{EVE}: buyer, active\n", "")
        assert await eve.login(EVE, PASSWORD) == 200
    assert (await _users(shop, "activate", EVE))[2] == "refused (conflict): this account is active\n"
