"""The outbox as an admin sees it: paged without gaps, and sent again where that makes sense."""

from datetime import timedelta
from typing import Any

import pytest
from bson import ObjectId

from models.account import AuditEvent
from models.administration import Actor
from models.errors import Conflict, NotFound
from models.letter import Letter
from models.outbox import EmailEntry, EmailQuery, judge_resend, resent
from mongo.driver import Database, Driver
from mongo.email_directory import EmailDirectory
from mongo.emails import Emails
from tests.mongo.shop import both_drivers

pytestmark = both_drivers
ADMIN = Actor("a" * 24)


def judge(entry: EmailEntry, link_is_good: bool) -> AuditEvent:  # noqa: FBT001 - the port's signature
    """Judge as the shop does."""
    judge_resend(entry, link_is_good=link_is_good)
    return resent(entry, ADMIN)


async def write(database: Database, *keys: str, to: str = "ada@shop.test", **fields: Any) -> None:
    """Queue mails, all with one date."""
    for key in keys:
        await Emails(database).add(Letter(key, "low_stock", to, {"secret": "token"}))
    at = {"$dateTrunc": {"date": "$$NOW", "unit": "day"}}
    change: Any = [{"$set": {"created_at": at}}, {"$set": fields}] if fields else [{"$set": {"created_at": at}}]
    await database["emails"].update_many({"_id": {"$in": list(keys)}}, change)


async def test_pages_follow_each_other_without_gap_or_repeat(driver: Driver, database: Database) -> None:
    """Though all were written at the same moment; the newest first."""
    keys = [f"low_stock:{number:03}" for number in range(25)]
    await write(database, *keys)
    later: Any = {"$dateAdd": {"startDate": "$created_at", "unit": "minute", "amount": 1}}
    await database["emails"].update_one({"_id": keys[3]}, [{"$set": {"created_at": later}}])
    book, seen, after = EmailDirectory(driver, database), [], None
    while page := await book.page(EmailQuery(limit=10, after=after)):
        seen += [each.id for each in page]
        after = seen[-1]
    assert seen == [keys[3], *(key for key in reversed(keys) if key != keys[3])]
    assert await book.page(EmailQuery(after="nothing")) == []


async def test_filters_narrow_the_list_together(driver: Driver, database: Database) -> None:
    """By state, address and kind; what a mail says is not read."""
    await write(database, "a", "b")
    await write(database, "c", state="dead", error="550 no")
    await write(database, "d", to="bob@shop.test", state="dead")
    book = EmailDirectory(driver, database)

    async def ids(**query: Any) -> list[str]:
        return [each.id for each in await book.page(EmailQuery(**query))]

    assert await ids(state="dead") == ["d", "c"]
    assert await ids(state="dead", to="ada@shop.test") == ["c"]
    assert await ids(to="ada@shop.test") == ["c", "b", "a"]
    assert await ids(kind="order_placed") == []
    [dead] = await book.page(EmailQuery(state="dead", to="ada@shop.test", kind="low_stock"))
    assert (dead.error, dead.tries) == ("550 no", 0)
    assert "token" not in repr(dead)


@pytest.mark.parametrize("query", [{}, {"state": "dead"}])
async def test_lists_come_from_an_index_in_their_order(driver: Driver, database: Database, query: Any) -> None:
    """The first page of a million mails costs as much as that of fifty."""
    await write(database, *(f"m{number}" for number in range(20)))
    found = database["emails"].find(query).sort([("created_at", -1), ("_id", -1)]).limit(5)
    plan = str((await found.explain())["queryPlanner"]["winningPlan"])
    assert "IXSCAN" in plan
    assert "COLLSCAN" not in plan
    assert "SORT" not in plan


async def test_a_mail_that_was_given_up_is_sent_again(driver: Driver, database: Database) -> None:
    """As if it had never been tried; who did it stands in the audit trail."""
    await write(database, "a")
    [mail] = await Emails(database).claim(1)
    await Emails(database).dead(mail, "550 no")
    again = await EmailDirectory(driver, database).resend("a", judge)
    assert (again.state, again.tries, again.error, again.sent_at) == ("pending", 0, None, None)
    assert [each.key for each in await Emails(database).claim(1)] == ["a"]
    event: Any = await database["audit_events"].find_one({"kind": "resend_email"})
    assert (event["ok"], event["actor_id"], event["email"]) == (True, ObjectId("a" * 24), None)
    assert event["detail"] == {"mail": "a", "kind": "low_stock", "before": "dead"}


async def test_a_mail_on_its_way_is_left_alone(driver: Driver, database: Database) -> None:
    """It would go out twice; and one that is not there is not found."""
    await write(database, "a")
    book = EmailDirectory(driver, database)
    with pytest.raises(Conflict, match="on its way"):
        await book.resend("a", judge)
    with pytest.raises(NotFound):
        await book.resend("b", judge)
    assert await database["audit_events"].count_documents({}) == 0


@pytest.mark.parametrize("link", ["good", "outdated", "used"])
async def test_a_mail_with_a_link_goes_out_again_only_while_the_link_is_good(
    driver: Driver, database: Database, link: str
) -> None:
    """A used or outdated link would only annoy."""
    request_id = ObjectId()
    data = {"request_id": str(request_id), "purpose": "reset"}
    await Emails(database).add(Letter("r", "reset_password", "ada@shop.test", data))
    hello: Any = await database.command("hello", codec_options=database.codec_options)
    now = hello["localTime"]
    token = {"purpose": "reset", "user_id": ObjectId(), "used_at": now if link == "used" else None}
    expires_at = now + timedelta(minutes=-5 if link == "outdated" else 5)
    await database["account_tokens"].insert_one({"_id": request_id, **token, "expires_at": expires_at})
    await database["emails"].update_one({"_id": "r"}, {"$set": {"state": "sent"}})
    book = EmailDirectory(driver, database)
    if link == "good":
        assert (await book.resend("r", judge)).state == "pending"
    else:
        with pytest.raises(Conflict, match="link"):
            await book.resend("r", judge)
    # one that was never granted, or is cleared away, is no better
    await database["account_tokens"].delete_many({})
    await database["emails"].update_one({"_id": "r"}, {"$set": {"state": "sent"}})
    with pytest.raises(Conflict, match="link"):
        await book.resend("r", judge)
