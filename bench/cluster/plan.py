"""What a cluster is to be: addresses, secrets and settings, made once and kept in its folder."""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from bench.cluster.parts import HOSTS, MAIL, MEMBERS, NGINX, PARTS, WORKERS
from ivorycart.vault import fresh_keys

DATABASE = "ivorycart"
SET_NAME = "ivorycart"
SHOP, OPERATOR = "shop", "operator"  # the accounts of the database: the app hosts', and whoever looks after it
PORTS = {**dict.fromkeys(MEMBERS, 27017), **dict.fromkeys(HOSTS, 5000), NGINX: 5000, MAIL: 2525}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is up to whoever starts it. ``settings`` are the app hosts' environment, ``mongod`` its parameters.

    ``loopback``: no namespaces, though they could be made.
    """

    demo: bool = False
    loopback: bool = False
    settings: dict[str, str] = field(default_factory=dict)
    mongod: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where each part listens, and what they know. ``subnet`` is empty where all are on the loopback address."""

    tag: str
    subnet: str
    addresses: dict[str, str]
    ports: dict[str, int]
    options: Options
    jwt_secret: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    encryption_keys: str = field(default_factory=fresh_keys, repr=False)
    metrics_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    passwords: dict[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(24) for name in (SHOP, OPERATOR)}, repr=False
    )
    clocks: dict[str, int] = field(default_factory=dict)
    """By how many seconds the clock of a part is wrong."""

    @classmethod
    def on_network(cls, tag: str, subnet: str, options: Options) -> Self:
        """Return a plan in which each part has an address of its own: ``subnet`` is such as 10.213.7."""
        addresses = {part: f"{subnet}.{number}" for number, part in enumerate(PARTS, start=11)}
        return cls(tag=tag, subnet=subnet, addresses=addresses, ports=PORTS, options=options)

    @classmethod
    def on_loopback(cls, tag: str, ports: dict[str, int], options: Options) -> Self:
        """Return a plan in which parts differ by their ports alone."""
        return cls(tag=tag, subnet="", addresses=dict.fromkeys(PARTS, "127.0.0.1"), ports=ports, options=options)

    def where(self, part: str) -> str:
        """Return host:port of a part."""
        return f"{self.addresses[part]}:{self.ports[part]}"

    @property
    def url(self) -> str:
        """Where the shop is open."""
        return f"http://{self.where(NGINX)}"

    def uri(self, account: str, *members: str) -> str:
        """Return the address of the replica set, or of one member alone, for an account of the database."""
        hosts = ",".join(self.where(each) for each in members or MEMBERS)
        set_or_one = {"directConnection": "true"} if len(members) == 1 else {"replicaSet": SET_NAME}
        options = {"authSource": "admin", "w": "majority", **set_or_one}
        return f"mongodb://{account}:{self.passwords[account]}@{hosts}/?{urlencode(options)}"

    def with_clock(self, part: str, seconds: int) -> Self:
        """Return the plan with the clock of a part ahead by so many seconds, or behind; 0: right."""
        others = {name: wrong for name, wrong in self.clocks.items() if name != part}
        return replace(self, clocks=others | ({part: seconds} if seconds else {}))

    def app_settings(self, part: str) -> dict[str, str]:
        """Return the environment of an app host."""
        options = self.options
        told = {
            "HOST": self.addresses[part],
            "PORT": str(self.ports[part]),
            "WORKERS": str(WORKERS),
            "MONGODB_URI": self.uri(SHOP),
            "MONGODB_DATABASE": DATABASE,
            "JWT_SECRET": self.jwt_secret,
            "ENCRYPTION_KEYS": self.encryption_keys,
            "METRICS_TOKEN": self.metrics_token,
            "TRUSTED_PROXIES": self.addresses[NGINX],
            "SMTP_URL": f"smtp://{self.where(MAIL)}?starttls=never",
        }
        # The demo's accounts have known passwords: the shop takes no public address beside them.
        public = {"DEMO": "true"} if options.demo else {"PUBLIC_URL": self.url}
        return told | public | options.settings


def tag_of(folder: Path) -> str:
    """Return what tells the network of this folder's cluster from others on the machine; five characters."""
    return hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:5]


def save(folder: Path, plan: Plan) -> None:
    """Keep a plan, closed to others: it has the secrets."""
    file, fresh = folder / "cluster.json", folder / "cluster.json.new"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(asdict(plan), out, indent=2)
    fresh.replace(file)


def load(folder: Path) -> Plan | None:
    """Return the plan that was kept, or None."""
    try:
        told = json.loads((folder / "cluster.json").read_text())
    except FileNotFoundError:
        return None
    return Plan(**told | {"options": Options(**told["options"])})
