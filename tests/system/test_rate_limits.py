"""Rate limits of whole shops: shared by processes, told in headers, and closed where nobody can count."""

import asyncio
import re
from collections import Counter
from uuid import uuid4

import pytest

from bench.shop.running import RunningShop
from tests.handlers.doors import Answer, bearer, fresh_session, send
from tests.standing_still import standing_still
from tests.system.conftest import Meet, OpenShop
from tests.visitor import sign_in

POLICY = re.compile(r'"(\w+)";q=(\d+);w=(\d+)')
STAND = re.compile(r'"(\w+)";r=(\d+);t=(\d+)')


async def login(shop: RunningShop, email: str, **headers: str) -> Answer:
    """Try to sign in with a wrong password."""
    return await send(shop.url, "POST", "/api/auth/login", {"email": email, "password": "wrong password"}, **headers)


def told(answer: Answer) -> tuple[str, int, int]:
    """Return the limit that an answer names, its quota and what is left of it."""
    policy, stand = POLICY.fullmatch(answer.headers["RateLimit-Policy"]), STAND.fullmatch(answer.headers["RateLimit"])
    assert policy
    assert stand
    assert policy[1] == stand[1]
    assert 0 < int(stand[3]) <= int(policy[3]) + 5
    return policy[1], int(policy[2]), int(stand[2])


async def test_two_processes_let_exactly_the_limit_through(open_shop: OpenShop, one_database: dict[str, str]) -> None:
    """Thirty tries at once on both; the refusal says how long to wait, and others are not concerned."""
    shops = await asyncio.gather(*(open_shop(name, **one_database) for name in ("one", "two")))
    answers = await asyncio.gather(*(login(shops[n % 2], "ada@shop.test") for n in range(30)))
    assert Counter(answer.status for answer in answers) == {401: 10, 429: 20}
    for refused in (answer for answer in answers if answer.status == 429):
        assert refused.is_problem(429, "rate_limited")
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert refused.body["retry_after"] == int(refused.headers["Retry-After"])
        assert told(refused) == ("login", 10, 0)
    other = await login(shops[0], "bob@shop.test")
    assert (other.status, told(other)) == (401, ("login", 10, 9))


async def test_requests_of_a_session_have_a_limit_over_all_processes(
    open_shop: OpenShop, one_database: dict[str, str]
) -> None:
    """No more than that in all, and nearly as many; what is no request to the API counts nothing."""
    settings = {**one_database, "REQUESTS_PER_MINUTE": "40"}
    shops = await asyncio.gather(*(open_shop(name, **settings) for name in ("one", "two")))
    mine, other = fresh_session(), fresh_session()
    answers = [await send(shops[n % 2].url, "GET", "/api/cart", X_Cart_Session=mine) for n in range(60)]
    statuses = Counter(answer.status for answer in answers)
    assert 30 <= statuses[200] <= 40
    assert answers[-1].is_problem(429, "rate_limited")
    assert told(answers[-1]) == ("requests", 40, 0)
    assert told(answers[0])[1:] == (40, 39)
    assert (await send(shops[0].url, "GET", "/api/cart", X_Cart_Session=other)).status == 200
    for path in ("/healthz", "/metrics", "/api/docs", "/api/openapi.json", "/", "/static/app.js"):
        free = await send(shops[0].url, "GET", path, X_Cart_Session=mine)
        assert free.status != 429
        assert "RateLimit" not in free.headers


async def test_inventing_sessions_is_no_way_around(open_shop: OpenShop) -> None:
    """All anonymous requests of one address have ten times the limit together; who is signed in is not among them."""
    shop = await open_shop(DEMO="true", REQUESTS_PER_MINUTE="3")
    token = await sign_in(shop.url, "buyer@demo.com")
    answers = [await send(shop.url, "GET", "/api/cart", X_Cart_Session=fresh_session()) for _ in range(40)]
    assert Counter(answer.status for answer in answers) == {200: 30, 429: 10}
    assert told(answers[-1])[0] == "requests_address"
    mine = [await send(shop.url, "GET", "/api/cart", **bearer(token), X_Cart_Session=uuid4().hex) for _ in range(4)]
    assert [answer.status for answer in mine] == [200, 200, 200, 429]
    bad = [await send(shop.url, "GET", "/api/cart", **bearer("bad")) for _ in range(4)]
    assert [answer.status for answer in bad][-2:] == [429, 429]


@pytest.mark.parametrize("trusted", ["127.0.0.1", ""])
async def test_behind_a_trusted_proxy_each_client_has_its_own_limit(open_shop: OpenShop, trusted: str) -> None:
    """Without trust they are all one, and nobody gets more by inventing addresses."""
    shop = await open_shop(TRUSTED_PROXIES=trusted, REGISTRATIONS_PER_MINUTE="2")
    statuses = []
    for n in range(4):
        answer = await send(
            shop.url,
            "POST",
            "/api/auth/resend-activation",
            {"email": f"a{n}@shop.test"},
            X_Forwarded_For=f"203.0.113.{n}",
        )
        statuses.append(answer.status)
    assert statuses == ([202] * 4 if trusted else [202, 202, 429, 429])


async def test_where_nobody_can_count_nothing_limited_is_done(open_shop: OpenShop) -> None:
    """The database stands still: signing in is refused, not let through."""
    shop = await open_shop()
    async with standing_still(shop.mongod_pid):
        assert (await login(shop, "ada@shop.test")).is_problem(503, "storage_unavailable")
    assert (await login(shop, "ada@shop.test")).status == 401


async def test_an_address_is_registered_only_so_often(open_shop: OpenShop) -> None:
    """Its owner is not flooded with mails; answers are alike whether it has an account; a reset is still to be had."""
    shop = await open_shop(MAILS_PER_HOUR="2")
    body = {"email": "ada@shop.test", "password": "quiet harbour lamp", "name": "Ada"}
    answers = [await send(shop.url, "POST", "/api/auth/register", body) for _ in range(3)]
    assert [answer.status for answer in answers] == [201, 201, 429]
    assert told(answers[2])[1:] == (2, 0)
    assert (await send(shop.url, "POST", "/api/auth/register", body | {"email": "b@shop.test"})).status == 201
    assert (await send(shop.url, "POST", "/api/auth/forgot-password", {"email": "ada@shop.test"})).status == 202


async def test_an_address_is_named_by_so_many_carts_an_hour(open_shop: OpenShop, meet: Meet) -> None:
    """Over sockets and HTTP together; again by the same cart, and by carts of accounts, it counts for nothing."""
    shop = await open_shop(DEMO="true", MAILS_PER_HOUR="1")
    victim = {"email": "victim@shop.test"}
    guests = [await meet(shop) for _ in range(6)]
    for guest in guests[:3]:
        for _ in range(3):
            assert (await guest.ask("cart:email", victim))["ok"]
    body = victim | {"cart": [], "socketId": guests[3].session}
    assert (await send(shop.url, "POST", "/api/cart/update", body)).status == 200
    refused = await guests[4].ask("cart:email", victim)
    assert refused["error"]["code"] == "rate_limited"
    assert refused["error"]["details"]["retry_after"] > 60
    body["socketId"] = guests[5].session
    assert (await send(shop.url, "POST", "/api/cart/update", body)).is_problem(429, "rate_limited")
    assert (await guests[4].ask("cart:email", {"email": "other@shop.test"}))["ok"]
    assert (await guests[0].ask("cart:email", {"email": None}))["ok"]
    buyer = await meet(shop, token=await sign_in(shop.url))
    assert (await buyer.ask("cart:email", victim))["ok"]  # it changes nothing: the account's is the one that counts
