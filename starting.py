"""What every way of starting has in common: the settings as the rooms want them, demo data, and failures in a line."""

import sys

from ivorycart.accounts.passwords import Passwords
from ivorycart.seeding import Seeder
from ivorycart.settings import Settings, SettingsError
from ivorycart.supervision import NoWorkerStarted
from models.policy import Policy
from mongo.driver import DRIVER_ERRORS
from mongo.embedded import EmbeddedMongoError
from mongo.images import Images
from mongo.opening import Place, Store, UnusableDatabase, in_short
from mongo.products import Products
from mongo.schema import SchemaTooNew
from mongo.users import Users

EXPECTED: tuple[type[Exception], ...] = (
    *(SettingsError, EmbeddedMongoError, UnusableDatabase, SchemaTooNew, NoWorkerStarted),
    *DRIVER_ERRORS,
)


def place_of(settings: Settings) -> Place:
    """Return where the store is."""
    return Place(
        uri=settings.mongodb_uri,
        name=settings.mongodb_database,
        driver=settings.mongo_driver,
        data_dir=settings.data_dir,
        mongod=settings.mongod,
    )


def policy_of(settings: Settings) -> Policy:
    """Return the shop's limits."""
    return Policy.of_seconds(hold=settings.hold_seconds, max_units=settings.max_units_per_cart)


def seeder(settings: Settings, store: Store, passwords: Passwords) -> Seeder:
    """Return what fills a shop with the demo data."""
    database = store.database
    return Seeder(
        Users(database),
        Products(store.driver, database),
        Images(database),
        passwords,
        threshold=settings.low_stock_threshold,
        currency=settings.currency,
    )


async def seed(settings: Settings, store: Store) -> None:
    """Fill a shop with the demo data, as far as it is missing."""
    passwords = Passwords(cost=settings.bcrypt_cost)
    try:
        await seeder(settings, store, passwords).seed()
    finally:
        passwords.close()


async def announce(address: str) -> None:
    """Say where the shop is open, to the person who started it."""
    print(f"IvoryCart is open: {address}", flush=True)  # noqa: T201 - for the person who started it


def reason_of(error: Exception) -> str:
    """Return in a line why nothing came of it."""
    return f"the database (MONGODB_URI): {in_short(error)}" if isinstance(error, DRIVER_ERRORS) else str(error)


def complain(error: Exception) -> int:
    """Tell the person who started it why nothing came of it; return the exit status."""
    print(f"ivorycart: {reason_of(error)}", file=sys.stderr)  # noqa: T201 - for the person who started it
    return 1
