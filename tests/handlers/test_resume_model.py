"""Whatever happens in whatever order: a client that applies what it hears, and resumes by its cursor, ends up right.

Also one that comes from another process, which has heard sooner what happened.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers import shapes
from handlers.resume import Arrival
from ivorycart.connections import Connection, Connections
from ivorycart.shop import Facts
from ivorycart.stock.board import StockBoard
from ivorycart.stock.broadcaster import Broadcaster
from ivorycart.stock.resuming import Resuming
from models.catalogue import Listing
from models.feed import CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

NAMES = ["tea", "cup", "pot", "jar", "lid"]
LIMIT = 3  # of snapshots and of what is told to who comes back, so that both are passed
TEA = Product("tea", "Tea", 500, "EUR", "seller", 3, 10, for_sale=True)
FACTS = Facts(
    demo=True, currency="EUR", hold_seconds=600, low_stock_threshold=3, guest_checkout=False, activation_required=False
)


@dataclass
class Client:
    """A window: it keeps the highest version, notes its cursor, and reads the list anew after a gap."""

    watch: frozenset[str] | None
    connected: bool = False
    lagging: bool = False
    patience: int = 1000  # messages until its connection breaks
    since: str | None = None
    must_read: bool = True
    gaps: int = 0
    levels: dict[str, tuple[int, int]] = field(default_factory=dict)  # version, stock
    entries: dict[str, int] = field(default_factory=dict)

    def hear(self, event: str, payload: Any) -> None:
        """Take in a message."""
        if event == "welcome":
            self.must_read |= not payload["resumed"]
            return
        if payload.get("gap"):
            self.must_read = True
            self.gaps += 1
            self.levels = {name: (-1, stock) for name, (_, stock) in self.levels.items()}
            self.since = payload["cursor"]
        for item in payload.get("items", ()):
            if item["version"] >= self.levels.get(item["id"], (-1, 0))[0]:
                self.levels[item["id"]] = (item["version"], item["stock"])
        if event == "product":
            self.entries[payload["product"]["id"]] = payload["product"]["price"]
        self.since = max(self.since or "", payload["cursor"])


class World:
    """A board, a broadcaster with small frames, and clients who come and go."""

    def __init__(self, clients: list[Client], frame_limit: int) -> None:
        self.board, self.connections = StockBoard(), Connections()
        self.time = 10
        self.board.start(Snapshot(self.now, [(replace(TEA, id=name), Level(10, 0, 1, 0)) for name in NAMES]))
        self.time += 1  # nothing changes any more at the time of a snapshot
        self.clients = {f"c{number}": client for number, client in enumerate(clients)}
        self.rooms: set[tuple[str, str]] = set()
        self.meanwhile: deque[tuple[Any, ...]] = deque()
        self.sending = False
        self.late: list[LevelChanged] = []  # what another process has heard of already, and the board not yet
        fakes: Any = self
        self.broadcaster = Broadcaster(
            self.board, self.connections, fakes, fakes, shapes.frame, frame_limit=frame_limit, clock=lambda: 0.0
        )
        self.shapes = shapes.WireShapes(self.board)
        self.shop: Any = SimpleNamespace(
            board=self.board,
            broadcaster=self.broadcaster,
            resuming=Resuming(self.board, shapes.frame, self.shapes.product),
            facts=FACTS,
        )

    @property
    def now(self) -> Cursor:
        """The time of the last change."""
        return Cursor(f"{self.time:016x}")

    async def next_releases(self, _product_ids: Iterable[str]) -> Mapping[str, Any]:
        """Know nothing."""
        return {}

    async def join(self, sid: str, room: str) -> None:
        """Enter a room."""
        self.rooms.add((sid, room))

    async def leave(self, sid: str, room: str) -> None:
        """Leave a room."""
        self.rooms.discard((sid, room))

    async def broadcast(self, event: str, payload: Mapping[str, Any], *, room: str) -> None:
        """Send to a room, but for those who lag."""
        await self._something_happens()
        for sid, entered in sorted(self.rooms):
            if entered == room and not self.clients[sid].lagging:
                self._deliver(sid, event, payload)

    async def send(self, event: str, payload: Mapping[str, Any], *, to: str) -> None:
        """Send to one socket."""
        await self._something_happens()
        self._deliver(to, event, payload)

    def _deliver(self, sid: str, event: str, payload: Mapping[str, Any]) -> None:
        client = self.clients[sid]
        if client.connected and client.patience <= 0:
            self.cut(sid)
        if client.connected:
            client.patience -= 1
            client.hear(event, orjson.loads(orjson.dumps(payload)))

    async def _something_happens(self) -> None:
        """Let one of the things happen that were to happen while something is sent."""
        if self.meanwhile:
            await self.do(*self.meanwhile.popleft())

    async def do(self, what: str, *details: Any) -> None:
        """Take a step."""
        if what == "meanwhile":
            self.meanwhile.extend(details[0])
        elif what == "round":
            await self.round()
        elif what == "comes":
            await self.comes(*details)
        else:
            getattr(self, what)(*details)

    def move(self, name: str, stock: int, later: int, by: str) -> None:
        """Change a level: in the transaction of the last change or later; by the shop or by another program."""
        self.catch_up()
        self.time += later
        version = self.board.levels[name].version + 1 if by == "shop" else None
        if self.board.apply_level(LevelChanged(self.now, name, stock, None, version, None)):
            self.broadcaster.mark(name)

    def ahead(self, sid: str, name: str, stock: int, later: int) -> None:
        """Change a level, and let a client who is away hear so from a process that is faster."""
        client = self.clients[sid]
        if client.connected:
            return
        self.time += later
        versions = [each.version for each in self.late if each.product_id == name and each.version is not None]
        version = max((self.board.levels[name].version, *versions)) + 1
        self.late.append(LevelChanged(self.now, name, stock, None, version, None))
        client.must_read, client.since = False, self.now
        client.entries = {each: product.price for each, product in self.board.products.items()}
        client.levels = {each: (level.version, level.stock) for each, level in self.board.levels.items()}
        client.levels |= {each.product_id: (each.version or 0, each.stock or 0) for each in self.late}

    def catch_up(self) -> None:
        """Let the board hear what another process has heard already."""
        for change in self.late:
            if self.board.apply_level(change):
                self.broadcaster.mark(change.product_id)
        self.late.clear()

    def edit(self, name: str, price: int, later: int) -> None:
        """Change an entry."""
        self.catch_up()
        self.time += later
        product = replace(self.board.products[name], price=price)
        listing = Listing(
            product, self.board.levels[name], "", "", (), None, published=True, images=(), created_at=None
        )
        change = CatalogueChanged(self.now, name, "price_changed", listing)
        self.board.apply_catalogue(change)
        self.broadcaster.mark_catalogue(name, self.shapes.product(change))
        self.broadcaster.mark(name)

    def cut(self, sid: str) -> None:
        """Break a connection."""
        self.clients[sid].connected = False
        self.connections.remove(sid)
        self.rooms = {each for each in self.rooms if each[0] != sid}

    def lag(self, sid: str) -> None:
        """Have a socket be skipped."""
        self.clients[sid].lagging = self.clients[sid].connected

    async def drain(self, sid: str) -> None:
        """Give a socket that was skipped its snapshot."""
        if self.clients[sid].lagging:
            self.clients[sid].lagging = False
            await self.broadcaster.send_snapshot(sid)

    async def comes(self, sid: str, patience: int) -> None:
        """Let a client connect, for so many messages."""
        client = self.clients[sid]
        if client.connected or self.sending:
            return
        client.connected, client.lagging, client.patience = True, False, patience
        connection = Connection(sid, sid, None, frozenset())
        self.connections.add(connection)
        outlet: Any = self
        await Arrival(self.shop, outlet, connection, client.watch).tell(client.since)

    async def round(self) -> None:
        """Let the broadcaster do a round, unless it is in one."""
        if not self.sending:
            self.sending = True
            await self.broadcaster._send_round()
            self.sending = False

    def read_lists(self) -> None:
        """Let those who have to read what the database says."""
        for client in self.clients.values():
            if client.must_read and client.connected:
                client.must_read = False
                client.entries |= {name: self.board.products[name].price for name in NAMES}
                for name, level in self.board.levels.items():
                    if level.version >= client.levels.get(name, (-1, 0))[0]:
                        client.levels[name] = (level.version, level.stock)

    async def settle(self) -> None:
        """Let everything that waits be sent, and everybody be connected and not lagging."""
        self.meanwhile.clear()
        self.catch_up()
        for sid, client in self.clients.items():
            if client.patience < 1000 and client.connected:
                self.cut(sid)
            await self.comes(sid, 1000)
            await self.drain(sid)
        while self.broadcaster._levels or self.broadcaster._entries:
            await self.round()
        self.read_lists()


SIDS = st.sampled_from(["c0", "c1", "c2"])
PATIENCE = st.sampled_from([1, 2, 3, 4, 6, 9, 1000])
LATER = st.integers(0, 1)
MOVES = st.tuples(
    st.just("move"), st.sampled_from(NAMES), st.integers(0, 99), LATER, st.sampled_from(["shop", "another"])
)
EDITS = st.tuples(st.just("edit"), st.sampled_from(NAMES), st.integers(1, 99), LATER)
ROUNDS = st.just(("round",))
CATCHING_UP = st.just(("catch_up",))
STEPS = st.one_of(
    MOVES,
    MOVES,
    EDITS,
    ROUNDS,
    st.tuples(st.just("meanwhile"), st.lists(MOVES | EDITS | ROUNDS | CATCHING_UP, max_size=4)),
    st.tuples(st.just("comes"), SIDS, PATIENCE),
    st.tuples(st.just("cut"), SIDS),
    st.tuples(st.just("lag"), SIDS),
    st.tuples(st.just("ahead"), SIDS, st.sampled_from(NAMES), st.integers(0, 99), LATER),
    CATCHING_UP,
)
WATCHES = st.none() | st.frozensets(st.sampled_from(NAMES))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(WATCHES, min_size=3, max_size=3), st.integers(1, 3), st.lists(STEPS, max_size=40), st.sampled_from([1, 10])
)
def test_every_client_ends_equal_to_the_board(
    watches: list[frozenset[str] | None], frame_limit: int, steps: list[tuple[Any, ...]], share: int
) -> None:
    """Frames of one to three products, cuts at any message, changes and rounds between any two of them."""

    async def play() -> None:
        world = World([Client(watch) for watch in watches], frame_limit)
        for step in steps:
            before = {sid: (client.gaps, dict(client.levels)) for sid, client in world.clients.items()}
            await world.do(*step)
            for sid, client in world.clients.items():
                gaps, levels = before[sid]
                for name, (version, _) in levels.items():
                    assert client.gaps > gaps or client.levels[name][0] >= version
            if step[0] == "round":
                world.read_lists()
        await world.settle()
        for client in world.clients.values():
            heard = NAMES if client.watch is None else client.watch
            for name in heard:
                level = world.board.levels[name]
                assert client.levels[name] == (level.version, level.stock), name
                assert client.entries[name] == world.board.products[name].price, name

    limits = patch.multiple("ivorycart.stock.board", SNAPSHOT_LIMIT=LIMIT, MISSED_LIMIT=LIMIT)
    with limits, patch("ivorycart.stock.snapshots.SHARE", share):
        asyncio.run(play())
