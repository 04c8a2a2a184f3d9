"""The composition root: the only place that sees everything and wires it.

    python server.py                serve, with settings from the environment or .env
    python server.py --workers 2    the same with so many processes, whatever WORKERS says
    python server.py --help         the settings, with their defaults
    python -m ivorycart …           the same shop for operators: audit, seed, restock, adjust, load, users,
                                    products, backup

Reading order for newcomers: this file, models/stock.py, ivorycart/ledger/ledger.py, mongo/transaction.py.
"""

import asyncio
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import uvloop
from aiohttp import web
from bson import ObjectId
from prometheus_client import CollectorRegistry, ProcessCollector

from handlers import order_list_shapes, shapes
from handlers.app import build_app
from handlers.edge import Edge
from handlers.errors import STATUS
from handlers.front_door import FrontDoor
from handlers.http_operations import Process
from handlers.import_shapes import import_shape
from handlers.seller_shapes import SellerShapes
from handlers.sockets import Outlet, Sockets
from ivorycart import open_files
from ivorycart.accounts.administration import Administration
from ivorycart.accounts.clerk import INTERVAL as CLERK_INTERVAL
from ivorycart.accounts.clerk import RIPENS, Clerk
from ivorycart.accounts.creating import Creating
from ivorycart.accounts.erasing import GRACE, Eraser
from ivorycart.accounts.erasing import INTERVAL as ERASE_INTERVAL
from ivorycart.accounts.mail_tokens import MailTokens
from ivorycart.accounts.passwords import Passwords, password_hashes
from ivorycart.accounts.presence import Presence
from ivorycart.accounts.profiles import Profiles, Resealed
from ivorycart.accounts.recovering import Recovering
from ivorycart.accounts.registering import Registering
from ivorycart.accounts.service import Accounts
from ivorycart.accounts.sessions import LoginSessions
from ivorycart.accounts.signing_in import SigningIn
from ivorycart.accounts.standing import MARGIN, Identity, Standing
from ivorycart.accounts.tokens import Tokens
from ivorycart.alert_email import AlertEmail
from ivorycart.alerts import INTERVAL as ALERT_INTERVAL
from ivorycart.alerts import Alerter
from ivorycart.backup_cli import BackupAccess
from ivorycart.bringing import Bringing
from ivorycart.checking_out import CheckingOut
from ivorycart.checkout import Checkout
from ivorycart.cli import NoShopThere, Operations, build_cli
from ivorycart.collecting import collect_seldom, take_turns
from ivorycart.command_metrics import CommandMetrics
from ivorycart.connections import Connections
from ivorycart.delivering import Delivering
from ivorycart.demo.catalogue import PRODUCTS
from ivorycart.demo.past import DAYS, sales
from ivorycart.demo.trading import Ago, Trading
from ivorycart.engine import SocketServer
from ivorycart.expiry import INTERVAL as EXPIRY_INTERVAL
from ivorycart.expiry import Sweeper, expiry_delay
from ivorycart.figures import figures_of
from ivorycart.finding.finding import Finding
from ivorycart.finding.upkeep import Upkeep
from ivorycart.flow_gauges import FlowGauges
from ivorycart.gauges import Gauges
from ivorycart.importing.exporting import Exporting
from ivorycart.importing.news import ImportNews
from ivorycart.importing.receiving import Receiving
from ivorycart.importing.service import Importing
from ivorycart.importing.worker import INTERVAL as IMPORT_INTERVAL
from ivorycart.importing.worker import Importer
from ivorycart.inbox import Inbox
from ivorycart.informing import INTERVAL as INFORM_INTERVAL
from ivorycart.informing import Informer
from ivorycart.leaving import Leaving
from ivorycart.ledger import Ledger
from ivorycart.ledger.batch import Committed
from ivorycart.ledger.metrics import LedgerMetrics
from ivorycart.listening import BACKLOG, listen, listen_together, take_waiting, url_of
from ivorycart.logs import configure_logs
from ivorycart.mail.chosen import mailer_of
from ivorycart.mail.composing import MailComposer
from ivorycart.mail.relay import INTERVAL as MAIL_INTERVAL
from ivorycart.mail.relay import Relay
from ivorycart.muting import Muting
from ivorycart.offering import INTERVAL as OFFER_INTERVAL
from ivorycart.offering import Offerer
from ivorycart.open_carts import OpenCarts
from ivorycart.order_addresses import OpenedOrders, OrderAddresses, ResealedOrders
from ivorycart.order_desk import OrderDesk
from ivorycart.order_links import OrderLinks
from ivorycart.order_lists import OrderLists
from ivorycart.order_timelines import OrderTimelines
from ivorycart.overview import exposition
from ivorycart.overview.auditing import INTERVAL as AUDIT_INTERVAL
from ivorycart.overview.auditing import Auditing
from ivorycart.overview.audits import Audits
from ivorycart.overview.dashboard import Dashboard
from ivorycart.overview.health import Health
from ivorycart.overview.heart import Heart, Living
from ivorycart.overview.last_hour import LastHour
from ivorycart.overview.outbox import Outbox
from ivorycart.overview.overview import Overview
from ivorycart.overview.ports import Books
from ivorycart.overview.promises import Promises
from ivorycart.overview.vitals import LoopLag, Vitals
from ivorycart.overview.watching import Watching
from ivorycart.payments.agreeing import Agreement
from ivorycart.payments.chosen import Chosen, providers_of, webhooks_of
from ivorycart.payments.settling import Settler
from ivorycart.pictures import Gallery, Laboratory
from ivorycart.pictures.sweeping import INTERVAL as PICTURE_INTERVAL
from ivorycart.pictures.sweeping import PictureSweeper
from ivorycart.popularity import INTERVAL as POPULARITY_INTERVAL
from ivorycart.popularity import Popularity
from ivorycart.products_cli import ProductOperations
from ivorycart.rate_limits import RateLimits, rules_of
from ivorycart.refusals import AnsweredRefusals
from ivorycart.repricing import INTERVAL as PRICING_INTERVAL
from ivorycart.repricing import Repricer
from ivorycart.sales.dashboards import Dashboards
from ivorycart.sales.projecting import INTERVAL as SALES_INTERVAL
from ivorycart.sales.projecting import LONGEST_STEP as LONGEST_COUNT
from ivorycart.sales.projecting import Projector
from ivorycart.sales.screens import Screens
from ivorycart.secrets_file import kept_secret
from ivorycart.seeding import Seeder
from ivorycart.selling import MAX_PER_CART, Selling
from ivorycart.settings import (
    Settings,
    SettingsError,
    describe,
    load_settings,
    not_known_yet,
    policy_of,
    require_encryption_keys,
)
from ivorycart.shop import Facts, Shop
from ivorycart.stock.board import StockBoard
from ivorycart.stock.broadcaster import Broadcaster
from ivorycart.stock.feed import Feed
from ivorycart.stock.releases import Releases
from ivorycart.stock.resuming import Resuming
from ivorycart.stock_work import StockWork
from ivorycart.stopping import StopRequests, bounded
from ivorycart.supervision import ChannelClosed, Launcher, Link, NoWorkerStarted, Supervisor
from ivorycart.supervision.supervisor import STOP_PATIENCE as WORKERS_PATIENCE
from ivorycart.telling import Telling
from ivorycart.tracing import NO_TRACES, Traces, traces_of
from ivorycart.turn_taking import TurnTaking
from ivorycart.users_cli import UserOperations
from ivorycart.vault import Vault, fresh_keys, keys_of
from ivorycart.waiting import WaitingRoom
from ivorycart.warning import INTERVAL as WARN_INTERVAL
from ivorycart.warning import Warner
from ivorycart.workers import LeasedWorker, Workers
from models.account import Lasting
from models.audit import AuditResult
from models.catalogue import Listing
from models.feed import SessionEnded
from models.imports import Import
from mongo.account_requests import AccountRequests
from mongo.accounts import AccountChanges
from mongo.alerts import Alerts
from mongo.audit import audit
from mongo.audit_trail import AuditTrail
from mongo.audits import Audits as AuditResults
from mongo.backup.operations import BackupOperations, listed
from mongo.backup.pruning import prune
from mongo.carts import Carts
from mongo.catalogue import Catalogue
from mongo.checkouts import Checkouts
from mongo.cluster import Cluster
from mongo.driver import DRIVER_ERRORS
from mongo.email_directory import EmailDirectory
from mongo.emails import Emails
from mongo.embedded import EmbeddedMongoError
from mongo.ending_holds import HoldsThatEnd
from mongo.erasing import Erasing
from mongo.findables import Findables
from mongo.finding import Lists
from mongo.gallery import GalleryWrites
from mongo.health import Pings
from mongo.holds import Holds
from mongo.images import Images
from mongo.imports import Imports
from mongo.informing import DueNotices
from mongo.leases import Leases
from mongo.movements import Movements
from mongo.notifications import Notifications
from mongo.opening import (
    NothingStored,
    Place,
    Store,
    UnusableDatabase,
    connected,
    in_short,
    open_raw,
    open_store,
    running_database,
)
from mongo.order_addresses import SealedAddresses
from mongo.order_lists import OrderLists as StoredOrders
from mongo.order_traces import OrderTraces
from mongo.orders import Orders
from mongo.payment_failures import PaymentFailures
from mongo.payments import Payments
from mongo.popularity import SoldUnits
from mongo.preferences import Preferences
from mongo.processes import Processes
from mongo.products import Products
from mongo.profiles import SealedProfiles
from mongo.promise_figures import PromiseFigures
from mongo.rate_limits import RateCounts
from mongo.sales import Sales
from mongo.sales_projection import SalesProjection
from mongo.schema import SchemaTooNew
from mongo.sessions import Sessions
from mongo.shop_figures import ShopFigures
from mongo.stale_reads import StaleReads
from mongo.stream import ChangeFeed
from mongo.traced_commands import trace_commands
from mongo.transaction import LedgerTransactions
from mongo.turns import Turns
from mongo.user_directory import UserDirectory
from mongo.users import Users
from mongo.waiting import Lines
from mongo.webhooks import WebhookEvents

__all__ = ["main", "operate"]

HERE = Path(__file__).parent
# Seconds. Less than a caller's deadline in the ledger: though a database hangs, the rest of the stop has to come.
STOP_PATIENCE = 8.0
STEP_PATIENCE = 3.0
ANSWERS_PATIENCE = 2.0  # for the answers to requests that were begun
HANDOVER_SECONDS = 2.0  # a worker that was replaced serves on those who keep their connections, at the least
SETTLE_INTERVAL = 0.5
RETRY_MS = 1000
# Which worker the rows of a collection are for, and after how many seconds there is something to do.
WORKS_OFF = {"crossings": ("alerts", 0.0), "account_requests": ("clerk", RIPENS)}
KEYS_FILE = "encryption_keys"  # in the data folder
AS_WORKER = "--as-worker"  # how a parent starts its workers; nothing for people
log = structlog.get_logger("server")
OPENED_AGO = timedelta(days=DAYS + 1)  # the demo shop, where it has a past

EXPECTED: tuple[type[Exception], ...] = (
    *(SettingsError, EmbeddedMongoError, UnusableDatabase, SchemaTooNew, NoWorkerStarted),
    *DRIVER_ERRORS,
)


def new_id() -> str:
    """Return an id that nothing has yet: 24 hex characters."""
    return str(ObjectId())


def place_of(settings: Settings) -> Place:
    """Return where the store is."""
    return Place(
        uri=settings.mongodb_uri,
        name=settings.mongodb_database,
        driver=settings.mongo_driver,
        data_dir=settings.data_dir,
        mongod=settings.mongod,
    )


def vault_of(settings: Settings) -> Vault:
    """Return what seals personal details; SettingsError where there are no keys, or none that are in order."""
    require_encryption_keys(settings)
    keys = settings.encryption_keys or kept_secret(settings.data_dir, KEYS_FILE, fresh_keys)
    try:
        return Vault(keys_of(keys))
    except ValueError as error:  # settings were judged as they were read: this is the file
        raise SettingsError(f"{settings.data_dir / KEYS_FILE}: {error}") from None


def profiles_of(vault: Vault, store: Store) -> Profiles:
    """Return the personal details of the accounts."""
    return Profiles(book=SealedProfiles(store.database), vault=vault, new_id=new_id)


def seeder(settings: Settings, store: Store, passwords: Passwords, ago: timedelta = timedelta()) -> Seeder:
    """Return what fills a shop with the demo data, as if it was there since then."""
    database = store.database
    return Seeder(
        Users(database),
        Products(store.driver, database),
        Images(database),
        passwords,
        threshold=settings.low_stock_threshold,
        currency=settings.currency,
        ago=ago,
    )


async def seed(settings: Settings, store: Store) -> None:
    """Fill a shop with the demo data, as far as it is missing; a new one has a past, if the settings want it."""
    passwords = Passwords(cost=settings.bcrypt_cost)
    try:
        filler = seeder(settings, store, passwords, OPENED_AGO if settings.demo_sales else timedelta())
        if await filler.seed() and settings.demo_sales:
            await trade(settings, store, await filler.goods(), await filler.people())
    finally:
        passwords.close()


async def trade(settings: Settings, store: Store, goods: Mapping[str, Listing], people: Mapping[str, str]) -> None:
    """Give the demo shop a past."""
    ago = Ago()
    transactions = LedgerTransactions(store.driver, store.database, store.process_id, ago)
    ledger = Ledger(transactions, policy_of(settings), metrics=LedgerMetrics(CollectorRegistry()))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ledger.run())
        sold = await Trading(ledger, ago, goods, people, new_id).run(sales(PRODUCTS))
        ledger.close()
    log.info("demo.sales", orders=sold)


def administration(store: Store, *, ended: Callable[[SessionEnded], None] | None = None) -> Administration:
    """Return what an admin works with; ``ended`` hears of sessions that end, where this process lets people in."""
    driver, database = store.driver, store.database
    return Administration(
        directory=UserDirectory(driver, database),
        accounts=Users(database),
        sessions=Sessions(driver, database),
        trail=AuditTrail(database),
        ended=ended,
    )


async def audited(store: Store, providers: Chosen) -> AuditResult:
    """Check what always holds: in one snapshot of the database, and by the payment providers' own lists."""
    agreement = Agreement(providers.known, Payments(store.driver, store.database))
    return await agreement.added_to(await audit(store.driver, store.database))


def importing(store: Store) -> Importing:
    """Return what takes files of products in."""
    book = Imports(store.driver, store.database)
    return Importing(book=book, receiving=Receiving(book), accounts=Users(store.database))


def importer(settings: Settings, store: Store, ledger: Ledger) -> Importer:
    """Return what works on files of products."""
    return Importer(
        book=Imports(store.driver, store.database),
        ledger=ledger,
        accounts=Users(store.database),
        currency=settings.currency,
        threshold=settings.low_stock_threshold,
        max_per_cart=MAX_PER_CART,
    )


class Server:
    """One process of the shop, from the database up to the sockets."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        public_url: str,
        link: Link | None = None,
        *,
        traces: Traces = NO_TRACES,
    ) -> None:
        self.settings, self.link, self.store, self.traces, self.leaving = settings, link, store, traces, Leaving()
        self.registry = CollectorRegistry()
        self.workers = Workers(outages=DRIVER_ERRORS)
        self.passwords = Passwords(cost=settings.bcrypt_cost, hashes=password_hashes(self.registry))
        self.mailer = mailer_of(settings)
        self.edge = Edge.of(settings)
        self.sockets = SocketServer(allow_origin=self.edge.origins)
        outlet = Outlet(self.sockets)
        database, driver = store.database, store.driver
        self.carts, self.emails, self.pings = Carts(driver, database), Emails(database), Pings(database)
        board, connections = StockBoard(), Connections()
        self.clock = board.clock
        self.stale_reads = StaleReads(driver, database, lambda: board.cursor, aside=settings.read_from_secondaries)
        self.muting = Muting(Preferences(database))
        self.notifications = Notifications(driver, database, self.muting.of)
        self.vault = vault_of(settings)
        self.addresses = OrderAddresses(self.vault)
        self.orders = OpenedOrders(Orders(database), self.addresses)
        self.order_lists = OrderLists(StoredOrders(driver, database), self.addresses)
        self.delivering = Delivering(self.order_lists, connections, outlet, order_list_shapes, board.clock.now)
        self.telling = Telling(
            *(connections, outlet, shapes.WireShapes(board), self.notifications),
            opened=self.addresses.opened,
            carts=self.carts,
            muted=self.muting.of,
        )
        self.broadcaster = Broadcaster(board, connections, outlet, self.carts, shapes.frame)
        self.releases = Releases(board, self.broadcaster.mark)
        standing = Standing(settings.token_seconds + MARGIN)
        self.presence = Presence(
            *(standing, Sessions(driver, database), Users(database), connections, outlet), muting=self.muting
        )
        self.open_carts = OpenCarts(self.carts, connections, self.telling.cart)
        self.import_news = ImportNews(connections, outlet, import_shape)
        self.upkeep = Upkeep(Findables(database))
        self.finding = Finding(Lists(driver, database, self.stale_reads), self.upkeep)
        dashboards = Dashboards(Sales(driver, database), Holds(driver, database), board)
        self.screens = Screens(dashboards, connections, outlet, SellerShapes(board.clock))
        self.turn_taking = TurnTaking(Turns(database, store.process_id))
        self.ledger = Ledger(
            LedgerTransactions(driver, database, store.process_id),
            policy_of(settings),
            metrics=LedgerMetrics(self.registry, traces=traces),
            on_commit=self._committed,
            on_held_up=self.turn_taking.held_up,
        )
        self.wakes = {worker: asyncio.Event() for worker in ("alerts", "clerk", "imports")}
        self.lines = Lines(driver, database)
        self.offerer = Offerer(self.lines, self.ledger)
        self.feed = Feed(
            ChangeFeed(driver, database, store.process_id),
            board,
            self.broadcaster,
            self.telling,
            self.presence,
            on_entry=self.open_carts.mark,
            followers=(self.upkeep,),
            screens=self.screens,
            deliveries=self.delivering,
            on_level=self.offerer.hear,
            on_hold=self.releases.forget,
            on_import=self._import_moved,
            on_queued=self._queued,
            on_turn_wanted=self.ledger.leave_a_turn,
        )
        self.refusals = AnsweredRefusals(STATUS)
        self.registry.register(self.refusals)
        self.overview = self._overview(connections, outlet)
        self.commands, self.expiry_delay = CommandMetrics(self.registry), expiry_delay(self.registry)
        self._register_gauges(connections)
        self.providers = providers_of(settings)
        self.public_url = public_url
        secret = settings.jwt_secret or kept_secret(settings.data_dir)
        self.tokens, self.mail_tokens = Tokens(secret, seconds=settings.token_seconds), MailTokens(secret)
        self.order_links = OrderLinks(secret, self.orders)
        self.composer = MailComposer(self.orders, settings.mail_from, public_url, self.mail_tokens, self.order_links)
        self.shop = self._shop(board, connections)
        self.doors = Sockets(self.sockets, self.shop, outlet, self.refusals, commands=self.commands, traces=traces)

    def _register_gauges(self, connections: Connections) -> None:
        """Have told what is read from the living objects."""
        self.registry.register(Gauges(connections, self.workers, self.ledger, self.feed, self.sockets.refusals))
        self.registry.register(FlowGauges(self.sockets, self.broadcaster, self.feed))

    def _committed(self, done: Sequence[Committed]) -> None:
        """Pass on what this process has committed, and will not hear of by the feed."""
        self.telling.committed(done)
        self.releases.committed(done)

    def _import_moved(self, job: Import) -> None:
        self.import_news.note(job)
        self.wakes["imports"].set()

    def _queued(self, queue: str) -> None:
        """Wake whoever works that off, once there is something to do."""
        worker, seconds = WORKS_OFF[queue]
        later = seconds * random.uniform(1.1, 2)  # noqa: S311 - jitter: a moment that is known could be waited for
        asyncio.get_running_loop().call_later(later, self.wakes[worker].set)

    def _overview(self, connections: Connections, outlet: Outlet) -> Overview:
        """Return what admins see, and make what measures it."""
        driver, database, process_id = self.store.driver, self.store.database, self.store.process_id
        trail, loop_lag, cluster = AuditTrail(database), LoopLag(), Cluster(driver, database)
        books = Books(
            processes=Processes(database, process_id),
            shop=ShopFigures(driver, database, self.stale_reads),
            cluster=cluster,
            sales=Sales(driver, database),
            mail_server=self.mailer,
        )
        dashboard = Dashboard(books, driver.slow, self.settings.currency)
        living = Living(
            *(connections, self.workers, self.ledger, self.feed, self.sockets.refusals, self.refusals),
            slow=driver.slow,
            loop_lag=loop_lag,
            number=self.link.number if self.link else None,
        )
        self.loop_lag = loop_lag
        self.heart = Heart(living, books.processes, Vitals())
        self.promises = Promises(PromiseFigures(driver, database), cluster)
        self.shop_gauges = exposition.ShopGauges(dashboard, self.promises)
        self.registry.register(exposition.ProcessGauges(loop_lag, driver.slow))
        self.registry.register(self.shop_gauges)
        ProcessCollector(registry=self.registry)
        return Overview(
            dashboard=dashboard,
            last_hour=LastHour(dashboard),
            watching=Watching(dashboard, connections, outlet, shapes.plain),
            health=Health(books, dashboard),
            audits=Audits(
                lambda: audited(self.store, self.providers), AuditResults(database), Leases(database, process_id), trail
            ),
            outbox=Outbox(EmailDirectory(driver, database), trail),
        )

    def _shop(self, board: StockBoard, connections: Connections) -> Shop:
        settings, database, driver = self.settings, self.store.database, self.store.driver
        limits = RateLimits(
            RateCounts(database),
            rules_of(
                logins=settings.logins_per_minute,
                registrations=settings.registrations_per_minute,
                mails=settings.mails_per_hour,
                requests=settings.requests_per_minute,
            ),
        )
        room = WaitingRoom(self.ledger, self.lines, self.carts, limits)
        checkout = Checkout(
            ledger=self.ledger,
            providers=self.providers.offered,
            new_id=new_id,
            addresses=self.addresses,
            payments=Payments(driver, database),
            storage_errors=DRIVER_ERRORS,
        )
        return Shop(
            facts=Facts(
                demo=settings.demo,
                currency=settings.currency,
                hold_seconds=settings.hold_seconds,
                low_stock_threshold=settings.low_stock_threshold,
                guest_checkout=settings.guest_checkout,
                activation_required=settings.needs_activation,
                unpaid_orders=settings.stripe_api_key is None or settings.demo,
                shipping=settings.shipping,
                free_shipping_from=settings.free_shipping_from,
                stripe_publishable_key=settings.stripe_publishable_key,
                mails=self.mailer is not None,
            ),
            public_url=self.public_url,
            session_days=settings.session_days,
            ledger=self.ledger,
            checkout=checkout,
            checking_out=CheckingOut(
                book=Checkouts(database),
                carts=self.carts,
                orders=Orders(database),
                checkout=checkout,
                addresses=self.addresses,
                board=board,
                policy=self.ledger.policy,
                methods=lambda: tuple(self.providers.offered),
            ),
            order_links=self.order_links,
            accounts=self._accounts(limits),
            administration=administration(self.store, ended=self.presence.standing.ended),
            identity=Identity(self.tokens, self.presence.standing),
            carts=self.carts,
            products=Products(driver, database),
            finding=self.finding,
            selling=Selling(
                catalogue=Catalogue(driver, database),
                entries=Products(driver, database),
                accounts=Users(database),
                ledger=self.ledger,
                new_id=new_id,
                currency=settings.currency,
                threshold=settings.low_stock_threshold,
            ),
            importing=importing(self.store),
            exporting=Exporting(Products(driver, database)),
            stock_work=StockWork(
                movements=Movements(database),
                names=Movements(database),
                listings=Products(driver, database),
                board=board,
            ),
            orders=self.orders,
            desk=OrderDesk(self.ledger, self.addresses, new_id),
            order_lists=self.order_lists,
            order_timelines=OrderTimelines(self.orders, OrderTraces(database), Movements(database)),
            gallery=Gallery(Images(database), GalleryWrites(self.store.driver, database), Laboratory()),
            inbox=Inbox(self.notifications, Preferences(database), self.muting),
            board=board,
            broadcaster=self.broadcaster,
            resuming=Resuming(board, shapes.frame, self.telling.shapes.product),
            connections=connections,
            telling=self.telling,
            screens=self.screens,
            delivering=self.delivering,
            alert_email=AlertEmail(carts=self.carts, limits=limits),
            waiting=room,
            bringing=Bringing(self.lines, room),
            workers=self.workers,
            health=self.pings,
            overview=self.overview,
            limits=limits,
            webhooks=webhooks_of(settings, WebhookEvents(database)),
            storage_errors=DRIVER_ERRORS,
        )

    def _accounts(self, limits: RateLimits) -> Accounts:
        """Return the rooms of the accounts, which share books, limits and the audit trail."""
        settings, database = self.settings, self.store.database
        book, trail, requests = Users(database), AuditTrail(database), AccountRequests(database)
        changes = AccountChanges(self.store.driver, database, self.presence.standing.ended)
        required = settings.needs_activation
        sessions = LoginSessions(
            book=Sessions(self.store.driver, database),
            accounts=book,
            tokens=self.tokens,
            trail=trail,
            standing=self.presence.standing,
            lasting=Lasting(settings.session_days, settings.session_idle_days),
        )
        shared: Any = {"accounts": book, "passwords": self.passwords, "limits": limits, "trail": trail}
        by_mail: Any = {"requests": requests, "changes": changes, "mail_tokens": self.mail_tokens, "new_id": new_id}
        return Accounts(
            book=book,
            registering=Registering(**shared, **by_mail, activation_required=required),
            signing_in=SigningIn(**shared, sessions=sessions),
            sessions=sessions,
            recovering=Recovering(**shared, **by_mail),
            profiles=profiles_of(self.vault, self.store),
        )

    def app(self) -> web.Application:
        """Return the web application with the socket server attached."""
        folders = {"static_dir": HERE / "static", "packages_dir": HERE / "node_modules", "built_dir": HERE / ".web"}
        app = build_app(self.shop, self._process(), self.edge, **folders)
        self.sockets.attach(app)
        return app

    def _process(self) -> Process:
        """Return how this process speaks for itself and, where there are several, for all."""
        own: Any = {
            "refusals": self.refusals,
            "leaving": self.leaving,
            "metrics_token": self.settings.metrics_token,
            "commands": self.commands,
            "traces": self.traces,
        }
        if self.link:
            return Process(self.link.figures, self.link.number, **own)
        return Process(partial(figures_of, self.registry), **own)

    async def start(self) -> None:
        """Seed if asked to (a parent did, if there is one), fill the board, start the background work."""
        if self.settings.demo and not self.link:
            await seed(self.settings, self.store)
        await self.clock.learn(self.pings)
        await self.feed.open()
        await self.telling.open()
        self.ledger_run = asyncio.create_task(self.ledger.run(), name="ledger")
        self.workers.start("feed", self.feed.run, has_rhythm=True)
        self.workers.start("broadcaster", self.broadcaster.run)
        self.workers.start("releases", self.releases.run, has_rhythm=True)
        self.workers.start("telling", self.telling.run)
        self.workers.start("open carts", self.open_carts.run)
        self.workers.start("import news", self.import_news.run)
        self.workers.start("finding", self.upkeep.run)
        self.workers.start("turns", self.turn_taking.run)
        self.workers.start("reminding", self.telling.reminding.run)
        self.workers.start("bringing", self.shop.bringing.run)
        self.workers.start("clock", partial(self.clock.run, self.pings))
        self.workers.start("loop_lag", self.loop_lag.run)
        self.workers.start("heart", self.heart.run)
        self.workers.start("admin_metrics", self.overview.watching.run)
        self.workers.start("last_hour", self.overview.last_hour.run)
        self.workers.start("audit", self.overview.audits.run)
        self.workers.start("screens", self.screens.run)
        self.workers.start("delivering", self.delivering.run)
        for worker in self._leased():
            self.workers.start(worker.name, worker.run, has_rhythm=True)

    def _leased(self) -> list[LeasedWorker]:
        database, driver = self.store.database, self.store.driver
        leases = Leases(database, self.store.process_id)
        sweeper = Sweeper(self.carts, self.ledger, self.expiry_delay)
        repricer = Repricer(Catalogue(driver, database))
        popularity = Popularity(SoldUnits(driver, database))
        settler = Settler(Payments(driver, database), self.providers.known, PaymentFailures(database))
        relay = Relay(self.emails, self.mailer, self.composer)
        alerter = Alerter(Alerts(database))
        informer, warner = Informer(DueNotices(database)), Warner(HoldsThatEnd(database), policy_of(self.settings).hold)
        eraser = Eraser(Erasing(database, grace=GRACE), self.ledger)
        projector = Projector(SalesProjection(driver, database))
        sales: Any = {"step": projector.step, "interval": SALES_INTERVAL, "longest_step": LONGEST_COUNT}
        importer_ = importer(self.settings, self.store, self.ledger)
        clerk = Clerk(requests=AccountRequests(database), accounts=Users(database), outbox=self.emails)
        pictures, wake = PictureSweeper(Images(database)), self.wakes
        every, unasked = self.settings.audit_every_hours, []
        if every:
            step = Auditing(self.overview.audits, AuditResults(database), every).step
            unasked.append(LeasedWorker(name="auditing", leases=leases, step=step, interval=AUDIT_INTERVAL))
        return [
            *unasked,
            LeasedWorker(name="expiry", leases=leases, step=sweeper.step, interval=EXPIRY_INTERVAL),
            LeasedWorker(name="pricing", leases=leases, step=repricer.step, interval=PRICING_INTERVAL),
            LeasedWorker(name="popularity", leases=leases, step=popularity.step, interval=POPULARITY_INTERVAL),
            LeasedWorker(
                name="offers",
                leases=leases,
                step=self.offerer.step,
                interval=OFFER_INTERVAL,
                wake=self.offerer.wake,
            ),
            LeasedWorker(name="settling", leases=leases, step=settler.step, interval=SETTLE_INTERVAL),
            LeasedWorker(name="alerts", leases=leases, step=alerter.step, interval=ALERT_INTERVAL, wake=wake["alerts"]),
            LeasedWorker(name="informing", leases=leases, step=informer.step, interval=INFORM_INTERVAL),
            LeasedWorker(name="warnings", leases=leases, step=warner.step, interval=WARN_INTERVAL),
            LeasedWorker(name="clerk", leases=leases, step=clerk.step, interval=CLERK_INTERVAL, wake=wake["clerk"]),
            LeasedWorker(name="erasing", leases=leases, step=eraser.step, interval=ERASE_INTERVAL),
            LeasedWorker(name="images", leases=leases, step=pictures.step, interval=PICTURE_INTERVAL),
            LeasedWorker(name="sales", leases=leases, **sales),
            LeasedWorker(
                name="imports", leases=leases, step=importer_.step, interval=IMPORT_INTERVAL, wake=wake["imports"]
            ),
            LeasedWorker(name="mail", leases=leases, step=relay.step, interval=MAIL_INTERVAL),
            LeasedWorker(name="figures", leases=leases, step=self.shop_gauges.step, interval=exposition.INTERVAL),
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
        await bounded("overview", self.overview.close(), STEP_PATIENCE)
        await bounded("promises", self.promises.close(), STEP_PATIENCE)
        self.finding.close()
        await bounded("text index", self.upkeep.close(), STEP_PATIENCE)
        if self.mailer:
            await bounded("mailer", self.mailer.close(), STEP_PATIENCE)
        await bounded("payment providers", self.providers.close(), STEP_PATIENCE)
        self.passwords.close()
        return finished and not self.ledger.unfinished


async def serve(settings: Settings, stops: StopRequests, link: Link | None = None) -> int:
    """Serve until asked to stop; return the exit status: 1 where accepted work could not be finished.

    With ``link`` as one of several workers of a parent, which has the database and the port.
    """
    listener = link.listener() if link else listen(settings.host, settings.port)
    address = link.url if link else url_of(settings.host, listener)
    place, traces = place_of(settings), traces_of(settings, trace_commands)
    queue = listener.dup()  # what waits in it when nobody accepts any more
    async with open_store(place, embedded="running" if link else "own") as store:
        server = Server(settings, store, settings.public_url or address, link, traces=traces)
        await server.start()
        runner = FrontDoor(server.app(), access_log=None, handle_signals=False, shutdown_timeout=STEP_PATIENCE)
        await runner.setup()
        site = web.SockSite(runner, listener, backlog=BACKLOG)
        await site.start()
        collect_seldom()
        take_turns()
        files = open_files.limit()
        log.info("server.ready", url=address, database=place.hosts, files=files, leases_as=store.process_id)
        await (link.ready(server.registry) if link else announce(address))
        await stops.asked.wait()
        log.info("server.stopping")
        await leave(server, runner, site, queue, stops)
        finished = await server.stop()
        await bounded("web server", runner.cleanup(), 2 * STEP_PATIENCE)
        await bounded("traces", asyncio.to_thread(traces.close), STEP_PATIENCE)
    if not finished:
        log.error("server.unfinished", message="accepted work was not finished: callers were told to ask again")
    return 0 if finished else 1


async def leave(
    server: Server, runner: web.AppRunner, site: web.BaseSite, queue: socket.socket, stops: StopRequests
) -> None:
    """Take leave of those who send requests; sockets stay, to be told last. See `ivorycart.leaving`."""
    link, drain = server.link, server.settings.drain_seconds
    replaced = link is not None and link.replaced
    if replaced:  # another worker accepts from the same socket
        await site.stop()
        queue.close()
        drain = max(drain, HANDOVER_SECONDS)
    await server.leaving.serve_on(drain, stops.hurried)
    if not replaced:
        await site.stop()
        loop, protocol = asyncio.get_running_loop(), runner.server
        for waiting in take_waiting(queue):
            if protocol:
                await loop.connect_accepted_socket(protocol, waiting)
        if link:  # the other workers may serve on: they are to have what comes from now on
            link.withdraw()
        queue.close()
        await asyncio.sleep(0)
    if not await server.leaving.quiet(ANSWERS_PATIENCE):
        log.warning("server.leaves_requests", message="some requests take long: they are answered while all else stops")
    if runner.server:
        runner.server.pre_shutdown()  # connections that nobody uses


async def supervise(settings: Settings, stops: StopRequests, command: Sequence[str]) -> int:
    """Run several workers on one port and one database until asked to stop; return the exit status.

    ``command`` starts a worker. The database is ours: it is started before the workers, and stopped after them.
    """
    listeners = listen_together(settings.host, settings.port, settings.workers)
    url = url_of(settings.host, listeners[0])
    place = place_of(settings)
    async with running_database(place) as uri:
        async with connected(place, uri) as store:
            if settings.demo:
                await seed(settings, store)
        launcher = Launcher(command=command, url=url, settings=settings.model_dump(mode="json"))
        patience = WORKERS_PATIENCE + settings.drain_seconds
        supervisor = Supervisor(launcher, listeners, stops, stop_patience=patience)
        if not sys.stdin.isatty():  # where a terminal that closes does not mean a restart
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, supervisor.replace_all)
        finished = await supervisor.run(lambda: announce(url))
    return 0 if finished else 1


async def run(settings: Settings) -> int:
    """Serve with as many processes as the settings want; return the exit status."""
    stops = StopRequests()
    stops.heed_signals()
    if settings.workers == 1:
        return await serve(settings, stops)
    return await supervise(settings, stops, (sys.executable, str(HERE / "server.py"), AS_WORKER))


async def work(descriptor: int) -> int:
    """Serve as a worker of the parent at the other end of that descriptor; return the exit status."""
    stops = StopRequests()
    stops.heed_signals()
    try:
        async with Link.open(descriptor, on_parent_gone=stops.hurry) as link:
            settings = link.settings
            configure_logs(settings.log_level, as_json=settings.log_json, process=link.number)
            try:
                return await serve(settings, stops, link)
            except EXPECTED as error:
                await link.failed(reason_of(error))
    except ChannelClosed:  # the parent has gone before this worker knew what to do
        log.info("server.orphaned")
    return 1


@asynccontextmanager
async def open_operations(settings: Settings, *, existing: bool = False) -> AsyncIterator[Operations]:
    """Open the shop for an operator's command, beside a running server or without one.

    With ``existing`` raise NoShopThere where there is none, instead of making it.
    """
    try:
        async with (
            open_store(place_of(settings), embedded="running or own", existing=existing) as store,
            _operations(settings, store) as operations,
        ):
            yield operations
    except NothingStored as error:
        raise NoShopThere(str(error)) from error


@asynccontextmanager
async def open_backups(settings: Settings, *, existing: bool) -> AsyncIterator[BackupOperations]:
    """Open the database as it is, to be copied or made anew."""
    async with open_raw(place_of(settings), existing=existing) as store:
        yield BackupOperations(store.driver, store.database)


@asynccontextmanager
async def _operations(settings: Settings, store: Store) -> AsyncIterator[Operations]:
    ledger = Ledger(
        LedgerTransactions(store.driver, store.database, store.process_id),
        policy_of(settings),
        metrics=LedgerMetrics(CollectorRegistry()),
    )
    run = asyncio.create_task(ledger.run(), name="ledger")
    passwords = Passwords(cost=settings.bcrypt_cost)

    async def reseal() -> tuple[Resealed, ResealedOrders]:
        vault = vault_of(settings)  # only this command asks for ENCRYPTION_KEYS
        orders = OrderAddresses(vault)
        return await profiles_of(vault, store).reseal(), await orders.reseal(SealedAddresses(store.database))

    async def audit_all() -> AuditResult:
        chosen = providers_of(settings)
        try:
            return await audited(store, chosen)
        finally:
            await chosen.close()

    try:
        yield Operations(
            ledger=ledger,
            products=Products(store.driver, store.database),
            seeder=seeder(settings, store, passwords),
            audit=audit_all,
            catalogue=ProductOperations(
                accounts=Users(store.database),
                importing=importing(store),
                importer=importer(settings, store, ledger),
                exporting=Exporting(Products(store.driver, store.database)),
            ),
            users=UserOperations(
                reseal=reseal,
                accounts=Users(store.database),
                administration=administration(store),
                creating=Creating(
                    accounts=Users(store.database),
                    requests=AccountRequests(store.database),
                    passwords=passwords,
                    trail=AuditTrail(store.database),
                    new_id=new_id,
                ),
            ),
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
        backups = BackupAccess(
            lambda *, existing: open_backups(settings, existing=existing), listed, prune, unusable=(NothingStored,)
        )
        build_cli(lambda *, existing=False: open_operations(settings, existing=existing), backups)()
    except EXPECTED as error:
        return complain(error)
    return 0


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


def main(arguments: list[str] | None = None) -> int:
    """Run the server; return the exit status."""
    match sys.argv[1:] if arguments is None else arguments:
        case []:
            given = None
        case ["--workers", number]:
            given = number
        case [option] if option.startswith("--workers="):
            given = option.partition("=")[2]
        case [option, descriptor] if option == AS_WORKER:
            return uvloop.run(work(int(descriptor)))
        case other:
            print(__doc__, *(f"{n:22}{d!r:28}{m}" for n, d, m in describe()), sep="\n")  # noqa: T201 - the help
            return 0 if other == ["--help"] else 2
    try:
        settings = load_settings(workers=given)
        configure_logs(settings.log_level, as_json=settings.log_json)
        if names := not_known_yet():
            log.warning("settings.not_known_yet", names=names, message="this version does not know them: no effect")
        open_files.warn_if_few(open_files.allow())  # before any child is started: the database, workers
        return uvloop.run(run(settings))
    except EXPECTED as error:
        return complain(error)


if __name__ == "__main__":
    sys.exit(main())
