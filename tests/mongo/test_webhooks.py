"""Events of payment providers: each makes its payment due, and is noted after that."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import OperationFailure

from mongo.driver import Database
from mongo.webhooks import WebhookEvents

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def add_payment(database: Database, provider_id: str, provider: str = "stripe") -> ObjectId:
    """Store a payment that was settled long ago."""
    number = ObjectId()
    row = {"_id": number, "provider": provider, "provider_id": provider_id, "amount": 1, "state": "captured"}
    await database["payments"].insert_one({**row, "open": False, "due": LONG_AGO})
    return number


async def payment(database: Database, number: ObjectId) -> Any:
    """Read one."""
    return await database["payments"].find_one({"_id": number})


@pytest.mark.parametrize("driver", ["motor", "pymongo"], indirect=True)
async def test_an_event_makes_its_payment_due_and_no_other(database: Database):
    """Now, by the database's clock; nothing else of it changes."""
    mine, other = await add_payment(database, "pi_1"), await add_payment(database, "pi_2")
    namesake = await add_payment(database, "pi_1", provider="sandbox")
    assert await WebhookEvents(database).take("evt_1", "stripe", "pi_1")
    row = await payment(database, mine)
    assert row["open"]
    assert abs(row["due"] - datetime.now(UTC)) < timedelta(minutes=1)
    assert (row["state"], row["amount"]) == ("captured", 1)
    assert [(await payment(database, each))["open"] for each in (other, namesake)] == [False, False]


async def test_an_event_that_was_had_has_no_second_effect(database: Database):
    """The payment was looked at since, and need not be again."""
    number = await add_payment(database, "pi_1")
    book = WebhookEvents(database)
    assert await book.take("evt_1", "stripe", "pi_1")
    await database["payments"].update_one({"_id": number}, {"$set": {"open": False}})
    assert not await book.take("evt_1", "stripe", "pi_1")
    assert not (await payment(database, number))["open"]


async def test_an_event_that_comes_many_times_at_once_is_new_once(database: Database):
    """To several processes, say."""
    number = await add_payment(database, "pi_1")
    taken = await asyncio.gather(*(WebhookEvents(database).take("evt_1", "stripe", "pi_1") for _ in range(20)))
    assert sum(taken) == 1
    assert (await payment(database, number))["open"]


@pytest.mark.parametrize("provider_id", [None, "pi_nobodys"])
async def test_an_event_about_nothing_of_ours_is_noted(database: Database, provider_id: str | None):
    """So that its repeats are seen as such."""
    book = WebhookEvents(database)
    assert await book.take("evt_1", "stripe", provider_id)
    assert not await book.take("evt_1", "stripe", provider_id)
    assert await database["payments"].count_documents({}) == 0


async def test_an_event_is_noted_only_after_its_effect(database: Database):
    """Where the effect failed, or whoever had it died before, the repeat has it."""
    number = await add_payment(database, "pi_1")
    fault = {"configureFailPoint": "failCommand", "mode": {"times": 1}}
    data = {"failCommands": ["update"], "errorCode": 8000, "namespace": f"{database.name}.payments"}
    await database.client["admin"].command({**fault, "data": data})
    book = WebhookEvents(database)
    with pytest.raises(OperationFailure):
        await book.take("evt_1", "stripe", "pi_1")
    assert await database["webhook_events"].count_documents({}) == 0
    await database.client["admin"].command({**fault, "data": {**data, "namespace": f"{database.name}.webhook_events"}})
    with pytest.raises(OperationFailure):
        await book.take("evt_1", "stripe", "pi_1")
    assert (await payment(database, number))["open"]
    assert await book.take("evt_1", "stripe", "pi_1")


async def test_events_are_forgotten_after_a_month(database: Database):
    """Long after the last repeat."""
    indexes = await database["webhook_events"].index_information()
    assert indexes["at_1"]["expireAfterSeconds"] == 30 * 86_400
