"""From three `mongod` that listen to a replica set with accounts of its own: steps that can all be repeated.

The members know each other by the key file, and whoever has it is one of them: as such the set is begun and the
accounts are made. The set begins with one member, which is primary at once, and takes the others in one by one: three
that begin together would first wait for an election's whole timeout. Its settings, and the shop's account with its
rights, are the deployment's own: `mongo/initiation.py`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from bench.cluster.parts import MEMBERS
from bench.cluster.plan import DATABASE, OPERATOR, SET_NAME, SHOP, Plan
from mongo.initiation import ELECTIONS, make_account

_POLL_SECONDS = 0.1
_NOT_YET_INITIALIZED = 94
_USER_EXISTS = 51003

Client = AsyncMongoClient[Mapping[str, Any]]


@asynccontextmanager
async def as_member(host: str, key: str) -> AsyncIterator[Client]:
    """Connect to one member as another member would."""
    client: Client = AsyncMongoClient(
        host,
        directConnection=True,
        username="__system",
        password=key,
        authSource="local",
        authMechanism="SCRAM-SHA-256",
        serverSelectionTimeoutMS=2000,
    )
    try:
        yield client
    finally:
        await client.close()


async def make_ready(plan: Plan, key: str) -> None:
    """Return once the set has all its members, a writable primary, and both accounts; may be called at any time."""
    hosts = [plan.where(part) for part in MEMBERS]
    await _begun(hosts, key)
    while True:
        if await _complete(hosts, key, plan.passwords):
            return
        await asyncio.sleep(_POLL_SECONDS)


async def roles(plan: Plan, key: str) -> dict[str, str]:
    """Return what each member says it is: primary, secondary, or what is the matter."""

    async def ask(part: str) -> str:
        try:
            async with asyncio.timeout(2), as_member(plan.where(part), key) as client:
                hello = await client.admin.command("hello")
        except (PyMongoError, OSError, TimeoutError):
            return "does not answer"
        if hello.get("isWritablePrimary"):
            return "primary"
        return "secondary" if hello.get("secondary") else "not ready"

    return dict(zip(MEMBERS, await asyncio.gather(*map(ask, MEMBERS)), strict=True))


async def _begun(hosts: list[str], key: str) -> None:
    """Begin the set with its first member, unless any of them knows of one."""
    while True:
        try:
            async with as_member(hosts[0], key) as client:
                await client.admin.command("replSetGetConfig")
                return
        except OperationFailure as error:
            if error.code != _NOT_YET_INITIALIZED:
                raise
        except PyMongoError:
            await asyncio.sleep(_POLL_SECONDS)
            continue
        async with as_member(hosts[0], key) as client:
            config = {
                "_id": SET_NAME,
                "members": [{"_id": 0, "host": hosts[0]}],
                "settings": ELECTIONS,
            }
            await client.admin.command("replSetInitiate", config)


async def _complete(hosts: list[str], key: str, passwords: Mapping[str, str]) -> bool:
    """Take a step; return whether nothing is left to be done."""
    for host in hosts:
        try:
            async with as_member(host, key) as client:
                if not (await client.admin.command("hello")).get("isWritablePrimary"):
                    continue
                if not await _members(client, hosts):
                    return False
                await _accounts(client, passwords)
                return True
        except PyMongoError:  # not there yet, or no longer primary
            continue
    return False


async def _members(primary: Client, hosts: list[str]) -> bool:
    """Take in a member that is missing; return whether all are there and have the data."""
    config: Any = (await primary.admin.command("replSetGetConfig"))["config"]
    there = {each["host"] for each in config["members"]}
    if missing := [host for host in hosts if host not in there]:
        number = max(each["_id"] for each in config["members"]) + 1
        config["members"].append({"_id": number, "host": missing[0]})
        config["version"] += 1
        await primary.admin.command("replSetReconfig", config)
        return False
    status: Any = await primary.admin.command("replSetGetStatus")
    return all(each["stateStr"] in {"PRIMARY", "SECONDARY"} for each in status["members"])


async def _accounts(primary: Client, passwords: Mapping[str, str]) -> None:
    try:
        await primary.admin.command("createUser", OPERATOR, pwd=passwords[OPERATOR], roles=["root"])
    except OperationFailure as error:
        if error.code != _USER_EXISTS:
            raise
    await make_account(primary, DATABASE, passwords[SHOP])
