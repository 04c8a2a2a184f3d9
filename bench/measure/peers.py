"""How each server without a shop is started."""

import os
from pathlib import Path

from bench.machine import SERVER_CORE, said_by
from bench.processes import Child
from bench.root import ROOT

OURS, BARE, NODE, STOCK = "engine", "bare", "node", "stock"
_NODE_PROGRAM = "bench/peers/socketio_node.mjs"


class Missing(Exception):  # noqa: N818 - it says what is the matter
    """What a measurement needs is not installed."""


def node_packages() -> str:
    """Return the folder with Socket.IO for Node; raise Missing where there is none."""
    for folder in (str(ROOT / "node_modules"), *os.environ.get("NODE_PATH", "").split(os.pathsep)):
        if folder and (Path(folder) / "socket.io").is_dir():
            return folder
    raise Missing("socket.io is not installed: npm ci --ignore-scripts")


async def start(server: str) -> Child:
    """Start a server on its core; raise Missing where it is not installed."""
    if server != NODE:
        return await Child.python(f"bench.servers.{server}", core=SERVER_CORE)
    if said_by("node", "--version") == "not installed":
        raise Missing("node is not installed")
    return await Child.start("node", _NODE_PROGRAM, core=SERVER_CORE, environment={"NODE_PATH": node_packages()})
