"""Reading the audit trail: page by page, newest first, however much of it there is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from models.account import AuditEvent, Visitor
from models.administration import AuditQuery
from mongo.audit_trail import AuditTrail, _before, _conditions, event_document
from mongo.driver import Database
from tests.mongo.shop import both_drivers

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ADA, BOB = str(ObjectId()), str(ObjectId())


async def fill(database: Database, count: int = 12) -> None:
    """Note events of two people, three at each moment."""
    rows = []
    for number in range(count):
        kind, user_id = ("login", "disable")[number % 2], (ADA, BOB)[number % 3 == 0]
        event = AuditEvent(kind=kind, ok=number % 4 != 0, user_id=user_id, detail={"number": number})
        rows.append({**event_document(event), "at": NOON + timedelta(seconds=number // 3)})
    await database["audit_events"].insert_many(rows)


async def numbers(database: Database, **query: Any) -> list[int]:
    """Return which events a query finds."""
    return [each.event.detail["number"] for each in await AuditTrail(database).page(AuditQuery(**query))]


@both_drivers
async def test_an_event_is_read_as_it_was_noted(database: Database):
    """With and without an actor and a visitor."""
    trail = AuditTrail(database)
    visitor = Visitor("10.0.0.1", "a phone")
    events = [
        AuditEvent(kind="register", email="ada@shop.test", visitor=Visitor("::1")),
        AuditEvent(
            kind="disable", ok=False, user_id=ADA, actor_id=BOB, visitor=visitor, detail={"refused": "conflict"}
        ),
        AuditEvent(kind="delete", user_id=ADA),
    ]
    for event in events:
        await trail.note(event)
    assert {each.event.kind: each.event for each in await trail.page(AuditQuery())} == {e.kind: e for e in events}


@both_drivers
async def test_events_are_found_by_what_they_are(database: Database):
    """All conditions hold together; both moments are within."""
    await fill(database)
    assert await numbers(database, limit=3) == [11, 10, 9]
    assert await numbers(database, user_id=BOB) == [9, 6, 3, 0]
    assert await numbers(database, user_id=BOB, kind="login") == [6, 0]
    assert await numbers(database, ok=False) == [8, 4, 0]
    assert await numbers(database, since=NOON + timedelta(seconds=2), until=NOON + timedelta(seconds=2)) == [8, 7, 6]
    assert await numbers(database, user_id=BOB, until=NOON + timedelta(seconds=1)) == [3, 0]
    assert await numbers(database, after="f" * 24) == []


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_show_each_event_once(database: Database, limit: int):
    """Also where several happened in the same millisecond."""
    await fill(database)
    seen: list[int] = []
    after = None
    while page := await AuditTrail(database).page(AuditQuery(limit=limit, after=after)):
        seen += [each.event.detail["number"] for each in page]
        after = page[-1].id
    assert seen == list(range(11, -1, -1))


@pytest.mark.parametrize("query", [{}, {"user_id": ADA}, {"kind": "login"}, {"user_id": ADA, "kind": "login"}])
async def test_a_page_reads_little_more_than_it_shows(database: Database, query: dict[str, Any]):
    """From the middle of the trail as well as from its end."""
    await fill(database, 300)
    last: Any = (await database["audit_events"].find().sort("at", 1).skip(150).limit(1).to_list(None))[0]
    for conditions in (_conditions(AuditQuery(**query)), _conditions(AuditQuery(**query)) + _before(last)):
        wanted = {"$and": conditions} if conditions else {}
        command = {"find": "audit_events", "filter": wanted, "sort": {"at": -1, "_id": -1}, "limit": 10}
        plan = await database.command({"explain": command, "verbosity": "executionStats"})
        assert plan["executionStats"]["nReturned"] == 10
        assert plan["executionStats"]["totalDocsExamined"] <= 14, plan["queryPlanner"]["winningPlan"]
