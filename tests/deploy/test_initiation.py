"""The one-shot initiation of a replica set: three real members with a key file, from nothing to a shop that sells."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from aiohttp import ClientSession
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from bench.root import ROOT
from bench.shop.running import RunningShop
from ivorycart.vault import fresh_keys
from mongo.embedded.binary import find_mongod
from mongo.embedded.ports import free_port
from tests.handlers.doors import bearer
from tests.patience import PATIENCE
from tests.system.commands import ivorycart
from tests.system.conftest import Meet, OpenShop, open_shop  # noqa: F401 - a fixture
from tests.visitor import products, sign_in


@dataclass
class Members:
    """Three `mongod` that know nothing of each other yet."""

    folder: Path
    hosts: list[str] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)

    async def start(self) -> None:
        """Start them as the composition does: with a key file, and no account."""
        key = self.folder / "keyfile"
        key.write_text("a key of all members of this test\n".replace(" ", ""))
        key.chmod(0o400)
        for number in range(3):
            data, port = self.folder / f"db{number}", free_port()
            data.mkdir()
            command = [
                *(str(find_mongod(None)), "--replSet", "ivorycart", "--keyFile", str(key), "--dbpath", str(data)),
                *("--port", str(port), "--bind_ip", "127.0.0.1", "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25"),
                *("--oplogSize", "50", "--quiet", "--logpath", str(self.folder / f"db{number}.log")),
                *("--setParameter", "transactionLifetimeLimitSeconds=5"),
            ]
            self.processes.append(await asyncio.create_subprocess_exec(*command, stdout=PIPE, start_new_session=True))
            self.hosts.append(f"127.0.0.1:{port}")

    async def stop(self) -> None:
        """End them."""
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
        await asyncio.gather(*(process.wait() for process in self.processes))

    async def initiate(self, **secrets: str) -> tuple[int, str]:
        """Run the script as the composition does; return its status and what it says."""
        folder = self.folder / "secrets"
        folder.mkdir(exist_ok=True)
        for name, text in secrets.items():
            (folder / name).write_text(text + "\n")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mongo.initiation"),
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "MEMBERS": ",".join(self.hosts),
                "LOCAL": ",".join(self.hosts[:1]),
                "SECRETS_DIR": str(folder),
                "PATIENCE": str(PATIENCE),
            },
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, (out + err).decode()

    def uri(self, user: str, password: str) -> str:
        """Return how an account connects."""
        return f"mongodb://{user}:{password}@{','.join(self.hosts)}/?replicaSet=ivorycart&authSource=admin"


@pytest.fixture
async def members(tmp_path: Path) -> AsyncIterator[Members]:
    """Run them."""
    made = Members(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_from_three_empty_members_to_a_shop_with_least_rights(
    members: Members,
    open_shop: OpenShop,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    """Run twice it changes nothing but the shop's password, where that is another now.

    What the shop's account may do is enough for a backup and for going back to it.
    """
    secrets = {"mongo_admin_password": "admin-password", "mongo_shop_password": "shop-password"}
    assert await members.initiate(**secrets) == (0, f"the set ivorycart is ready: {', '.join(members.hosts)}\n")
    assert (await members.initiate(**secrets | {"mongo_shop_password": "renewed"}))[0] == 0
    status, said = await members.initiate(mongo_admin_password="another")
    assert (status, said.count("\n")) == (1, 1)
    assert "mongo_admin_password: put the right file back" in said

    client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(members.uri("shop", "renewed"))
    async with client:
        found = (await client.admin.command("replSetGetStatus"))["members"]
        assert len(found) == 3
        assert (await client.admin.command({"serverStatus": 1, "oplog": 1}))["oplog"]["earliestOptime"]
        for attempt in (
            client["another"]["things"].insert_one({}),
            client.admin.command("createUser", "more", pwd="x", roles=["root"]),
            client.admin.command("usersInfo", {"forAllDBs": True}),
            client.admin.command("shutdown"),
            client.local.command("find", "oplog.rs", limit=1),
        ):
            with pytest.raises(OperationFailure, match="not authorized"):
                await attempt

    shop = await open_shop(
        MONGODB_URI=members.uri("shop", "renewed"),
        JWT_SECRET="a secret of this shop " * 3,
        ENCRYPTION_KEYS=fresh_keys(),
        DEMO="true",
    )
    admin = bearer(await sign_in(shop.url, "admin@demo.com"))
    assert await products(shop.url)
    async with asyncio.timeout(PATIENCE), ClientSession() as http:
        while True:
            async with http.get(f"{shop.url}/api/admin/dashboard", headers=admin) as answer:
                seen = await answer.json()
            states = sorted(each["state"] for each in seen["replica_set"].get("members", ()))
            if states == ["primary", "secondary", "secondary"]:
                break
            await asyncio.sleep(0.2)
        parts = {name: part for name, part in seen.items() if isinstance(part, dict)}
        assert not {name: part for name, part in parts.items() if not part["ok"] and "no answer" not in part["reason"]}
        async with http.get(f"{shop.url}/readyz") as answer:
            assert (await answer.json())["checks"]["database"]["ok"]
    (tmp_path / "handed").mkdir()
    (tmp_path / "handed" / "mongodb_uri").write_text(members.uri("shop", "renewed") + "\n")
    await backed_up_and_restored(shop, tmp_path)


async def backed_up_and_restored(shop: RunningShop, folder: Path) -> None:
    """Take a backup as the composition's service does, with its account and one secret, and go back to it."""

    async def backup(*arguments: str) -> tuple[int | None, str]:
        status, out, err = await ivorycart(shop, "backup", *arguments, SECRETS_DIR=str(folder / "handed"))
        return status, out + err

    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["backup"]
    backups, figures = folder / "backups", folder / "figures"
    for each in (backups, figures):
        each.mkdir(mode=0o755)
    places = {"/backups": str(backups), "/figures/ivorycart.prom": str(figures / "ivorycart.prom")}
    following = [places.get(word, word) for word in service["command"][4:]]
    assert (await backup(*following))[0] == 1  # there is nothing to follow yet
    assert (await backup("create", str(backups)))[0] == 0
    assert (await backup(*following, "--once"))[0] == 0
    assert (figures / "ivorycart.prom").stat().st_mode & 0o004  # another user reads it
    assert (await backup("verify", str(backups)))[0] == 0
    refused = await backup("restore", str(backups), "--replace")
    assert (refused[0], "stop it first" in refused[1]) == (1, True)
    assert await shop.stop() == 0
    status, said = await backup("restore", str(backups), "--replace")
    assert (status, "Everything that must hold, holds." in said) == (0, True), said
    assert (await backup("prune", str(backups), "--keep", "1"))[0] == 0


async def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    """Before anything is waited for."""
    without = Members(tmp_path)
    assert await without.initiate() == (
        1,
        "initiation: MEMBERS: is required: host:port of each member, separated by commas\n",
    )
    without.hosts = ["127.0.0.1:1"]
    status, said = await without.initiate(mongo_admin_password="x")
    assert status == 1
    assert said.endswith("mongo_shop_password: No such file or directory\n")
    assert (await without.initiate(mongo_shop_password=""))[1].endswith("mongo_shop_password: is empty\n")
