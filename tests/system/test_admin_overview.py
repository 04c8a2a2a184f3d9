"""The admin's overview of running shops: all processes in one picture, live, and each part for itself."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import psutil
import pytest
from aiohttp import ClientSession
from bson import ObjectId
from prometheus_client.parser import text_string_to_metric_families

from bench.shop.books import Books
from bench.shop.order import order
from bench.shop.running import RunningShop
from ivorycart.overview.exposition import TOLD_BY_EACH
from mongo.driver import Driver
from tests.handlers.doors import Answer, bearer, fresh_session, send
from tests.mongo.shop import failing
from tests.patience import PATIENCE
from tests.system.conftest import Meet, OpenShop, ReadBooks
from tests.system.flock import Flock
from tests.system.mailbox import Mailbox, PostOffice
from tests.visitor import Visitor, sign_in

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


async def admin_of(shop: RunningShop) -> dict[str, str]:
    """Sign the admin in; return the header."""
    return bearer(await sign_in(shop.url, "admin@demo.com"))


async def get(shop: RunningShop, path: str, who: dict[str, str], method: str = "GET") -> Answer:
    """Ask for something of the admin's."""
    return await send(shop.url, method, f"/api/admin/{path}", **who)


async def until(look: Callable[[], Awaitable[Any]], fits: Callable[[Any], bool], within: float = PATIENCE) -> Any:
    """Look again and again until what is seen fits; return it."""
    seen: Any = None
    try:
        async with asyncio.timeout(within):
            while not fits(seen := await look()):
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(seen) from None
    return seen


async def samples(shop: RunningShop) -> Samples:
    """Return what /metrics says, by name and labels."""
    async with ClientSession() as http, http.get(f"{shop.url}/metrics") as answer:
        assert answer.status == 200
        text = await answer.text()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def buy(visitor: Visitor, product_id: str, quantity: int = 1) -> Any:
    """Order something by socket."""
    ack = await visitor.ask("cart:set", {"product_id": product_id, "quantity": quantity})
    total = ack["cart"]["total_amount"]
    placed = await visitor.ask("order:place", order(total, fresh_session()))
    assert placed["ok"], placed
    return placed["order"]


async def test_two_processes_are_seen_in_each_others_dashboards_until_one_is_killed(
    open_shop: OpenShop, one_database: dict[str, str], meet: Meet
) -> None:
    """Sockets and refusals are those of both; the dead one is gone after ten seconds, the one that stopped at once."""
    settings = {**one_database, "DEMO": "true"}
    one, two = await open_shop("one", **settings), await open_shop("two", **settings)
    third = await open_shop("three", **settings)
    admin = await admin_of(one)
    for shop, count in ((one, 1), (two, 2)):
        for _ in range(count):
            visitor = await meet(shop)
            refused = await visitor.ask("cart:set", {"product_id": str(ObjectId()), "quantity": 1})
            assert refused["error"]["code"] == "not_found"
    pids = {shop.process.pid for shop in (one, two, third) if shop.process}
    for shop in (one, two):

        async def look(shop: RunningShop = shop) -> Any:
            return (await get(shop, "dashboard", admin)).body

        seen = await until(look, lambda body: all_read(body) and body["sockets"]["open"] == 3)
        assert {each["pid"] for each in seen["processes"]["items"]} == pids
        assert seen["refusals"]["answers"] == {"not_found": 3}
        for each in seen["processes"]["items"]:
            memory = psutil.Process(each["pid"]).memory_info().rss
            assert memory / 2 < each["rss_bytes"] < memory * 2
            assert each["seconds_since_beat"] < 10
            assert each["loop_lag_seconds"] >= 0

    async def alive() -> set[int]:
        return {each["pid"] for each in (await get(one, "dashboard", admin)).body["processes"]["items"]}

    assert third.process
    assert two.process
    await third.stop()
    await until(alive, lambda seen: seen == pids - {third.process.pid}, within=5)
    await two.kill()
    await until(alive, lambda seen: seen == pids - {third.process.pid, two.process.pid})
    seen = (await get(one, "dashboard", admin)).body
    assert seen["sockets"]["open"] == 1
    health = (await get(one, "health", admin)).body
    assert [each["pid"] for each in health["processes"]["items"]] == [one.process.pid if one.process else 0]


async def test_a_part_that_cannot_be_read_says_so_for_itself(
    open_shop: OpenShop, one_database: dict[str, str], driver: Driver
) -> None:
    """Whether it fails or hangs: all others are there, within their patience."""
    shop = await open_shop(**one_database, DEMO="true")
    admin = await admin_of(shop)

    async def failed() -> dict[str, str]:
        parts = (await get(shop, "dashboard", admin)).body.items()
        return {name: part["reason"] for name, part in parts if isinstance(part, dict) and not part["ok"]}

    summed_up = {"carts", "orders", "mail", "slow"}
    async with failing(driver, "aggregate", "alwaysOn", errorCode=8000):
        reasons = await until(failed, lambda names: names.keys() >= summed_up)
    assert reasons.keys() <= summed_up | {"users", "top_products", "top_sellers"}
    assert all(reason.startswith("OperationFailure") for reason in reasons.values())
    await until(failed, lambda names: not names)
    async with failing(driver, "replSetGetStatus", "alwaysOn", blockConnection=True, blockTimeMS=4000):
        reasons = await until(failed, bool)
    assert reasons == {"replica_set": "no answer within 2 s"}
    await until(failed, lambda names: not names)
    members = (await get(shop, "dashboard", admin)).body["replica_set"]["members"]
    assert [each["state"] for each in members] == ["primary"]


def all_read(seen: Mapping[str, Any]) -> bool:
    """Return whether each part of a dashboard could be read: a busy machine may take too long for one."""
    return all(part.get("ok", True) for part in seen.values() if isinstance(part, dict))


async def test_the_dashboard_agrees_with_what_was_done(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks, post_office: PostOffice, mailbox: Mailbox
) -> None:
    """Orders, revenue, carts, mails and users: to the unit; and /metrics says the same."""
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true", SMTP_URL=post_office.url)
    admin, books = await admin_of(shop), await books_of(shop)
    product_id = await books.add_product(stock=50, price=250)
    visitors = [await meet(shop) for _ in range(4)]
    for visitor in visitors[:3]:
        await buy(visitor, product_id, 2)
    await visitors[3].ask("cart:set", {"product_id": product_id, "quantity": 5})

    async def look() -> Any:
        return (await get(shop, "dashboard", admin)).body

    def done(seen: Mapping[str, Any]) -> bool:
        return all_read(seen) and seen["orders"]["per_minute"] == 3 and seen["carts"]["filled"] == 1

    seen = await until(look, done)
    assert seen["carts"]["units_held"] == 5
    assert seen["period"] == "24h"

    async def look_back() -> Any:
        return (await get(shop, "dashboard?period=30d", admin)).body

    # sales are rolled up after the orders, and what is read of them is kept for seconds
    seen = await until(look_back, lambda seen: all_read(seen) and seen["sales"]["orders"] == 3)
    assert seen["period"] == "30d"
    sales = seen["sales"]
    assert (sales["units"], sales["revenue"]) == (6, 1500)
    assert sum(each["revenue"] for each in sales["series"]) == 1500
    assert sales["currency"] == "EUR"
    assert [(each["id"], each["units"]) for each in seen["top_products"]["items"]] == [(product_id, 6)]
    shares = seen["top_products"]["by_category"]
    assert sum(each["revenue"] for each in shares) == 1500
    assert sum(each["units"] for each in shares) == 6
    assert [each["revenue"] for each in seen["top_sellers"]["items"]] == [1500]
    assert seen["users"]["by_role"] == {"buyer": 1, "seller": 3, "delivery": 1, "admin": 1}
    assert (await get(shop, "dashboard?period=year", admin)).is_problem(422, "validation")

    def label(**labels: str) -> frozenset[tuple[str, str]]:
        return frozenset(labels.items())

    async def told() -> Samples:
        return await samples(shop)

    nothing = label()
    found = await until(told, lambda read: read.get(("ivorycart_carts_filled", nothing)) == 1)
    assert found["ivorycart_units_held", nothing] == 5
    found = await until(told, lambda read: read.get(("ivorycart_sales_orders", label(currency="EUR"))) == 3)
    assert found["ivorycart_sales_revenue", label(currency="EUR")] == 1500
    assert found["ivorycart_top_product_units", label(currency="EUR", product=product_id)] == 6
    where_any = {"ivorycart_slow_commands"}  # it has a line for each collection of which something was slow
    assert {name.removesuffix("_total") for name, _ in found} >= {*TOLD_BY_EACH.values()} - where_any
    assert found["ivorycart_users", label(role="seller")] == 3
    assert found["ivorycart_sockets", nothing] == 4
    assert found["ivorycart_mails", label(state="dead")] == 0
    assert found["ivorycart_database_bytes", label(kind="data")] > 0
    assert found["process_resident_memory_bytes", nothing] > 1_000_000
    assert found["process_cpu_seconds_total", nothing] > 0
    assert ("ivorycart_event_loop_lag_seconds", nothing) in found


async def test_each_refusal_is_counted_once_by_its_code(open_shop: OpenShop, meet: Meet, books_of: ReadBooks) -> None:
    """Whoever refuses it: the ledger, the payment, a limit, a role, a shape; over HTTP and by socket."""
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true", LOGINS_PER_MINUTE="2")
    books, buyer = await books_of(shop), await meet(shop)
    product_id = await books.add_product(stock=5, price=250)
    cart = await buyer.ask("cart:set", {"product_id": product_id, "quantity": 2})
    declined = order(
        cart["cart"]["total_amount"], fresh_session(), payment={"method": "sandbox", "card": "4000000000000002"}
    )
    wrong = {"email": "eve@shop.test", "password": "wrong password"}
    refused = [
        (await buyer.ask("order:place", declined))["error"]["code"],
        (await buyer.ask("cart:set", {"product_id": product_id, "quantity": 50}))["error"]["code"],
        (await buyer.ask("cart:set", {"product_id": product_id, "quantity": -1}))["error"]["code"],
        (await buyer.ask("admin:watch"))["error"]["code"],
        (await buyer.ask("no such event"))["error"]["code"],
        *[(await send(shop.url, "POST", "/api/auth/login", wrong)).body["code"] for _ in range(3)],
        (await send(shop.url, "GET", "/api/admin/users", **bearer(await sign_in(shop.url)))).body["code"],
        (await send(shop.url, "GET", "/nowhere")).body["code"],
        (await send(shop.url, "GET", "/api/shop", Host="elsewhere.test")).body["code"],
    ]
    expected = Counter(refused)
    assert expected.keys() >= {"payment_declined", "insufficient_stock", "validation", "rate_limited", "forbidden"}
    admin = await admin_of(shop)

    async def told() -> Any:
        return (await get(shop, "dashboard", admin)).body["refusals"]["answers"]

    await until(told, lambda seen: seen == expected)
    found = await samples(shop)
    for code, count in expected.items():
        assert found["ivorycart_refusals_total", frozenset({("code", code)})] == count


async def test_the_shop_is_told_to_prometheus_by_one_of_several_processes(open_shop: OpenShop) -> None:
    """So that a sum over them counts it once; memory and lag are each one's own."""
    shop = await open_shop(WORKERS="2", DEMO="true")
    flock = Flock(shop)
    figures = await until(flock.figures, lambda read: "ivorycart_users" in read)
    assert figures["ivorycart_users"].keys() < {"1", "2"}
    assert sum(figures["ivorycart_users"].values()) == 6
    assert figures["process_resident_memory_bytes"].keys() == {"1", "2"}
    assert figures["ivorycart_event_loop_lag_seconds"].keys() == {"1", "2"}
    admin = await admin_of(shop)

    async def numbers() -> set[int]:
        return {each["number"] for each in (await get(shop, "dashboard", admin)).body["processes"]["items"]}

    await until(numbers, lambda seen: seen == {1, 2})


async def test_an_admin_who_watches_hears_what_moves_until_the_role_is_lost(
    open_shop: OpenShop, meet: Meet, books_of: ReadBooks
) -> None:
    """A snapshot first, then news every two seconds; from the change of the role on, nothing."""
    shop = await open_shop(DEMO="true", GUEST_CHECKOUT="true")
    books = await books_of(shop)
    product_id = await books.add_product(stock=50)
    token = await sign_in(shop.url, "admin@demo.com")
    watcher, other, buyer = await meet(shop, token=token), await meet(shop, token=token), await meet(shop)
    ack = await until(lambda: watcher.ask("admin:watch"), lambda answer: all_read(answer["dashboard"]))
    assert ack["ok"]
    assert ack["dashboard"]["carts"]["filled"] == 0
    await buyer.ask("cart:set", {"product_id": product_id, "quantity": 7})
    news = await watcher.hear("admin:metrics", lambda told: told["carts"].get("units_held") == 7)
    assert news["sockets"]["ok"]
    assert news["processes"]["items"][0]["cpu_percent"] >= 0
    await buy(buyer, product_id, 7)
    await watcher.hear("admin:metrics", lambda told: told["orders"].get("per_minute") == 1)
    sold = await watcher.hear("admin:metrics", lambda told: (told.get("sales") or {}).get("orders") == 1)
    assert sold["period"] == "24h"
    await watcher.hear("admin:metrics", lambda told: (told.get("top_products") or {}).get("items"))
    born = {"email": "new@shop.test", "name": "New", "role": "buyer", "password": "x", "deleted_at": None}
    await books["users"].insert_one(born)
    total = ack["dashboard"]["users"]["total"] + 1
    await watcher.hear("admin:metrics", lambda told: (told.get("users") or {}).get("total") == total)
    assert not other.all("admin:metrics")
    # a second admin takes the first one's role
    await books["users"].update_one({"email": "seller@demo.com"}, {"$set": {"role": "admin"}})
    second = bearer(await sign_in(shop.url, "seller@demo.com"))
    admin: Any = await books["users"].find_one({"email": "admin@demo.com"})
    changed = await send(shop.url, "PUT", f"/api/admin/users/{admin['_id']}/role", {"role": "buyer"}, **second)
    assert changed.status == 200, changed.body
    await watcher.hear("account", lambda told: told["role"] == "buyer")
    heard = len(watcher.all("admin:metrics"))
    await asyncio.sleep(4.5)  # two rounds of news and more
    assert len(watcher.all("admin:metrics")) == heard
    assert (await watcher.ask("admin:watch"))["error"]["code"] == "forbidden"


async def _audited(shop: RunningShop, admin: dict[str, str]) -> Any:
    """Start an audit and return what it found."""
    before = (await get(shop, "audit", admin)).body["last"]
    started = await get(shop, "audit", admin, "POST")
    assert started.status == 202, started.body

    async def state() -> Any:
        return (await get(shop, "audit", admin)).body

    ended = await until(state, lambda seen: not seen["running"] and seen["last"] != before)
    return ended["last"]


async def test_an_audit_finds_what_is_wrong_and_says_which_document(open_shop: OpenShop, books_of: ReadBooks) -> None:
    """Run in the background, kept for whoever asks; it is noted who started it."""
    shop = await open_shop(DEMO="true")
    admin, books = await admin_of(shop), await books_of(shop)
    product_id = await books.add_product(stock=10)
    assert (await get(shop, "audit", admin)).body == {"running": False, "running_since": None, "last": None}
    clean = await _audited(shop, admin)
    assert (clean["ok"], clean["total"], clean["error"]) == (True, 0, None)
    await books.change_product(product_id, {"$set": {"stock": 11}})
    wrong = await _audited(shop, admin)
    assert (wrong["ok"], wrong["total"]) == (False, 1)
    found = [each["document"] for check in wrong["checks"] for each in check["findings"]]
    assert found == [f"products/{product_id}"]
    assert wrong["seconds"] >= 0
    events = await send(shop.url, "GET", "/api/admin/audit-events?kind=run_audit", **admin)
    assert len(events.body["items"]) == 2
    await books.change_product(product_id, {"$set": {"stock": 10}})


async def test_only_one_audit_runs_whichever_process_is_asked(
    open_shop: OpenShop, one_database: dict[str, str], driver: Driver
) -> None:
    """The second is refused, here and at the other process; one that fails says why, and the next may begin."""
    settings = {**one_database, "DEMO": "true"}
    one, two = await open_shop("one", **settings), await open_shop("two", **settings)
    admin = await admin_of(one)
    data = {"blockConnection": True, "blockTimeMS": 3000, "appName": "ivorycart"}
    async with failing(driver, "aggregate", "alwaysOn", **data):
        started = await get(one, "audit", admin, "POST")
        assert started.body["running"]
        for shop in (one, two):
            assert (await get(shop, "audit", admin, "POST")).is_problem(409, "conflict")
            assert (await get(shop, "audit", admin)).body["running"]

    async def state() -> Any:
        return (await get(two, "audit", admin)).body

    await until(state, lambda seen: not seen["running"] and seen["last"], within=60)
    async with failing(driver, "aggregate", "alwaysOn", errorCode=8000):
        assert (await get(two, "audit", admin, "POST")).status == 202
        failed = await until(state, lambda seen: not seen["running"], within=60)
    assert (failed["last"]["ok"], failed["last"]["checks"]) == (False, [])
    assert "OperationFailure" in failed["last"]["error"]
    assert (await _audited(one, admin))["ok"]


async def test_the_health_of_all_that_the_shop_lives_on(open_shop: OpenShop, mailbox: Mailbox) -> None:
    """Well while all is well; a mail server that went away is named, and only it."""
    post_office = PostOffice(mailbox)
    post_office.start()
    shop = await open_shop(DEMO="true", SMTP_URL=post_office.url)
    admin = await admin_of(shop)

    async def health() -> Any:
        return (await get(shop, "health", admin)).body

    well = await until(health, lambda seen: seen["ok"])
    assert well["mail_server"] == {"ok": True, "configured": True}
    [process] = well["processes"]["items"]
    assert {"feed", "mail", "heart"} <= {each["name"] for each in process["workers"]}
    post_office.stop()

    def unwell(seen: Mapping[str, Any]) -> list[str]:
        return [name for name, part in seen.items() if isinstance(part, dict) and not part["ok"]]

    await until(health, lambda seen: not seen["ok"] and unwell(seen) == ["mail_server"])


@pytest.fixture
async def refusing(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let the mail server refuse the addresses of a list."""
    refused: list[str] = []
    taken = mailbox.handle_DATA

    async def handle(server: Any, session: Any, envelope: Any) -> str:
        if set(envelope.rcpt_tos) & set(refused):
            return "550 no such user"
        return await taken(server, session, envelope)

    monkeypatch.setattr(mailbox, "handle_DATA", handle)
    return refused


async def test_mails_are_listed_and_sent_again(
    open_shop: OpenShop, post_office: PostOffice, mailbox: Mailbox, refusing: list[str], books_of: ReadBooks
) -> None:
    """A dead one goes out once its address works; one with an outdated link does not; both are noted."""
    shop = await open_shop(DEMO="true", SMTP_URL=post_office.url)
    admin, books = await admin_of(shop), await books_of(shop)
    ada = "ada@shop.test"
    refusing.append(ada)
    body = {"email": ada, "password": "quiet harbour lamp", "name": "Ada"}
    assert (await send(shop.url, "POST", "/api/auth/register", body)).status == 201
    assert (await send(shop.url, "POST", "/api/auth/forgot-password", {"email": ada})).status == 202

    async def dead() -> Any:
        return (await get(shop, f"emails?state=dead&to={ada}&kind=reset_password", admin)).body["items"]

    [mail] = await until(dead, lambda items: len(items) == 1)
    assert "550" in mail["error"]
    assert mail.keys() == {"id", "kind", "to", "state", "tries", "error", "created_at", "due", "sent_at"}
    refusing.clear()
    again = await get(shop, f"emails/{mail['id']}/resend", admin, "POST")
    assert (again.status, again.body["state"], again.body["tries"]) == (200, "pending", 0)
    await mailbox.receives(ada)

    async def sent() -> Any:
        return (await get(shop, "emails?state=sent", admin)).body["items"]

    await until(sent, lambda items: mail["id"] in [each["id"] for each in items])
    await _outdate(books)
    outdated = await get(shop, f"emails/{mail['id']}/resend", admin, "POST")
    assert outdated.is_problem(409, "conflict")
    assert (await get(shop, "emails/nothing/resend", admin, "POST")).is_problem(404, "not_found")
    assert (await get(shop, "emails/a%00b/resend", admin, "POST")).is_problem(404, "not_found")
    events = await send(shop.url, "GET", "/api/admin/audit-events?kind=resend_email", **admin)
    assert [each["ok"] for each in events.body["items"]] == [False, True]


async def _outdate(books: Books) -> None:
    """Let all links have run out."""
    past: Any = [{"$set": {"expires_at": {"$dateSubtract": {"startDate": "$$NOW", "unit": "hour", "amount": 1}}}}]
    await books["account_tokens"].update_many({}, past)


async def test_the_list_of_mails_is_paged(open_shop: OpenShop, books_of: ReadBooks) -> None:
    """By the id of the last one; the end is told by null."""
    shop = await open_shop(DEMO="true")
    admin, books = await admin_of(shop), await books_of(shop)
    now = {"kind": "low_stock", "to": "a@shop.test", "state": "unsent", "tries": 0, "data": {}}
    at: Any = await books.database.command("hello", codec_options=books.database.codec_options)
    rows = [{"_id": f"m:{number}", **now, "created_at": at["localTime"]} for number in range(7)]
    await books["emails"].insert_many(rows)
    seen: list[str] = []
    after = ""
    while after is not None:
        page = (await get(shop, f"emails?limit=3{after and '&after=' + after}", admin)).body
        seen += [each["id"] for each in page["items"]]
        after = page["next"]
    assert sorted(seen) == sorted(row["_id"] for row in rows)
    assert (await get(shop, "emails?state=lost", admin)).is_problem(422, "validation")
