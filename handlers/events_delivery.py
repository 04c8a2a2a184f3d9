"""What sockets of those who bring orders can ask for."""

from typing import Any

from handlers.events import Ask, Events
from handlers.payloads.order_lists import Worklist
from models.roles import Permission

delivery_events = Events()


@delivery_events.add("delivery:watch", needs=Permission.DELIVER, answer=Worklist)
async def delivery_watch(ask: Ask) -> dict[str, Any]:
    """Return what there is to bring, and have what becomes of it told from now on."""
    return dict(await ask.shop.delivering.watch(ask.connection))
