"""Finding accounts, and changing them whole."""

import asyncio
from typing import Any

import pytest
from bson import ObjectId

from models.account import Account, AuditEvent, Lasting, Visitor
from models.administration import Act, Actor, AuditQuery, UserQuery, deleted_email, judge
from models.errors import Conflict, NotFound, Refused
from mongo.audit_trail import AuditTrail
from mongo.driver import Database, Driver
from mongo.schema import ALIKE
from mongo.sessions import Sessions
from mongo.user_directory import UserDirectory, _conditions
from mongo.users import Users
from tests.mongo.shop import both_drivers, failing

PEOPLE = (
    ("ada@shop.test", "Ada Admin", "admin"),
    ("bob@shop.test", "Bob Buyer", "buyer"),
    ("sam.seller@shop.test", "Émile", "seller"),
    ("zoe@shop.test", "a.*", "buyer"),
)


@pytest.fixture
async def people(database: Database) -> dict[str, str]:
    """Add some accounts; return their ids by the beginnings of their addresses, in the order of their ages."""
    users, ids = Users(database), {}
    for email, name, role in PEOPLE:
        added: Any = {"email": email, "name": name, "role": role, "password": "hash"}
        ids[email[:3]] = str(await users.add(**added, activated=email != "zoe@shop.test"))
    return ids


async def found(driver: Driver, database: Database, **query: Any) -> list[str]:
    """Return whom a query finds, by the beginnings of their addresses."""
    page = await UserDirectory(driver, database).page(UserQuery(**query))
    return [account.email[:3] for account in page]


async def do(
    driver: Driver, database: Database, user_id: str, kind: Any, actor: str | None = None, **of: Any
) -> Account:
    """Do something to an account, by the rules."""
    act, who = Act(kind=kind, **of), Actor(actor, Visitor("10.0.0.1"))
    return await UserDirectory(driver, database).change(
        user_id, act, lambda account, others: judge(act, account, who, other_admins=others)
    )


@both_drivers
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("ada@", ["ada"]),
        ("ADA ", ["ada"]),
        ("bob", ["bob"]),
        ("emil", ["sam"]),
        ("éMILe", ["sam"]),
        ("sam.s", ["sam"]),
        ("a", ["zoe", "ada"]),
        ("a.*", ["zoe"]),
        (".*", []),
        ("^ada", []),
        ("$ne", []),
        ("uyer", []),
        ("buyer", []),
    ],
)
async def test_people_are_found_by_how_address_or_name_begin(
    driver: Driver, database: Database, people: dict[str, str], search: str, expected: list[str]
):
    """Whatever case and accents; what would be a pattern elsewhere stands for itself."""
    assert await found(driver, database, search=search) == expected


@both_drivers
async def test_people_are_found_by_id_role_and_state(driver: Driver, database: Database, people: dict[str, str]):
    """All of them together, too."""
    assert await found(driver, database) == ["zoe", "sam", "bob", "ada"]
    assert await found(driver, database, search=people["bob"]) == ["bob"]
    assert await found(driver, database, search=people["bob"], role="admin") == []
    assert await found(driver, database, role="buyer") == ["zoe", "bob"]
    assert await found(driver, database, state="waiting") == ["zoe"]
    await do(driver, database, people["bob"], "disable", reason="fraud")
    await do(driver, database, people["zoe"], "disable")
    await do(driver, database, people["sam"], "delete")
    assert await found(driver, database, state="active") == ["ada"]
    assert await found(driver, database, state="disabled") == ["zoe", "bob"]
    assert await found(driver, database, state="deleted") == ["del"]
    assert await found(driver, database, state="waiting") == []
    assert await found(driver, database, search="b", role="buyer", state="disabled") == ["bob"]


async def test_pages_show_everybody_once(driver: Driver, database: Database):
    """The newest first, with and without a search."""
    rows = [{"email": f"u{number}@shop.test", "role": "buyer", "password": "", "name": "U"} for number in range(11)]
    await database["users"].insert_many(rows)
    for search in (None, "u"):
        seen: list[str] = []
        while page := await found_ids(driver, database, search, seen):
            seen += page
        assert seen == [str(row["_id"]) for row in reversed(rows)]


async def found_ids(driver: Driver, database: Database, search: str | None, seen: list[str]) -> list[str]:
    """Return the ids of the page after those that were seen."""
    query = UserQuery(search=search, limit=3, after=seen[-1] if seen else None)
    return [account.id for account in await UserDirectory(driver, database).page(query)]


@pytest.mark.parametrize("query", [{"search": "rare"}, {"role": "admin"}, {"state": "disabled"}, {"state": "deleted"}])
@pytest.mark.parametrize("after", [None, "f" * 24])
async def test_a_search_reads_few_of_many_accounts(database: Database, query: dict[str, Any], after: str | None):
    """Those that match, or little more; with a page before it as well."""
    usual = {"role": "buyer", "password": "", "name": "Usual", "activated_at": None}
    rows: list[dict[str, Any]] = [{**usual, "email": f"usual{number}@shop.test"} for number in range(500)]
    rows.append({**usual, "email": "rare@shop.test", "role": "admin"})
    await database["users"].insert_many(rows)
    await database["users"].update_one({"role": "admin"}, [{"$set": {"disabled_at": "$$NOW"}}])
    if query.get("state") == "deleted":
        await database["users"].update_one({"role": "admin"}, [{"$set": {"deleted_at": "$$NOW"}}])
    wanted = UserQuery(**query, after=after)
    command: dict[str, Any] = {"find": "users", "filter": _conditions(wanted), "sort": {"_id": -1}, "limit": 50}
    if wanted.search:
        command["collation"] = ALIKE.document
    plan = await database.command({"explain": command, "verbosity": "executionStats"})
    stats = plan["executionStats"]
    assert stats["nReturned"] == 1
    assert stats["totalDocsExamined"] <= 2, plan["queryPlanner"]["winningPlan"]


@both_drivers
async def test_an_act_is_written_with_its_event_and_the_end_of_sessions(
    driver: Driver, database: Database, people: dict[str, str]
):
    """Those who listen for what accounts may do see that it changed."""
    sessions = Sessions(driver, database)
    bob = await Users(database).get(people["bob"])
    assert bob
    await sessions.begin(bob, "family", "token", Visitor("10.0.0.9"), Lasting(30, 14))
    account = await do(driver, database, people["bob"], "disable", people["ada"], reason="fraud")
    assert account.disabled_at
    assert await sessions.of_user(people["bob"]) == []
    (ended,) = await sessions.ended_within(60)
    assert (ended.user_id, ended.reason) == (people["bob"], "account_disabled")
    (changed,) = await Users(database).changed_within(60)
    assert (changed.user_id, changed.barred) == (people["bob"], True)
    (entry,) = await AuditTrail(database).page(AuditQuery())
    assert entry.event == AuditEvent(
        kind="disable",
        user_id=people["bob"],
        actor_id=people["ada"],
        visitor=Visitor("10.0.0.1"),
        detail={"by": "admin", "reason": "fraud"},
    )
    account = await do(driver, database, people["bob"], "enable")
    assert not account.barred
    assert (await do(driver, database, people["bob"], "change_role", role="seller")).role == "seller"
    assert (await do(driver, database, people["zoe"], "activate")).activated_at


async def test_a_refused_act_writes_nothing(driver: Driver, database: Database, people: dict[str, str]):
    """Neither does one on an account that is not there."""
    before = await database["users"].find().to_list(None)
    with pytest.raises(Conflict):
        await do(driver, database, people["ada"], "delete")
    with pytest.raises(Conflict):
        await do(driver, database, people["bob"], "enable")
    with pytest.raises(NotFound):
        await do(driver, database, str(ObjectId()), "delete")
    assert (await do(driver, database, people["bob"], "change_role", role="buyer")).role == "buyer"
    assert await database["users"].find().to_list(None) == before
    assert await database["audit_events"].count_documents({}) == 0


@both_drivers
async def test_a_deleted_account_is_nameless_at_once(driver: Driver, database: Database, people: dict[str, str]):
    """Nobody signs in with it, its address is free, and whatever else it had is gone."""
    bob = ObjectId(people["bob"])
    await database["users"].update_one({"_id": bob}, {"$set": {"phone": "0123", "addresses": [{"line1": "$x"}]}})
    await AuditTrail(database).note(AuditEvent(kind="login", user_id=people["bob"], email="bobby@shop.test"))
    account = await do(driver, database, people["bob"], "delete")
    assert (account.email, account.name, account.password) == (deleted_email(people["bob"]), "Deleted account", "")
    row: Any = await database["users"].find_one({"_id": bob})
    assert row["erasing"]["emails"] == ["bob@shop.test", "bobby@shop.test"]
    kept = {"_id", "email", "name", "role", "password", "created_at", "activated_at", "deleted_at", "changed_at"}
    assert row.keys() == {*kept, "erasing"}
    again: Any = {"email": "bob@shop.test", "name": "Bob", "role": "buyer", "password": "hash"}
    assert await Users(database).add(**again, activated=True)
    with pytest.raises(Conflict):
        await do(driver, database, people["bob"], "enable")


@both_drivers
@pytest.mark.parametrize("kind", ["change_role", "disable", "delete"])
async def test_of_two_last_admins_who_remove_each_other_one_stays(
    driver: Driver, database: Database, people: dict[str, str], kind: str
):
    """Ten times over, at the same moment; exactly one of them is refused."""
    of: Any = {"role": "buyer"} if kind == "change_role" else {}
    ada, directory = people["ada"], UserDirectory(driver, database)
    for number in range(10):
        new: Any = {"email": f"eve{number}@shop.test", "name": "Eve", "role": "admin", "password": "hash"}
        eve = str(await Users(database).add(**new, activated=True))
        answers = await asyncio.gather(
            do(driver, database, ada, kind, eve, **of),
            do(driver, database, eve, kind, ada, **of),
            return_exceptions=True,
        )
        assert [type(each) for each in answers if isinstance(each, Exception)] == [Conflict]
        (left,) = await directory.page(UserQuery(role="admin", state="active"))
        assert left.id in {ada, eve}
        ada = left.id


async def test_of_many_admins_removed_at_once_one_stays(driver: Driver, database: Database, people: dict[str, str]):
    """By operators who know nothing of each other."""
    ids = [people["ada"]]
    for number in range(5):
        new: Any = {"email": f"eve{number}@shop.test", "name": "Eve", "role": "admin", "password": "hash"}
        ids.append(str(await Users(database).add(**new, activated=True)))
    answers = await asyncio.gather(*(do(driver, database, each, "delete") for each in ids), return_exceptions=True)
    assert all(isinstance(each, Account | Refused) for each in answers), answers
    assert sum(isinstance(each, Conflict) for each in answers) == 1
    assert len(await found(driver, database, role="admin", state="active")) == 1


async def test_an_act_survives_a_conflict_and_a_lost_answer(driver: Driver, database: Database, people: dict[str, str]):
    """It is done once, and noted once."""
    conflict = {"errorCode": 112, "errorLabels": ["TransientTransactionError"]}
    async with failing(driver, "update", {"times": 1}, **conflict):
        await do(driver, database, people["bob"], "disable")
    async with failing(driver, "commitTransaction", {"times": 1}, closeConnection=True):
        await do(driver, database, people["bob"], "enable")
    events = await AuditTrail(database).page(AuditQuery())
    assert [each.event.kind for each in events] == ["enable", "disable"]
