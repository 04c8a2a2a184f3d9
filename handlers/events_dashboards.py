"""What sockets of those who watch over the shop can ask for."""

from typing import Any

from handlers.events import Ask, Events
from handlers.payloads.dashboard import DashboardQuery, SellerDashboard
from ivorycart.sales.dashboards import Asked, whose
from models.errors import NotAuthenticated
from models.roles import Permission

dashboard_events = Events()


@dashboard_events.add("seller:watch", needs=Permission.SELL, answer=SellerDashboard, body=DashboardQuery)
async def seller_watch(ask: Ask) -> dict[str, Any]:
    """Watch one's own dashboard, instead of what was watched before; an admin may name whose."""
    user, body = ask.connection.user, ask.body
    if user is None:
        raise NotAuthenticated("sign in first")
    asked = Asked(whose(user, body.seller_id), body.period, body.currency or ask.shop.facts.currency)
    return await ask.shop.screens.watch(ask.connection, asked)
