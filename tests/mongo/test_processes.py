"""What processes say of themselves: seen by all, gone when they are, by the database's clock."""

from typing import Any

from mongo.driver import Database
from mongo.processes import Processes
from tests.mongo.shop import both_drivers

pytestmark = both_drivers


async def ids(book: Processes) -> list[str]:
    """Return who is alive."""
    return [each["id"] for each in await book.living()]


async def silence(database: Database, process_id: str, seconds: int) -> None:
    """Let a process not have been heard of for so long."""
    then: Any = {"$dateSubtract": {"startDate": "$$NOW", "unit": "second", "amount": seconds}}
    await database["processes"].update_one({"_id": process_id}, [{"$set": {"at": then}}])


async def test_each_process_sees_what_all_say(database: Database) -> None:
    """Word for word, whatever is in it; the last word counts, the beginning stays."""
    one, two = Processes(database, "p1"), Processes(database, "p2")
    await one.beat({"sockets": 1, "refusals": {"a.b": 1, "$c": "$$NOW"}})
    await two.beat({"sockets": 2})
    [first, second] = await two.living()
    assert (first["id"], first["sockets"], first["refusals"]) == ("p1", 1, {"a.b": 1, "$c": "$$NOW"})
    assert (second["id"], second["sockets"]) == ("p2", 2)
    assert 0 <= first["silent_ms"] < 10_000
    await one.beat({"sockets": 5})
    [again, _] = await one.living()
    assert (again["sockets"], again["started_at"]) == (5, first["started_at"])


async def test_a_process_that_is_silent_for_ten_seconds_is_gone(database: Database) -> None:
    """Should it have been slow only, its next word brings it back."""
    one, two = Processes(database, "p1"), Processes(database, "p2")
    await one.beat({})
    await two.beat({})
    await silence(database, "p1", 9)
    assert await ids(two) == ["p1", "p2"]
    await silence(database, "p1", 11)
    assert await ids(two) == ["p2"]
    await one.beat({})
    assert await ids(two) == ["p1", "p2"]


async def test_a_process_that_stops_takes_itself_away(database: Database) -> None:
    """Nobody else."""
    one, two = Processes(database, "p1"), Processes(database, "p2")
    await one.beat({})
    await two.beat({})
    await one.forget()
    assert await ids(one) == ["p2"]


async def test_what_is_left_of_dead_ones_is_cleared_away(database: Database) -> None:
    """By the database itself."""
    indexes: Any = await database["processes"].index_information()
    assert indexes["at_1"]["expireAfterSeconds"] == 60
