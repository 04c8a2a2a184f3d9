"""What is asked for, and what each process does of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_RATE = 15.0  # acts per second of one socket; the protocol allows 20 events
CLIENTS_PER_PROCESS = 5000
OFTEN = 0.1  # seconds between two cuts


class BadOptions(ValueError):  # noqa: N818 - it says what is wrong
    """Options that do not go together; the message is one line for whoever gave them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """A storm. Shares are parts of all clients (0 to 1), times are seconds; 0 processes: one per 5,000 clients.

    ``signed_in`` is a share of those that watch.
    """

    url: str
    clients: int = 500
    processes: int = 0
    connects_per_second: float = 500.0
    duration: float = 20.0
    carts: float = 0.05
    orders: float = 0.02
    signed_in: float = 0.0
    rate: float = 1.0
    hot: bool = False
    stalled: int = 0
    reconnects: float = 0.0
    reconnects_at: float | None = None
    reconnects_every: float | None = None
    probe_rate: float = 4.0
    settle: float = 10.0
    deflate: bool = True
    sources: tuple[str, ...] = ()

    def checked(self) -> "LoadOptions":
        """Return these options; raise BadOptions where they make no storm."""
        rules = (
            (self.url.startswith(("http://", "https://")), "URL must begin with http:// or https://"),
            (_names_a_host(self.url), "URL must name a host, and its port must be a number up to 65535"),
            (self.clients >= 1, "--clients must be at least 1"),
            (0 <= self.processes <= self.clients, "--processes must be between 1 and the number of clients"),
            (self.connects_per_second > 0, "--connects-per-second must be more than 0"),
            (self.duration > 0, "--duration must be more than 0"),
            (0 <= self.stalled <= self.clients, "--stalled must not be more than --clients"),
            (self.carts >= 0 and self.orders >= 0, "--carts and --orders must be between 0 and 1"),
            (0 <= self.signed_in <= 1, "--signed-in must be between 0 and 1"),
            (self.acting + self.stalled <= self.clients, "--carts, --orders and --stalled want more than all clients"),
            (0 < self.rate <= MAX_RATE, f"--rate must be more than 0 and at most {MAX_RATE:g}: servers refuse more"),
            (0 <= self.reconnects <= 1, "--reconnects must be between 0 and 1"),
            (
                bool(self.reconnects) or (self.reconnects_at is None and self.reconnects_every is None),
                "--reconnects-at and --reconnects-every need --reconnects",
            ),
            (
                self.reconnects_at is None or self.reconnects_every is None,
                "give --reconnects-at or --reconnects-every, not both",
            ),
            (
                self.reconnects_at is None or 0 <= self.reconnects_at < self.duration,
                "--reconnects-at must be before the end of --duration",
            ),
            (
                self.reconnects_every is None or OFTEN <= self.reconnects_every < self.duration,
                f"--reconnects-every must be at least {OFTEN:g} and less than --duration",
            ),
            (self.settle >= 0, "--settle must not be less than 0"),
            (0 <= self.probe_rate <= MAX_RATE, f"--probe-rate must be between 0 and {MAX_RATE:g}"),
        )
        for fine, complaint in rules:
            if not fine:
                raise BadOptions(complaint)
        return self

    @property
    def acting(self) -> int:
        """How many clients work on carts or order."""
        return round(self.clients * self.carts) + round(self.clients * self.orders)

    def storms(self) -> list[float]:
        """Return when connections are cut, in seconds from the end of the ramp."""
        if not self.reconnects:
            return []
        if self.reconnects_every:
            count = int((self.duration - 0.001) / self.reconnects_every)
            return [self.reconnects_every * (number + 1) for number in range(count)]
        return [self.duration / 2 if self.reconnects_at is None else self.reconnects_at]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessPlan:
    """One process's part. Clients have numbers that are unique in the storm, from ``first`` on."""

    number: int
    options: LoadOptions
    first: int
    watchers: int
    carters: int
    buyers: int
    stalled: int
    probes: bool
    accounts: tuple[str, ...]  # emails of buyers that no other process acts for; none: buyers are guests
    members: tuple[str, ...]  # emails of accounts that watchers are signed in with; other processes' may be, too
    source: str | None

    @property
    def clients(self) -> int:
        """How many clients it has; the probe comes on top."""
        return self.watchers + self.carters + self.buyers + self.stalled

    @property
    def signed_in(self) -> int:
        """How many of its watchers are signed in."""
        return round(self.watchers * self.options.signed_in) if self.members else 0

    @property
    def connects_per_second(self) -> float:
        """Its share of the ramp."""
        return self.options.connects_per_second * self.clients / self.options.clients


def divide(options: LoadOptions, accounts: Sequence[str] = (), *, guests: bool = False) -> list[ProcessPlan]:
    """Share a storm out among processes, evenly but for buyers: an account's cart is worked on by one process alone."""
    count = options.processes or -(-options.clients // CLIENTS_PER_PROCESS)
    homes = count if guests else min(count, len(accounts))
    carters, stalled = _shares(round(options.clients * options.carts), count), _shares(options.stalled, count)
    buyers = _shares(round(options.clients * options.orders), homes) + [0] * (count - homes)
    rest = options.clients - sum(carters) - sum(stalled) - sum(buyers)
    watchers = _level([a + b + c for a, b, c in zip(carters, stalled, buyers, strict=True)], rest)
    plans: list[ProcessPlan] = []
    for number in range(count):
        plans.append(
            ProcessPlan(
                number=number,
                options=options,
                first=plans[-1].first + plans[-1].clients if plans else 0,
                watchers=watchers[number],
                carters=carters[number],
                buyers=buyers[number],
                stalled=stalled[number],
                probes=number == 0 and options.probe_rate > 0,
                accounts=() if guests else tuple(accounts[number::count]),
                members=tuple(accounts) if options.signed_in else (),
                source=options.sources[number % len(options.sources)] if options.sources else None,
            )
        )
    return plans


def _names_a_host(url: str) -> bool:
    """Return whether an address has a host, and no port that cannot be."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0  # reading the port checks its range
    except ValueError:
        return False


def _shares(total: int, parts: int) -> list[int]:
    """Split a number into parts that differ by one at most."""
    return [total // parts + (number < total % parts) for number in range(parts)] if parts else []


def _level(taken: list[int], rest: int) -> list[int]:
    """Return what each gets of the rest so that all have about the same in the end."""
    goal = _shares(sum(taken) + rest, len(taken))
    added = [max(0, want - has) for want, has in zip(goal, taken, strict=True)]
    spare = sum(added) - rest
    for number, amount in enumerate(added):
        give = min(spare, amount)
        added[number] -= give
        spare -= give
    return added
