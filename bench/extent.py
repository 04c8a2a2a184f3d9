"""How large a run is."""

from dataclasses import dataclass

FAST, SLOW = 50e-6, 300e-6  # seconds of a broadcast's period per client: some five and three times what it takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Numbers of one run."""

    clients: int = 8000
    few_clients: int = 1000  # disconnects are linear if they cost each of these the same
    growth: tuple[int, ...] = (1000, 4000, 10_000)
    stalled: tuple[int, ...] = (1, 100)
    connects_at_once: int = 256  # handshakes on their way
    warm_up: int = 3  # broadcasts
    broadcasts: int = 30  # at least; more for a smaller crowd, whose cost would else be too little to measure
    most_broadcasts: int = 100
    deliveries: int = 240_000
    swamped: int = 512_000  # bytes to each stalled client with each broadcast
    askers: int = 100
    questions: int = 300  # per asker
    cart_sockets: tuple[int, ...] = (100, 500)
    carts: int = 40  # settings per socket, within the burst that one socket may send
    products: int = 1000
    alone: int = 150
    buyers: int = 500
    buyers_at_once: int = 256
    rounds: int = 16  # orders per buyer
    stored: tuple[int, ...] = (1000, 10_000, 100_000)
    stored_rounds: int = 6
    single_orders: int = 200  # by this ledger with batches of one
    textbook_orders: int = 100  # by a transaction each, at some fifteen a second
    pg_seconds: int = 10
    repeats: int = 3
    trial: bool = False  # whether it runs; too small for figures

    def interval(self, server: str, clients: int) -> float:
        """Return the seconds from one broadcast to the next: none may have to wait for the one before it."""
        return max(0.1, clients * (SLOW if server == "stock" else FAST))

    def broadcasts_of(self, server: str, clients: int) -> int:
        """Return how many broadcasts are measured: fewer of the peer that takes a second for each."""
        count = max(self.broadcasts, min(self.most_broadcasts, self.deliveries // clients))
        return max(3, count // 4) if server == "stock" else count

    @property
    def most_clients(self) -> int:
        """How many sockets the largest measurement opens."""
        return max(self.clients, *self.growth) + max(self.stalled)


FULL = Extent()
QUICK = Extent(
    clients=60,
    few_clients=20,
    growth=(20, 40, 60),
    stalled=(2,),
    warm_up=1,
    broadcasts=4,
    most_broadcasts=4,
    askers=5,
    questions=40,
    cart_sockets=(5,),
    carts=5,
    products=20,
    alone=8,
    buyers=20,
    buyers_at_once=8,
    rounds=3,
    stored=(100, 1000),
    stored_rounds=2,
    single_orders=16,
    textbook_orders=16,
    pg_seconds=1,
    repeats=1,
    trial=True,
)
