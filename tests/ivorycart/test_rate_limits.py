"""Rate limits of acts: the eleventh in a minute is refused, for that act and that person alone."""

import asyncio

import pytest

from ivorycart.permits import HOLD, Rule
from ivorycart.rate_limits import RateLimits, counting, rules_of
from models.errors import RateLimited
from models.rate_limit import Grant, Limit


class FakeCounts:
    """Counts in memory by a clock that stands until it is moved; notes what was asked for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.taken: dict[str, list[tuple[float, int]]] = {}
        self.asked: list[int] = []
        self.fails: Exception | None = None

    def clock(self) -> float:
        """Say how late it is."""
        return self.now

    async def take(self, key: str, limit: Limit, wanted: int, hold: float) -> Grant:
        """Grant as the database does."""
        self.asked.append(wanted)
        await asyncio.sleep(0)
        if self.fails:
            raise self.fails
        taken = [each for each in self.taken.get(key, []) if each[0] > self.now]
        left = limit.amount - sum(n for _, n in taken)
        granted = min(wanted, left, max(1, left // 8))
        if granted:
            taken.append((self.now + limit.seconds + hold, granted))
        self.taken[key] = taken
        return Grant(granted, left - granted, min(until for until, _ in taken) - self.now)


@pytest.fixture
def counts() -> FakeCounts:
    """Begin with nothing counted."""
    return FakeCounts()


def limits_of(counts: FakeCounts, **rules: Rule) -> RateLimits:
    """Return limits that count there, by that clock."""
    return RateLimits(counts, rules or rules_of(), counts.clock)


async def allowed(limits: RateLimits, act: str, who: str, tries: int) -> int:
    """Return how many of so many tries were let through."""
    done = 0
    for _ in range(tries):
        try:
            await limits.hit(act, who)
            done += 1
        except RateLimited:
            pass
    return done


async def test_the_eleventh_try_in_a_minute_is_refused_with_the_time_to_wait(counts: FakeCounts) -> None:
    """Until the oldest of the ten is a minute old."""
    limits = limits_of(counts)
    assert await allowed(limits, "login", "ada@shop.test", 10) == 10
    counts.now += 20
    with pytest.raises(RateLimited) as caught:
        await limits.hit("login", "ada@shop.test")
    assert caught.value.details == {"retry_after": 40}
    counts.now += 40
    await limits.hit("login", "ada@shop.test")


async def test_an_address_may_try_ten_times_as_often_as_one_account_is_tried(counts: FakeCounts) -> None:
    """Behind a proxy one address is the whole shop."""
    limits = RateLimits(counts, rules_of(logins=2), counts.clock)
    assert await allowed(limits, "login_address", "10.0.0.1", 30) == 20


async def test_others_and_other_acts_are_not_concerned(counts: FakeCounts) -> None:
    """Nobody is locked out by somebody else's tries."""
    once = Rule(Limit(1, 60))
    limits = limits_of(counts, login=once, register=once)
    await limits.hit("login", "ada")
    await limits.hit("login", "bob")
    await limits.hit("register", "ada")
    with pytest.raises(RateLimited):
        await limits.hit("login", "ada")


async def test_who_was_refused_is_not_asked_for_again_before_something_is_free(counts: FakeCounts) -> None:
    """Knocking costs the database nothing."""
    limits = limits_of(counts, login=Rule(Limit(1, 60)))
    assert await allowed(limits, "login", "ada", 50) == 1
    assert len(counts.asked) == 2
    counts.now += 60
    assert await allowed(limits, "login", "ada", 50) == 1


async def test_an_act_without_a_limit_is_a_mistake_of_the_program(counts: FakeCounts) -> None:
    """It is not let through in silence."""
    with pytest.raises(KeyError):
        await limits_of(counts).hit("fly", "ada")


@pytest.mark.parametrize("who", ["a/b", "a:b", "a%2Fb", "", "😀" * 50, "login", "\udcff", "x" * 10_000])
async def test_no_name_is_mistaken_for_another_and_none_is_kept(counts: FakeCounts, who: str) -> None:
    """Whatever characters it is made of, the key is its digest."""
    limits = limits_of(counts, login=Rule(Limit(1, 60)))
    assert await allowed(limits, "login", who, 2) == 1
    assert await allowed(limits, "login", who + "x", 2) == 1
    assert {len(key) for key in counts.taken} == {len("login:") + 32}


async def test_all_addresses_of_a_visitor_are_one(counts: FakeCounts) -> None:
    """Whoever has one IPv6 address has 2⁶⁴ of them."""
    limits = limits_of(counts, register=Rule(Limit(1, 60)))
    await limits.hit("register", "2001:db8::1")
    with pytest.raises(RateLimited):
        await limits.hit("register", "2001:db8::ffff:1")
    await limits.hit("register", "2001:db8:0:1::1")


async def test_a_busy_client_costs_the_database_a_fraction_of_its_requests(counts: FakeCounts) -> None:
    """Blocks grow while they are used up; in the end exactly the limit was allowed."""
    limits = limits_of(counts, requests=Rule(Limit(600, 60), 20))
    assert await allowed(limits, "requests", "ada", 300) == 300
    assert counts.asked[:6] == [1, 2, 4, 8, 16, 20]
    assert len(counts.asked) < 25
    assert await allowed(limits, "requests", "ada", 1000) == 300


async def test_a_client_with_breaks_wastes_nothing(counts: FakeCounts) -> None:
    """After a break a block begins at one again."""
    limits = limits_of(counts, requests=Rule(Limit(600, 60), 20))
    for _ in range(20):
        await limits.hit("requests", "ada")
        counts.now += HOLD + 1
    assert counts.asked == [1] * 20


async def test_several_processes_together_never_pass_the_limit_in_any_window(counts: FakeCounts) -> None:
    """Wherever requests go and whenever they come; and nearly all of the limit can be used."""
    rule = Rule(Limit(100, 60), 20)
    processes = [limits_of(counts, requests=rule) for _ in range(3)]
    done: list[float] = []
    for step in range(2000):
        done += [counts.now] * await allowed(processes[step % 3], "requests", "ada", 1)
        counts.now += 0.1
    for at in done:
        assert sum(at <= each < at + 60 for each in done) <= 100
    assert len(done) > 250


async def test_requests_at_once_share_a_block(counts: FakeCounts) -> None:
    """Fifty that come together ask a few times, one after the other."""
    limits = limits_of(counts, requests=Rule(Limit(600, 60), 20))
    await asyncio.gather(*(limits.hit("requests", "ada") for _ in range(50)))
    assert counts.asked == [1, 2, 4, 8, 16, 20]


async def test_what_fails_fails_for_all_who_wait_and_not_for_those_who_come_later(counts: FakeCounts) -> None:
    """A database that hangs is not waited for by one after the other."""
    limits = limits_of(counts, requests=Rule(Limit(600, 60), 20))
    counts.fails = OSError("gone")
    answers = await asyncio.gather(*(limits.hit("requests", "ada") for _ in range(9)), return_exceptions=True)
    assert [type(each) for each in answers] == [OSError] * 9
    assert len(counts.asked) == 1
    counts.fails = None
    await limits.hit("requests", "ada")


async def test_one_that_is_cancelled_while_it_asks_leaves_the_others_to_ask(counts: FakeCounts) -> None:
    """A client that goes away takes nobody with it."""
    limits = limits_of(counts, requests=Rule(Limit(600, 60), 20))
    first, *others = [asyncio.create_task(limits.hit("requests", "ada")) for _ in range(4)]
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(*others)
    assert first.cancelled()


async def test_keys_that_say_nothing_any_more_are_forgotten(counts: FakeCounts) -> None:
    """However many sessions a client invents."""
    limits = limits_of(counts, login=Rule(Limit(10, 60)))
    for n in range(5000):
        await limits.hit("login", str(n))
    assert len(limits._permits) < 2000


async def test_a_request_hears_of_the_limits_that_it_hit(counts: FakeCounts) -> None:
    """Also from tasks of its own, and of none that others hit."""
    limits = limits_of(counts)
    with counting() as seen:
        await asyncio.gather(limits.hit("login", "ada"), limits.hit("login_address", "10.0.0.1"))
    await limits.hit("login", "ada")
    assert [(each.act, each.left, each.opens_in) for each in seen] == [("login", 9, 60), ("login_address", 99, 60)]
