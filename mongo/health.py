"""Whether the database can serve."""

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
