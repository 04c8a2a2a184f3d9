"""Erasing an account: nothing that names its owner is left, and all that is counted still adds up."""

from collections.abc import Awaitable
from typing import Any

from bson import ObjectId, json_util
from pymongo.errors import OperationFailure
from structlog.testing import capture_logs

from bench.root import ROOT
from bench.shop.ledger import running_ledger
from ivorycart.accounts.erasing import Eraser
from ivorycart.alerts import Alerter
from ivorycart.ledger import Ledger
from models.account import AccountRequest, AuditEvent, Lasting, Visitor
from models.administration import OPERATOR, Act, AuditQuery, judge
from models.commands import Adjust, JoinLine, OfferNext, Restock, SetEmail, SetLine
from models.identity import owner_of_user
from models.letter import ACCOUNT_KINDS, Letter
from models.order import Address
from models.telling import KINDS as TOLD
from mongo.account_requests import AccountRequests
from mongo.alerts import Alerts
from mongo.audit import audit
from mongo.audit_trail import AuditTrail
from mongo.driver import Database, Driver
from mongo.emails import Emails
from mongo.erasing import BATCH, Erasing
from mongo.orders import Orders
from mongo.schema import ABOUT_ACCOUNTS
from mongo.sessions import Sessions
from mongo.user_directory import UserDirectory
from mongo.users import Users
from tests.extent import extent
from tests.mongo.shop import add_product, both_drivers, buy, check_books, failing

HOME = Address("Ada Lovelace", "12 Analytical Row", "", "Engineville", "E1", "GB")
NAMES = ("ada@", "countess@", "Lovelace", "Analytical", "10.1.2.3", "Netscape", "0207 123")
DELETE = Act(kind="delete")


async def live(driver: Driver, database: Database, ledger: Ledger, number: int = 1) -> str:
    """Let somebody buy, sell, be alerted and written to, and leave a cart behind; return the account's id."""
    email, former = f"ada@{number}.test", f"countess@{number}.test"
    added: Any = {"email": email, "name": "Ada Lovelace", "role": "seller", "password": "hash"}
    user_id = str(await Users(database).add(**added, activated=True))
    private = {"phone": "0207 123", "addresses": [HOME._asdict()]}
    await database["users"].update_one({"_id": ObjectId(user_id)}, {"$set": private})
    await trade(driver, database, ledger, user_id, email)
    requests, trail = AccountRequests(database), AuditTrail(database)
    request = AccountRequest(str(ObjectId()), "registration", email, {"user_id": user_id, "name": "Ada Lovelace"})
    await requests.add(request)
    await requests.grant(request, "email_change", user_id, 600, {"email": former})
    await Emails(database).add(Letter(f"activate:{ObjectId()}", "activate", email, {"name": "Ada Lovelace"}))
    await Emails(database).add(Letter(f"email_changed:{ObjectId()}", "email_changed", former, {"name": "Ada Lovelace"}))
    account = await Users(database).get(user_id)
    assert account
    device = Visitor("10.1.2.3", "Netscape")
    await Sessions(driver, database).begin(account, f"family {number}", "token", device, Lasting(30, 14))
    await trail.note(AuditEvent(kind="register", email=email))
    await trail.note(AuditEvent(kind="login", user_id=user_id, email=former))
    return user_id


async def trade(driver: Driver, database: Database, ledger: Ledger, user_id: str, email: str) -> None:
    """Let somebody do all that leaves traces in the shop."""
    owner = owner_of_user(user_id)
    tea, mug = await add_product(database, 0), await add_product(database, 0, seller_id=ObjectId(user_id))
    for product_id in (tea, mug):
        await ledger.submit(Restock(product_id, 10, "seller", "delivery"))
    for key in ("sent", "pending"):
        order = await buy(ledger, owner, tea, buyer_id=user_id, email=email, address=HOME, key=f"{key} {tea}")
        if key == "sent":
            sent = {"state": "dead", "error": f"550 no {email} here"}
            await database["emails"].update_one({"_id": f"order_placed:{order.order.id}"}, {"$set": sent})
    await ledger.submit(SetLine(owner, tea, 2))
    await ledger.submit(SetEmail(owner, email))
    for product_id in (tea, mug):
        await ledger.submit(Adjust(product_id, 3, None, "u:else", "counted"))
    await Alerter(Alerts(database)).step()


async def delete(driver: Driver, database: Database, user_id: str) -> None:
    """Delete an account, as an operator does."""
    await UserDirectory(driver, database).change(
        user_id, DELETE, lambda account, others: judge(DELETE, account, OPERATOR, other_admins=others)
    )


async def named(database: Database, names: tuple[str, ...] = NAMES, *, but: str = "") -> list[str]:
    """Return all documents in the database that name somebody."""
    found = []
    for collection in await database.list_collection_names():
        if collection != but:
            texts = [json_util.dumps(row) for row in await database[collection].find().to_list(None)]
            found += [f"{collection}: {text}" for text in texts if any(name in text for name in names)]
    return found


async def assert_sound(driver: Driver, database: Database) -> None:
    """Prove that all adds up."""
    await check_books(database)
    found = await audit(driver, database)
    assert found.ok, [finding for check in found.checks for finding in check.findings]


@both_drivers
async def test_nothing_that_names_somebody_is_left(driver: Driver, database: Database):
    """In no collection at all. Orders, notifications and mails are as many as before, and held stock is back."""
    async with running_ledger(driver, database) as ledger:
        user_id = await live(driver, database, ledger)
        assert {line.split(":")[0] for line in await named(database)} == {
            *("users", "orders", "carts", "emails", "sessions", "account_requests", "account_tokens", "audit_events")
        }
        counted = ("orders", "notifications", "emails", "sessions", "audit_events")
        sizes = {name: await database[name].count_documents({}) for name in counted}
        await assert_sound(driver, database)
        await delete(driver, database, user_id)
        await assert_sound(driver, database)
        await Eraser(Erasing(database, grace=0), ledger).step()
    assert await named(database) == []
    await assert_sound(driver, database)
    assert sizes | {"audit_events": sizes["audit_events"] + 1} == {
        name: await database[name].count_documents({}) for name in counted
    }
    assert await database["products"].count_documents({"held": {"$gt": 0}}) == 0
    assert [row["published"] async for row in database["products"].find({"seller_id": ObjectId(user_id)})] == [False]
    orders = await Orders(database).of_buyer(user_id, limit=10, after=None)
    assert [(order.total_amount, order.email, order.address) for order in orders] == [(500, None, None)] * 2
    row: Any = await database["users"].find_one({"_id": ObjectId(user_id)})
    assert "erasing" not in row
    assert await database["emails"].count_documents({"state": "pending"}) == 0
    assert not await Erasing(database, grace=0).due(10)


async def test_an_eraser_may_die_between_any_two_commands(driver: Driver, database: Database):
    """Whatever it had done by then, all adds up; and the next one finishes."""
    async with running_ledger(driver, database) as ledger:
        eraser, deaths = Eraser(Erasing(database, grace=0), ledger), 0
        while True:
            user_id = await live(driver, database, ledger, deaths)
            await delete(driver, database, user_id)
            commands = "find update insert delete commitTransaction getMore"
            with capture_logs():  # dozens of tracebacks that nobody reads take longer than all the rest
                async with failing(driver, commands, {"skip": deaths}, errorCode=8000):
                    died = await dies(eraser.step())
            if not died:
                break
            deaths += extent(2, 1)
            await assert_sound(driver, database)
            await database["users"].update_many({"erasing": {"$exists": True}}, [{"$set": {"erasing.due": "$$NOW"}}])
            await eraser.step()
            assert await named(database) == []
            await assert_sound(driver, database)
    assert deaths > 20
    assert await named(database) == []


async def dies(work: Awaitable[Any]) -> bool:
    """Whether the database's refusal ends some work."""
    try:
        await work
    except OperationFailure:
        return True
    return False


async def test_what_was_under_way_is_found_in_the_second_round(driver: Driver, database: Database):
    """A checkout that ended after the deletion, say; until then the account stays due, and nameless all the same."""
    async with running_ledger(driver, database) as ledger:
        user_id = await live(driver, database, ledger)
        await delete(driver, database, user_id)
        await Eraser(Erasing(database, grace=600), ledger).step()
        assert await named(database, but="users") == []
        assert await Erasing(database, grace=600).due(10) == []
        await trade(driver, database, ledger, user_id, "ada@1.test")
        late = {"name": "Ada Lovelace", "phone": "0207 123"}
        await database["users"].update_one({"_id": ObjectId(user_id)}, {"$set": late})
        assert await named(database)
        await database["users"].update_one({"_id": ObjectId(user_id)}, [{"$set": {"erasing.due": "$$NOW"}}])
        await Eraser(Erasing(database, grace=0), ledger).step()
    assert await named(database) == []
    await assert_sound(driver, database)


async def test_two_erasers_at_once_do_no_harm(driver: Driver, database: Database):
    """Neither does one that was late and believes there is another round to come."""
    async with running_ledger(driver, database) as ledger:
        user_id = await live(driver, database, ledger)
        await delete(driver, database, user_id)
        (late,) = await Erasing(database, grace=600).due(10)
        for _ in range(2):
            await Eraser(Erasing(database, grace=0), ledger).step()
        await Erasing(database, grace=600).finish(late)
        await Erasing(database, grace=600).put_off(late, 5)
    assert await named(database) == []
    assert await database["users"].count_documents({"erasing": {"$exists": True}}) == 0
    await assert_sound(driver, database)


async def test_one_that_cannot_be_erased_puts_off_itself_alone(driver: Driver, database: Database):
    """The others are gone."""

    class Broken(Erasing):
        async def orders(self, erasure: Any) -> bool:
            """Fail for one."""
            if erasure.user_id == stuck:
                raise RuntimeError("a bug")
            return await super().orders(erasure)

    async with running_ledger(driver, database) as ledger:
        stuck, other = [await live(driver, database, ledger, number) for number in (1, 2)]
        for each in (stuck, other):
            await delete(driver, database, each)
        await Eraser(Broken(database, grace=0), ledger).step()
        assert {json_util.loads(line.partition(": ")[2])["_id"] for line in await named(database, but="emails")} >= {
            ObjectId(stuck)
        }
        assert await named(database, ("ada@2", "countess@2")) == []
        assert await Erasing(database, grace=0).due(10) == []
        row: Any = await database["users"].find_one({"_id": ObjectId(stuck)})
        assert row["erasing"]["due"] > row["deleted_at"]


async def test_an_address_that_somebody_else_has_by_now_keeps_what_is_theirs(driver: Driver, database: Database):
    """What went there before the deletion is gone, what goes there since stays."""
    async with running_ledger(driver, database) as ledger:
        user_id = await live(driver, database, ledger)
        await delete(driver, database, user_id)
        added: Any = {"email": "ada@1.test", "name": "Another", "role": "buyer", "password": "hash"}
        another = str(await Users(database).add(**added, activated=True))
        await Emails(database).add(Letter("activate:theirs", "activate", "ada@1.test", {}))
        await AuditTrail(database).note(AuditEvent(kind="login", user_id=another, email="ada@1.test"))
        await Eraser(Erasing(database, grace=0), ledger).step()
    (mail,) = await database["emails"].find({"to": "ada@1.test"}).to_list(None)
    assert (mail["_id"], mail["state"]) == ("activate:theirs", "pending")
    (event,) = await AuditTrail(database).page(AuditQuery(user_id=another))
    assert event.event.email == "ada@1.test"
    assert await database["users"].count_documents({"email": "ada@1.test"}) == 1


async def test_a_shop_full_of_products_is_withdrawn_in_portions(driver: Driver, database: Database):
    """A round that is over goes on where it was."""
    added: Any = {"email": "ada@1.test", "name": "Ada", "role": "seller", "password": "hash"}
    user_id = str(await Users(database).add(**added, activated=True))
    for _ in range(2 * BATCH + 1):
        await add_product(database, 0, seller_id=ObjectId(user_id))
    await delete(driver, database, user_id)
    async with running_ledger(driver, database) as ledger:
        hasty = Eraser(Erasing(database, grace=0), ledger, longest_round=0)
        for left in (BATCH + 1, 1, 0):
            assert await hasty.step()
            assert await database["products"].count_documents({"published": {"$ne": False}}) == left
        assert not await hasty.step()


async def test_nobody_who_is_deleted_is_written_to(driver: Driver, database: Database):
    """Not even at the address that stands in for theirs, though their products still cross."""
    async with running_ledger(driver, database) as ledger:
        user_id = await live(driver, database, ledger)
        await delete(driver, database, user_id)
        mug: Any = await database["products"].find_one({"seller_id": ObjectId(user_id)})
        await ledger.submit(Restock(str(mug["_id"]), 10, "seller", "delivery"))
        await ledger.submit(Adjust(str(mug["_id"]), 2, None, "u:else", "counted"))
        await Alerter(Alerts(database)).step()
    assert await database["emails"].count_documents({"to": {"$regex": "invalid"}}) == 0
    await assert_sound(driver, database)


def test_every_kind_of_mail_is_known_to_the_eraser():
    """As one about an account, or about an order or product, by which it is found."""
    kinds = {each.name for each in (ROOT / "ivorycart" / "mail" / "templates").iterdir() if each.is_dir()}
    assert kinds == {*ACCOUNT_KINDS, *TOLD}


async def test_mails_about_an_account_are_found_without_reading_all(database: Database):
    """Those of orders are most, and in no index of addresses."""
    rows = [{"_id": f"o{n}", "kind": "order_placed", "to": "ada@1.test", "state": "sent"} for n in range(200)]
    await database["emails"].insert_many([*rows, {"_id": "a", "kind": "activate", "to": "ada@1.test", "state": "sent"}])
    query = {"to": {"$in": ["ada@1.test"], "$type": "string"}, **ABOUT_ACCOUNTS}
    plan = await database.command({"explain": {"find": "emails", "filter": query}, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalDocsExamined"] == 1, plan["queryPlanner"]["winningPlan"]


async def test_who_is_erased_waits_no_longer(driver: Driver, database: Database):
    """Places are left, an offer goes to the next, and no address stays with a place or its mail."""
    async with running_ledger(driver, database) as ledger:
        user_id = await live(driver, database, ledger)
        owner = owner_of_user(user_id)
        tea, cup = await add_product(database, 0), await add_product(database, 0)
        for product_id in (tea, cup):
            await ledger.submit(JoinLine(product_id, owner, "ada@1.test"))
        await ledger.submit(JoinLine(tea, owner_of_user(str(ObjectId())), "next@1.test"))
        await ledger.submit(Restock(tea, 1, "seller", ""))
        await ledger.submit(OfferNext(tea, 5))
        await delete(driver, database, user_id)
        await Eraser(Erasing(database, grace=0), ledger).step()
        await ledger.submit(OfferNext(tea, 5))
    rows = await database["waiting"].find({}).sort([("product_id", 1), ("place", 1)]).to_list(None)
    assert [(row["state"], row["email"]) for row in rows] == [
        ("left", None),
        ("offered", "next@1.test"),
        ("left", None),
    ]
    mail: Any = await database["emails"].find_one({"_id": f"back_in_stock:{tea}:1"})
    assert (mail["to"], mail["data"]) == ("", {})
    await assert_sound(driver, database)
