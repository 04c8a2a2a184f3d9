"""Where the figures come from. What is read is plain data: it is shown, and no rule depends on it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from models.account import AuditEvent
from models.outbox import EmailEntry, EmailQuery
from models.sales_periods import Period, TopProducts

Figures = Mapping[str, Any]
ALL = "all"


class ProcessBook(Protocol):
    """Where processes say how they are."""

    async def beat(self, figures: Figures) -> None:
        """Say how this process is."""

    async def forget(self) -> None:
        """Take this process away: it stops."""

    async def living(self) -> Sequence[Figures]:
        """Return what each process said that was heard of within seconds."""


class ShopBook(Protocol):
    """Where the shop's own figures are read."""

    async def users(self) -> Figures:
        """Return accounts by role, their total, and how many are new today."""

    async def carts(self) -> Figures:
        """Return how many carts have something in them, and the units they hold."""

    async def orders(self) -> Figures:
        """Return the orders of the last minute."""

    async def mail(self) -> Figures:
        """Return what waits in the outbox, and what was given up."""

    async def product_names(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of products that are there."""

    async def product_departments(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the departments of products that are there and in one."""

    async def seller_names(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the names of accounts that are there."""


class ClusterBook(Protocol):
    """Where the database says how it is."""

    async def ping(self) -> Figures:
        """Return which member writes; raise where none does."""

    async def members(self) -> Figures:
        """Return the replica set's members and their state, as far as it may be read."""

    async def sizes(self) -> Figures:
        """Return the sizes of the database and its collections, in bytes."""

    async def slow(self) -> Figures:
        """Return what runs long right now, and what the database's profiler kept."""


class Sold(Protocol):
    """Sales; revenue is in minor units."""

    @property
    def orders(self) -> int:
        """How many orders."""

    @property
    def units(self) -> int:
        """How many units."""

    @property
    def revenue(self) -> int:
        """For how much."""


class SoldThen(Protocol):
    """What was sold in an hour or a day."""

    @property
    def at(self) -> datetime:
        """When it begins."""

    @property
    def figures(self) -> Sold:
        """What was sold."""


class SellerSold(Sold, Protocol):
    """What a seller sold."""

    @property
    def seller_id(self) -> str:
        """Who."""


class SalesTrends(Protocol):
    """Where sales are added up, in one currency; a seller is ``ALL`` or an id."""

    async def series(self, seller_id: str, period: Period, currency: str) -> Sequence[SoldThen]:
        """Return what was sold in each step of a period, the oldest first."""

    async def top_products(self, seller_id: str, period: Period, currency: str, limit: int, shared: int) -> TopProducts:
        """Return the products of which most was sold; ``shared`` of them for shares of the whole."""

    async def top_sellers(self, period: Period, currency: str, limit: int) -> Sequence[SellerSold]:
        """Return the sellers with the most revenue."""


class Slow(Protocol):
    """A command that took long; ``shape`` has none of its values."""

    @property
    def at(self) -> datetime:
        """When it ended."""

    @property
    def collection(self) -> str:
        """What it was about."""

    @property
    def command(self) -> str:
        """What it did."""

    @property
    def milliseconds(self) -> int:
        """How long it took."""

    @property
    def shape(self) -> str:
        """What was asked."""


class SlowLog(Protocol):
    """The slow commands of this process."""

    @property
    def counts(self) -> Mapping[tuple[str, str], int]:
        """How many there were, by collection and command."""

    @property
    def latest(self) -> Sequence[Slow]:
        """The last ones, the newest first."""


class AuditBook(Protocol):
    """Where the result of an audit is kept."""

    async def begun(self) -> None:
        """Note that one begins now."""

    async def ended(self, result: Figures) -> None:
        """Keep a result, in place of the last one."""

    async def running_since(self) -> datetime | None:
        """Return when the one that runs began; None while none does."""

    async def last(self) -> Figures | None:
        """Return the last result; None where there was none yet."""


class EmailBook(Protocol):
    """Where mails are listed and put back into the queue."""

    async def page(self, query: EmailQuery) -> Sequence[EmailEntry]:
        """Return a page of mails, newest first."""

    async def resend(self, mail_id: str, judge: Callable[[EmailEntry, bool], AuditEvent]) -> EmailEntry:
        """Put a mail back into the queue; ``judge`` gets it, and whether its link is good. NotFound, or its refusal."""


class MailServer(Protocol):
    """What mails are handed to."""

    async def ping(self) -> None:
        """Return if it lets us in; raise otherwise."""


class Books(NamedTuple):
    """All that figures are read from. Without ``mail_server`` no mail is sent."""

    processes: ProcessBook
    shop: ShopBook
    cluster: ClusterBook
    sales: SalesTrends
    mail_server: MailServer | None
