"""Screens: whatever happens in whatever order, who watches ends with what is true, and who may not hears nothing."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from handlers.seller_shapes import SellerShapes
from ivorycart.clock import Clock
from ivorycart.connections import Connection, Connections, User
from ivorycart.sales.dashboards import Asked, Dashboards
from ivorycart.sales.moved import ALWAYS, moved
from ivorycart.sales.screens import Screens
from ivorycart.stock.board import StockBoard
from ivorycart.stock.slices import Slices
from models.feed import Cursor, LevelChanged, SalesMoved, Snapshot
from models.order import Order, OrderStatus
from models.sales import Figures
from models.sales_periods import Mark, Point, SalesFigures, TopProducts, window_of
from models.stock import Level, Product

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
ANN, BEA = "a" * 24, "b" * 24
TEA = Product("1" * 24, "Tea", 500, "EUR", ANN, 3, 9, for_sale=True)
ASKED = Asked(ANN, "24h", "EUR")
ORDER = Order("2" * 24, "session:x", None, "k", "f", (), 500, "EUR", OrderStatus.PLACED, (), (), None, None, None, NOW)


class Stage:
    """Screens over a fake of the sales and of the sockets; reading takes its time, and things happen meanwhile."""

    def __init__(self, seed: int = 0) -> None:
        self.dice = random.Random(seed)
        self.board, self.connections = StockBoard(), Connections()
        self.board.start(Snapshot(Cursor("0" * 15 + "1"), [(TEA, Level(10, 0, 1, 0))]))
        self.units, self.batch, self.generation = 0, 0, "g"
        self.rooms: dict[str, set[str]] = {}
        self.heard: dict[str, list[tuple[str, Mapping[str, Any]]]] = {}
        self.placed: list[tuple[str, int, Order]] = []  # of which generation and batch each is
        self.unheard: list[SalesMoved] | None = None  # where what happens is heard of later
        self.fails: Exception | None = None  # of whoever reads orders next, once
        self.deaf: Exception | None = None  # of whoever sends next, once
        self.reading: asyncio.Event | None = None  # holds up who reads figures next, once
        self.time = 0.0
        self.slow: asyncio.Event | None = None  # holds up who sends next, once
        fakes: Any = self
        dashboards = Dashboards(fakes, fakes, self.board, clock=lambda: self.time)
        self.screens = Screens(dashboards, self.connections, fakes, SellerShapes(Clock()), clock=lambda: self.time)

    async def pause(self) -> None:
        """Let others run a little."""
        for _ in range(self.dice.randint(0, 3)):
            await asyncio.sleep(0)

    async def figures(self, _seller_id: str, period: Any, _currency: str) -> SalesFigures:
        """Read the sales of one moment."""
        await self.pause()
        units, mark = self.units, Mark(self.generation, self.batch, f"{self.batch:016x}", 0.0)
        reading, self.reading = self.reading, None
        await (reading.wait() if reading else self.pause())
        window, figures = window_of(period, NOW), Figures(units, units, units)
        series = [Point(at, Figures()) for at in window.slots[:-1]] + [Point(window.slots[-1], figures)]
        return SalesFigures(mark, window, figures, Figures(), series, TopProducts([], [], NOW), 0.0)

    async def latest_orders(self, _seller_id: str, _limit: int) -> Sequence[Order]:
        """Return all, whichever generation they are in."""
        await self.pause()
        return [order for _, _, order in self.placed]

    async def orders_since(self, _seller_id: str, mark: Mark, _limit: int) -> tuple[int, Sequence[Order]]:
        """Return those of later batches of a generation."""
        await self.pause()
        fails, self.fails = self.fails, None
        if fails:
            raise fails
        found = [each for each in self.placed if each[0] == mark.generation and each[1] > mark.batch]
        await self.pause()
        return found[-1][1] if found else mark.batch, [order for _, _, order in found]

    async def ending(self, within: Sequence[int]) -> Mapping[str, Sequence[int]]:
        """Read which holds are about to end."""
        await self.pause()
        return {TEA.id: [1] * len(within)}

    async def join(self, sid: str, room: str) -> None:
        """Enter a room."""
        await self.pause()
        self.rooms.setdefault(room, set()).add(sid)

    async def leave(self, sid: str, room: str) -> None:
        """Leave a room."""
        self.rooms.get(room, set()).discard(sid)

    async def broadcast(self, event: str, payload: Mapping[str, Any], *, room: str) -> None:
        """Send to a room."""
        deaf, self.deaf = self.deaf, None
        if deaf:
            raise deaf
        for sid in self.rooms.get(room, ()):
            self.heard.setdefault(sid, []).append((event, payload))
        slow, self.slow = self.slow, None
        await (slow.wait() if slow else self.pause())

    def connect(self, sid: str, user_id: str = ANN, **fields: Any) -> Connection:
        """Let a seller come."""
        user = replace(User(user_id, "ann@shop.test", "Ann", "seller", float("inf")), **fields)
        self.connections.add(Connection(sid, sid, user))
        return self.connections.get(sid) or pytest.fail("it is there")

    def order(self, units: int = 1) -> None:
        """Have orders counted."""
        self.units += units
        self.batch += 1
        self.placed.append((self.generation, self.batch, replace(ORDER, id=f"{len(self.placed):024x}")))
        self.say(SalesMoved(self.generation, self.batch, [ANN]))

    def count_anew(self) -> None:
        """Have all counted anew."""
        self.generation += "g"
        self.batch += 1
        self.say(SalesMoved(self.generation, self.batch, None))

    def say(self, change: SalesMoved) -> None:
        """Let it be heard of, now or later."""
        if self.unheard is None:
            self.screens.sales_moved(change)
        else:
            self.unheard.append(change)

    def hear(self) -> None:
        """Hear what happened longest ago of what is not heard of yet."""
        if self.unheard:
            self.screens.sales_moved(self.unheard.pop(0))

    def hold(self, held: int) -> None:
        """Have units held."""
        level = self.board.levels[TEA.id]
        self.board.apply_level(LevelChanged(self.board.cursor, TEA.id, None, held, level.version + 1, None))
        self.screens.level_moved(TEA.id)

    async def tick(self, seconds: float = 10.0) -> None:
        """Let time pass."""
        self.time += seconds
        await self.screens.tick()

    def shown(self, sid: str, snapshot: Mapping[str, Any], since: int) -> dict[str, Any]:
        """Return what a client has by now; of orders their ids."""
        shown = dict(snapshot)
        orders = {each["id"] for each in snapshot["orders"]}
        for event, payload in self.heard.get(sid, [])[since:]:
            if event == "seller:order":
                orders.add(payload["order"]["id"])
            if event == "seller:metrics" and payload["period"] == snapshot["period"]:
                orders |= {each["id"] for each in payload.get("orders", ())}
                series = {point["at"]: point for point in shown["series"]}
                series |= {point["at"]: point for point in payload.get("series") or ()}
                shown |= {**payload, "series": [series[at] for at in sorted(series)]}
        return shown | {"orders": orders}


SAME = ("totals", "series", "held", "low_stock", "out_of_stock")


@pytest.mark.parametrize("seed", range(200))
async def test_all_who_watch_end_with_what_is_true(seed: int):
    """Whoever came when, whatever moved while figures were read, and though figures went back to what they were."""
    stage = Stage(seed)
    stage.unheard = []
    dice = random.Random(seed)
    screens: dict[str, tuple[dict[str, Any], int]] = {}

    async def watch(sid: str) -> None:
        connection = stage.connections.get(sid) or stage.connect(sid)
        await stage.pause()
        since = len(stage.heard.get(sid, []))
        asked = dice.choice((ASKED, ASKED._replace(period="7d")))
        screens[sid] = (await stage.screens.watch(connection, asked), since)

    async def happen() -> None:
        for _ in range(40):
            match dice.randint(0, 9):
                case 0:
                    stage.order(1 - 2 * stage.units)  # there and back
                case 1:
                    stage.hold(dice.choice((0, 10)))
                case 2 if dice.random() < 0.2:
                    stage.screens.everything_moved()
                case 3 if dice.random() < 0.4:
                    stage.count_anew()
                case 4 | 5 | 6:
                    stage.hear()
                case _:
                    await watch(f"s{dice.randint(0, 3)}")
            await stage.pause()

    async def ticking() -> None:
        for _ in range(40):
            await stage.tick(dice.choice((0.1, 1.0)))
            await stage.pause()

    await asyncio.gather(happen(), ticking(), watch("first"))
    stage.order()
    while stage.unheard:
        stage.hear()
    for _ in range(5):
        await stage.tick()
    for sid, (snapshot, since) in screens.items():
        true = await stage.screens.show(ASKED._replace(period=snapshot["period"]))
        shown = stage.shown(sid, snapshot, since)
        assert shown["orders"] == {order.id for _, _, order in stage.placed}, sid
        assert {name: shown[name] for name in SAME} == {name: true[name] for name in SAME}, sid


async def test_figures_that_come_back_to_what_they_were_are_told():
    """Somebody begins to watch while others are being told, and finds figures that are newer, and then gone again."""
    stage = Stage()
    first = await stage.screens.watch(stage.connect("first"), ASKED)
    stage.order()
    stage.slow = asyncio.Event()
    slow, telling = stage.slow, asyncio.create_task(stage.tick())
    while stage.slow:
        await asyncio.sleep(0)
    stage.order()
    watching = asyncio.create_task(stage.screens.watch(stage.connect("second"), ASKED))
    for _ in range(50):
        await asyncio.sleep(0)
    slow.set()
    second = await watching
    await telling
    stage.order(-1)
    await stage.tick()
    assert stage.shown("first", first, 0)["totals"]["units"] == 1
    assert stage.shown("second", second, 0)["totals"]["units"] == 1


@pytest.mark.parametrize("seed", range(20))
async def test_nobody_stays_in_a_room_whose_dashboard_they_do_not_watch(seed: int):
    """However quickly they change their minds, sign out, and go."""
    stage, dice = Stage(seed), random.Random(seed)
    connection = stage.connect("s", role="admin")
    wanted = [Asked(dice.choice((ANN, BEA)), dice.choice(("24h", "7d")), "EUR") for _ in range(4)]
    await asyncio.gather(*(stage.screens.watch(connection, each) for each in wanted), stage.tick())
    assert sum("s" in members for members in stage.rooms.values()) == 1
    stage.connections.change("s", user=None)
    stage.order()
    heard = len(stage.heard.get("s", []))
    await stage.tick()
    assert len(stage.heard.get("s", [])) == heard
    assert not any(stage.rooms.values())
    assert not stage.screens.watched


async def test_who_may_not_see_it_any_more_is_taken_out_before_anything_is_sent():
    """A role that is taken away, another user on the same socket, a token that ran out."""
    stage = Stage()
    for sid in ("role", "other", "late", "stays"):
        fields = {"expires_at": time.time() + 0.05} if sid == "late" else {}
        await stage.screens.watch(stage.connect(sid, **fields), ASKED)
    before = {sid: len(heard) for sid, heard in stage.heard.items()}
    user: Any = (stage.connections.get("role") or pytest.fail("gone")).user
    stage.connections.change("role", user=replace(user, role="buyer"))
    stage.connections.change("other", user=replace(user, id=BEA))
    await asyncio.sleep(0.06)
    stage.hold(9)
    stage.order()
    await stage.tick()
    after = {sid for sid, heard in stage.heard.items() if len(heard) > before.get(sid, 0)}
    assert after == {"stays"}


async def test_a_screen_is_computed_at_most_twice_a_second():
    """However many orders come."""
    stage = Stage()
    await stage.screens.watch(stage.connect("s"), ASKED)
    for _ in range(40):  # ten seconds
        stage.order()
        await stage.tick(0.25)
    metrics = [payload for event, payload in stage.heard["s"] if event == "seller:metrics"]
    assert 10 <= len(metrics) <= 20
    assert metrics[-1]["totals"]["units"] >= 39


async def test_after_a_gap_everything_is_shown_anew():
    """Orders, too: what happened meanwhile is not known. The same where all was counted anew."""
    stage = Stage()
    await stage.screens.watch(stage.connect("s"), ASKED)

    def count() -> None:
        stage.generation = "h"
        stage.screens.sales_moved(SalesMoved("h", 7, None))

    for gap in (stage.screens.everything_moved, count):
        stage.heard.clear()
        gap()
        await stage.tick()
        [(event, payload)] = stage.heard["s"]
        assert (event, payload["complete"]) == ("seller:metrics", True)
        assert payload.keys() >= {*SAME, "orders", "units_per_minute", "top_products"}


async def test_a_count_that_was_read_before_it_was_heard_of_hides_nothing():
    """Who begins to watch just then has its orders already, and hears of the next ones, and of levels, singly."""
    stage = Stage()
    await stage.screens.watch(stage.connect("s"), ASKED)
    stage.hold(8)
    stage.screens.sales_moved(SalesMoved(stage.generation, stage.batch, None))
    stage.order()
    await stage.tick()
    heard = [event for event, _ in stage.heard["s"]]
    assert heard == ["seller:stock", "seller:order", "seller:metrics"]
    assert not stage.heard["s"][-1][1]["complete"]
    [item] = stage.heard["s"][0][1]["items"]
    assert (item["available"], item["crossed"]) == (2, "low")


async def test_orders_are_told_again_once_a_stale_count_was_shown():
    """Who read the old figures while the new ones were heard of knows after all from where on orders are news."""
    stage = Stage()
    await stage.screens.watch(stage.connect("first"), ASKED)
    stage.reading = reading = asyncio.Event()
    watching = asyncio.create_task(stage.screens.watch(stage.connect("second"), ASKED._replace(period="7d")))
    while stage.reading:
        await asyncio.sleep(0)
    stage.count_anew()
    reading.set()
    await watching
    for _ in range(4):
        await stage.tick()
    stage.heard.clear()
    stage.order()
    await stage.tick()
    for sid in ("first", "second"):
        assert [event for event, _ in stage.heard[sid]] == ["seller:order", "seller:metrics"]


async def test_what_could_not_be_read_or_sent_is_told_later():
    """Levels, what they crossed, and orders: once they are read, or the next message leaves."""
    for trouble in ("fails", "deaf"):
        stage = Stage()
        first = await stage.screens.watch(stage.connect("s"), ASKED)
        stage.hold(8)
        stage.order()
        setattr(stage, trouble, ConnectionError(trouble))
        with pytest.raises(ConnectionError, match=trouble):
            await stage.tick()
        stage.hold(9)
        await stage.tick()
        levels = [item for event, told in stage.heard["s"] if event == "seller:stock" for item in told["items"]]
        assert [(each["available"], each["crossed"]) for each in levels] == [(1, "low")]
        assert stage.shown("s", first, 0)["orders"] == {"0" * 24}


async def test_a_whole_dashboard_that_could_not_be_sent_is_sent_later():
    """After a gap it is all that a client can rely on."""
    stage = Stage()
    await stage.screens.watch(stage.connect("s"), ASKED)
    stage.screens.everything_moved()
    stage.deaf = ConnectionError("deaf")
    with pytest.raises(ConnectionError):
        await stage.tick()
    await stage.tick()
    assert [told["complete"] for _, told in stage.heard["s"]] == [True]


async def test_of_many_products_that_are_out_the_first_are_listed_while_others_have_their_turn():
    """The fewest available first, then by name; all are counted."""
    stage, turns = Stage(), 0
    names = [f"Tea {number * 7919 % 10007}" for number in range(5000)]
    stage.board.start(
        Snapshot(
            Cursor("0" * 15 + "1"),
            [
                (replace(TEA, id=f"{number:024x}", name=name), Level(10, 10 - number % 2, 1, 0))
                for number, name in enumerate(names)
            ],
        )
    )
    stage.screens.dashboards.slices = lambda: Slices(0)

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    working = asyncio.create_task(others())
    shown = await stage.screens.show(ASKED)
    working.cancel()
    assert turns >= 5
    for kind, part in (("out_of_stock", names[::2]), ("low_stock", names[1::2])):
        assert shown[kind]["count"] == 2500
        assert [each["name"] for each in shown[kind]["items"]] == sorted(part)[:100]


async def test_what_crossed_its_threshold_in_a_gap_is_marked():
    """It went unheard; the level that the next snapshot has is told as a crossing, once."""
    stage = Stage()
    await stage.screens.watch(stage.connect("s"), ASKED)
    for held, crossed in ((10, "out"), (0, "ok"), (1, None)):
        stage.heard.clear()
        level = Level(10, held, stage.board.levels[TEA.id].version + 1, 0)
        stage.board.start(Snapshot(Cursor("0" * 15 + "2"), [(TEA, level)]))
        stage.screens.everything_moved()
        await stage.tick()
        told = [item for event, payload in stage.heard["s"] if event == "seller:stock" for item in payload["items"]]
        assert [item["crossed"] for item in told] == ([crossed] if crossed else [])


async def test_other_sellers_cost_and_hear_nothing():
    """Orders and levels of who is not watched are nobody's news here."""
    stage = Stage()
    await stage.screens.watch(stage.connect("s", BEA), Asked(BEA, "24h", "EUR"))
    stage.hold(9)
    stage.order()
    await stage.tick(1.0)
    assert stage.heard.get("s", []) == []


def test_figures_that_are_late_say_so_without_any_other_news():
    """A projection that stands still would be told of by nothing; and that it goes on again is told once."""
    figures = dict.fromkeys(ALWAYS, 1) | {"held": 1}
    late, later = figures | {"lag": 7.5}, figures | {"lag": 12.5}
    assert moved(figures, late) == {name: late[name] for name in ALWAYS}
    assert moved(late, later)["lag"] == 12.5
    assert moved(later, figures)["lag"] == 1
    assert moved(figures, figures | {"lag": 4.9}) == {}
    assert moved(figures, figures | {"lag": None}) == {}


def test_what_moved_is_told_and_nothing_else():
    """Of a series the points that differ; nothing at all where only the time went on."""
    same = dict.fromkeys(ALWAYS, 1)
    before = {**same, "held": 1, "totals": 2, "series": [{"at": "a", "n": 1}, {"at": "b", "n": 1}]}
    assert moved(before, {**before, "as_of": 2, "lag": 3}) == {}
    after = {**before, "held": 5, "series": [{"at": "b", "n": 2}, {"at": "c", "n": 0}]}
    assert moved(before, after) == {**same, "held": 5, "series": after["series"]}
