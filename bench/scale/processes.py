"""So many processes on one replica set: what they cost idle, how they order, and what their sockets hear."""

import asyncio

from bench.extent import FULL, Extent
from bench.figures import Figures
from bench.measure.commits import commit_times
from bench.measure.crowds import arrive, depart
from bench.measure.shops import PRICE, buyers_tokens
from bench.scale.fleet import Fleet, Meter, open_fleet, per
from bench.scale.size import Size
from mongo.audit import audit

LISTENERS = 4  # sockets of each process, that hear the orders of all
CONFLATED = 1.0  # seconds: a version that was passed over is not heard however long one waits
HEARD = 10.0  # seconds, in which the last socket has heard the last change
PLENTY = 1_000_000


async def measure(count: int, size: Size) -> Figures:
    """Have so many processes idle, take orders for one product and for many, and broadcast to a crowd."""
    async with open_fleet(count) as fleet:
        figures = await idle(fleet, size)
        [warming, hot] = await fleet.stocked(2, PLENTY)
        many = await fleet.stocked(size.products, PLENTY)
        await fleet.load.ask("enter", url=fleet.urls, count=size.buyers, tokens=buyers_tokens(size.buyers))
        await _order(fleet, [warming], size, 1, "warm")
        await fleet.load.ask("connect", url=fleet.urls, count=LISTENERS * count, at_once=LISTENERS)
        figures |= _named("hot", await _heard_orders(fleet, hot, size))
        await fleet.load.ask("leave")
        figures |= _named("spread", await _order(fleet, many, size, size.rounds, "spread"))
        await fleet.load.ask("go")
        found = await audit(fleet.books.driver, fleet.books.database)
        figures["faults"] = float(found.total)
        return figures | _named("sockets", await crowd(fleet, size.sockets, size))


async def crowds(size: Size) -> Figures:
    """Have crowds of growing size visit one process; figures are named by it."""
    figures: Figures = {}
    for clients in size.crowds:
        async with open_fleet(1) as fleet:
            told = await crowd(fleet, clients, size)
            figures |= {f"{name}@{clients}": value for name, value in told.items()}
    return figures


async def idle(fleet: Fleet, size: Size) -> Figures:
    """Return what nothing costs, per second, and the memory and connections of it."""
    meter = Meter(fleet.parts)
    await asyncio.sleep(size.idle_seconds)
    spent = meter.spent()
    count = len(fleet.urls)
    return {
        "idle_app_us": spent["app"] / spent["wall"] / count * 1e6,
        "idle_mongod_us": spent["mongod"] / spent["wall"] * 1e6,
        "app_mib": fleet.apps.memory() / count / 2**20,
        "mongod_mib": fleet.mongod.memory() / 2**20,
        "connections": (await fleet.status())["connections"],
    }


async def crowd(fleet: Fleet, clients: int, size: Size) -> Figures:
    """Let sockets connect to all processes at once, hear one product's changes, idle and leave."""
    extent = _extent(size)
    [product_id] = await fleet.stocked(1, PLENTY)
    figures = await arrive(fleet.apps, fleet.load, fleet.urls, clients, extent)
    meter = Meter(fleet.parts)
    await asyncio.sleep(size.idle_seconds)
    idle_spent = meter.spent()
    figures["idle_app"] = idle_spent["app"] / idle_spent["wall"] * 1e6  # of all processes, a second
    await fleet.load.ask("enter", url=fleet.urls, count=1)
    interval = extent.interval("shop", clients)
    await fleet.load.ask("move", product_id=product_id, times=2, pause=interval)
    await fleet.apps.quiet()
    since, first = await fleet.now(), (await fleet.books.product(product_id))["version"] + 1
    await fleet.load.ask("listen", product_id=product_id)
    before, meter = await fleet.ledgers(), Meter(fleet.parts)
    moved = await fleet.load.ask("move", product_id=product_id, times=size.broadcasts, pause=interval)
    sent = await commit_times(fleet.books, product_id, since)
    heard = await fleet.load.ask("heard", first=first, count=moved["done"], patience=HEARD, sent=sent)
    # A busy process sends the latest level alone: what nobody heard was passed over, what some did not hear is lost.
    heard["missed"] = heard["lost"] - heard["unheard"] * clients
    spent, after = meter.spent(), await fleet.ledgers()
    await fleet.load.ask("go")
    alone = (after["seconds"] - before["seconds"]) / max(1.0, after["batches"] - before["batches"])
    cost = per(spent, moved["done"]) | {"client_us": spent["app"] / max(1, clients * moved["done"]) * 1e6}
    cost["batch_ms"] = alone * 1000
    return figures | heard | cost | await depart(fleet.apps, fleet.load, clients)


async def _heard_orders(fleet: Fleet, product_id: str, size: Size) -> Figures:
    """Order one product while some listen: beside the costs return how long after its commit a level is heard."""
    since, first = await fleet.now(), (await fleet.books.product(product_id))["version"] + 1
    await fleet.load.ask("listen", product_id=product_id)
    figures = await _order(fleet, [product_id], size, size.rounds, "hot")
    sent = await commit_times(fleet.books, product_id, since)
    last = (await fleet.books.product(product_id))["version"]
    heard = await fleet.load.ask("heard", first=first, count=last - first + 1, patience=CONFLATED, sent=sent)
    return figures | {f"lag_{name}": heard[name] for name in ("p50_ms", "p99_ms", "max_ms")}


async def _order(fleet: Fleet, product_ids: list[str], size: Size, rounds: int, key: str) -> Figures:
    """Have every buyer fill the cart and order it so many times; return rates, waits, each part's cost, conflicts."""
    since, before = await fleet.now(), await fleet.ledgers()
    both = Meter(fleet.parts)
    placing: Figures = {"app": 0.0, "mongod": 0.0, "load": 0.0, "wall": 0.0, "cores_busy": 0.0}
    done, seconds, waits = 0, 0.0, []
    for turn in range(rounds):
        await fleet.load.ask("fill", product_ids=product_ids, at_once=size.buyers_at_once)
        meter = Meter(fleet.parts)
        told = await fleet.load.ask("place", price=PRICE, at_once=size.buyers_at_once, key=f"{key}-{turn}")
        for name, value in meter.spent().items():
            placing[name] += value / rounds if name == "cores_busy" else value
        done, seconds = done + told["done"], seconds + told["done"] / (told["per_s"] or 1.0)
        waits.append(told)
    everything = both.spent()
    after = await fleet.ledgers()
    told = {name: after[name] - before[name] for name in after}
    batches = max(1.0, told["batches"])
    return {
        "per_s": done / seconds if seconds else 0.0,
        "p50_ms": sum(each["p50_ms"] for each in waits) / len(waits),
        "p99_ms": max(each["p99_ms"] for each in waits),
        "refused": float(size.buyers * rounds - done),
        **per(placing, done),
        **{f"both_{name}": value for name, value in per(everything, done).items()},
        "batch": told["commands"] / batches,
        "batch_ms": told["seconds"] / (told["batches"] + told["retries"] or 1.0) * 1000,
        "retries": told["retries"],
        "conflicts": told["retries"] / batches,
        "logged_bytes": await fleet.logged(since) / max(1, done),
    }


def _extent(size: Size) -> Extent:
    return Extent(connects_at_once=size.connects_at_once, broadcasts=size.broadcasts, trial=FULL.trial)


def _named(prefix: str, figures: Figures) -> Figures:
    return {f"{prefix}_{name}": value for name, value in figures.items()}
