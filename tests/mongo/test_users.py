"""Accounts on a real database."""

import asyncio

from bson import ObjectId

from mongo.driver import Database
from mongo.users import Users
from tests.mongo.shop import both_drivers

ADA = {"email": "ada@shop.test", "name": "$name", "role": "buyer", "password": "hash", "activated": True}


@both_drivers
async def test_an_account_is_found_by_its_email_and_by_its_id(database: Database):
    """With all that signing in needs; nobody else is."""
    users = Users(database)
    user_id = await users.add(**ADA)
    for found in (await users.by_email("ada@shop.test"), await users.get(user_id)):
        assert (found.id, found.email, found.name) == (user_id, ADA["email"], ADA["name"])
        assert (found.role, found.password, found.barred) == ("buyer", "hash", False)
        assert found.created_at.tzinfo
        assert found.activated_at.tzinfo
    assert await users.by_email("bob@shop.test") is None
    assert await users.get(str(ObjectId())) is None


async def test_an_email_has_one_account_however_many_register_at_once(database: Database):
    """The first one's, unchanged."""
    users = Users(database)
    added = await asyncio.gather(*(users.add(**ADA | {"password": str(each)}) for each in range(20)))
    (winner,) = [each for each in added if each]
    assert (await users.by_email("ada@shop.test")).id == winner
    assert await database["users"].count_documents({}) == 1
