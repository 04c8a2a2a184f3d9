"""Administration over a running shop: what an admin sees and does, and what it does to those it is done to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from bench.shop.books import open_books
from bench.shop.running import RunningShop
from tests.accounts import Person, person
from tests.handlers.doors import bearer, send
from tests.patience import PATIENCE
from tests.visitor import sign_in

PASSWORD = "quiet harbour lamp"
EVENT = {"id", "at", "kind", "ok", "user_id", "actor_id", "email", "address", "device", "detail"}


@dataclass
class Cast:
    """An admin, and somebody new who is signed in."""

    admin: Person
    ada: Person
    ada_id: str
    email: str

    async def act(self, method: str, what: str = "", body: Any = None) -> tuple[int, Any]:
        """Do something to Ada's account."""
        return await self.admin.ask(method, f"/api/admin/users/{self.ada_id}{what}", body)

    async def events(self, query: str = "") -> list[Any]:
        """Return what the audit trail says of Ada's account."""
        status, answer = await self.admin.ask("GET", f"/api/admin/audit-events?user_id={self.ada_id}{query}")
        assert status == 200, answer
        items: list[Any] = answer["items"]
        return items


@pytest.fixture
async def cast(shop: RunningShop) -> AsyncIterator[Cast]:
    """Sign in the admin, and register and sign in somebody."""
    async with AsyncExitStack() as stack:
        admin, ada = [await stack.enter_async_context(person(shop.url, f"{who}'s phone")) for who in ("admin", "ada")]
        admin.token = await sign_in(shop.url, "admin@demo.com")
        email = f"{uuid4().hex}@example.org"
        await ada.ask("POST", "/api/auth/register", {"email": email, "password": PASSWORD, "name": "Ada"})
        assert await ada.login(email, PASSWORD) == 200
        _, profile = await ada.ask("GET", "/api/auth/profile")
        yield Cast(admin, ada, profile["id"], email)


async def eventually(asked: Any, expected: Any) -> None:
    """Wait until an answer is what is expected."""
    async with asyncio.timeout(PATIENCE):
        while await asked() != expected:
            await asyncio.sleep(0.05)


async def test_people_are_listed_searched_and_shown(cast: Cast):
    """Without a password's hash anywhere."""
    status, found = await cast.admin.ask("GET", f"/api/admin/users?q={cast.email[:20].upper()}&role=buyer&state=active")
    assert (status, found["next"]) == (200, None)
    (ada,) = found["items"]
    assert (ada["id"], ada["email"], ada["name"], ada["role"], ada["state"]) == (
        *(cast.ada_id, cast.email, "Ada"),
        *("buyer", "active"),
    )
    assert ada.keys() == {
        *("id", "email", "name", "role", "state"),
        *("created_at", "activated_at", "disabled_at", "deleted_at"),
    }
    await cast.ada.ask("POST", "/api/auth/login", {"email": cast.email, "password": "wrong wrong"})
    _, detail = await cast.act("GET")
    assert {name: detail[name] for name in ada} == ada
    assert [each["device"] for each in detail["sessions"]] == ["ada's phone"]
    assert [(each["ok"], each["detail"]) for each in detail["sign_ins"]] == [
        (False, {"refused": "password"}),
        (True, {}),
    ]
    assert "$2b$" not in str(detail)


async def test_pages_follow_each_other(cast: Cast):
    """Every account once; a cursor ends where there is no more."""
    seen, after = [], ""
    while after is not None:
        status, page = await cast.admin.ask("GET", f"/api/admin/users?limit=2{after and f'&after={after}'}")
        assert status == 200
        seen += [each["id"] for each in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen)) >= 7
    assert seen[0] == max(seen)


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=101", "after=x", "role=king", "state=asleep", "q=", "q=%00", "q[$ne]=1", "name=Ada"),
        "q=" + "a" * 255,
    ],
)
async def test_a_list_that_cannot_be_is_refused(cast: Cast, query: str):
    """In so many words."""
    status, answer = await cast.admin.ask("GET", f"/api/admin/users?{query}")
    assert (status, answer["code"]) == (422, "validation")


@pytest.mark.parametrize(
    "query",
    [
        *(
            "from=yesterday",
            "from=1700000000",
            "from=2026-01-01",
            "from=2026-01-01T00:00:00",
            "to=2026-02-30T00:00:00Z",
        ),
        *("to=0001-01-01T00:00:00%2B14:00", "ok=1", "kind=$ne", "user_id=x", "after=x", "since=2026-01-01T00:00:00Z"),
    ],
)
async def test_a_trail_that_cannot_be_is_refused(cast: Cast, query: str):
    """Times are RFC 3339, with their zone."""
    status, answer = await cast.admin.ask("GET", f"/api/admin/audit-events?{query}")
    assert (status, answer["code"]) == (422, "validation")


async def test_a_new_role_counts_at_once(cast: Cast, visitor: Any):
    """For the token and the socket that were there before; and it is noted who gave it."""
    socket = await visitor(token=cast.ada.token)
    assert (await cast.act("PUT", "/role", {"role": "admin"}))[1]["role"] == "admin"
    assert (await socket.hear("account"))["role"] == "admin"

    async def status() -> int:
        return (await cast.ada.ask("GET", "/api/admin/users"))[0]

    await eventually(status, 200)
    assert (await cast.act("PUT", "/role", {"role": "buyer"}))[0] == 200
    await eventually(status, 403)
    second, first = await cast.events("&kind=change_role")
    assert (first["detail"], second["detail"]) == (
        {"by": "admin", "before": "buyer", "after": "admin"},
        {"by": "admin", "before": "admin", "after": "buyer"},
    )
    assert (first["actor_id"] is not None, first["device"], first["ok"]) == (True, "admin's phone", True)


async def test_whoever_is_disabled_is_out_at_once_and_comes_back_when_enabled(cast: Cast, visitor: Any):
    """Out of open sockets, by every token; with the reason in the audit trail."""
    socket = await visitor(token=cast.ada.token)
    status, ada = await cast.act("PUT", "/disable", {"reason": "stolen cards"})
    assert (status, ada["state"]) == (200, "disabled")
    assert (await cast.ada.ask("GET", "/api/auth/profile"))[0] == 401
    assert (await socket.hear("signed_out"))["reason"] in {"account_closed", "account_disabled"}
    assert await cast.ada.refresh() == 401
    assert await cast.ada.login(cast.email, PASSWORD) == 403
    assert (await cast.act("PUT", "/disable", {"reason": "again"}))[1]["code"] == "conflict"
    assert (await cast.act("PUT", "/enable"))[1]["state"] == "active"
    assert (await cast.act("PUT", "/enable"))[0] == 409
    assert await cast.ada.login(cast.email, PASSWORD) == 200

    async def profile() -> int:
        return (await cast.ada.ask("GET", "/api/auth/profile"))[0]

    await eventually(profile, 200)
    noted = [(each["kind"], each["ok"], each["detail"]) for each in await cast.events()]
    assert ("disable", True, {"by": "admin", "reason": "stolen cards"}) in noted
    assert ("disable", False, {"by": "admin", "reason": "again", "refused": "conflict"}) in noted
    assert ("login", False, {"refused": "disabled"}) in noted


async def test_an_admin_cannot_do_away_with_themself(shop: RunningShop, cast: Cast):
    """And the attempt is noted."""
    _, me = await cast.admin.ask("GET", "/api/auth/profile")
    mine = f"/api/admin/users/{me['id']}"
    for method, path, body in (
        ("DELETE", mine, None),
        ("PUT", f"{mine}/role", {"role": "buyer"}),
        ("PUT", f"{mine}/disable", {"reason": "tired"}),
    ):
        status, answer = await cast.admin.ask(method, path, body)
        assert (status, answer["code"]) == (403, "forbidden")
    assert (await cast.admin.ask("PUT", f"{mine}/role", {"role": "admin"}))[0] == 200
    _, trail = await cast.admin.ask("GET", f"/api/admin/audit-events?user_id={me['id']}&ok=false&limit=3")
    assert [each["kind"] for each in trail["items"]] == ["disable", "change_role", "delete"]


async def test_of_two_admins_left_who_demote_each_other_one_stays(cast: Cast):
    """Over HTTP as well."""
    assert (await cast.act("PUT", "/role", {"role": "admin"}))[0] == 200
    _, me = await cast.admin.ask("GET", "/api/auth/profile")

    async def may() -> int:
        return (await cast.ada.ask("GET", "/api/admin/users"))[0]

    await eventually(may, 200)
    theirs, mine = f"/api/admin/users/{cast.ada_id}/role", f"/api/admin/users/{me['id']}/role"
    answers = await asyncio.gather(
        cast.admin.ask("PUT", theirs, {"role": "buyer"}), cast.ada.ask("PUT", mine, {"role": "buyer"})
    )
    statuses = sorted(status for status, _ in answers)
    assert statuses[0] == 200
    assert statuses[1] in {403, 409}  # refused as the last admin, or as none any more
    if answers[1][0] == 200:  # the demo's admin is needed by other tests
        assert (await cast.ada.ask("PUT", mine, {"role": "admin"}))[0] == 200
        await eventually(lambda: _status(cast.admin), 200)
        assert (await cast.act("PUT", "/role", {"role": "buyer"}))[0] == 200


async def _status(who: Person) -> int:
    return (await who.ask("GET", "/api/admin/users"))[0]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "f" * 24, None, 404),
        ("DELETE", "f" * 24, None, 404),
        ("PUT", "f" * 24 + "/enable", None, 404),
        ("GET", "f" * 23, None, 422),
        ("PUT", "f" * 24 + "/role", {"role": "king"}, 422),
        ("PUT", "f" * 24 + "/role", {"role": {"$ne": None}}, 422),
        ("PUT", "f" * 24 + "/disable", {"reason": ""}, 422),
        ("PUT", "f" * 24 + "/disable", {"reason": "a\u0000b"}, 422),
        ("PUT", "f" * 24 + "/disable", {}, 422),
    ],
)
async def test_what_makes_no_sense_is_refused(cast: Cast, method: str, path: str, body: Any, status: int):
    """And so is whoever is not there."""
    assert (await cast.admin.ask(method, f"/api/admin/users/{path}", body))[0] == status


async def test_the_trail_is_read_page_by_page_and_between_two_moments(cast: Cast):
    """Newest first, each event once."""
    for _ in range(4):
        await cast.ada.login(cast.email, PASSWORD)
    events = await cast.events()
    assert all(each.keys() == EVENT for each in events)
    assert [each["kind"] for each in events] == ["login"] * 5
    seen, after = [], ""
    while after is not None:
        path = f"/api/admin/audit-events?user_id={cast.ada_id}&kind=login&ok=true&limit=2{after and f'&after={after}'}"
        _, page = await cast.admin.ask("GET", path)
        seen += page["items"]
        after = page["next"]
    assert seen == events
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert await cast.events(f"&from={later}") == []
    assert await cast.events(f"&to={later}") == events
    assert await cast.events(f"&from={events[1]['at']}&to={later}") == events[:2]
    assert await cast.events("&after=" + "f" * 24) == []


async def test_a_deleted_account_leaves_orders_without_names_and_gives_back_what_it_held(
    shop: RunningShop, cast: Cast, visitor: Any
):
    """At once out of every door; some moments later nothing in the database names it but what is kept for the grace."""
    async with open_books(shop) as books:
        product_id = await books.add_product(stock=10)
        mine = await books.add_product(stock=5, seller_id=cast.ada_id)
        await cast.act("PUT", "/role", {"role": "seller"})
        socket, watcher = await visitor(token=cast.ada.token), await visitor()
        await watcher.sees(product_id, available=10)
        assert (await socket.ask("cart:set", {"product_id": product_id, "quantity": 2}))["ok"]
        home = {"name": "Ada Lovelace", "line1": "12 Row", "city": "London", "postal_code": "E1", "country": "GB"}
        order = {"order_key": uuid4().hex, "address": home, "expected_total": 1000}
        order["payment"] = {"method": "sandbox", "card": "4242424242424242"}
        status, placed = await cast.ada.ask("POST", "/api/orders/", order)
        assert status == 201, placed
        assert (await socket.ask("cart:set", {"product_id": product_id, "quantity": 3}))["ok"]
        await watcher.sees(product_id, available=5)
        status, ada = await cast.act("DELETE")
        assert (status, ada["state"], ada["name"]) == (200, "deleted", "Deleted account")
        assert ada["email"] == f"deleted-{cast.ada_id}@deleted.invalid"
        assert (await cast.ada.ask("GET", "/api/auth/profile"))[0] == 401
        assert await cast.ada.login(cast.email, PASSWORD) == 401
        await socket.hear("signed_out")
        await watcher.sees(product_id, available=8, held=0)
        await watcher.hear("product", lambda each: each["change"] == "withdrawn" and each["product"]["id"] == mine)
        assert (await send(shop.url, "GET", f"/api/products/{mine}")).status == 404

        async def emails() -> list[Any]:
            return [each["email"] for each in await cast.events() if each["email"]]

        await eventually(emails, [])
        token = cast.admin.token
        seen = await send(shop.url, "GET", f"/api/orders/{placed['id']}", **bearer(token))
        assert (seen.status, seen.body["address"], seen.body["total_amount"]) == (200, None, 1000)
        assert (await cast.act("DELETE"))[1]["code"] == "conflict"
        cast.ada.token = ""
        again = {"email": cast.email, "password": PASSWORD, "name": "Ada"}
        assert (await cast.ada.ask("POST", "/api/auth/register", again))[0] == 201
        assert await cast.ada.login(cast.email, PASSWORD) == 200
        await books.check()
