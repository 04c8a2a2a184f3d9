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
from ivorycart.cli import Operations, build_cli
from ivorycart.composing import MailComposer
from ivorycart.connections import Connections
from ivorycart.engine import SocketServer, origin_policy
from ivorycart.expiry import INTERVAL as EXPIRY_INTERVAL
from ivorycart.expiry import Sweeper
from ivorycart.feed import Feed
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
from ivorycart.rate_limits import RateLimits
from ivorycart.secrets_file import kept_secret
from ivorycart.seeding import Seeder
from ivorycart.settings import Settings, SettingsError, describe, load_settings
from ivorycart.shop import Facts, Shop
from ivorycart.telling import Telling
from ivorycart.workers import LeasedWorker, Workers
from models.policy import Policy
from mongo.alerts import Alerts, Notifications
from mongo.audit import audit
from mongo.carts import Carts
from mongo.driver import DRIVER_ERRORS, Database, Driver
from mongo.emails import Emails
from mongo.embedded import EmbeddedMongo, EmbeddedMongoError, running_uri
from mongo.health import Pings
from mongo.images import Images
from mongo.leases import Leases
from mongo.orders import Orders, Payments
from mongo.products import Products
from mongo.schema import SchemaTooNew, migrate
from mongo.stream import ChangeFeed
from mongo.transaction import LedgerTransactions
from mongo.users import Users

HERE = Path(__file__).parent
STOP_PATIENCE = 10.0
SETTLE_INTERVAL = 0.5
RETRY_MS = 1000

log = structlog.get_logger("server")


@dataclass(frozen=True, slots=True)
class Store:
    """An open, migrated database, in the name of one process."""

    driver: Driver
    database: Database
    process_id: str


@asynccontextmanager
async def open_store(settings: Settings, *, beside: bool = False) -> AsyncIterator[Store]:
    """Connect to the replica set of the settings, or start the embedded one; migrate it.

    With ``beside``, an embedded one that another process runs is used as it is.
    """
    async with AsyncExitStack() as stack:
        uri = settings.mongodb_uri
        if uri is None and beside:
            uri = running_uri(settings.data_dir)
        if uri is None:
            embedded = EmbeddedMongo(data_dir=settings.data_dir, binary=settings.mongod)
            uri = await embedded.start()
            stack.push_async_callback(embedded.stop)
        driver = Driver(uri, settings.mongo_driver)
        stack.push_async_callback(driver.close)
        database = driver.client[settings.mongodb_database]
        process_id = str(ObjectId())
        await migrate(database, process_id)
        yield Store(driver, database, process_id)


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
        self.workers = Workers()
        self.passwords = Passwords(cost=settings.bcrypt_cost)
        self.mailer = mailer_of(settings)
        self.sockets = SocketServer(allow_origin=origin_policy(settings.allowed_origins))
        outlet = Outlet(self.sockets)
        database, driver = store.database, store.driver
        self.carts = Carts(driver, database)
        self.emails = Emails(database)
        board, connections = StockBoard(), Connections()
        self.telling = Telling(connections, outlet, shapes.WireShapes(board), Notifications(database))
        self.broadcaster = Broadcaster(board, connections, outlet, self.carts, shapes.frame)
        self.feed = Feed(ChangeFeed(driver, database, store.process_id), board, self.broadcaster, self.telling)
        self.ledger = Ledger(
            LedgerTransactions(driver, database, store.process_id),
            policy_of(settings),
            metrics=LedgerMetrics(self.registry),
            on_commit=self.telling.committed,
        )
        self.providers: Mapping[str, PaymentProvider] = {"sandbox": Sandbox(patience=settings.sandbox_patience)}
        self.composer = MailComposer(self.emails, settings.mail_from, public_url)
        self.shop = self._shop(board, connections)
        Sockets(self.sockets, self.shop, outlet)

    def _shop(self, board: StockBoard, connections: Connections) -> Shop:
        settings, database, driver = self.settings, self.store.database, self.store.driver
        tokens = Tokens(settings.jwt_secret or kept_secret(settings.data_dir), seconds=settings.token_seconds)
        limits = RateLimits({"login": f"{settings.logins_per_minute}/minute", "register": "60/minute"})
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
            await seeder(self.store, self.passwords).seed()
        await self.feed.open()
        await self.telling.open()
        self.ledger_run = asyncio.create_task(self.ledger.run(), name="ledger")
        self.workers.start("feed", self.feed.run, has_rhythm=True)
        self.workers.start("broadcaster", lambda _: self.broadcaster.run())
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

    async def stop(self) -> None:
        """Tell the sockets, finish what was accepted, end the background work."""
        await self.sockets.emit("goodbye", {"retry_ms": RETRY_MS})
        self.ledger.close()
        async with asyncio.timeout(STOP_PATIENCE):
            await self.ledger_run
        await self.sockets.shutdown("server stopping")
        await self.workers.stop()
        if self.mailer:
            await self.mailer.close()
        self.passwords.close()


def seeder(store: Store, passwords: Passwords) -> Seeder:
    """Return what fills a shop with the demo data."""
    database = store.database
    return Seeder(Users(database), Products(store.driver, database), Images(database), passwords)


def listen(settings: Settings) -> socket.socket:
    """Open the listening socket; raise SettingsError where that address cannot be had."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        raise SettingsError(f"PORT: cannot listen on {settings.host}:{settings.port}: {error.strerror}") from error
    return listener


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    listener = listen(settings)
    address = f"http://{settings.host}:{listener.getsockname()[1]}"
    async with open_store(settings) as store:
        server = Server(settings, store, settings.public_url or address)
        await server.start()
        runner = FrontDoor(server.app(), access_log=None, handle_signals=False, shutdown_timeout=STOP_PATIENCE)
        await runner.setup()
        await web.SockSite(runner, listener, backlog=4096).start()
        gc.freeze()  # what lives as long as the process need not be looked at again and again
        log.info("server.ready", url=address, database=settings.mongodb_uri is not None or "embedded")
        print(f"IvoryCart is open: {address}", flush=True)  # noqa: T201 - for the person who started it
        await stopping.wait()
        log.info("server.stopping")
        await server.stop()
        await runner.cleanup()


@asynccontextmanager
async def open_operations(settings: Settings) -> AsyncIterator[Operations]:
    """Open the shop for an operator's command, beside a running server or without one."""
    async with open_store(settings, beside=True) as store:
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
                seeder=seeder(store, passwords),
                audit=lambda: audit(store.driver, store.database),
            )
        finally:
            ledger.close()
            await run
            passwords.close()


def operate() -> int:
    """Run an operator's command; return the exit status."""
    try:
        settings = load_settings()
        configure_logs("warning", as_json=settings.log_json)
        build_cli(lambda: open_operations(settings))()
    except (SettingsError, EmbeddedMongoError, SchemaTooNew) as error:
        print(f"ivorycart: {error}", file=sys.stderr)  # noqa: T201 - for the person who started it
        return 1
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the server; return the exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    if given:
        print(__doc__, *(f"{n:22}{d!r:28}{m}" for n, d, m in describe()), sep="\n")  # noqa: T201 - the help
        return 0 if given == ["--help"] else 2
    try:
        settings = load_settings()
        configure_logs(settings.log_level, as_json=settings.log_json)
        uvloop.run(serve(settings))
    except (SettingsError, EmbeddedMongoError, SchemaTooNew) as error:
        print(f"ivorycart: {error}", file=sys.stderr)  # noqa: T201 - for the person who started it
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
