"""One process of the storm: seats its clients, does what it is told, and tells what it measured every second.

Run by ``multiprocessing`` (spawn), with one end of a pipe. When the pipe ends, so does the process. Ctrl-C is the
storm's business: it is ignored here.
"""

import asyncio
import gc
import os
import random
import signal
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

import uvloop

from ivorycart.load.crew import Crew
from ivorycart.load.messages import Compared, News, Order, Phase, Should
from ivorycart.load.plan import ProcessPlan
from ivorycart.load.roles import Stage, buyer, carter, probe, staller, storms
from ivorycart.load.seat import Account, Seat
from ivorycart.load.target import OnSale

NEWS_EVERY = 1.0
RAMP_PATIENCE = 60.0  # beyond the time that the ramp takes by itself
FINISH_PATIENCE = 20.0
LOOK_EVERY = 0.2
HOPELESS_AFTER = 4  # tries of everyone
EXAMPLES = 10


def work(
    pipe: "Connection[News, Order]",
    plan: ProcessPlan,
    products: Sequence[OnSale],
    probe_product: str,
    tokens: Mapping[str, str],
) -> None:
    """Do a process's part, with the tokens of its accounts; returns when the storm says END or has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(50_000, 50, 50)
    uvloop.run(Worker(pipe, plan, products, probe_product, tokens).run())


class Worker:
    """A crew, and its talk with the storm."""

    def __init__(
        self,
        pipe: "Connection[News, Order]",
        plan: ProcessPlan,
        products: Sequence[OnSale],
        probe_product: str,
        tokens: Mapping[str, str],
    ) -> None:
        self._pipe = pipe
        self._plan = plan
        self._crew = Crew(plan, probe_product, random.Random())  # noqa: S311 - no secret
        self._stage = Stage(products, probe_product)
        accounts = {email: Account(email, token) for email, token in tokens.items()}
        self._buying = [accounts[email] for email in plan.accounts]
        self._members = [accounts[email] for email in plan.members]
        self._acts: list[asyncio.Task[None]] = []
        self._speaking = threading.Lock()
        self._enough = asyncio.Event()  # clients, for whatever reason

    async def run(self) -> None:
        """Live through all phases."""
        await self._crew.run(self._phases)

    async def _phases(self) -> None:
        orders: asyncio.Queue[Order] = asyncio.Queue()
        self._listen(orders)
        self._crew.begin(self._tell_regularly())
        await self._ramp()
        gc.freeze()
        await self._tell(done="ramp")
        while (order := await orders.get()).phase is not Phase.END:
            if order.phase is Phase.ACT:
                self._act()
            elif order.phase is Phase.REST:
                await self._rest()
                await self._tell(done=Phase.REST.value)
            else:
                await self._tell(done=Phase.COMPARE.value, compared=self._compare(order.fresh))
        await self._tell(done=Phase.END.value)

    def _listen(self, orders: asyncio.Queue[Order]) -> None:
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._read, orders)
        # uvloop makes what it watches non-blocking; then long news would be cut off where the other side is slow
        os.set_blocking(self._pipe.fileno(), True)

    def _read(self, orders: asyncio.Queue[Order]) -> None:
        try:
            order = self._pipe.recv()
        except (EOFError, OSError):  # the storm has gone
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            order = Order(Phase.END)
        if order.phase is Phase.TOKENS:
            self._crew.renew(order.tokens)
        elif order.phase is Phase.ENOUGH:
            self._enough.set()
        else:
            orders.put_nowait(order)
        if order.phase is Phase.END:
            self._enough.set()

    async def _ramp(self) -> None:
        """Seat everyone, at the rate of the plan."""
        crew, plan = self._crew, self._plan
        began = time.monotonic()
        crew.seats = self._seats()
        coming = []
        for number, seat in enumerate(crew.seats):
            ahead = began + number / plan.connects_per_second - time.monotonic()
            if ahead > 0:
                await self._pause(ahead)
            if self._enough.is_set():
                break
            coming.append(crew.begin(crew.enter(seat)))
        if plan.probes:
            crew.probe = Seat(-1, crew.sights.nothing)
            coming.append(crew.begin(crew.enter(crew.probe)))
        await self._arrived(coming)

    async def _arrived(self, coming: Collection[asyncio.Task[None]]) -> None:
        """Wait until all have come, within reason; where it is enough, who has not come yet does not come at all."""
        until = time.monotonic() + RAMP_PATIENCE
        while (coming := [task for task in coming if not task.done()]) and time.monotonic() < until:
            if self._enough.is_set() or self._is_hopeless():
                break
            await asyncio.wait(coming, timeout=LOOK_EVERY)
        if self._enough.is_set():
            for task in coming:
                task.cancel()
            self._crew.seats = [seat for seat in self._crew.seats if seat.client or seat.left_at]

    def _is_hopeless(self) -> bool:
        """Whether nobody has ever been let in, and all have tried often enough."""
        return all(not (seat.client or seat.left_at) and seat.tries >= HOPELESS_AFTER for seat in self._crew.seats)

    async def _pause(self, seconds: float) -> None:
        """Sleep, unless it is enough."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._enough.wait()

    def _seats(self) -> list[Seat]:
        """Return the seats in the order carters, buyers, stalled, watchers, shuffled."""
        plan, nothing = self._plan, self._crew.sights.nothing
        seats = [Seat(plan.first + number, nothing) for number in range(plan.clients)]
        for number, seat in enumerate(self._part(seats, 1)):
            seat.account = self._buying[number % len(self._buying)] if self._buying else None
        for seat in self._part(seats, 2):
            seat.stalls = True
        for number, seat in enumerate(seats[plan.clients - plan.signed_in :]):
            seat.account = self._members[number % len(self._members)]
        return seats

    def _part(self, seats: list[Seat], part: int) -> list[Seat]:
        """Return the carters (0), buyers (1) or stalled (2)."""
        sizes = (self._plan.carters, self._plan.buyers, self._plan.stalled)
        start = sum(sizes[:part])
        return seats[start : start + sizes[part]]

    def _act(self) -> None:
        crew, stage, seats = self._crew, self._stage, self._crew.seats
        self._acts = [crew.begin(carter(crew, stage, seat)) for seat in self._part(seats, 0)]
        self._acts += [crew.begin(buyer(crew, stage, seat)) for seat in self._part(seats, 1)]
        for seat in self._part(seats, 2):
            crew.begin(staller(crew, seat))
        if crew.probe and crew.hold_seconds != 0:
            self._acts.append(crew.begin(probe(crew, stage, crew.probe)))
        crew.begin(storms(crew))

    async def _rest(self) -> None:
        """Finish what is under way; let the stalled read again."""
        self._stage.resting.set()
        if self._acts:
            await asyncio.wait(self._acts, timeout=FINISH_PATIENCE)
        for seat in self._crew.seats:
            if seat.stalls and seat.client:
                seat.client.resume()

    def _compare(self, fresh: dict[str, Should]) -> Compared:
        """Compare what every client knows with what it should know by now; to know more is fine."""
        result = Compared()
        missing: dict[int, list[str]] = {}  # by the sight's id: most clients share one
        for seat in self._crew.seats:
            if seat.client is None:
                result.cut_stalled += seat.stalls
                result.away += not seat.stalls
                continue
            key = id(seat.sight)
            if key not in missing:
                levels = seat.sight.levels
                missing[key] = [
                    product_id
                    for product_id, should in fresh.items()
                    if (known := levels.get(product_id)) is None
                    or known.version < should.version
                    or (known.version == should.version and (known.stock, known.held) != (should.stock, should.held))
                ]
            lost = missing[key]
            result.equal += not lost
            result.lost_clients += bool(lost)
            result.lost += len(lost)
            for product_id in lost[: EXAMPLES - len(result.examples)]:
                known, should = seat.sight.levels.get(product_id), fresh[product_id]
                result.examples.append(
                    {
                        "kind": "lost",
                        "client": seat.number,
                        "product": product_id,
                        "known": known.version if known else 0,
                        "heard": should.version,
                    }
                )
        return result

    async def _tell_regularly(self) -> None:
        while True:
            await asyncio.sleep(NEWS_EVERY)
            await self._tell()

    async def _tell(self, *, done: str = "", compared: Compared | None = None) -> None:
        tally, probed, heard = self._crew.take()
        there = sum(seat.client is not None for seat in self._crew.seats)
        cpu = time.process_time()
        news = News(self._plan.number, there, cpu, tally, probed, heard, done, compared)
        try:
            await asyncio.to_thread(self._say, news)
        except OSError:
            self._crew.ended = True  # nobody listens; the pipe's other side says END

    def _say(self, news: News) -> None:
        with self._speaking:  # a thread's lock: whoever is cancelled while it writes still writes to the end
            self._pipe.send(news)
