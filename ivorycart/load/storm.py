"""The storm: prepares, starts the processes, leads them through the phases, gathers what they tell.

Concurrency: one event loop; the processes' news come in through pipes. Shutdown: whatever happens, the processes are
told to end, and killed if they do not. ``stop`` ends the ramp or the acting part early, and what was measured is still
judged; a second ``stop`` cancels ``run`` and kills the processes at once.
"""

import asyncio
import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from ivorycart.load.client import SocketIOClient
from ivorycart.load.messages import News, Order, Phase, Should
from ivorycart.load.outcome import Gathering, Outcome, summed
from ivorycart.load.plan import LoadOptions, ProcessPlan
from ivorycart.load.signing_in import SigningIn
from ivorycart.load.target import NoShop, OnSale
from ivorycart.load.worker import RAMP_PATIENCE, work

RAMP_SLACK = 30.0
PHASE_PATIENCE = 40.0
END_PATIENCE = 5.0
SNAPSHOT_PATIENCE = 30.0
LOOK_EVERY = 0.5  # while waiting until all know the same; also what a frame may take to arrive


class StormFailed(Exception):  # noqa: N818 - it says what happened
    """A process of the load itself failed; nothing can be said of the server."""


class Storm:
    """One run. ``on_moment`` is called about every second with what is known so far."""

    def __init__(
        self,
        options: LoadOptions,
        plans: Sequence[ProcessPlan],
        products: Sequence[OnSale],
        probe_product: str,
        signing: SigningIn,
        on_moment: Callable[["Storm"], None],
    ) -> None:
        self.options = options
        self.phase = "connecting"
        self._plans = plans
        self._products = products
        self._probe_product = probe_product
        self._signing = signing
        self._on_moment = on_moment
        self._pipes: dict[int, Connection[Order, News]] = {}
        self._gathering = Gathering()
        self._done: dict[str, set[int]] = {}
        self._news = asyncio.Event()
        self._stop = asyncio.Event()
        self._running: asyncio.Task[object] | None = None
        self._hurried = False
        self._failure: StormFailed | None = None
        self._keeping: asyncio.Task[None] | None = None

    @property
    def outcome(self) -> Outcome:
        """What is known so far."""
        return self._gathering.outcome

    @property
    def connected(self) -> int:
        """How many clients are connected now."""
        return self._gathering.connected

    def stop(self) -> None:
        """End the ramp or the acting part now; the second time, everything."""
        if self._stop.is_set() and self._running:
            self._hurried = True
            self._running.cancel()
        self.outcome.stopped_early = True
        self._stop.set()
        self._send(Order(Phase.ENOUGH))

    async def run(self) -> Outcome:
        """Run all phases. Raises StormFailed, NoShop, and CancelledError where it was stopped twice."""
        self._running = asyncio.current_task()
        async with AsyncExitStack() as stack:
            self._start_processes(stack)
            beat = asyncio.create_task(self._beat())
            stack.callback(beat.cancel)
            self._keeping = asyncio.create_task(self._signing.keep(self._renew))
            stack.callback(self._keeping.cancel)
            await self._connect_all()
            self.outcome.before = await fresh_levels(self.options)
            if not self._stop.is_set():
                await self._act()
            await self._rest()
            await self._compare()
            await self._tell(Order(Phase.END), "end")
        return self.outcome

    def _start_processes(self, stack: AsyncExitStack) -> None:
        loop, context = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
        for plan in self._plans:
            mine, theirs = context.Pipe()
            tokens = {email: self._signing.tokens[email] for email in {*plan.accounts, *plan.members}}
            process = context.Process(
                target=work, args=(theirs, plan, self._products, self._probe_product, tokens), daemon=True
            )
            # Ctrl-C goes to all processes of a terminal; one that has just begun would fall over it.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            process.start()
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
            self._pipes[plan.number] = mine
            stack.push_async_callback(self._ended, process)
            stack.callback(mine.close)
            loop.add_reader(mine.fileno(), self._read, plan.number)
            stack.callback(loop.remove_reader, mine.fileno())

    async def _connect_all(self) -> None:
        began = self._gathering.began = time.monotonic()
        ramp = self.options.clients / self.options.connects_per_second
        await self._all_done("ramp", ramp + RAMP_PATIENCE + RAMP_SLACK)
        self.outcome.ramp_seconds = time.monotonic() - began
        tally = self.outcome.tally
        if not tally.connects:
            reasons = ", ".join(reason for reason, _ in tally.connect_errors.most_common(1))
            raise StormFailed(f"no client could connect to {self.options.url}: {reasons or 'stopped too early'}")

    async def _act(self) -> None:
        self.phase, began = "under load", time.monotonic()
        frames, cpu = self.outcome.tally.frames, dict(self._gathering.cpu)
        self._send(Order(Phase.ACT))
        until = began + self.options.duration
        while (left := until - time.monotonic()) > 0 and not self._stop.is_set():
            self._check()
            try:
                async with asyncio.timeout(min(left, LOOK_EVERY)):
                    await self._stop.wait()
            except TimeoutError:
                continue
        self.outcome.acting_seconds = time.monotonic() - began
        self.outcome.acting_frames = self.outcome.tally.frames - frames
        self.outcome.acting_cpu = {number: used - cpu[number] for number, used in self._gathering.cpu.items()}

    async def _rest(self) -> None:
        self.phase = "finishing"
        await self._tell(Order(Phase.REST), Phase.REST.value)

    async def _compare(self) -> None:
        """Compare with fresh snapshots until all know the same, or until time is up."""
        self.phase, until, outcome = "comparing", time.monotonic() + self.options.settle, self.outcome
        while True:
            outcome.gone = ""
            try:
                outcome.after = await fresh_levels(self.options)
            except NoShop as error:
                outcome.gone = str(error)
            await asyncio.sleep(LOOK_EVERY)
            self._gathering.compared = []
            await self._tell(Order(Phase.COMPARE, outcome.after), Phase.COMPARE.value)
            outcome.compared = summed(self._gathering.compared)
            fine = not (outcome.compared.lost or outcome.compared.away or outcome.gone)
            if fine or time.monotonic() > until:
                return

    async def _tell(self, order: Order, done: str) -> None:
        self._done[done] = set()
        self._send(order)
        await self._all_done(done, PHASE_PATIENCE)

    def _renew(self, tokens: dict[str, str]) -> None:
        """Have new tokens used: by reconnecting clients, and by open sockets, which say so."""
        self._send(Order(Phase.TOKENS, tokens=tokens))

    def _send(self, order: Order) -> None:
        for pipe in self._pipes.values():
            with suppress(OSError):  # a process that has ended is told of by `_read`
                pipe.send(order)

    async def _all_done(self, done: str, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                while len(self._done.setdefault(done, set())) < len(self._pipes):
                    self._check()
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise StormFailed(f"a process of the load did not finish '{done}' within {patience:.0f} s") from error

    def _check(self) -> None:
        if self._failure:
            raise self._failure
        if self._keeping and self._keeping.done():
            self._keeping.result()  # it ends by itself only where there is nothing to keep, or by an error of ours

    def _read(self, number: int) -> None:
        """Take in one process's news."""
        try:
            news = self._pipes[number].recv()
        except (EOFError, OSError):
            asyncio.get_running_loop().remove_reader(self._pipes[number].fileno())
            if number not in self._done.get("end", set()):
                self._failure = StormFailed("a process of the load ended before its time; its last words are above")
            self._news.set()
            return
        self._gathering.take(news)
        if news.done:
            self._done.setdefault(news.done, set()).add(number)
        self._news.set()

    async def _ended(self, process: BaseProcess) -> None:
        """Wait for a process's end; it was told to, or its pipe is closed."""
        if not self._hurried:
            await asyncio.to_thread(process.join, END_PATIENCE)
        if process.is_alive():
            process.kill()
            await asyncio.to_thread(process.join)

    async def _beat(self) -> None:
        while True:
            self._on_moment(self)
            await asyncio.sleep(1.0)


async def fresh_levels(options: LoadOptions) -> dict[str, Should]:
    """Return the levels that a new client is told. Raises NoShop where none are."""
    answer: asyncio.Future[dict[str, Should]] = asyncio.get_running_loop().create_future()

    def hear(_client: SocketIOClient, name: str, payload: object, _at: float) -> None:
        if name == "stock:snapshot" and isinstance(payload, dict) and not answer.done():
            items = payload["items"]
            answer.set_result({str(i["id"]): Should(i["version"], i["stock"], i["held"]) for i in items})

    try:
        async with asyncio.timeout(SNAPSHOT_PATIENCE):
            client = await SocketIOClient.connect(options.url, on_event=hear, offer_deflate=options.deflate)
            try:
                return await answer
            finally:
                client.close()
    except (OSError, TimeoutError) as error:
        raise NoShop(f"{options.url} gives a new socket no stock:snapshot: {str(error) or 'no answer'}") from error
