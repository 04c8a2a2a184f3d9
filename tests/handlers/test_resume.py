"""Coming back: what was missed comes in such an order that a cut at any line loses nothing."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from handlers import shapes
from handlers.resume import Arrival
from handlers.sockets import Sockets
from ivorycart.connections import Connection, Connections
from ivorycart.engine import RefusedAtDoor
from ivorycart.shop import Facts
from ivorycart.stock.board import StockBoard
from ivorycart.stock.broadcaster import Broadcaster
from ivorycart.stock.resuming import Resuming
from models.catalogue import Listing
from models.feed import CatalogueChanged, Cursor, LevelChanged, Snapshot
from models.stock import Level, Product

TEA = Product("tea", "Tea", 500, "EUR", "seller", 3, 10, for_sale=True)
LISTING = Listing(TEA, Level(5, 0, 1, 0), "", "", (), None, published=True, images=(), created_at=None)


def at(time: int) -> Cursor:
    """Write a cursor."""
    return Cursor(f"{time:016x}")


FACTS = Facts(
    demo=True,
    currency="EUR",
    hold_seconds=600,
    low_stock_threshold=3,
    guest_checkout=False,
    activation_required=False,
)


class Stage:
    """A shop with tea, a cup and a pot, and a socket on its way in."""

    def __init__(self) -> None:
        self.board, self.connections = StockBoard(), Connections()
        products = [(replace(TEA, id=each), Level(10, 0, 1, 0)) for each in ("tea", "cup", "pot")]
        self.board.start(Snapshot(at(1), products))
        self.sent: list[tuple[str, Mapping[str, Any]]] = []
        self.meanwhile: Callable[[], None] = lambda: None
        self.inside = False
        fakes: Any = self
        self.broadcaster = Broadcaster(self.board, self.connections, fakes, fakes, shapes.frame)
        self.shop: Any = SimpleNamespace(
            board=self.board,
            broadcaster=self.broadcaster,
            connections=self.connections,
            resuming=Resuming(self.board, shapes.frame, shapes.WireShapes(self.board).product),
            facts=FACTS,
        )

    async def send(self, event: str, payload: Mapping[str, Any], *, to: str) -> None:
        """Keep it; the shop goes on meanwhile."""
        assert to == "ada"
        assert not self.inside
        self.sent.append((event, orjson.loads(orjson.dumps(payload))))
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()

    async def join(self, _sid: str, _room: str) -> None:
        """Let it hear what everyone hears."""
        self.inside = True

    def move(self, time: int, product_id: str) -> None:
        """Move a level."""
        self.board.apply_level(LevelChanged(at(time), product_id, None, time % 10, time, None))

    def change(self, time: int, product_id: str) -> None:
        """Change an entry."""
        listing = replace(LISTING, product=replace(TEA, id=product_id))
        self.board.apply_catalogue(CatalogueChanged(at(time), product_id, "updated", listing))

    async def arrives(self, since: str | None) -> list[tuple[str, str]]:
        """Let the socket in; return what it was told, with the cursors."""
        connection = Connection("ada", "session", None, frozenset())
        self.connections.add(connection)
        outlet: Any = self
        await Arrival(self.shop, outlet, connection, None).tell(since)
        return [(event, payload["cursor"]) for event, payload in self.sent]


async def test_a_cut_at_any_line_of_a_resume_loses_nothing():
    """No message but the last claims the whole; entries come after all levels, in their order."""
    stage = Stage()
    stage.change(11, "tea")
    stage.move(12, "cup")
    stage.change(13, "pot")
    stage.move(14, "cup")
    assert await stage.arrives(at(10)) == [
        ("welcome", at(10)),
        ("stock", at(10)),
        ("product", at(11)),
        ("product", at(14)),
    ]
    assert {item["id"] for item in stage.sent[1][1]["items"]} == {"tea", "cup", "pot"}


async def test_what_changes_while_a_socket_comes_in_is_told_before_it_hears_the_others():
    """A broadcast of it may have gone out already, without this socket."""
    stage = Stage()
    stage.move(11, "tea")
    stage.meanwhile = lambda: stage.move(12, "cup")
    assert await stage.arrives(at(10)) == [("welcome", at(10)), ("stock", at(11)), ("stock", at(12))]
    assert stage.inside
    connection = stage.connections.get("ada")
    assert connection
    assert connection.watch is None


async def test_a_snapshot_does_not_claim_an_entry_that_waits_for_its_tick():
    """The entry's event comes after it; cut before that, the client asks for it."""
    stage = Stage()
    stage.change(11, "tea")
    stage.broadcaster.mark_catalogue("tea", {})
    stage.move(12, "cup")
    assert await stage.arrives(None) == [("welcome", at(11)), ("stock:snapshot", at(11))]


async def test_nobody_is_let_in_while_the_server_stops():
    """They are told to come back, with the code that clients know."""
    stage, server = Stage(), SimpleNamespace(on=lambda *_: None)
    fakes: Any = SimpleNamespace(server=server, outlet=stage)
    sockets = Sockets(fakes.server, stage.shop, fakes.outlet)
    sockets.stopping = True
    with pytest.raises(RefusedAtDoor) as refused:
        await sockets._connect("ada", {})
    assert refused.value.error_args["data"]["code"] == "storage_unavailable"
    assert len(stage.connections) == 0
