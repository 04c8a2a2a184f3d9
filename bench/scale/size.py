"""How large a run is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Numbers of one run."""

    processes: tuple[int, ...] = (1, 2, 4)
    idle_seconds: float = 5.0
    buyers: int = 480
    buyers_at_once: int = 256
    rounds: int = 6  # orders per buyer
    products: int = 1000  # that orders are spread over
    sockets: int = 4000  # of all processes together
    broadcasts: int = 30
    connects_at_once: int = 256
    crowds: tuple[int, ...] = (500, 2000, 8000)  # sockets of one process
    cursors: tuple[int, ...] = (0, 4, 16, 48)  # change streams beside that of the one process
    cursor_buyers: int = 100
    cursor_seconds: float = 8.0
    cursor_pause: float = 1.0  # of a buyer between two orders
    stored: tuple[int, ...] = (1000, 10_000, 100_000)
    stored_rounds: int = 4
    catalogues: tuple[int, ...] = (100, 1000, 10_000, 100_000)
    ledgers: tuple[int, ...] = (1, 2, 4, 8, 16, 40, 100)  # simulated
    simulated_orders: int = 20_000
    trial: bool = False  # whether it runs; too small for figures

    @property
    def most_sockets(self) -> int:
        """How many sockets the load opens at once."""
        return max(self.sockets, *self.crowds) + self.buyers


MOST_STORED = 1_000_000
FULL = Size()
QUICK = Size(
    processes=(1, 2),
    idle_seconds=0.5,
    buyers=8,
    buyers_at_once=8,
    rounds=2,
    products=4,
    sockets=12,
    broadcasts=4,
    connects_at_once=8,
    crowds=(4, 8),
    cursors=(0, 2),
    cursor_buyers=4,
    cursor_seconds=1.0,
    cursor_pause=0.2,
    stored=(20, 40),
    stored_rounds=2,
    catalogues=(20, 40),
    ledgers=(1, 2, 4),
    simulated_orders=2000,
    trial=True,
)
