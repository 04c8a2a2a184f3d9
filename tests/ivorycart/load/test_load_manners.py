"""The load's manners: it stops when told to, and says that it could not run rather than that something was lost."""

import asyncio
import json
import os
import signal
from typing import Any

import socketio

from tests.ivorycart.load.shops import FEW, Shop, begin, end, load, opened
from tests.patience import PATIENCE


class Refusing(Shop):
    """Lets nobody in."""

    async def connect(self, sid: str, environ: Any, auth: Any = None) -> None:
        """Refuse, once all that a storm needs was told by HTTP."""
        raise socketio.exceptions.ConnectionRefusedError("we are closed")


class Mute(Shop):
    """Answers no order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.finishing = asyncio.Event(), asyncio.Event()
        self._clears = 0

    async def order(self, sid: str, payload: dict[str, Any]) -> Any:
        """Never answer."""
        self.asked.set()
        await asyncio.Event().wait()

    async def clear(self, sid: str, *nothing: Any) -> Any:
        """Empty a cart: two buyers do so as they begin, others only in the end."""
        self._clears += 1
        if self._clears > 2:
            self.finishing.set()
        return await super().clear(sid, *nothing)


async def until_somebody_has_come(shop: Shop) -> None:
    """Wait for the first clients."""
    async with asyncio.timeout(PATIENCE):
        while len(shop.carts) < 3:
            await asyncio.sleep(0.05)


async def test_ctrl_c_ends_the_ramp_and_reports() -> None:
    """Who had come by then is judged; who had not is not missed."""
    shop = Shop()
    async with opened(shop) as url:
        process = await begin(url, "--clients", "2000", "--connects-per-second", "5", "--processes", "2", "--json")
        await until_somebody_has_come(shop)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: all processes get it
        status, out, err = await end(process)
    assert status == 0, out + err
    report = json.loads(out)
    assert [note for note in report["notes"] if note == "stopped by Ctrl-C before all clients had come"]
    assert 1 <= report["clients"]["equal_in_the_end"] < 2000
    assert "Traceback" not in err


async def test_the_second_ctrl_c_ends_everything() -> None:
    """Though there are answers to wait for; and no report is made of half a storm."""
    shop = Mute()
    async with opened(shop) as url:
        process = await begin(url, *FEW, "--duration", "600", "--json")
        async with asyncio.timeout(PATIENCE):
            await shop.asked.wait()
            os.killpg(process.pid, signal.SIGINT)
            await shop.finishing.wait()
        os.killpg(process.pid, signal.SIGINT)
        status, out, err = await end(process)
    assert (status, out) == (2, "")
    assert err == "ivorycart load: stopped before there was anything to report\n"


async def test_where_nobody_is_let_in_nothing_was_lost() -> None:
    """The load could not be run, and says why."""
    async with opened(Refusing()) as url:
        status, out, err = await load(url, *FEW, "--json")
    assert (status, out) == (2, "")
    assert "no client could connect" in err
    assert "we are closed" in err


async def test_an_address_of_another_machine_is_refused_at_once() -> None:
    """Before anybody tries to connect from it."""
    async with opened(Shop()) as url:
        status, out, err = await load(url, *FEW, "--source", "192.0.2.1")
    assert (status, out) == (2, "")
    assert err.startswith("ivorycart load: --source 192.0.2.1 is no address of this machine")
