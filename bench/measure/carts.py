"""`cart:set` over sockets in the whole shop, database included."""

from bench.extent import Extent
from bench.figures import Figures
from bench.measure.shops import open_shop


async def carts(sockets: int, extent: Extent) -> Figures:
    """Have sockets set lines spread over many products, each one at a time; all of them hear the stock."""
    async with open_shop() as shop:
        ids = await shop.add_products(extent.products, 1_000_000)
        await shop.load.ask("enter", url=shop.url, count=sockets)
        await shop.server.quiet()
        warm, options = max(1, extent.carts // 8), {"sockets": sockets, "product_ids": ids, "pause": 0.0}
        await shop.load.ask("fill_carts", each=warm, **options)
        await shop.server.quiet()
        cpu, busy = shop.server.cpu(), shop.load.cpu()
        done = await shop.load.ask("fill_carts", each=extent.carts, **options)
        cpu, busy = shop.server.cpu() - cpu, shop.load.cpu() - busy
        figures, count = _plain(done), max(1, done["done"])
        return figures | {"cpu_us": cpu / count * 1e6, "load_busy": busy * figures["per_s"] / count}


async def alone(extent: Extent) -> Figures:
    """Have a single socket set lines now and then; the server has nothing else to do."""
    async with open_shop() as shop:
        ids = await shop.add_products(extent.products, 1_000_000)
        await shop.load.ask("enter", url=shop.url, count=1)
        options = {"sockets": 1, "product_ids": ids, "pause": 0.06}
        await shop.load.ask("fill_carts", each=5, **options)
        return _plain(await shop.load.ask("fill_carts", each=extent.alone, **options))


def _plain(done: dict[str, object]) -> Figures:
    refused = done.pop("refused")
    assert isinstance(refused, dict)
    return {**{name: float(str(value)) for name, value in done.items()}, "refused": float(sum(refused.values()))}
