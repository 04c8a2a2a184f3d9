"""The cluster's shop, for what works with a running server: its address and its database."""

from bench.cluster.cluster import Cluster
from bench.cluster.plan import DATABASE
from bench.shop.running import RunningShop


def shop_of(cluster: Cluster, part: str = "") -> RunningShop:
    """Return the shop as it is open behind nginx, or at one app host."""
    url = f"http://{cluster.plan.where(part)}" if part else cluster.url
    return RunningShop(cluster.folder, {"MONGODB_URI": cluster.uri, "MONGODB_DATABASE": DATABASE}, url)
