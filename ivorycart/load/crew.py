"""The clients of one process: they come, hear, are cut off, and come back.

Concurrency: one event loop. A frame is taken in the socket's reader, without a task; tasks connect (a bounded number at
once) and act. Shutdown: ``leave`` closes all, after which nobody comes back.
"""

import asyncio
import random
import time
from array import array
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from ivorycart.load.client import ConnectRefused, SocketIOClient
from ivorycart.load.messages import Probed
from ivorycart.load.plan import ProcessPlan
from ivorycart.load.seat import Seat
from ivorycart.load.sights import Fault, Sights
from ivorycart.load.tally import Tally

STOCK, SNAPSHOT = b'42["stock",', b'42["stock:snapshot",'
HANDSHAKES_AT_ONCE = 200
CONNECT_PATIENCE = 30.0
ACK_PATIENCE = 15.0
ARRIVAL = 1.0  # seconds after the welcome in which a repeat is what a resume may bring
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 5.0  # as Socket.IO's own clients do, ± 50 %
SIGN_IN_TRIES = 4
NOT_SIGNED_IN = "not_authenticated"


class Crew:
    """All clients of a process, and what they have measured since it was last taken."""

    def __init__(self, plan: ProcessPlan, probe_product: str, dice: random.Random) -> None:
        self.plan = plan
        self.dice = dice
        self.tally = Tally()
        self.heard: dict[int, array[float]] = {}
        self.probed: list[Probed] = []
        self.probe: Seat | None = None
        self.probe_news = asyncio.Event()
        self.sights = Sights(self._payload, probe_product)
        self.seats: list[Seat] = []
        self.hold_seconds: float | None = None
        self.ended = False
        self._gate = asyncio.Semaphore(HANDSHAKES_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._last_frame, self._last_payload = b"", None

    async def run(self, work: Callable[[], Any]) -> None:
        """Run the whole of the crew's life; a task that fails ends it, and the failure comes out here."""
        async with asyncio.TaskGroup() as self._group:
            await work()
            self.leave()
            for task in self._tasks:
                task.cancel()

    def begin(self, work: Any) -> asyncio.Task[None]:
        """Start a task of the crew."""
        if self._group is None:
            raise RuntimeError("the crew is not at work")
        task: asyncio.Task[None] = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def enter(self, seat: Seat, pause: float = 0.0) -> None:
        """Connect a client, as often as it takes."""
        await asyncio.sleep(pause)
        while not self.ended:
            async with self._gate:
                if await self._connected(seat):
                    return
            seat.tries += 1
            await asyncio.sleep(self._pause(seat.tries))

    async def ask(self, seat: Seat, event: str, payload: Any = None, times: str = "") -> dict[str, Any] | None:
        """Ask the server; return its ack, or None if that did not come; refusals are counted and returned.

        ``times`` names the tally's histogram for the time that the ack took.
        """
        client = seat.client
        if client is None:
            return None
        sent = time.monotonic()
        try:
            answer = await client.call(event, payload, timeout=ACK_PATIENCE)
        except (TimeoutError, ConnectionError) as error:
            self.tally.unknown[f"{event}: {'no ack' if isinstance(error, TimeoutError) else 'connection lost'}"] += 1
            return None
        if times:
            getattr(self.tally, times).add(time.monotonic() - sent)
        if not isinstance(answer, dict):
            self.tally.unreadable[f"ack of {event}"] += 1
            return None
        if not answer.get("ok"):
            code = answer.get("error", {}).get("code", "?")
            self.tally.refusals[f"{event}: {code}"] += 1
            if code == NOT_SIGNED_IN:
                seat.signed = ""  # its token has run out: it does not act until there is another
        return answer

    def renew(self, tokens: Mapping[str, str]) -> None:
        """Take new tokens, by email; tell the open sockets of these accounts."""
        for seat in self.seats:
            if seat.account and seat.account.email in tokens:
                seat.account.token = tokens[seat.account.email]
                if seat.client and not self.ended:
                    self.begin(self.sign_in(seat))

    async def sign_in(self, seat: Seat) -> None:
        """Tell the server who sits here now; once more where there was no answer."""
        client = seat.client
        for number in range(SIGN_IN_TRIES):
            if client is None or seat.client is not client or not seat.token:
                return
            token = seat.token
            answer = await self.ask(seat, "auth", {"token": token})
            if answer and answer.get("ok"):
                seat.signed = token
                return
            if answer and answer.get("error", {}).get("code") == NOT_SIGNED_IN:
                seat.refused = token
                return
            await asyncio.sleep(self._pause(number))

    def cut(self, share: float) -> None:
        """Cut a share of the connections, as a lost network would."""
        there = [seat for seat in self.seats if seat.client and not seat.stalls]
        for seat in self.dice.sample(there, round(len(there) * share)):
            if seat.client:
                self.tally.cut += 1
                seat.client.cut()

    def take(self) -> tuple[Tally, list[Probed], dict[int, bytes]]:
        """Return what was measured since the last time."""
        taken = self.tally, self.probed, {version: times.tobytes() for version, times in self.heard.items()}
        self.tally, self.probed, self.heard = Tally(), [], {}
        return taken

    def leave(self) -> None:
        """Close everything."""
        self.ended = True
        for seat in (*self.seats, *([self.probe] if self.probe else [])):
            if seat.client:
                seat.client.close()

    async def _connected(self, seat: Seat) -> bool:
        options, began, token = self.plan.options, time.monotonic(), seat.token
        seat.entering_at, seat.awaits = began, None
        try:
            client = await SocketIOClient.connect(
                options.url,
                seat.auth(),
                on_frame=self._frame,
                on_close=self._closed,
                offer_deflate=options.deflate,
                timeout=CONNECT_PATIENCE,
                source=self.plan.source,
                tag=seat,
            )
        except (OSError, TimeoutError) as error:
            self.tally.connect_errors[_in_short(error)] += 1
            if token and isinstance(error, ConnectRefused) and error.code == NOT_SIGNED_IN:
                self.tally.tokens_refused += 1
                seat.refused = token
            return False
        if not client.is_open:
            return False
        seat.client, seat.tries, seat.signed = client, 0, token
        self.tally.deflated += client.compressed
        self.tally.handshakes.add(time.monotonic() - began)
        if seat is not self.probe:
            if seat.left_at:
                self.tally.reconnects += 1
            else:
                self.tally.connects += 1
        if seat.token != token:  # there is a newer one
            self.begin(self.sign_in(seat))
        return True

    def _closed(self, client: SocketIOClient, reason: str) -> None:
        seat: Seat = client.tag
        if self.ended or seat.client is not client:
            return
        self.tally.closes[reason] += 1
        seat.client, seat.left_at = None, time.monotonic()
        if not seat.stalls:
            self.begin(self.enter(seat, self._pause(0)))

    def _pause(self, tries: int) -> float:
        return self.dice.uniform(0.5, 1.5) * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries, 8))

    # What comes from the server.

    def _frame(self, client: SocketIOClient, text: bytes, now: float) -> None:
        self.tally.frames += 1
        self.tally.received_bytes += len(text)
        try:
            if text.startswith(STOCK):
                self._stock(client.tag, text, now, snapshot=False)
            elif text.startswith(SNAPSHOT):
                self._stock(client.tag, text, now, snapshot=True)
            else:
                self._other(client.tag, text, now)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            self.tally.unreadable[f"{type(error).__name__} in {text[:40]!r}"] += 1

    def _stock(self, seat: Seat, text: bytes, now: float, *, snapshot: bool) -> None:
        step = self.sights.hear(seat.sight, text, snapshot=snapshot)
        seat.sight = step.sight
        seat.cursor = max(step.cursor, seat.cursor)
        if seat.awaits is not None:
            self._catch_up(seat, now)
        arriving = now - seat.came_at < ARRIVAL
        for fault in step.faults:
            self._blame(seat, fault, arriving=arriving)
        if step.probed and not seat.stalls and not arriving:
            self.heard.setdefault(step.probed, array("d")).append(now)
        if seat is self.probe:
            self.probe_news.set()
        if snapshot and seat.left_at:
            self.tally.snapshots += 1

    def _other(self, seat: Seat, text: bytes, now: float) -> None:
        name, payload = (*orjson.loads(text[text.index(b"[") :]), None)[:2]
        if name in {"stock", "stock:snapshot"}:  # with other spacing than most servers have
            self._stock(seat, text, now, snapshot=name == "stock:snapshot")
        elif name == "welcome":
            self._welcome(seat, payload, now)
        elif name == "product":
            seat.cursor = max(str(payload["cursor"]), seat.cursor)
        elif name == "error":
            self.tally.refusals[f"error: {payload['code']}"] += 1

    def _welcome(self, seat: Seat, payload: dict[str, Any], now: float) -> None:
        seat.came_at, seat.session, seat.resumed = now, str(payload["session"]), bool(payload["resumed"])
        seat.cursor = max(str(payload["cursor"]), seat.cursor)
        self.hold_seconds = float(payload["hold_seconds"])
        if seat.left_at and seat is not self.probe:
            self.tally.back.add(now - seat.left_at)
            self.tally.resumed += seat.resumed
            seat.awaits = self.sights.behind(seat.sight)
            self._catch_up(seat, now)

    def _catch_up(self, seat: Seat, now: float) -> None:
        """Note how long a client that came back took to know what somebody here knew when it was welcomed."""
        if seat.has_caught_up:
            self.tally.equal.add(now - seat.entering_at)
            seat.awaits = None

    def _blame(self, seat: Seat, fault: Fault, *, arriving: bool) -> None:
        """Count a fault, unless it is what a resume may bring: what was missed overlaps with what was known."""
        if arriving and (fault.kind == "duplicated" or (fault.kind == "regressed" and seat.resumed)):
            self.tally.repeated += 1
            return
        kind, product_id, known, heard = fault
        self.tally.faults[kind] += 1
        self.tally.example(kind, client=seat.number, product=product_id, known=known, heard=heard)
        if seat.blamed is None:
            seat.blamed = set()
        if kind not in seat.blamed:
            seat.blamed.add(kind)
            self.tally.faulty_clients[kind] += 1

    def _payload(self, frame: bytes) -> Any:
        """Read a frame that many clients get, once."""
        if frame != self._last_frame:
            self._last_frame, self._last_payload = frame, orjson.loads(frame[frame.index(b"[") :])[1]
        return self._last_payload


def _in_short(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {CONNECT_PATIENCE:g} s"
    return str(error)[:160] or type(error).__name__
