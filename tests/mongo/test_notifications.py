"""Lists of what people were told: in order, in pages, without what they have turned off."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from models.errors import NotFound
from models.identity import OwnerId, owner_of_user
from models.letter import Letter
from models.notification import Notification, NotificationQuery
from models.telling import Choice
from mongo.driver import Database, Driver
from mongo.emails import TURNED_OFF, Emails
from mongo.notifications import Notifications
from mongo.preferences import Preferences
from mongo.users import Users
from tests.mongo.shop import both_drivers

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BOB = OwnerId("u:ada"), OwnerId("s:bob")


async def notify(database: Database, to: str, number: int, **fields: Any) -> str:
    """Store a notification; three share each moment. Return its id."""
    row = {"_id": ObjectId(), "key": f"{to}{number}", "to": to, "kind": "low_stock", "data": {"number": number}}
    await database["notifications"].insert_one(
        {**row, "at": NOON + timedelta(seconds=number // 3), "seen": False, **fields}
    )
    return str(row["_id"])


def numbers(found: Sequence[Notification]) -> list[int]:
    """Say which these are."""
    return [each.data["number"] for each in found]


async def every_page(book: Notifications, **query: Any) -> list[int]:
    """Go through a list in pages of four."""
    found: list[int] = []
    after = None
    while page := await book.page(ADA, NotificationQuery(**query, limit=4, after=after)):
        found += numbers(page)
        after = page[-1].id
    return found


@both_drivers
async def test_a_list_is_gone_through_newest_first_and_none_twice(driver: Driver, database: Database):
    """Those of one moment, too; by what was seen, and by kind."""
    for number in range(22):
        kind = "order_shipped" if number % 5 == 0 else "low_stock"
        await notify(database, ADA, number, seen=number % 2 == 0, kind=kind)
        await notify(database, BOB, number)
    book = Notifications(driver, database)
    assert await every_page(book) == list(range(21, -1, -1))
    assert await every_page(book, seen=False) == list(range(21, -1, -2))
    assert await every_page(book, seen=True) == list(range(20, -1, -2))
    assert await every_page(book, kind="order_shipped") == [20, 15, 10, 5, 0]
    assert await every_page(book, kind="order_shipped", seen=False) == [15, 5]
    assert await book.unread(ADA) == 11


async def test_a_page_after_what_is_not_ones_own_is_empty(driver: Driver, database: Database):
    """It says nothing of others' notifications."""
    mine, others = await notify(database, ADA, 1), await notify(database, BOB, 1)
    book = Notifications(driver, database)
    for after in (others, str(ObjectId())):
        assert await book.page(ADA, NotificationQuery(after=after)) == []
    assert [each.id for each in await book.page(ADA, NotificationQuery())] == [mine]


async def test_all_that_there_is_can_be_marked_as_seen(driver: Driver, database: Database):
    """One's own alone."""
    for number in range(5):
        await notify(database, ADA, number)
        await notify(database, BOB, number)
    book = Notifications(driver, database)
    assert await book.mark_all_seen(ADA) == 0
    assert (await book.unread(ADA), await book.unread(BOB)) == (0, 5)


async def test_what_is_turned_off_is_hidden_and_not_lost(driver: Driver, database: Database):
    """From lists, counts and what is repeated; others are not concerned, and it is there again when turned on."""
    for number in range(4):
        await notify(database, ADA, number, kind="low_stock" if number < 3 else "order_placed")
        await notify(database, BOB, number)
    off = Notifications(driver, database, lambda owner: frozenset({"low_stock"} if owner == ADA else ()))
    assert numbers(await off.page(ADA, NotificationQuery())) == [3]
    assert await off.page(ADA, NotificationQuery(kind="low_stock")) == []
    assert await off.unread(ADA) == 1
    repeated = await off.unseen_of([ADA, BOB])
    assert numbers(repeated[ADA]) == [3]
    assert len(repeated[BOB]) == 4
    assert await off.mark_seen(ADA, []) == 1
    assert len(await Notifications(driver, database).page(ADA, NotificationQuery())) == 4


async def test_what_is_of_no_use_any_more_is_listed_and_not_repeated(driver: Driver, database: Database):
    """By the database's clock: that a hold was about to end says nothing after its end."""
    await notify(database, ADA, 1, until=datetime.now(UTC) - timedelta(minutes=5))
    await notify(database, ADA, 2, until=datetime.now(UTC) + timedelta(minutes=5))
    await notify(database, ADA, 3)
    book = Notifications(driver, database)
    assert sorted(numbers((await book.unseen_of([ADA]))[ADA])) == [2, 3]
    assert len(await book.page(ADA, NotificationQuery())) == 3


@pytest.mark.parametrize("seen", [[False], [True], [False, True]])
async def test_a_page_is_read_from_an_index_in_its_order(database: Database, seen: list[bool]):
    """However much somebody was told: no sort, and no more keys than the page."""
    row: dict[str, Any] = {"to": ADA, "kind": "low_stock", "data": {}}
    rows = [{**row, "key": f"{n}", "at": NOON + timedelta(seconds=n), "seen": n % 2 == 0} for n in range(500)]
    await database["notifications"].insert_many(rows)
    query = {"$and": [{"to": ADA, "seen": {"$in": seen}, "kind": {"$nin": ["order_shipped"]}}]}
    command = {"find": "notifications", "filter": query, "sort": {"at": -1, "_id": -1}, "limit": 20}
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    assert plan["executionStats"]["totalKeysExamined"] <= 25
    assert "'stage': 'SORT'" not in str(plan["queryPlanner"]["winningPlan"])


async def account(database: Database, email: str = "ada@shop.test") -> str:
    """Add an account; return its id."""
    user_id = await Users(database).add(email=email, name="Ada", role="buyer", password="x", activated=True)
    assert user_id
    return user_id


@both_drivers
async def test_choices_are_kept_kind_by_kind(database: Database):
    """Two devices that choose at once lose nothing; what one gets unasked is not kept at all."""
    ada, book = await account(database), Preferences(database)
    await book.choose(ada, {"low_stock": Choice(in_app=False)})
    choices, standing = await book.choose(ada, {"hold_expiring": Choice(in_app=False, email=True)})
    assert choices == {"low_stock": Choice(in_app=False), "hold_expiring": Choice(in_app=False, email=True)}
    assert standing.muted == {"low_stock", "hold_expiring"}
    assert await book.muted() == {owner_of_user(ada): frozenset({"low_stock", "hold_expiring"})}
    await book.choose(ada, {"low_stock": Choice(), "hold_expiring": Choice(in_app=True, email=False)})
    assert await book.choices(ada) == {}
    assert await book.muted() == {}
    row: Any = await database["users"].find_one({"_id": ObjectId(ada)})
    assert row["telling"] == {}
    assert row["changed_at"]


async def test_nobody_chooses_for_an_account_that_is_gone(database: Database):
    """Nor for one that never was."""
    ada, book = await account(database), Preferences(database)
    await database["users"].update_one({"_id": ObjectId(ada)}, {"$set": {"deleted_at": NOON}})
    for user_id in (ada, str(ObjectId())):
        with pytest.raises(NotFound):
            await book.choose(user_id, {"low_stock": Choice(in_app=False)})
        with pytest.raises(NotFound):
            await book.choices(user_id)


async def test_a_mail_that_its_receiver_has_turned_off_is_not_sent(database: Database):
    """Judged when it would go out, by whose address it is or whom it is for; other kinds and others' mails are sent."""
    ada, mails = await account(database), Emails(database)
    await account(database, "bob@shop.test")
    owner, new = owner_of_user(ada), "ada@old.test"
    for key, kind, to, whose in (
        ("hers", "low_stock", "ada@shop.test", None),
        ("at an address of before", "low_stock", new, owner),
        ("of another kind", "order_shipped", "ada@shop.test", owner),
        ("not to be turned off", "order_placed", "ada@shop.test", owner),
        ("about her account", "password_changed", "ada@shop.test", None),
        ("his", "low_stock", "bob@shop.test", None),
        ("nobody's", "low_stock", "guest@shop.test", OwnerId("s:guest")),
    ):
        await mails.add(Letter(key, kind, to, {}, owner=whose))
    # written after the mails, and before any is sent
    await Preferences(database).choose(ada, {"low_stock": Choice(email=False)})
    taken = {mail.key for mail in await mails.claim(50)}
    rows = {row["_id"]: row async for row in database["emails"].find()}
    off = {"hers", "at an address of before"}
    assert taken == rows.keys() - off
    assert {(rows[key]["state"], rows[key]["error"]) for key in off} == {("unsent", TURNED_OFF)}
    assert all("claim" not in rows[key] for key in off)
    assert await mails.claim(50) == []
