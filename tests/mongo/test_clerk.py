"""The clerk on a real database: killed between any two steps, nothing is lost and nothing is written twice."""

import pytest
from bson import ObjectId

from ivorycart.accounts.clerk import SETTLES, Clerk
from models.account import AccountRequest
from models.letter import Letter
from mongo.account_requests import AccountRequests
from mongo.accounts import AccountChanges
from mongo.driver import Database, Driver
from mongo.emails import Emails
from mongo.users import Users
from tests.mongo.shop import both_drivers
from tests.patience import PATIENCE

ADA = "ada@shop.test"


class Died(Exception):
    """The process was killed here."""


class Mortal:
    """Stands before a part and dies before or after one of its calls."""

    def __init__(self, part, call, after):
        self._part, self._call, self._after, self.alive = part, call, after, True

    def __getattr__(self, name):
        """Return the part's method, which may be the last."""
        method = getattr(self._part, name)
        if name != self._call or not self.alive:
            return method

        async def once(*given, **named):
            self.alive = False
            if self._after:
                await method(*given, **named)
            raise Died

        return once


@pytest.fixture
async def ada(database: Database):
    """Add an account that waits for its activation."""
    return await Users(database).add(email=ADA, name="Ada", role="buyer", password="hash", activated=False)


def _clerk(database: Database, ripens: float = 0) -> Clerk:
    return Clerk(requests=AccountRequests(database), accounts=Users(database), outbox=Emails(database), ripens=ripens)


def _request(kind, email=ADA, **data):
    return AccountRequest(str(ObjectId()), kind, email, data)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", ["waiting", "grant", "add", "done"])
async def test_a_clerk_that_dies_anywhere_leaves_nothing_undone(database: Database, ada, call, after):
    """The next one finishes: one token, one mail, no request."""
    requests, outbox = AccountRequests(database), Emails(database)
    await requests.add(_request("reset"))
    mortal = Clerk(
        requests=Mortal(requests, call, after) if call != "add" else requests,
        accounts=Users(database),
        outbox=Mortal(outbox, call, after) if call == "add" else outbox,
        ripens=0,
    )
    with pytest.raises(Died):
        await mortal.step()
    await _clerk(database).step()
    assert await database["account_requests"].count_documents({}) == 0
    assert await database["account_tokens"].count_documents({"user_id": ObjectId(ada)}) == 1
    assert await database["emails"].count_documents({"to": ADA, "kind": "reset_password"}) == 1


async def test_a_request_is_left_alone_while_it_is_answered(database: Database, ada):
    """What is to do for a known address must not be done beside its answer, which would be later for it."""
    await AccountRequests(database).add(_request("reset"))
    assert not await _clerk(database, ripens=PATIENCE).step()
    assert await database["emails"].count_documents({}) == 0
    assert not await _clerk(database).step()
    assert await database["emails"].count_documents({}) == 1
    assert await database["account_requests"].count_documents({}) == 0


@pytest.mark.parametrize("kind", ["activation", "reset", "registration"])
async def test_nobody_is_written_to_who_has_no_account(database: Database, kind):
    """Nor is there a token."""
    await AccountRequests(database).add(_request(kind, "no@shop.test", user_id="a" * 24, name="N", password="h"))
    await _clerk(database).step()
    assert await database["emails"].count_documents({}) == await database["account_tokens"].count_documents({}) == 0


async def test_a_registration_is_not_given_up_before_its_account_is_there(database: Database):
    """Both are written at the same time, and the request may be seen first; what comes after it does not wait."""
    requests, clerk = AccountRequests(database), _clerk(database)
    user_id = str(ObjectId())
    await requests.add(_request("registration", user_id=user_id, name="Ada", password="h"))
    await requests.add(_request("reset", "bob@shop.test"))
    assert not await clerk.step()
    assert await database["account_requests"].distinct("kind") == ["registration"]
    account = {"email": ADA, "name": "Ada", "role": "buyer", "password": "", "activated": False, "user_id": user_id}
    await Users(database).add(**account)
    await clerk.step()
    assert await database["emails"].count_documents({"to": ADA, "kind": "activate"}) == 1
    assert await database["account_requests"].count_documents({}) == 0


async def test_a_registration_whose_account_never_came_is_given_up(database: Database):
    """Its process died in between, or the account was taken away."""
    await AccountRequests(database).add(_request("registration", user_id="a" * 24, name="N", password="h"))
    past = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": SETTLES + 1}}
    await database["account_requests"].update_one({}, [{"$set": {"asked_at": past}}])
    await _clerk(database).step()
    assert await database["account_requests"].count_documents({}) == 0


async def test_requests_that_wait_for_their_account_stop_no_others(database: Database, ada, monkeypatch):
    """However many they are: the rest is looked at, too."""
    monkeypatch.setattr("ivorycart.accounts.clerk.BATCH", 2)
    requests, clerk = AccountRequests(database), _clerk(database)
    for number in range(5):
        await requests.add(_request("registration", f"{number}@shop.test", user_id="a" * 24, name="N", password="h"))
    await requests.add(_request("reset"))
    steps = 0
    while await clerk.step():
        steps += 1
        assert steps < 10
    assert await database["account_requests"].count_documents({}) == 5
    assert await database["emails"].count_documents({"to": ADA}) == 1


@pytest.mark.parametrize("field", ["disabled_at", "deleted_at"])
async def test_a_barred_account_gets_no_links(database: Database, ada, field):
    """It could do nothing with them."""
    await database["users"].update_one({}, [{"$set": {field: "$$NOW"}}])
    for kind in ("activation", "reset"):
        await AccountRequests(database).add(_request(kind))
    await _clerk(database).step()
    assert await database["account_tokens"].count_documents({}) == 0


@both_drivers
async def test_a_token_is_used_once_however_many_try_at_once(driver: Driver, database: Database):
    """And not after its time; a reset ends what was granted before it."""
    users, requests, changes = Users(database), AccountRequests(database), AccountChanges(driver, database)
    user_id = await users.add(email=ADA, name="Ada", role="buyer", password="hash", activated=True)
    first, second, late = (_request("reset") for _ in range(3))
    for request, seconds in ((first, 600), (second, 600), (late, -1)):
        await requests.grant(request, "reset", user_id, seconds, {})
    assert await changes.reset_password(late.id, "late", _letter) is None
    assert await changes.activate(first.id) is None
    assert (await changes.reset_password(first.id, "new", _letter)).password == "new"
    assert await changes.reset_password(first.id, "again", _letter) is None
    assert await changes.reset_password(second.id, "older link", _letter) is None
    assert (await users.get(user_id)).password == "new"


def _letter(account):
    return Letter(f"password_changed:{ObjectId()}", "password_changed", account.email, {"name": account.name})
