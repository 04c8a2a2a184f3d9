"""A reset has the last word: what was begun with the old password, or by the old address, comes to nothing."""

import asyncio

import pytest
from bson import ObjectId

from models.account import AccountRequest, Lasting, Visitor, digest
from models.identity import owner_of_user
from models.letter import Letter
from mongo.account_requests import AccountRequests
from mongo.accounts import AccountChanges
from mongo.driver import Database, Driver
from mongo.sessions import Sessions
from mongo.users import Users
from tests.mongo.shop import both_drivers

ADA, NEW = "ada@shop.test", "new@shop.test"
HERE, LASTING = Visitor("10.0.0.1"), Lasting(30, 14)


def _letter(account):
    return Letter(f"password_changed:{ObjectId()}", "password_changed", account.email, {"name": account.name})


@pytest.fixture
async def ada(database: Database):
    """Add an account."""
    users = Users(database)
    return await users.get(await users.add(email=ADA, name="Ada", role="buyer", password="old", activated=True))


async def _granted(database: Database, ada, purpose, data=None):
    request = AccountRequest(str(ObjectId()), "reset", ada.email)
    await AccountRequests(database).grant(request, purpose, ada.id, 600, data or {})
    return request.id


async def _reset(driver: Driver, database: Database, ada):
    return await AccountChanges(driver, database).reset_password(
        await _granted(database, ada, "reset"), "reset", _letter
    )


@both_drivers
async def test_a_sign_in_that_was_checked_before_a_reset_begins_no_session(driver: Driver, database: Database, ada):
    """Nor one whose account was disabled or deleted meanwhile."""
    sessions = Sessions(driver, database)
    assert await sessions.begin(ada, "first", "t", HERE, LASTING)
    assert await _reset(driver, database, ada)
    assert await sessions.begin(ada, "second", "t", HERE, LASTING) is None
    fresh = await Users(database).get(ada.id)
    await database["users"].update_one({}, [{"$set": {"disabled_at": "$$NOW"}}])
    assert await sessions.begin(fresh, "third", "t", HERE, LASTING) is None
    assert await sessions.of_user(ada.id) == []


async def test_of_sign_ins_and_a_reset_at_once_no_session_is_left(driver: Driver, database: Database, ada):
    """Whichever comes first: it is ended by the reset, or it never begins."""
    sessions = Sessions(driver, database)
    for turn in range(10):
        account = await Users(database).get(ada.id)
        begun = (sessions.begin(account, f"{turn}-{number}", "t", HERE, LASTING) for number in range(8))
        token = await _granted(database, ada, "reset")
        reset = AccountChanges(driver, database).reset_password(token, f"reset {turn}", _letter)
        await asyncio.gather(*begun, reset, return_exceptions=True)
        if (await Users(database).get(ada.id)).password == f"reset {turn}":
            assert await sessions.of_user(ada.id) == []


@both_drivers
async def test_a_change_that_was_checked_before_a_reset_changes_nothing(driver: Driver, database: Database, ada):
    """By whoever knew the old password, or has a session that is over."""
    changes, sessions = AccountChanges(driver, database), Sessions(driver, database)
    mine = await sessions.begin(ada, "mine", "t", HERE, LASTING)
    assert (await changes.change_password(ada.id, "old", "newer", _letter, keep=mine)).password == "newer"
    assert await changes.change_password(ada.id, "old", "stolen", _letter, keep=mine) is None
    await sessions.end(ada.id, "signed_out")
    assert await changes.change_password(ada.id, "newer", "stolen", _letter, keep=mine) is None
    assert (await Users(database).get(ada.id)).password == "newer"


async def test_a_new_address_that_was_asked_for_before_a_reset_is_not_taken(driver: Driver, database: Database, ada):
    """Though its link was granted only afterwards."""
    changes = AccountChanges(driver, database)
    asked = {"email": NEW, "seen": digest(ada.password)}
    before = await _granted(database, ada, "email_change", asked)
    await _reset(driver, database, ada)
    after = await _granted(database, ada, "email_change", asked)
    assert await changes.change_email(before, _letter) is None
    assert await changes.change_email(after, _letter) is None
    assert (await Users(database).get(ada.id)).email == ADA


async def test_links_that_went_to_the_old_address_are_good_no_more(driver: Driver, database: Database, ada):
    """Once the account has another one."""
    changes = AccountChanges(driver, database)
    reset = await _granted(database, ada, "reset")
    confirm = await _granted(database, ada, "email_change", {"email": NEW, "seen": digest(ada.password)})
    assert (await changes.change_email(confirm, _letter)).email == NEW
    assert await changes.reset_password(reset, "stolen", _letter) is None
    (changed,) = await Users(database).changed_within(60)
    assert changed.email == NEW


async def test_offers_go_to_the_new_address(driver: Driver, database: Database, ada):
    """Of whoever waits; what was offered already was mailed to the old one, and another's line is another's."""
    rows = [
        {"_id": f"p:{place}", "owner": owner, "state": state, "place": place, "email": ADA}
        for place, (owner, state) in enumerate(
            [(owner_of_user(ada.id), "waiting"), (owner_of_user(ada.id), "offered"), ("s:another", "waiting")], start=1
        )
    ]
    await database["waiting"].insert_many(rows)
    confirm = await _granted(database, ada, "email_change", {"email": NEW, "seen": digest(ada.password)})
    assert await AccountChanges(driver, database).change_email(confirm, _letter)
    after = await database["waiting"].find().sort("place", 1).to_list(None)
    assert [row["email"] for row in after] == [NEW, ADA, ADA]


async def test_a_session_ends_when_it_is_not_used_and_when_it_is_old(driver: Driver, database: Database, ada):
    """The sooner of the two; using it moves the first alone."""
    sessions = Sessions(driver, database)
    await sessions.begin(ada, "f", "one", HERE, Lasting(30, 14))
    (first,) = await sessions.of_user(ada.id)
    assert (first.expires_at - first.created_at).days == 14
    twenty_days: list = [
        {"$set": {"created_at": {"$dateSubtract": {"startDate": "$$NOW", "unit": "day", "amount": 20}}}}
    ]
    await database["sessions"].update_one({}, twenty_days)
    used = await sessions.rotate("f", "one", "two", HERE, Lasting(30, 14))
    assert (used.expires_at - used.created_at).days == 30
