"""The seller's numbers over HTTP."""

from typing import Any

from handlers.payloads.dashboard import DashboardQuery, SellerDashboard
from handlers.routing import Call, Routes
from ivorycart.sales.dashboards import Asked, whose
from models.roles import Permission

seller_routes = Routes()


@seller_routes.add("GET", "/api/seller/dashboard", needs=Permission.SELL, answer=SellerDashboard, query=DashboardQuery)
async def seller_dashboard(call: Call) -> Any:
    """Return one's own dashboard, as a seller; an admin may name whose."""
    asked, shop = call.query, call.shop
    seller_id = whose(call.me, asked.seller_id)
    return await shop.screens.show(Asked(seller_id, asked.period, asked.currency or shop.facts.currency))
