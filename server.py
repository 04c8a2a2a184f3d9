"""The composition root: the only place that sees everything and wires it.

    python server.py            serve, with settings from the environment or .env
    python server.py --help     the settings, with their defaults
    python -m ivorycart …       the same shop for operators: audit, seed, restock

Reading order for newcomers: this file, models/stock.py, ivorycart/ledger.py, mongo/transaction.py.
"""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvloop
from aiohttp import web
from bson import ObjectId
from prometheus_client import CollectorRegistry

from handlers import shapes
from handlers.app import build_app
from handlers.front_door import FrontDoor
from handlers.sockets import Outlet, Sockets
from ivorycart.accounts.passwords import Passwords
from ivorycart.accounts.service import Accounts
from ivorycart.accounts.tokens import Tokens
from ivorycart.alerts import INTERVAL as ALERT_INTERVAL
from ivorycart.alerts import Alerter
from ivorycart.board import StockBoard
from ivorycart.broadcaster import Broadcaster
from ivorycart.checkout import Checkout
from ivorycart.cli import NoShopThere, Operations, build_cli
from ivorycart.composing import MailComposer
from ivorycart.connections import Connections
from ivorycart.engine import SocketServer, origin_policy
from ivorycart.expiry import INTERVAL as EXPIRY_INTERVAL
from ivorycart.expiry import Sweeper
from ivorycart.feed import Feed
from ivorycart.gauges import Gauges
from ivorycart.ledger import Ledger
from ivorycart.ledger_metrics import LedgerMetrics
from ivorycart.logs import configure_logs
from ivorycart.mail.port import Mailer
from ivorycart.mail.smtp import SmtpMailer
from ivorycart.mail.smtp_settings import SmtpSettings
from ivorycart.outbox import INTERVAL as MAIL_INTERVAL
from ivorycart.outbox import Relay
from ivorycart.payments.port import PaymentProvider
from ivorycart.payments.sandbox import Sandbox
from ivorycart.payments.settling import Settler
from ivorycart.rate_limits import RateLimits, account_limits
from ivorycart.resuming import Resuming
from ivorycart.secrets_file import kept_secret
from ivorycart.seeding import Seeder
from ivorycart.settings import Settings, SettingsError, describe, load_settings, not_known_yet
from ivorycart.shop import Facts, Shop
from ivorycart.stopping import bounded
from ivorycart.telling import Telling
from ivorycart.workers import LeasedWorker, Workers
from models.policy import Policy
from mongo.alerts import Alerts, Notifications
from mongo.audit import audit
from mongo.carts import Carts
from mongo.driver import DRIVER_ERRORS, Database, Driver
from mongo.emails import Emails
from mongo.embedded import EmbeddedMongo, EmbeddedMongoError, running_uri
from mongo.embedded.folder import MongoFolder
from mongo.health import Pings
from mongo.images import Images
from mongo.leases import Leases
from mongo.orders import Orders, Payments
from mongo.products import Products
from mongo.schema import META, SCHEMA, SchemaTooNew, migrate
from mongo.stream import ChangeFeed
from mongo.transaction import LedgerTransactions
from mongo.users import Users

HERE = Path(__file__).parent
# Seconds. Less than a caller's deadline in the ledger: though a database hangs, the rest of the stop has to come.
STOP_PATIENCE = 8.0
STEP_PATIENCE = 3.0
SETTLE_INTERVAL = 0.5
RETRY_MS = 1000
UNREADABLE: tuple[type[Exception], ...] = (*DRIVER_ERRORS, ValueError)
EXPECTED: tuple[type[Exception], ...] = (SettingsError, EmbeddedMongoError, SchemaTooNew, *DRIVER_ERRORS)

log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Store:
    """An open, migrated database, in the name of one process."""

    driver: Driver
    database: Database
    process_id: str


@asynccontextmanager
async def open_store(settings: Settings, *, beside: bool = False, existing: bool = False) -> AsyncIterator[Store]:
    """Connect to the replica set of the settings, or start the embedded one; migrate it.

    With ``beside``, an embedded one that another process runs is used as it is. With ``existing`` nothing is made or
    migrated: raise NoShopThere where there is none.
    """
    if existing and settings.mongodb_uri is None and not MongoFolder(settings.data_dir / "mongo").db.is_dir():
        raise NoShopThere(f"there is no database in DATA_DIR ({settings.data_dir})")
    async with AsyncExitStack() as stack:
        uri = settings.mongodb_uri
        if uri is None and beside:
            uri = running_uri(settings.data_dir)
        if uri is None:
            embedded = EmbeddedMongo(data_dir=settings.data_dir, binary=settings.mongod)
            uri = await embedded.start()
            stack.push_async_callback(embedded.stop)
        driver = connect(uri, settings)
        stack.push_async_callback(driver.close)
        database = driver.client[settings.mongodb_database]
        process_id = str(ObjectId())
        if settings.mongodb_uri:
            await require_replica_set(database, settings.mongodb_uri)
        if existing and await database[META].find_one(SCHEMA) is None:
            raise NoShopThere(f"the database {settings.mongodb_database} was never migrated: no shop has run on it")
        if not existing:
            await migrate(database, process_id)
        yield Store(driver, database, process_id)


def hosts_of(uri: str) -> str:
    """Return the hosts of a MongoDB URI: what may be shown of it."""
    return uri.partition("://")[2].partition("?")[0].rpartition("@")[2].partition("/")[0]


def connect(uri: str, settings: Settings) -> Driver:
    """Make the client; raise SettingsError for a URI that is none. What the driver says of it may quote a password."""
    try:
        return Driver(uri, settings.mongo_driver)
    except UNREADABLE as error:
        raise SettingsError(
            "MONGODB_URI: cannot be read: check its hosts and options, and that user and password are percent-encoded"
        ) from error


async def require_replica_set(database: Database, uri: str) -> None:
    """Raise SettingsError where the database cannot be reached, or has neither transactions nor change streams."""
    try:
        hello = await database.command("hello")
    except DRIVER_ERRORS as error:
        raise SettingsError(f"MONGODB_URI: {hosts_of(uri)} cannot be used: {in_short(error)}") from error
    if "setName" not in hello and hello.get("msg") != "isdbgrid":
        raise SettingsError(f"MONGODB_URI: {hosts_of(uri)} is a single mongod: the shop needs a replica set")


def in_short(error: Exception) -> str:
    """Return what an error of the driver says, as the beginning of one line."""
    return " ".join(str(error).split())[:200]


def policy_of(settings: Settings) -> Policy:
    """Return the shop's limits."""
    return Policy.of_seconds(hold=settings.hold_seconds, max_units=settings.max_units_per_cart)


def mailer_of(settings: Settings) -> Mailer | None:
    """Return the mail server of the settings, if there is one."""
    if settings.smtp_url:
        return SmtpMailer(SmtpSettings.from_url(settings.smtp_url))
    if settings.email_user and settings.email_pass:
        return SmtpMailer(SmtpSettings.from_account(settings.email_user, settings.email_pass))
    return None


class Server:
    """One process of the shop, from the database up to the sockets."""

    def __init__(self, settings: Settings, store: Store, public_url: str) -> None:
        self.settings = settings
        self.store = store
        self.registry = CollectorRegistry()
        self.workers = Workers(outages=DRIVER_ERRORS)
        self.passwords = Passwords(cost=settings.bcrypt_cost)
        self.mailer = mailer_of(settings)
        self.sockets = SocketServer(allow_origin=origin_policy(settings.allowed_origins))
        outlet = Outlet(self.sockets)
        database, driver = store.database, store.driver
        self.carts = Carts(driver, database)
        self.emails = Emails(database)
        board, connections = StockBoard(), Connections()
        self.telling = Telling(connections, outlet, shapes.WireShapes(board), Notifications(database), self.carts)
        self.broadcaster = Broadcaster(board, connections, outlet, self.carts, shapes.frame)
        self.feed = Feed(ChangeFeed(driver, database, store.process_id), board, self.broadcaster, self.telling)
        self.ledger = Ledger(
            LedgerTransactions(driver, database, store.process_id),
            policy_of(settings),
            metrics=LedgerMetrics(self.registry),
            on_commit=self.telling.committed,
        )
        self.registry.register(Gauges(connections, self.workers, self.ledger, self.feed))
        self.providers: Mapping[str, PaymentProvider] = {"sandbox": Sandbox(patience=settings.sandbox_patience)}
        self.composer = MailComposer(self.emails, settings.mail_from, public_url)
        self.shop = self._shop(board, connections)
        self.doors = Sockets(self.sockets, self.shop, outlet)

    def _shop(self, board: StockBoard, connections: Connections) -> Shop:
        settings, database, driver = self.settings, self.store.database, self.store.driver
        tokens = Tokens(settings.jwt_secret or kept_secret(settings.data_dir), seconds=settings.token_seconds)
        limits = RateLimits(
            account_limits(logins=settings.logins_per_minute, registrations=settings.registrations_per_minute)
        )
        return Shop(
            facts=Facts(
                demo=settings.demo,
                currency=settings.currency,
                hold_seconds=settings.hold_seconds,
                low_stock_threshold=settings.low_stock_threshold,
                guest_checkout=settings.guest_checkout,
            ),
            ledger=self.ledger,
            checkout=Checkout(self.ledger, self.providers, lambda: str(ObjectId())),
            accounts=Accounts(Users(database), self.emails, self.passwords, tokens, limits),
            tokens=tokens,
            carts=self.carts,
            products=Products(driver, database),
            orders=Orders(database),
            images=Images(database),
            notifications=Notifications(database),
            board=board,
            broadcaster=self.broadcaster,
            resuming=Resuming(board, shapes.frame, self.telling.shapes.product),
            connections=connections,
            telling=self.telling,
            workers=self.workers,
            health=Pings(database),
            storage_errors=DRIVER_ERRORS,
        )

    def app(self) -> web.Application:
        """Return the web application with the socket server attached."""
        app = build_app(self.shop, self.registry, static_dir=HERE / "static", packages_dir=HERE / "node_modules")
        self.sockets.attach(app)
        return app

    async def start(self) -> None:
        """Seed if asked to, fill the board, start the background work."""
        if self.settings.demo:
            await seeder(self.settings, self.store, self.passwords).seed()
        await self.feed.open()
        await self.telling.open()
        self.ledger_run = asyncio.create_task(self.ledger.run(), name="ledger")
        self.workers.start("feed", self.feed.run, has_rhythm=True)
        self.workers.start("broadcaster", self.broadcaster.run)
        self.workers.start("telling", self.telling.run)
        for worker in self._leased():
            self.workers.start(worker.name, worker.run, has_rhythm=True)

    def _leased(self) -> list[LeasedWorker]:
        database, driver = self.store.database, self.store.driver
        leases = Leases(database, self.store.process_id)
        sweeper = Sweeper(self.carts, self.ledger)
        settler = Settler(Payments(driver, database), self.providers)
        relay = Relay(self.emails, self.mailer, self.composer)
        alerter = Alerter(Alerts(database))
        return [
            LeasedWorker(name="expiry", leases=leases, step=sweeper.step, interval=EXPIRY_INTERVAL),
            LeasedWorker(name="settling", leases=leases, step=settler.step, interval=SETTLE_INTERVAL),
            LeasedWorker(name="alerts", leases=leases, step=alerter.step, interval=ALERT_INTERVAL),
            LeasedWorker(name="mail", leases=leases, step=relay.step, interval=MAIL_INTERVAL),
        ]

    async def stop(self) -> bool:
        """Tell the sockets, finish what was accepted, end the background work; return whether all was finished.

        Every step is tried, and bounded: a database that hangs must not keep the sockets open.
        """
        self.doors.stopping = True
        await bounded("goodbye", self.sockets.emit("goodbye", {"retry_ms": RETRY_MS}), STEP_PATIENCE)
        self.ledger.close()
        finished = await bounded("ledger", self.ledger_run, STOP_PATIENCE)
        await bounded("sockets", self.sockets.shutdown("server stopping", STEP_PATIENCE), 2 * STEP_PATIENCE)
        await bounded("workers", self.workers.stop(), STEP_PATIENCE)
        if self.mailer:
            await bounded("mailer", self.mailer.close(), STEP_PATIENCE)
        self.passwords.close()
        return finished


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


def listen(settings: Settings) -> socket.socket:
    """Open the listening socket; raise SettingsError where that address cannot be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise SettingsError(f"PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener


async def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status: 1 where accepted work could not be finished."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    listener = listen(settings)
    address = f"http://{settings.host}:{listener.getsockname()[1]}"
    async with open_store(settings) as store:
        server = Server(settings, store, settings.public_url or address)
        await server.start()
        runner = FrontDoor(server.app(), access_log=None, handle_signals=False, shutdown_timeout=STEP_PATIENCE)
        await runner.setup()
        await web.SockSite(runner, listener, backlog=4096).start()
        gc.freeze()  # what lives as long as the process need not be looked at again and again
        where = hosts_of(settings.mongodb_uri) if settings.mongodb_uri else "embedded"
        log.info("server.ready", url=address, database=where)
        print(f"IvoryCart is open: {address}", flush=True)  # noqa: T201 - for the person who started it
        await stopping.wait()
        log.info("server.stopping")
        finished = await server.stop()
        await bounded("web server", runner.cleanup(), 2 * STEP_PATIENCE)
    if not finished:
        log.error("server.unfinished", message="accepted work was not finished: callers were told to ask again")
    return 0 if finished else 1


@asynccontextmanager
async def open_operations(settings: Settings, *, existing: bool = False) -> AsyncIterator[Operations]:
    """Open the shop for an operator's command, beside a running server or without one."""
    async with open_store(settings, beside=True, existing=existing) as store:
        ledger = Ledger(
            LedgerTransactions(store.driver, store.database, store.process_id),
            policy_of(settings),
            metrics=LedgerMetrics(CollectorRegistry()),
        )
        run = asyncio.create_task(ledger.run(), name="ledger")
        passwords = Passwords(cost=settings.bcrypt_cost)
        try:
            yield Operations(
                ledger=ledger,
                products=Products(store.driver, store.database),
                seeder=seeder(settings, store, passwords),
                audit=lambda: audit(store.driver, store.database),
            )
        finally:
            ledger.close()
            await run
            passwords.close()


def operate() -> int:
    """Run an operator's command; return the exit status."""
    try:
        settings = load_settings(operating=True)
        configure_logs("warning", as_json=settings.log_json)
        build_cli(lambda *, existing=False: open_operations(settings, existing=existing))()
    except EXPECTED as error:
        return complain(error)
    return 0


def complain(error: Exception) -> int:
    """Say in a line for the person who started it why nothing came of it; return the exit status."""
    reason = f"the database (MONGODB_URI): {in_short(error)}" if isinstance(error, DRIVER_ERRORS) else str(error)
    print(f"ivorycart: {reason}", file=sys.stderr)  # noqa: T201 - for the person who started it
    return 1


def main(arguments: list[str] | None = None) -> int:
    """Run the server; return the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if given:
        print(__doc__, *(f"{n:22}{d!r:28}{m}" for n, d, m in describe()), sep="\n")  # noqa: T201 - the help
        return 0 if given == ["--help"] else 2
    try:
        settings = load_settings()
        configure_logs(settings.log_level, as_json=settings.log_json)
        if names := not_known_yet():
            log.warning("settings.not_known_yet", names=names, message="this version does not know them: no effect")
        return uvloop.run(serve(settings))
    except EXPECTED as error:
        return complain(error)


if __name__ == "__main__":
    sys.exit(main())
