"""Whether the database can serve, and what time it is there."""

from datetime import datetime

from mongo.driver import Database


class Pings:
    """Asks the primary."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ping(self) -> None:
        """Return if a writable primary answers; raise the driver's error otherwise."""
        hello = await self._database.command("hello")
        if not hello.get("isWritablePrimary"):
            raise ConnectionError("there is no writable primary")

    async def now(self) -> datetime:
        """Return the database's time."""
        row = await self._database["meta"].find_one({"_id": "schema"}, {"now": "$$NOW"})
        if row is None:
            raise LookupError("the database was not migrated")
        now: datetime = row["now"]
        return now
