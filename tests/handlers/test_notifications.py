"""Notifications over HTTP: one's own list, what was seen, and what one wants to be told."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from bson import ObjectId

from bench.shop.books import open_books
from bench.shop.running import RunningShop
from models.identity import owner_of_session, owner_of_user
from models.telling import OPTIONAL
from tests.handlers.doors import bearer, fresh_session, send
from tests.visitor import Visitor

Connect = Callable[..., Awaitable[Visitor]]
PATH, CHOICES = "/api/notifications", "/api/notifications/preferences"


async def somebody(shop: RunningShop) -> tuple[str, dict[str, str]]:
    """Register; return the account's id and the header that names it."""
    body = {"email": f"{uuid4().hex}@example.com", "password": "an ordinary passphrase", "name": "Ada"}
    assert (await send(shop.url, "POST", "/api/auth/register", body)).status in {201, 202}
    while True:
        answer = await send(shop.url, "POST", "/api/auth/login", {k: body[k] for k in ("email", "password")})
        if answer.status == 200:
            return answer.body["user"]["id"], bearer(answer.body["token"])


async def tell(shop: RunningShop, owner: str, *kinds: str) -> list[str]:
    """Have an owner told something of each kind; return the ids."""
    rows = [
        {
            "_id": ObjectId(),
            "key": uuid4().hex,
            "to": owner,
            "kind": kind,
            "data": {"order_id": "a" * 24},
            "at": datetime.now(UTC),
            "seen": False,
        }
        for kind in kinds
    ]
    async with open_books(shop) as books:
        await books["notifications"].insert_many(rows)
    return [str(row["_id"]) for row in rows]


async def listed(shop: RunningShop, query: str = "", **who: str) -> Any:
    """Return a list's answer."""
    answer = await send(shop.url, "GET", PATH + query, **who)
    assert answer.status == 200, answer.body
    return answer.body


async def test_a_list_is_newest_first_in_pages_and_counts_what_was_not_seen(shop: RunningShop):
    """For an anonymous session as for a user; each with a line for people."""
    session = fresh_session()
    user_id, header = await somebody(shop)
    for owner, who in ((owner_of_session(session), {"X_Cart_Session": session}), (owner_of_user(user_id), header)):
        kinds = ("order_placed", "order_shipped", "order_delivered")
        ids = await tell(shop, owner, *kinds)
        first = await listed(shop, "?limit=2", **who)
        assert [each["id"] for each in first["items"]] == [ids[2], ids[1]]
        assert (first["unread"], first["next"]) == (3, ids[1])
        assert first["items"][1] == {
            "id": ids[1],
            "kind": "order_shipped",
            "title": "Your order is on its way",
            "at": first["items"][1]["at"],
            "order_id": "a" * 24,
            "seen": False,
        }
        rest = await listed(shop, f"?limit=2&after={first['next']}", **who)
        assert ([each["id"] for each in rest["items"]], rest["next"]) == ([ids[0]], None)
        assert [each["id"] for each in (await listed(shop, "?kind=order_placed", **who))["items"]] == [ids[0]]


async def test_what_was_seen_is_said_by_ids_or_for_all(shop: RunningShop, visitor: Connect):
    """Over HTTP and by socket; the answer counts what is left."""
    ada = await visitor()
    who = {"X_Cart_Session": ada.session}
    ids = await tell(shop, owner_of_session(ada.session), *["order_placed"] * 4)
    assert await ada.ask("notifications:read", {"ids": ids[:1]}) == {"ok": True, "unread": 3}
    assert (await send(shop.url, "POST", f"{PATH}/read", {"ids": ids[1:2]}, **who)).body == {"unread": 2}
    assert [each["id"] for each in (await listed(shop, "?seen=false", **who))["items"]] == [ids[3], ids[2]]
    assert [each["id"] for each in (await listed(shop, "?seen=true", **who))["items"]] == [ids[1], ids[0]]
    assert (await send(shop.url, "POST", f"{PATH}/read", {"all": True}, **who)).body == {"unread": 0}
    assert (await listed(shop, **who))["unread"] == 0
    others = {"X_Cart_Session": fresh_session()}
    assert (await send(shop.url, "POST", f"{PATH}/read", {"ids": ids}, **others)).body == {"unread": 0}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{PATH}/read", {}),
        ("POST", f"{PATH}/read", {"ids": [], "all": True}),
        ("POST", f"{PATH}/read", {"all": False}),
        ("POST", f"{PATH}/read", {"ids": ["x"]}),
        ("POST", f"{PATH}/read", {"ids": {"$ne": None}}),
        ("GET", f"{PATH}?seen=perhaps", None),
        ("GET", f"{PATH}?kind=$ne", None),
        ("GET", f"{PATH}?after=x", None),
        ("GET", f"{PATH}?limit=0", None),
        ("PUT", CHOICES, {}),
        ("PUT", CHOICES, {"items": []}),
        ("PUT", CHOICES, {"items": [{"kind": "low_stock", "in_app": "no", "email": True}]}),
        ("PUT", CHOICES, {"items": [{"kind": "low_stock", "in_app": True}]}),
        ("PUT", CHOICES, {"items": [{"kind": "low_stock", "in_app": True, "email": True}] * 2}),
        ("PUT", CHOICES, {"items": [{"kind": "order_placed", "in_app": True, "email": False}]}),
        ("PUT", CHOICES, {"items": [{"kind": "reset_password", "in_app": True, "email": False}]}),
        ("PUT", CHOICES, {"items": [{"kind": "no.such", "in_app": True, "email": False}]}),
    ],
)
async def test_what_makes_no_sense_is_refused(shop: RunningShop, method: str, path: str, body: Any):
    """And nothing is changed."""
    _, header = await somebody(shop)
    assert (await send(shop.url, method, path, body, **header)).is_problem(422, "validation")
    kept = (await send(shop.url, "GET", CHOICES, **header)).body["items"]
    assert [each for each in kept if not each["in_app"] or not each["email"]] == [
        {
            "kind": "hold_expiring",
            "title": "Your hold is about to end",
            "in_app": True,
            "email": False,
        }
    ]


async def test_whoever_is_signed_in_chooses_and_what_is_not_named_stays(shop: RunningShop):
    """Each kind that can be turned off is there, with a line for people."""
    _, header = await somebody(shop)
    first = (await send(shop.url, "GET", CHOICES, **header)).body
    assert [each["kind"] for each in first["items"]] == [kind.name for kind in OPTIONAL]
    assert first["next"] is None
    wanted = {"kind": "low_stock", "in_app": False, "email": False}
    answer = await send(shop.url, "PUT", CHOICES, {"items": [wanted]}, **header)
    assert answer.status == 200
    title = "Something in your cart is running out"
    assert answer.body["items"] == [
        {**wanted, "title": title} if each["kind"] == "low_stock" else each for each in first["items"]
    ]
    assert (await send(shop.url, "GET", CHOICES, **header)).body == answer.body
    assert (await send(shop.url, "GET", CHOICES, X_Cart_Session=fresh_session())).is_problem(401, "not_authenticated")


async def test_what_is_turned_off_is_not_told_nor_listed_nor_counted(shop: RunningShop, visitor: Connect):
    """At once, on sockets that are open already; turned on again it is there."""
    user_id, header = await somebody(shop)
    owner = owner_of_user(user_id)
    ada = await visitor(token=header["Authorization"].removeprefix("Bearer "))
    choice = {"kind": "order_shipped", "in_app": False, "email": True}
    assert (await send(shop.url, "PUT", CHOICES, {"items": [choice]}, **header)).status == 200
    hidden, shown = await tell(shop, owner, "order_shipped", "order_delivered")
    await ada.hear("notification", lambda told: told["id"] == shown)  # the one before it would have come before it
    assert [told["id"] for told in ada.all("notification")] == [shown]
    page = await listed(shop, **header)
    assert ([each["id"] for each in page["items"]], page["unread"]) == ([shown], 1)
    back = await visitor(token=header["Authorization"].removeprefix("Bearer "))
    await back.hear("notification", lambda told: told["id"] == shown)
    assert [told["id"] for told in back.all("notification")] == [shown]
    assert (await send(shop.url, "PUT", CHOICES, {"items": [{**choice, "in_app": True}]}, **header)).status == 200
    page = await listed(shop, **header)
    assert ({each["id"] for each in page["items"]}, page["unread"]) == ({hidden, shown}, 2)


async def test_each_kind_comes_by_its_own_event(shop: RunningShop, visitor: Connect):
    """To a seller as to a cart's owner an alert is a low_stock one; the list tells the two apart."""
    ada = await visitor()
    owner = owner_of_session(ada.session)
    seller, other = await tell(shop, owner, "low_stock_seller", "hold_expiring")
    assert (await ada.hear("alert"))["kind"] == "low_stock"
    assert (await ada.hear("notification"))["id"] == other
    page = await listed(shop, X_Cart_Session=ada.session)
    assert {each["id"]: each["kind"] for each in page["items"]} == {
        seller: "low_stock_seller",
        other: "hold_expiring",
    }
