"""The broadcaster: one frame per tick, the latest of each product, and nothing lost when sending fails."""

import asyncio

import pytest

from ivorycart.stock.watches import EVERYTHING, room_of
from ivorycart.workers import WorkerState
from tests.ivorycart.broadcaster_stage import NEVER_AGAIN, NOON, Broken, Stage, sells, settle

NOON_TEXT = NOON.isoformat()


async def test_the_first_change_after_a_pause_goes_out_at_once():
    """No tick is waited for; the tick here would last an hour."""
    stage = Stage(tick=NEVER_AGAIN)
    async with stage.running():
        stage.move("tea", held=1)
        await settle()
        assert stage.outlet.frames == [{"tea": [2, None]}]


async def test_there_is_at_most_one_frame_per_tick():
    """What comes within a tick waits for its end, even if it is known at once."""
    stage = Stage(tick=NEVER_AGAIN)
    stage.releases.at = {"tea": NOON}
    async with stage.running():
        stage.move("tea", held=10)  # all held: there is a release to be told, too
        await settle()
        stage.move("cup", held=1)
        await settle()
        assert stage.outlet.frames == [{"tea": [2, None]}]


async def test_changes_within_a_tick_are_conflated():
    """The latest of each product wins, and each is in the frame once."""
    stage = Stage()
    for held in range(1, 9):
        stage.move("tea", held=held)
        stage.move("cup", held=held)
    async with stage.running():
        assert stage.outlet.frames == [{"tea": [9, None], "cup": [9, None]}]


async def test_what_changes_while_a_frame_is_sent_goes_with_the_next():
    """A slow outlet loses nothing."""
    stage = Stage()
    stage.outlet.gate.clear()
    async with stage.running():
        stage.move("tea", held=1)
        await settle()
        stage.move("tea", held=2)
        stage.move("cup", held=1)
        stage.outlet.gate.set()
        await settle()
        assert stage.outlet.frames == [{"tea": [2, None]}, {"tea": [3, None], "cup": [2, None]}]


@pytest.mark.parametrize("what", ["outlet", "releases"])
async def test_a_failure_loses_no_mark(what: str):
    """The next run sends what the failed one had taken up, and what came in between."""
    stage = Stage()
    stage.releases.at = {"tea": NOON}
    getattr(stage, what).failures = 1
    async with stage.running() as task:
        stage.move("tea", held=10)
        await settle()
        with pytest.raises(Broken):
            await task
    stage.move("cup", held=1)
    async with stage.running():
        pass
    shown = {name: item for frame in stage.outlet.frames for name, item in frame.items()}
    assert shown == {"tea": [2, NOON_TEXT], "cup": [2, None]}


async def test_a_failed_snapshot_is_sent_by_the_next_run():
    """Nobody keeps a stale badge because sending failed once."""
    stage = Stage()
    await stage.joins("ada")
    stage.broadcaster.mark_everything()
    stage.outlet.failures = 1
    async with stage.running() as task:
        with pytest.raises(Broken):
            await task
    async with stage.running():
        pass
    assert [event for event, _, _ in stage.outlet.sent] == ["stock:snapshot"]


async def test_a_frame_never_claims_a_time_of_which_it_lacks_something():
    """While releases are asked for, other products move: no frame has their time without them."""
    stage = Stage()
    stage.releases.at = {"tea": NOON}
    seen: dict[str, str] = {}

    def meanwhile() -> None:
        stage.releases.before_answer = lambda: None
        for name in ("cup", "pot"):
            stage.move(name, held=1)
            seen[name] = stage.board.cursor

    stage.releases.before_answer = meanwhile
    async with stage.running():
        stage.move("tea", held=10)
        await settle()
    told: set[str] = set()
    for _, _, frame in stage.outlet.sent:
        told |= set(frame["items"])
        assert told >= {name for name, time in seen.items() if time <= frame["cursor"]}
    assert told == {"tea", "cup", "pot"}


async def test_the_next_release_follows_where_everything_is_held():
    """It is asked for once per level, and told with the next frame."""
    stage = Stage()
    stage.releases.at = {"tea": NOON}
    async with stage.running():
        stage.move("tea", held=10)
        await settle()
        stage.move("cup", held=1)
        await settle()
    assert stage.outlet.frames == [{"tea": [2, None]}, {"tea": [2, NOON_TEXT]}, {"cup": [2, None]}]
    assert stage.releases.asked == [["tea"]]


async def test_a_release_that_is_not_known_is_not_asked_for_for_ever():
    """Held by nobody that the clock knows of: one question, one frame."""
    stage = Stage()
    async with stage.running():
        stage.move("tea", held=10)
        await settle()
    assert (stage.outlet.frames, stage.releases.asked) == ([{"tea": [2, None]}], [["tea"]])


async def test_a_release_that_a_newer_movement_overtook_is_asked_for_again():
    """The answer was about carts as they were."""
    stage = Stage()
    stage.releases.at = {"tea": NOON}

    def meanwhile() -> None:
        stage.releases.before_answer = lambda: None
        stage.releases.at = {"tea": NOON.replace(hour=13)}
        stage.move("tea", stock=9, held=9)

    stage.releases.before_answer = meanwhile
    async with stage.running():
        stage.move("tea", held=10)
        await settle()
    assert stage.outlet.frames[-1] == {"tea": [3, NOON.replace(hour=13).isoformat()]}
    assert len(stage.releases.asked) == 2


async def test_watchers_hear_of_what_they_watch_only():
    """They are not in the room of all, and get no empty frames."""
    stage = Stage()
    await stage.joins("ada")
    await stage.joins("bob", ["cup"])
    await stage.joins("eve", [])
    assert stage.outlet.rooms == {("ada", EVERYTHING), ("bob", room_of(frozenset({"cup"})))}
    async with stage.running():
        stage.move("tea", held=1)
        await settle()
        stage.move("cup", held=1)
        await settle()
    assert [(to, set(frame["items"])) for _, to, frame in stage.outlet.sent] == [
        (EVERYTHING, {"tea"}),
        (EVERYTHING, {"cup"}),
        (room_of(frozenset({"cup"})), {"cup"}),
    ]


async def test_no_frame_passes_by_a_socket_that_changes_its_watch():
    """It is in the new room before it leaves the old one, and counts as a watcher of the old until then."""
    stage = Stage()
    cup, tea = frozenset({"cup"}), frozenset({"tea"})
    await stage.joins("bob", cup)
    steps: list[tuple[frozenset[str] | None, int]] = [(None, 1), (tea, 0), (cup, 0)]
    for wanted, rooms_of_cup in steps:
        seen: list[int] = []
        stage.outlet.on_join = lambda seen=seen: seen.append(len(stage.connections.watches.rooms_of_product("cup")))
        await stage.broadcaster.watch("bob", wanted)
        assert seen == [rooms_of_cup]
        assert stage.outlet.rooms == {("bob", room_of(wanted))}
    await stage.broadcaster.watch("bob", frozenset())
    assert stage.outlet.rooms == set()
    assert list(stage.connections.watches) == []


async def test_who_watches_the_same_shares_a_room_and_its_frames():
    """A thousand windows on one page of the shop cost one frame."""
    stage = Stage()
    for number in range(5):
        await stage.joins(f"s{number}", ["cup", "tea"])
    await stage.joins("other", ["cup"])
    async with stage.running():
        stage.move("cup", held=1)
        await settle()
    rooms = [EVERYTHING, room_of(frozenset({"cup", "tea"})), room_of(frozenset({"cup"}))]
    assert sorted(to for _, to, _ in stage.outlet.sent) == sorted(map(str, rooms))


async def test_a_socket_that_has_gone_disturbs_nobody():
    """Watching and snapshots of the departed are nothing."""
    stage = Stage()
    await stage.broadcaster.watch("gone", frozenset({"tea"}))
    assert stage.outlet.rooms == set()
    await stage.broadcaster.send_snapshot("gone")
    assert stage.outlet.sent == []
    assert len(stage.connections) == 0


async def test_after_a_lost_history_everyone_gets_a_snapshot_built_once():
    """One for all who hear everything, and for watchers what they watch."""
    stage = Stage()
    for name in ("ada", "amy"):
        await stage.joins(name)
    await stage.joins("bob", ["cup", "unknown"])
    async with stage.running():
        stage.broadcaster.mark_everything()
        await settle()
    assert [(event, to, set(frame["items"])) for event, to, frame in stage.outlet.sent] == [
        ("stock:snapshot", EVERYTHING, {"tea", "cup", "pot"}),
        ("stock:snapshot", room_of(frozenset({"cup", "unknown"})), {"cup"}),
    ]
    assert all(frame["gap"] for _, _, frame in stage.outlet.sent)


async def test_a_catalogue_change_goes_to_all_and_to_its_watchers():
    """Others who watch something else are left alone."""
    stage = Stage()
    await stage.joins("bob", ["cup"])
    await stage.joins("eve", ["tea"])
    async with stage.running():
        stage.broadcaster.mark_catalogue("cup", {"change": "updated"})
        await settle()
    assert [(event, to) for event, to, _ in stage.outlet.sent] == [
        ("product", EVERYTHING),
        ("product", room_of(frozenset({"cup"}))),
    ]


async def test_what_is_not_on_show_makes_no_frame():
    """Silence, not an empty message to ten thousand sockets."""
    stage = Stage()
    async with stage.running():
        stage.broadcaster.mark("nothing that is known")
        await settle()
    assert stage.outlet.sent == []


async def test_no_message_claims_a_time_before_which_something_is_still_to_be_sent():
    """Entries go first and claim the first change that waits; the frame, which is the last, claims all."""
    stage = Stage()
    stage.move("tea", held=1)
    first = stage.board.cursor
    sells(stage, "pot")
    stage.move("cup", held=1)
    last = sells(stage, "lid")
    assert stage.broadcaster.snapshots.of(frozenset({"tea"}))["cursor"] == first
    async with stage.running():
        pass
    assert [(event, frame["cursor"]) for event, _, frame in stage.outlet.sent] == [
        ("product", first),
        ("product", first),
        ("stock", last),
    ]
    assert stage.outlet.frames == [{"tea": [2, None], "cup": [2, None]}]
    assert stage.broadcaster.cursor == stage.board.cursor


async def test_a_catalogue_change_that_comes_while_a_frame_is_sent_waits_for_the_next():
    """Levels that came before it are not in this frame."""
    stage = Stage()
    stage.outlet.gate.clear()
    async with stage.running():
        stage.move("tea", held=1)
        await settle()
        stage.move("cup", held=1)
        sells(stage, "pot")
        stage.outlet.gate.set()
        await settle()
    assert [event for event, _, _ in stage.outlet.sent] == ["stock", "product", "stock"]


async def test_a_catalogue_change_that_could_not_be_sent_is_sent_by_the_next_run():
    """It waits, and holds back what frames claim, until it is out."""
    stage = Stage()
    cursor = sells(stage, "pot")
    stage.outlet.failures = 1
    async with stage.running() as task:
        with pytest.raises(Broken):
            await task
    assert stage.broadcaster.cursor == cursor
    async with stage.running():
        pass
    assert [event for event, _, _ in stage.outlet.sent] == ["product"]


async def test_a_frame_that_went_out_clears_the_last_error():
    """One failure is not unreadiness for ever."""
    stage, state = Stage(), WorkerState("broadcaster", has_rhythm=False, last_error="once")
    task = asyncio.create_task(stage.broadcaster.run(state))
    stage.move("tea", held=1)
    await settle()
    assert state.last_error is None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
