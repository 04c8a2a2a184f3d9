"""A load process: it obeys commands (see `bench.control`)."""

import gc

import uvloop

from bench.control import obey, say
from bench.load.askers import Askers
from bench.load.crowd import Crowd
from bench.load.shoppers import Shoppers


async def main() -> None:
    """Obey until the input ends."""
    crowd, askers, shoppers = Crowd(), Askers(), Shoppers()
    gc.disable()  # a pause of the load would count as the server's; each process lives for minutes
    say({"ready": True})
    await obey(
        {
            "connect": crowd.connect,
            "listen": crowd.listen,
            "stall": crowd.stall,
            "heard": crowd.heard,
            "leave": crowd.leave,
            "connect_askers": askers.connect,
            "ask": askers.ask,
            "enter": shoppers.enter,
            "go": shoppers.go,
            "fill_carts": shoppers.fill_carts,
            "move": shoppers.move,
            "fill": shoppers.fill,
            "place": shoppers.place,
            "order": shoppers.order,
            "order_steadily": shoppers.order_steadily,
        }
    )


if __name__ == "__main__":
    uvloop.run(main())
