"""Opening the store: a replica set that is given, or the embedded one; migrated and ready for one process.

Every message of the errors here is one line for the person who started the process, without the password in the URI.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bson import ObjectId

from mongo.driver import DRIVER_ERRORS, Database, Driver, DriverName
from mongo.embedded import EmbeddedMongo, EmbeddedMongoError, running_uri
from mongo.embedded.folder import MongoFolder
from mongo.schema import META, SCHEMA, migrate

RESTORING = "restoring"  # in `META` while a restore has not ended
_UNREADABLE: tuple[type[Exception], ...] = (*DRIVER_ERRORS, ValueError)

# For requests of which one takes as long as it takes: to make an index, say.
PATIENT: dict[str, Any] = {
    "socketTimeoutMS": 3_600_000,
    "serverSelectionTimeoutMS": 30_000,
    "appname": "ivorycart-backup",
}

# Whose embedded database may be used: one's own, which is started; another process's; or whichever there is.
Embedded = Literal["own", "running", "running or own"]


class UnusableDatabase(Exception):  # noqa: N818 - it says what is the matter
    """The database of the settings cannot be read, reached, or lacks what the shop needs."""


class NothingStored(Exception):  # noqa: N818 - it says what is the matter
    """There is no database, or one on which no shop has ever run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the store is. Without ``uri`` it is embedded: in ``data_dir``, run by ``mongod``."""

    uri: str | None
    name: str
    driver: DriverName
    data_dir: Path
    mongod: Path | None = None

    @property
    def hosts(self) -> str:
        """What may be shown of it."""
        return hosts_of(self.uri) if self.uri else "embedded"


@dataclass(frozen=True, slots=True)
class Store:
    """An open, migrated database, in the name of one process."""

    driver: Driver
    database: Database
    process_id: str


@asynccontextmanager
async def open_store(place: Place, *, embedded: Embedded = "own", existing: bool = False) -> AsyncIterator[Store]:
    """Connect to the store, starting its database where it is embedded and ours; migrate it.

    With ``existing`` nothing is made or migrated: raise NothingStored where there is none.
    """
    if existing and place.uri is None and not MongoFolder(place.data_dir / "mongo").db.is_dir():
        raise NothingStored(f"there is no database in DATA_DIR ({place.data_dir})")
    async with running_database(place, embedded=embedded) as uri, connected(place, uri, existing=existing) as store:
        yield store


@asynccontextmanager
async def running_database(place: Place, *, embedded: Embedded = "own") -> AsyncIterator[str]:
    """Return the URI of the database; an embedded one of our own is started, and stopped at the end."""
    uri = place.uri
    if uri is None and embedded != "own":
        uri = running_uri(place.data_dir)
    if uri is not None:
        yield uri
        return
    if embedded == "running":
        raise EmbeddedMongoError(f"no embedded MongoDB runs in DATA_DIR ({place.data_dir})")
    mongo = EmbeddedMongo(data_dir=place.data_dir, binary=place.mongod)
    uri = await mongo.start()
    try:
        yield uri
    finally:
        await mongo.stop()


@asynccontextmanager
async def connected(place: Place, uri: str, *, existing: bool = False) -> AsyncIterator[Store]:
    """Connect to a database that runs, and migrate it; see `open_store` for ``existing``."""
    driver = connect(uri, place.driver)
    try:
        database = driver.client[place.name]
        process_id = str(ObjectId())
        if place.uri:
            await require_replica_set(database, place.uri)
        if await database[META].find_one({"_id": RESTORING}) is not None:
            raise UnusableDatabase(
                f"the database {place.name} is half restored: let that end, or restore again with --replace"
            )
        if existing and await database[META].find_one(SCHEMA) is None:
            raise NothingStored(f"the database {place.name} was never migrated: no shop has run on it")
        if not existing:
            await migrate(database, process_id)
        yield Store(driver, database, process_id)
    finally:
        await driver.close()


@asynccontextmanager
async def open_raw(place: Place, *, existing: bool) -> AsyncIterator[Store]:
    """Connect to the database as it is, for whoever copies it whole or makes it anew; requests may take minutes.

    With ``existing`` raise NothingStored where an embedded one was never made.
    """
    if existing and place.uri is None and not MongoFolder(place.data_dir / "mongo").db.is_dir():
        raise NothingStored(f"there is no database in DATA_DIR ({place.data_dir})")
    async with running_database(place, embedded="running or own") as uri:
        driver = connect(uri, place.driver, **PATIENT)
        try:
            database = driver.client[place.name]
            if place.uri:
                await require_replica_set(database, place.uri)
            yield Store(driver, database, str(ObjectId()))
        finally:
            await driver.close()


def connect(uri: str, name: DriverName, **options: Any) -> Driver:
    """Make the client, with options beside the usual ones; raise UnusableDatabase for a URI that is none.

    What the driver says of it may quote a password: it is not repeated.
    """
    try:
        return Driver(uri, name, **options)
    except _UNREADABLE as error:
        raise UnusableDatabase(
            "MONGODB_URI: cannot be read: check its hosts and options, and that user and password are percent-encoded"
        ) from error


async def require_replica_set(database: Database, uri: str) -> None:
    """Raise UnusableDatabase where it cannot be reached, or has neither transactions nor change streams."""
    try:
        hello = await database.command("hello")
    except DRIVER_ERRORS as error:
        raise UnusableDatabase(f"MONGODB_URI: {hosts_of(uri)} cannot be used: {in_short(error)}") from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise UnusableDatabase(f"MONGODB_URI: {hosts_of(uri)} is a single mongod: the shop needs a replica set")


def hosts_of(uri: str) -> str:
    """Return the hosts of a MongoDB URI: what may be shown of it."""
    return uri.partition("://")[2].partition("?")[0].rpartition("@")[2].partition("/")[0]


def in_short(error: Exception) -> str:
    """Return what an error of the driver says, as the beginning of one line."""
    return " ".join(str(error).split())[:200]
