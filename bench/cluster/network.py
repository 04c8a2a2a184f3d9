"""A network of namespaces: one per part, joined by a bridge with veth pairs. Only for root, on Linux.

All names begin with what is the cluster's alone, and the addresses are a free /24 of 10.213.0.0/16, so that nothing of
the machine's own is touched. A part that is cut off wholly has its cable pulled; between two parts packets are lost by
a neighbour entry that leads nowhere, on both sides. Either way nobody is told: packets just do not arrive.
"""

import json
import os
import platform
import shutil
import signal
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

_NOWHERE = "02:00:00:00:00:00"  # nobody's hardware address
_SUBNETS = tuple(f"10.213.{number}" for number in range(256))


class NoNetwork(Exception):  # noqa: N818 - it says what is the matter
    """The network could not be made; the message says why."""


def possible() -> bool:
    """Whether namespaces can be made here."""
    return platform.system() == "Linux" and os.geteuid() == 0 and all(map(shutil.which, ("ip", "nsenter")))


def free_subnet() -> str:
    """Return a private /24 that this machine does not use: its first three numbers."""
    routes = {str(each.get("dst", "")) for each in json.loads(_ip("-j", "route", "show", "table", "all") or "[]")}
    for subnet in _SUBNETS:
        if f"{subnet}.0/24" not in routes:
            return subnet
    raise NoNetwork("every network from 10.213.0.0/24 to 10.213.255.0/24 is taken")


@dataclass(frozen=True, slots=True)
class Network:
    """The namespaces of one cluster. ``addresses`` are the parts'; the machine itself has the subnet's first."""

    tag: str
    subnet: str
    addresses: dict[str, str]

    def namespace(self, part: str) -> str:
        """Return the name of a part's namespace."""
        return f"ivory-{self.tag}-{part}"

    def entering(self, part: str) -> tuple[str, ...]:
        """Return what goes before a command that is to run in a part's namespace."""
        return ("nsenter", f"--net=/run/netns/{self.namespace(part)}")

    @property
    def _bridge(self) -> str:
        return f"ivory-{self.tag}"

    def _cable(self, part: str) -> str:
        return f"iv{self.tag}-{part}"  # at most 15 characters

    def up(self) -> None:
        """Make whatever of it is missing."""
        if not self._there(self._bridge):
            self._batch(
                (
                    f"link add {self._bridge} type bridge",
                    f"addr add {self.subnet}.1/24 dev {self._bridge}",
                    f"link set {self._bridge} up",
                )
            )
        present = self._present()
        for part in self.addresses:
            if self.namespace(part) not in present:
                self._add(part)

    def _add(self, part: str) -> None:
        name, cable = self.namespace(part), self._cable(part)
        self._batch(
            (
                f"netns add {name}",
                f"link add {cable} type veth peer name eth0 netns {name}",
                f"link set {cable} master {self._bridge} up",
            )
        )
        self._batch(
            ("link set lo up", f"addr add {self.addresses[part]}/24 dev eth0", "link set eth0 up"),
            within=part,
        )

    def down(self) -> None:
        """Take it away, with every process that is still in it."""
        present = self._present()
        for part in self.addresses:
            if (name := self.namespace(part)) in present:
                for pid in _ip("netns", "pids", name).split():
                    os.kill(int(pid), signal.SIGKILL)
                if self._there(cable := self._cable(part)):
                    _ip("link", "del", cable)  # else it is gone some time after its namespace
                _ip("netns", "del", name)
        if self._there(self._bridge):
            _ip("link", "del", self._bridge)

    def unplug(self, part: str) -> None:
        """Cut a part off from all others and from this machine."""
        _ip("link", "set", self._cable(part), "down")

    def cut(self, part: str, others: Iterable[str]) -> None:
        """Lose all packets between a part and each of these."""
        for other in others:
            for here, there in ((part, other), (other, part)):
                entry = f"neigh replace {self.addresses[there]} lladdr {_NOWHERE} dev eth0 nud permanent"
                self._batch((entry,), within=here)

    def heal(self) -> None:
        """Plug everything in again, and take every cut back."""
        for part in self.addresses:
            _ip("link", "set", self._cable(part), "up")
            lost = [f"neigh del {self.addresses[other]} dev eth0" for other in self.cuts(part)]
            if lost:
                self._batch(lost, within=part)

    def unplugged(self, part: str) -> bool:
        """Whether its cable is pulled."""
        [link] = json.loads(_ip("-j", "link", "show", self._cable(part)))
        return "UP" not in link["flags"]

    def cuts(self, part: str) -> list[str]:
        """Return the parts that it is cut off from, one by one."""
        told = _ip("-j", "-n", self.namespace(part), "neigh", "show", "nud", "permanent")
        lost = {each["dst"] for each in json.loads(told or "[]") if each.get("lladdr") == _NOWHERE}
        return [other for other, address in self.addresses.items() if address in lost]

    def _present(self) -> set[str]:
        found: list[Any] = json.loads(_ip("-j", "netns", "list") or "[]")
        return {each["name"] for each in found}

    def _there(self, link: str) -> bool:
        return any(each["ifname"] == link for each in json.loads(_ip("-j", "link", "show")))

    def _batch(self, lines: Sequence[str], *, within: str = "") -> None:
        inside = ("-n", self.namespace(within)) if within else ()
        _ip(*inside, "-batch", "-", given="\n".join(lines) + "\n")


def _ip(*arguments: str, given: str = "") -> str:
    done = subprocess.run(("ip", *arguments), input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNetwork(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
