"""The feed: what the database says reaches the board and the sockets; a lost history begins anew."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ivorycart.connections import Connections
from ivorycart.stock.board import StockBoard
from ivorycart.stock.broadcaster import Broadcaster
from ivorycart.stock.feed import Feed
from ivorycart.stock.slices import Slices
from ivorycart.workers import WorkerState
from models.cart import Cart, Line
from models.catalogue import Listing
from models.feed import (
    AccountChanged,
    CartWritten,
    CatalogueChanged,
    Change,
    Cursor,
    HistoryLost,
    LevelChanged,
    NotificationAdded,
    OrderUpdated,
    SessionEnded,
    Snapshot,
    WaiterChanged,
    WorkQueued,
)
from models.identity import OwnerId
from models.notification import Notification
from models.stock import Level, Product
from models.waiter import Waiter, WaitState

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TEA = Product("tea", "Tea", 500, "EUR", "seller", 3, 10, for_sale=True)
LISTING = Listing(TEA, Level(5, 0, 1, 0), "", "", (), None, published=True, images=(), created_at=None)


class TheEnd(Exception):
    """The source has nothing more to say."""


class Source:
    """Says what it was given, in order: batches, or exceptions."""

    def __init__(self, *script: Sequence[Change] | Exception) -> None:
        self.script = deque(script)
        self.snapshots = 0
        self.lag = 0.0

    async def open(self) -> Snapshot:
        """Give a level that tells which snapshot it was."""
        self.snapshots += 1
        return Snapshot(Cursor(f"{self.snapshots * 100:016x}"), [(TEA, Level(self.snapshots, 0, 1, 0))])

    async def batches(self) -> AsyncIterator[Sequence[Change]]:
        """Say it."""
        while self.script:
            each = self.script.popleft()
            if isinstance(each, Exception):
                raise each
            yield each
        raise TheEnd


class Ears:
    """Stands for the telling and the outlet at once, and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.opened = 0
        self.repeated = 0
        self.on_open: Callable[[], None] = lambda: None
        self.shapes = self

    async def open(self) -> None:
        """Learn who has something unseen."""
        self.opened += 1
        self.on_open()

    def repeat_to_all(self) -> None:
        """Repeat what open sockets may have missed."""
        self.repeated += 1

    def product(self, change: CatalogueChanged) -> Mapping[str, Any]:
        """Show a catalogue change."""
        return {"change": change.change}

    async def cart(self, cart: Cart) -> None:
        """Hear of a cart."""
        self.heard.append(cart)

    async def notification(self, notification: Notification) -> None:
        """Hear of a notification."""
        self.heard.append(notification)

    async def waiter(self, waiter: Waiter) -> None:
        """Hear of a place in a line."""
        self.heard.append(waiter)

    async def order(self, order: Any) -> None:
        """Hear of an order."""
        self.heard.append(order)

    async def broadcast(self, event: str, payload: Mapping[str, Any], **_room: str) -> None:
        """Hear an event."""
        self.heard.append((event, payload))

    async def next_releases(self, _product_ids: Iterable[str]) -> Mapping[str, datetime]:
        """Know nothing."""
        return {}


class Doorman:
    """Stands for the presence, and keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.opened = 0

    async def open(self) -> None:
        """Learn what happened unheard."""
        self.opened += 1

    async def ended(self, session: SessionEnded) -> None:
        """Hear of the end of a session."""
        self.heard.append(session)

    async def changed(self, account: AccountChanged) -> None:
        """Hear of an account."""
        self.heard.append(account)


class Follower:
    """Notes what the catalogue does."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def changed(self, product_id: str) -> None:
        """Hear of an entry."""
        self.heard.append(product_id)

    def anew(self) -> None:
        """Hear of a gap."""
        self.heard.append("anew")


class Stage:
    """A feed with its surroundings."""

    def __init__(self, *script: Sequence[Change] | Exception) -> None:
        self.source, self.board, self.ears = Source(*script), StockBoard(), Ears()
        self.presence: Any = Doorman()
        fakes: Any = self.ears
        self.broadcaster = Broadcaster(
            self.board, Connections(), fakes, fakes, lambda cursor, _: {"cursor": cursor}, tick=0
        )
        self.follower = Follower()
        self.queued: list[str] = []
        self.feed = Feed(
            *(self.source, self.board, self.broadcaster, fakes, self.presence),
            followers=(self.follower,),
            on_queued=self.queued.append,
            slices=lambda: Slices(0),
        )
        self.state = WorkerState("feed", has_rhythm=True)

    async def run(self) -> None:
        """Follow to the end of the script."""
        with suppress(TheEnd):
            await self.feed.run(self.state)


async def test_work_that_was_added_is_told_at_once():
    """Workers need not look for it several times a second."""
    stage = Stage([WorkQueued("crossings")], [WorkQueued("account_requests")])
    await stage.feed.open()
    await stage.run()
    assert stage.queued == ["crossings", "account_requests"]
    assert stage.ears.heard == []


async def test_what_happens_reaches_whom_it_concerns():
    """Levels and entries go to the board; carts, notifications and orders to their owners."""
    cart, order = Cart(OwnerId("s:1")), object()
    notification = Notification("n", OwnerId("s:1"), "low_stock", {}, NOON)
    at = Cursor(f"{200:016x}")
    moved = LevelChanged(at, "tea", 9, None, 2, None)
    created = CatalogueChanged(at, "cup", "created", LISTING)
    stage = Stage([moved, CartWritten(cart)], [], [created, NotificationAdded(notification), OrderUpdated(order)])  # type: ignore[arg-type]
    await stage.feed.open()
    await stage.run()
    assert stage.board.levels["tea"].stock == 9
    assert stage.ears.heard == [cart, notification, order]
    entries = stage.broadcaster._entries.take(9)
    assert [(entry.product_id, entry.latest) for entry in entries] == [("cup", {"change": "created"})]
    assert {each.product_id for each in stage.broadcaster._levels.take(9)} == {"tea", "cup"}
    assert stage.source.snapshots == 1


async def test_an_entry_that_went_marks_no_level():
    """There is none to be sent."""
    stage = Stage([CatalogueChanged(Cursor(f"{200:016x}"), "tea", "withdrawn", None)])
    await stage.feed.open()
    await stage.run()
    assert "tea" not in stage.board.levels
    assert len(stage.broadcaster._levels) == 0


async def test_a_lost_history_means_a_snapshot_for_the_board_and_for_all():
    """It goes on from there; unseen notifications that went by unheard are asked for."""
    moved = LevelChanged(Cursor(f"{300:016x}"), "tea", None, 1, 2, None)
    stage = Stage([], HistoryLost("gone"), [moved])
    await stage.feed.open()
    await stage.run()
    assert stage.source.snapshots == 2
    assert stage.broadcaster._everything
    assert (stage.ears.opened, stage.ears.repeated) == (1, 1)
    assert stage.board.levels["tea"] == Level(2, 1, 2, 0)


async def test_followers_hear_of_every_entry_and_of_gaps():
    """Of those that went, too; not of levels."""
    at = Cursor(f"{300:016x}")
    moved = LevelChanged(at, "tea", None, 1, 2, None)
    created, gone = CatalogueChanged(at, "cup", "created", LISTING), CatalogueChanged(at, "tea", "withdrawn", None)
    stage = Stage([moved, created], HistoryLost("gone"), [gone])
    await stage.feed.open()
    await stage.run()
    assert stage.follower.heard == ["cup", "anew", "tea"]


async def test_a_feed_that_failed_begins_with_a_snapshot():
    """What it had read and not handed on is covered by it."""
    stage = Stage([], ValueError("a document nobody can read"), [])
    await stage.feed.open()
    with pytest.raises(ValueError, match="nobody"):
        await stage.run()
    assert not stage.broadcaster._everything
    await stage.run()
    assert stage.source.snapshots == 2
    assert stage.broadcaster._everything


async def test_a_new_beginning_that_failed_is_begun_again():
    """The third try finds the board, the sockets and the unseen in step."""
    stage = Stage(HistoryLost("gone"))
    await stage.feed.open()
    trouble = deque([ConnectionError("first"), ConnectionError("second")])

    def fail() -> None:
        if trouble:
            raise trouble.popleft()

    stage.ears.on_open = fail
    for word in ("first", "second"):
        with pytest.raises(ConnectionError, match=word):
            await stage.run()
    await stage.run()
    assert (stage.ears.opened, stage.source.snapshots) == (3, 4)
    assert stage.broadcaster._everything


async def test_silence_is_a_sign_of_life():
    """An empty batch says that the stream is there."""
    stage = Stage([], [])
    await stage.feed.open()
    stage.state.beat = 0
    stage.state.last_error = "something before"
    await stage.run()
    assert stage.state.beat > 0
    assert stage.state.last_error is None


async def test_the_feed_ends_when_it_is_cancelled():
    """Nothing holds it."""
    stage = Stage()

    async def for_ever() -> AsyncIterator[Sequence[Change]]:
        await asyncio.Event().wait()
        yield []

    stage.source.batches = for_ever  # type: ignore[method-assign]
    task = asyncio.create_task(stage.run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_lag_is_the_source_s_and_the_worker_shows_it():
    """Readiness looks at workers, and so finds it."""
    stage = Stage([])
    stage.source.lag = 7.0
    await stage.feed.open()
    await stage.run()
    assert stage.state.lag
    assert (stage.feed.lag, stage.state.lag()) == (7.0, 7.0)


async def test_a_long_batch_lets_everything_else_run_and_what_has_been_read_counts():
    """Whoever asks in the midst of it gets the levels so far, at the time that their transaction has."""
    at = Cursor(f"{200:016x}")
    stage = Stage([LevelChanged(at, "tea", 10 + number, None, 2 + number, None) for number in range(100)])
    await stage.feed.open()
    seen: list[int] = []

    async def look() -> None:
        while True:
            assert stage.board.cursor == at or not seen
            seen.append(stage.board.levels["tea"].stock)
            await asyncio.sleep(0)

    looking = asyncio.create_task(look())
    await stage.run()
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    assert len(set(seen)) >= 90
    assert seen == sorted(seen)


async def test_the_end_of_a_session_and_a_new_role_reach_the_sockets():
    """By whoever keeps an eye on the doors; it learns anew what it may have missed in a gap."""
    ended, changed = (
        SessionEnded("s" * 24, "u" * 24, "signed_out"),
        AccountChanged("u" * 24, "seller", barred=False, email="a@b.c"),
    )
    stage = Stage([ended], HistoryLost("gone"), [changed])
    await stage.feed.open()
    await stage.run()
    assert stage.presence.heard == [ended, changed]
    assert stage.presence.opened == 2


async def test_places_in_lines_go_to_their_owner_and_levels_to_whoever_serves_the_line():
    """Levels of what is not on show, or not known, do not."""
    at, heard = Cursor(f"{200:016x}"), []
    waiter = Waiter("tea", 1, OwnerId("s:1"), None, NOON)
    moved = LevelChanged(at, "tea", None, None, None, None, waiting=3, joined=4)
    stage = Stage([moved, LevelChanged(at, "cup", 1, None, 1, None), WaiterChanged(waiter)])
    stage.feed._on_level = lambda product_id, level: heard.append((product_id, level.waiting))
    await stage.feed.open()
    await stage.run()
    assert (heard, stage.ears.heard) == ([("tea", 3)], [waiter])


async def test_holds_that_go_on_without_a_movement_are_heard_of():
    """An offer that was taken, and a cart of another process that was prolonged."""
    heard: list[str] = []
    taken = Waiter("tea", 1, OwnerId("s:1"), None, NOON, WaitState.TAKEN, NOON, NOON, NOON)
    carts = [Cart(OwnerId("s:1"), 1, (Line("cup", 1, 1),), "EUR", NOON, extended=each) for each in (False, True)]
    lapsed = replace(taken, product_id="pot", state=WaitState.LAPSED)
    stage = Stage([WaiterChanged(taken), WaiterChanged(lapsed), *map(CartWritten, carts)])
    stage.feed._on_hold = heard.extend
    await stage.feed.open()
    await stage.run()
    assert heard == ["tea", "cup"]


async def test_of_new_products_only_one_that_a_cart_was_shown_without_has_carts_sent_again():
    """A hundred thousand may be new at once; the board was late for that one, and the cart had no name for it."""
    at, again = Cursor(f"{200:016x}"), []
    stage = Stage([CatalogueChanged(at, each, "created", LISTING) for each in ("cup", "pot", "jar")])
    stage.feed._on_entry = again.append
    await stage.feed.open()
    assert stage.board.look_up("pot") is None
    assert stage.board.look_up("tea") == TEA
    await stage.run()
    assert again == ["pot"]


async def test_what_is_not_on_show_and_never_was_is_told_to_nobody():
    """Neither that a draft was written, nor that it was changed; but when it comes on show, and goes again."""
    times = [Cursor(f"{200 + each:016x}") for each in range(7)]
    draft = replace(LISTING, product=replace(TEA, id="cup", for_sale=False), published=False)
    shown = replace(LISTING, product=replace(TEA, id="cup"))
    kinds: list[Any] = ["withdrawn", "withdrawn", "published", "withdrawn", "withdrawn"]
    listings = [draft, draft, shown, draft, draft]
    news = [CatalogueChanged(at, "cup", kind, each) for at, kind, each in zip(times, kinds, listings, strict=False)]
    stage, told = Stage(news), []
    stage.broadcaster.mark_catalogue = lambda _product_id, payload: told.append(payload["change"])  # type: ignore[method-assign]
    await stage.feed.open()
    await stage.run()
    assert told == ["published", "withdrawn"]
    assert stage.follower.heard == ["cup"] * 5
    for since, heard in ((times[0], [news[3]]), (times[3], [news[3]]), (times[4], [])):
        missed = stage.board.since(since)
        assert missed
        assert list(missed.catalogue) == heard
