"""What the storm and its processes say to each other. Small, and made of plain values: it goes through a pipe."""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from ivorycart.load.tally import Tally


class Phase(Enum):
    """What the storm tells its processes to do, in this order."""

    ACT = "act"  # carts, orders, probe, storms
    ENOUGH = "enough"  # let no more clients come, at any time
    REST = "rest"  # finish, empty the carts, read again
    COMPARE = "compare"  # with a fresh snapshot
    TOKENS = "tokens"  # new ones, at any time
    END = "end"


class Should(NamedTuple):
    """A level of a fresh snapshot."""

    version: int
    stock: int
    held: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order to a process; ``fresh`` is what everyone should know by now, with COMPARE; ``tokens`` are by email."""

    phase: Phase
    fresh: dict[str, Should] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)


class Probed(NamedTuple):
    """One act of the probe: the version that came of it, and when it was sent and acknowledged."""

    version: int
    sent: float
    acked: float


@dataclass(slots=True)
class News:
    """What happened in a process since its last news; every second, and once more where ``done`` names a phase."""

    process: int
    connected: int
    cpu: float = 0.0  # seconds of this process so far
    tally: Tally = field(default_factory=Tally)
    probed: list[Probed] = field(default_factory=list)
    heard: dict[int, bytes] = field(default_factory=dict)  # probe's version → when each client heard it, as doubles
    done: str = ""
    compared: "Compared | None" = None


@dataclass(slots=True)
class Compared:
    """How a process's clients compare with a fresh snapshot. Lost is by client and product."""

    equal: int = 0
    lost_clients: int = 0
    lost: int = 0
    away: int = 0
    cut_stalled: int = 0
    examples: list[dict[str, object]] = field(default_factory=list)
