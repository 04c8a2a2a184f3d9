"""Shapes of the overview. Each part is itself, or says for itself why it cannot be had now."""

from typing import Annotated, Literal

from pydantic import Field

from handlers.payloads.dashboard import CategorySold
from handlers.payloads.fields import Answer, Email, OneLine, Request, Time
from models.outbox import EmailState
from models.sales_periods import Period

MailId = Annotated[str, Field(min_length=1, max_length=300, description="the mail's key")]


class DashboardQuery(Request):
    """Over which period sales are shown: 24 hours or 7 days by the hour, 30 or 90 days by the day."""

    period: Period = "24h"


class Unread(Answer):
    """A part that cannot be had now, and why."""

    ok: Literal[False]
    reason: str


class Part(Answer):
    """A part that was read."""

    ok: Literal[True]


class UsersPart(Part):
    """Accounts that were not deleted; today begins at midnight UTC."""

    by_role: dict[str, int]
    total: int
    new_today: int


class SocketsPart(Part):
    """Open sockets of all processes, on whatever machine."""

    open: int


class CartsPart(Part):
    """Carts with something in them, and the units that they hold."""

    filled: int
    units_held: int


class OrdersPart(Part):
    """Orders of the last minute."""

    per_minute: int


class SalesPoint(Answer):
    """What was sold in one hour or day; revenue in minor units."""

    at: Time
    orders: int
    units: int
    revenue: int


class SalesPart(Part):
    """Orders that stand (not pending, cancelled or refunded) in the shop's currency, in all and step by step."""

    currency: str
    orders: int
    units: int
    revenue: int
    series: list[SalesPoint]


class TopProduct(Answer):
    """What sold most; one that is gone has no name."""

    id: str
    name: str | None
    units: int
    revenue: int


class TopProductsPart(Part):
    """Ten products, by units, in the whole days (UTC) that the period touches, from ``since`` on.

    ``by_category`` is all that was sold in them, by department: most revenue first, the rest last.
    """

    currency: str
    since: Time
    items: list[TopProduct]
    by_category: list[CategorySold]


class TopSeller(Answer):
    """Who sold most; one whose account is gone has no name."""

    id: str
    name: str | None
    orders: int
    units: int
    revenue: int


class TopSellersPart(Part):
    """Ten sellers, by revenue."""

    currency: str
    items: list[TopSeller]


class RefusalsPart(Part):
    """What was refused since each process began: sockets and packets by reason, requests and events by their code."""

    sockets: dict[str, int]
    answers: dict[str, int]


class MailPart(Part):
    """The outbox: what waits, of that what is due and what failed before; given up; set aside. Up to 100,000 each."""

    pending: int
    due: int
    retried: int
    dead: int
    unsent: int
    oldest_pending_seconds: float | None


class StreamPart(Part):
    """How far the process that is farthest behind lies behind the database; null where none was heard of."""

    lag_seconds: float | None


class ProcessFigures(Answer):
    """One process, as it said itself some seconds ago; ``number`` is its own among several of one port."""

    id: str
    host: str
    pid: int
    number: int | None
    started_at: Time
    seconds_since_beat: float
    sockets: int
    rss_bytes: int
    cpu_percent: Annotated[float, Field(description="percent of one core")]
    loop_lag_seconds: float
    stream_lag_seconds: float
    ledger_waiting: int


class ProcessesPart(Part):
    """All processes that were heard of within ten seconds, the oldest first."""

    items: list[ProcessFigures]


class Member(Answer):
    """A member of the replica set; what the shop's user may not ask is null."""

    host: str
    state: str
    healthy: bool | None
    uptime_seconds: float | None
    lag_seconds: float | None


class ReplicaSetPart(Part):
    """The replica set; ``note`` says what of it may not be read."""

    name: str | None
    members: list[Member]
    note: str | None


class SlowCount(Answer):
    """How often commands upon a collection took longer than 100 ms since each process began."""

    collection: str
    command: str
    count: int


class SlowOperation(Answer):
    """An operation that takes, or took, long; in ``shape`` a question mark stands for each value."""

    collection: str
    command: str
    milliseconds: int
    shape: str


class SlowCommand(SlowOperation):
    """One that is over."""

    at: Time


class PlannedOperation(SlowOperation):
    """One that the database tells of, with its plan."""

    plan: str | None


class ProfiledOperation(PlannedOperation):
    """One that the profiler kept."""

    at: Time


class SlowPart(Part):
    """Slow commands as the processes saw them; what runs long now; what the database's profiler kept.

    That is something where somebody has switched it on, and null where it may not be read.
    """

    total: int
    counts: list[SlowCount]
    latest: list[SlowCommand]
    running: list[PlannedOperation]
    running_note: str | None
    profiled: list[ProfiledOperation] | None


class CollectionSizes(Answer):
    """One collection, in bytes: its documents, its file, its indexes."""

    name: str
    documents: int
    data_bytes: int
    storage_bytes: int
    index_bytes: int


class StoragePart(Part):
    """The database, not older than half a minute."""

    documents: int
    data_bytes: int
    storage_bytes: int
    index_bytes: int
    collections: list[CollectionSizes]


class _Moving(Answer):
    """What moves by the second; ``period`` is that of sales."""

    at: Time
    period: Period
    sockets: SocketsPart | Unread
    carts: CartsPart | Unread
    orders: OrdersPart | Unread
    mail: MailPart | Unread
    refusals: RefusalsPart | Unread
    stream: StreamPart | Unread
    processes: ProcessesPart | Unread


class AdminMetrics(_Moving):
    """What moves, in the same parts as in the dashboard of the last 24 hours; of the others those that changed."""

    users: UsersPart | Unread | None = None
    sales: SalesPart | Unread | None = None
    top_products: TopProductsPart | Unread | None = None
    top_sellers: TopSellersPart | Unread | None = None
    replica_set: ReplicaSetPart | Unread | None = None
    slow: SlowPart | Unread | None = None
    storage: StoragePart | Unread | None = None


class AdminDashboard(_Moving):
    """How the whole shop is doing."""

    users: UsersPart | Unread
    sales: SalesPart | Unread
    top_products: TopProductsPart | Unread
    top_sellers: TopSellersPart | Unread
    replica_set: ReplicaSetPart | Unread
    slow: SlowPart | Unread
    storage: StoragePart | Unread


class LatelySample(Answer):
    """How all processes together were at a moment of the last hour."""

    at: Time
    sockets: int
    refused: int
    lag_seconds: float | None
    cpu_percent: float
    rss_bytes: int


class AdminWatchAnswer(Answer):
    """The dashboard, and the last hour, oldest first, as far as this process remembers it.

    From now on ``admin:metrics`` tells what moves.
    """

    dashboard: AdminDashboard
    lately: list[LatelySample]


class WorkerHealth(Answer):
    """Background work of a process; one without a rhythm has no beat."""

    name: str
    ok: bool
    failures: int
    last_error: str | None
    seconds_since_beat: float | None


class ProcessHealth(Answer):
    """One process and its workers."""

    id: str
    host: str
    pid: int
    number: int | None
    started_at: Time
    seconds_since_beat: float
    stream_lag_seconds: float
    ok: bool
    workers: list[WorkerHealth]


class ProcessesHealth(Answer):
    """All processes that were heard of; well where each of them is."""

    ok: bool
    items: list[ProcessHealth]


class StreamHealth(Answer):
    """The change stream; well where no process is ten seconds behind."""

    ok: bool
    lag_seconds: float | None


class DatabaseHealth(Part):
    """The database, and which member writes."""

    primary: str | None


class MailServerHealth(Part):
    """The mail server lets us in, or none is set."""

    configured: bool


class AdminHealth(Answer):
    """Whether everything is at work."""

    at: Time
    ok: bool
    processes: ProcessesHealth | Unread
    database: DatabaseHealth | Unread
    stream: StreamHealth | Unread
    mail_server: MailServerHealth | Unread


class AuditFinding(Answer):
    """One contradiction: the document, and what is wrong with it."""

    document: str
    message: str


class AuditCheck(Answer):
    """One check: what it proves, how many documents it looked at, and what it found; the first hundred are listed."""

    check: str
    proves: str
    examined: dict[str, int]
    total: int
    unlisted: int
    findings: list[AuditFinding]


class AuditOutcome(Answer):
    """An audit that has ended; one with an ``error`` proves nothing. ``at`` is when its snapshot was taken."""

    ok: bool
    at: Time | None
    finished_at: Time
    seconds: float
    total: int
    checks: list[AuditCheck]
    error: str | None


class AuditState(Answer):
    """Whether an audit runs, and what the last one found."""

    running: bool
    running_since: Time | None
    last: AuditOutcome | None


class EmailListQuery(Request):
    """Which mails to list."""

    state: EmailState | None = None
    to: Email | None = None
    kind: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    after: Annotated[OneLine, Field(min_length=1, max_length=300)] | None = None


class AdminEmail(Answer):
    """A mail of the outbox, and what became of it; never what it says."""

    id: MailId
    kind: str
    to: str
    state: EmailState
    tries: int
    error: str | None
    created_at: Time
    due: Time | None
    sent_at: Time | None


class AdminEmailList(Answer):
    """A page of mails, newest first."""

    items: list[AdminEmail]
    next: MailId | None
