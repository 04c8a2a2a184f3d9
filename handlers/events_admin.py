"""What admins can ask for over sockets."""

from typing import Any

from handlers import shapes
from handlers.events import Ask, Events
from handlers.payloads.admin_dashboard import AdminWatchAnswer
from models.roles import Permission

admin_events = Events()


@admin_events.add("admin:watch", needs=Permission.WATCH_SHOP, answer=AdminWatchAnswer)
async def admin_watch(ask: Ask) -> dict[str, Any]:
    """Return the dashboard, and have what moves told from now on, every two seconds."""
    overview = ask.shop.overview
    overview.watching.add(ask.connection.sid)
    lately = [shapes.plain(each) for each in overview.last_hour.told()]
    return {"dashboard": shapes.plain(await overview.dashboard.snapshot("24h")), "lately": lately}
