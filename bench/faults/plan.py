"""Which rows there are: every promise and every fault, and what shows it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.faults import disks, on_cluster, reconnects
from bench.faults.by_tests import by_tests
from bench.faults.killing import kill_test
from bench.faults.mail_server import mail_server
from bench.faults.row import Outcome, Row
from bench.faults.stage import Stage, staged
from bench.faults.stalled import stalled

OnCluster = Callable[[Stage, int], Awaitable[Outcome]]
InFolder = Callable[[Path, int], Awaitable[Outcome]]
Alone = Callable[[int], Awaitable[Outcome]]

# Name, in words, what shows it, how often on a whole run and on a quick one.
ON_CLUSTER: tuple[tuple[str, str, OnCluster, int, int], ...] = (
    ("primary-killed", "primary killed in the middle of commits", on_cluster.primary_killed, 5, 1),
    ("primary-stopped", "primary stopped (SIGSTOP)", on_cluster.primary_stopped, 3, 1),
    ("primary-cut", "primary cut off from everybody", on_cluster.primary_cut_off, 3, 1),
    ("minority", "primary cut off together with an app host", on_cluster.minority, 3, 1),
    ("host-killed", "app host killed in the middle of checkouts", on_cluster.host_killed, 4, 1),
    ("worker-killed", "worker of an app host killed", on_cluster.worker_killed, 8, 2),
    ("clocks", "clocks of the app hosts 5 min ahead and behind", on_cluster.wrong_clocks, 200, 20),
    ("reconnect", "everybody reconnects at once", reconnects.all_at_once, 10_000, 500),
)
DISKS: tuple[tuple[str, str, InFolder, int, int], ...] = (
    ("database-disk", "database disk full", disks.database_disk_full, 3, 1),
    ("log-disk", "log disk full", disks.log_disk_full, 3, 1),
)
# On a shop of their own; how often is in pairs of turns, and in turns of each kind.
ON_A_SHOP: tuple[tuple[str, str, Alone, int, int], ...] = (
    ("stalled", "100 sockets that do not read", partial(stalled, 100), 5, 2),
    (
        "mail-checkouts",
        "checkouts while the mail server is down, 60 s slow, 451, 550",
        partial(mail_server, 15.0),
        3,
        1,
    ),
)
SYSTEM, MONGO, IVORY = "tests/system", "tests/mongo", "tests/ivorycart"
# Name, in words, tests, what held (with what the tests say they ran), how often on a whole run.
BY_TESTS: tuple[tuple[str, str, tuple[str, ...], str, int], ...] = (
    (
        "no-oversell",
        "500 buyers on 2 processes, stock 100, 20 rounds",
        (f"{SYSTEM}/test_crowd.py::test_five_hundred_buyers_and_a_hundred_pieces",),
        "100 sold, 400 refused with insufficient_stock in each round, no orphan",
        1,
    ),
    (
        "same-key",
        "50 parallel repeats of an order over 2 processes",
        (f"{SYSTEM}/test_crowd.py::test_fifty_repeats_of_one_order_on_two_processes_are_one_order",),
        "1 order, equal bodies; another body: key_reused",
        5,
    ),
    (
        "unknown-commit",
        "commits whose outcome is unknown, and other faults of commands (failCommand)",
        (f"{MONGO}/test_transaction_faults.py",),
        "{checkouts} checkouts under each fault: one order, set of movements and mail each; past the deadline: pending",
        1,
    ),
    (
        "no-missed-stock",
        "clients cut off and processes killed at random",
        (f"{SYSTEM}/test_cut_off.py",),
        "{clients} clients, {cuts} cuts, processes killed: every client equals the database, versions never go back",
        1,
    ),
    (
        "power-cuts",
        "kill -9 of the app under load",
        (f"{SYSTEM}/test_power_cuts.py",),
        "all or nothing; the repeat with the same key gives one order",
        1,
    ),
    (
        "payment",
        "killed at every step of a payment; charged without an answer",
        (f"{SYSTEM}/test_payment_saga.py", f"{IVORY}/test_settling.py"),
        "never charged without an order or a void, never twice; what nobody heard of is settled within a minute",
        1,
    ),
    (
        "webhooks",
        "webhooks repeated, shuffled, at once, stale, badly signed",
        (f"{MONGO}/test_webhooks.py", f"{IVORY}/payments", f"{SYSTEM}/test_paid_by_stripe.py"),
        "one effect, or refused",
        1,
    ),
    (
        "mail-server",
        "mail server down, slow, 451, 550",
        (
            f"{SYSTEM}/test_telling.py::test_whatever_the_mail_server_does_orders_go_on_and_mails_arrive_or_are_shown",
            f"{IVORY}/mail/test_outbox.py",
        ),
        "orders go on; 4xx tried again, 5xx dead and shown",
        1,
    ),
    (
        "mails",
        "killed at five points between an order and its mail",
        (f"{SYSTEM}/test_mails_of_the_killed.py",),
        "each {kills} times: {orders} orders mailed, {repeats} again, the same Message-ID; none of {lost} rolled back",
        1,
    ),
    (
        "alerts",
        "crossings while processes die; one alert per arming",
        (f"{MONGO}/test_alerts.py", f"{SYSTEM}/test_two_processes.py"),
        "each cart is told once per crossing, by whoever lives",
        1,
    ),
    (
        "leases",
        "two sweepers and two relays, a lease lost",
        (f"{MONGO}/test_leases.py", f"{MONGO}/test_leases_worker.py", f"{MONGO}/test_emails.py"),
        "nothing is done twice",
        1,
    ),
    (
        "expiry",
        "orders at the moment of expiry",
        (
            f"{MONGO}/test_end_of_holds.py",
            f"{SYSTEM}/test_expiry.py",
            f"{IVORY}/test_expiry.py",
            f"{MONGO}/test_ending_holds.py",
        ),
        "{checkouts} orders, {near} within 50 ms of their hold's end: {placed} placed, {expired} expired, none both",
        1,
    ),
    (
        "resume-token",
        "resume token too old (error 286; a small oplog)",
        (f"{MONGO}/test_stream.py", f"{SYSTEM}/test_resume.py", f"{SYSTEM}/test_small_oplog.py"),
        "everyone gets a snapshot, no stale badge",
        1,
    ),
    (
        "two-tabs",
        "two tabs on two processes",
        (
            f"{SYSTEM}/test_two_tabs.py",
            f"{MONGO}/test_transaction_contention.py",
            f"{SYSTEM}/test_resume.py::test_a_stale_revision_is_refused_and_changes_nothing",
        ),
        "no lost update, both equal",
        1,
    ),
    (
        "database-hangs",
        "database stands still under a single host",
        (f"{SYSTEM}/test_storage_down.py", f"{SYSTEM}/test_sign_in_while_hung.py", f"{SYSTEM}/test_readiness.py"),
        "503 in the words of the protocol, and well again afterwards",
        1,
    ),
)


class Made:
    """What rows share, made when the first of them needs it: a cluster. A context."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stage: Stage | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def stage(self, **settings: str) -> Stage:
        """Return the cluster, whole: whatever the row before left of it."""
        if self._stage is None:
            self._stage = await self._stack.enter_async_context(staged(self.folder / "cluster", **settings))
        await self._stage.whole()
        return self._stage

    def on_cluster(self, name: str, what: str, run: OnCluster, times: int) -> Row:
        """Return a row that breaks the cluster."""

        async def with_stage() -> Outcome:
            return await run(await self.stage(), times)

        return Row(name, what, with_stage)

    def kill_row(self, minutes: float) -> Row:
        """Return the long kill test, on a cluster with demo accounts and usual holds."""

        async def with_stage() -> Outcome:
            return await kill_test(await self.stage(DEMO="true", PUBLIC_URL="", HOLD_SECONDS="600"), minutes)

        return Row("kill-test", "load; primary killed every 20 s, a worker every 30 s", with_stage)


def rows(made: Made, *, quick: bool) -> list[Row]:
    """Return all rows."""
    found = [made.on_cluster(name, what, run, few if quick else many) for name, what, run, many, few in ON_CLUSTER]
    for name, what, run, many, few in DISKS:
        found.append(Row(name, what, partial(run, made.folder / name, few if quick else many)))
    for name, what, alone, many, few in ON_A_SHOP:
        found.append(Row(name, what, partial(alone, few if quick else many)))
    for name, what, tests, held, many in BY_TESTS:
        found.append(Row(name, what, partial(by_tests, tests, 1 if quick else many, held, whole=not quick)))
    return found


def rows_of(everything: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """Return the rows of these names, or all where there is none; KeyError names one that is not there."""
    by_name = {row.name: row for row in everything}
    return [by_name[name] for name in names] if names else list(everything)
