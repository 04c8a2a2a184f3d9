"""Make a replica set with accounts of what listens already: `python -m mongo.initiation`, as often as you like.

    MEMBERS=mongo1:27017,mongo2:27017,mongo3:27017 SECRETS_DIR=/run/secrets python -m mongo.initiation

Run it where the first member is reached by the loopback address (LOCAL, 127.0.0.1:27017): before there is an account a
`mongod` with a key file lets nobody else in, and whoever is there may do no more than what is done here ("localhost
exception"). Two accounts come of it: ``admin`` for people (root), and ``shop`` for the shop, which may read and write
its one database, change its collections and see how the set is, and nothing else. Their passwords are in the files
``mongo_admin_password`` and ``mongo_shop_password`` of SECRETS_DIR; the shop's is renewed from there at each run.

Every step can be repeated and looks at what is there first, so it may be cut short anywhere and run again.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

ADMIN, SHOP = "admin", "shop"
WATCHING = "shopWatching"
# Without a heartbeat for so long another is elected: MongoDB's default of 10 s leaves nothing of a caller's patience of
# 10 s. And a new primary takes writes so soon, though it has not heard how far the others are: of a member that is cut
# off it would wait for that, by default, until its heartbeats time out. What a majority has acknowledged it has, or it
# would not have been elected; catching up is for writes that nobody waited for. (docs/faults.md has the figures.)
ELECTIONS: Mapping[str, int] = {"electionTimeoutMillis": 5000, "catchUpTimeoutMillis": 500}
# For the overview: the members and their lag, what runs long, and from when to when the oplog is, of which the server's
# status tells no more than that. MongoDB's own clusterMonitor may also read what is in it.
_MAY_WATCH = [{"resource": {"cluster": True}, "actions": ["replSetGetStatus", "inprog", "serverStatus"]}]
PAUSE = 0.5
PATIENCE_MS = 3000
_UNAUTHORIZED, _AUTHENTICATION_FAILED, _USER_EXISTS = 13, 18, 51003
_ALREADY_INITIALIZED, _ROLE_EXISTS = 23, 51002

Client = AsyncMongoClient[Mapping[str, Any]]


class NotInitiated(Exception):  # noqa: N818 - it says what is the matter
    """It cannot be done; the message is one line for the person at the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be there in the end; ``patience`` is in seconds."""

    members: Sequence[str]
    local: str
    name: str
    database: str
    admin_password: str
    shop_password: str
    patience: float

    @classmethod
    def of_environment(cls, given: Mapping[str, str]) -> Self:
        """Read it; raise NotInitiated for what is missing."""
        members = [each.strip() for each in given.get("MEMBERS", "").split(",") if each.strip()]
        if not members:
            raise NotInitiated("MEMBERS: is required: host:port of each member, separated by commas")
        folder = Path(given.get("SECRETS_DIR") or "/run/secrets")
        return cls(
            members=members,
            local=given.get("LOCAL") or "127.0.0.1:27017",
            name=given.get("REPLICA_SET") or "ivorycart",
            database=given.get("MONGODB_DATABASE") or "ivorycart",
            admin_password=_secret(folder / "mongo_admin_password"),
            shop_password=_secret(folder / "mongo_shop_password"),
            patience=float(given.get("PATIENCE") or 120),
        )


def _secret(file: Path) -> str:
    try:
        secret = file.read_text().strip()
    except OSError as error:
        raise NotInitiated(f"{file}: {error.strerror}") from error
    if not secret:
        raise NotInitiated(f"{file}: is empty")
    return secret


async def initiate(wanted: Wanted) -> None:
    """Return once there is a primary that knows both accounts; raise NotInitiated where patience runs out."""
    deadline = time.monotonic() + wanted.patience
    while True:
        try:
            await _try(wanted)
        except (PyMongoError, _NotYet) as error:
            if time.monotonic() > deadline:
                reason = " ".join(str(error).split())[:300]
                raise NotInitiated(f"not done within {wanted.patience:g} s: {reason}") from error
            await asyncio.sleep(PAUSE)
        else:
            return


class _NotYet(Exception):  # noqa: N818 - it says what is the matter
    """Something has to happen first, which is waited for."""


async def _try(wanted: Wanted) -> None:
    """Go as far as is possible now."""
    stranger: Client = AsyncMongoClient(
        wanted.local, directConnection=True, serverSelectionTimeoutMS=PATIENCE_MS, appname="ivorycart initiation"
    )
    async with stranger:
        hello = await stranger.admin.command("hello")
        if "setName" not in hello:
            await _make_set(stranger, wanted)
            raise _NotYet("the set was made, and has no primary yet")
        if hello["setName"] != wanted.name:
            raise NotInitiated(f"{wanted.local} is of the set {hello['setName']}, not {wanted.name}")
        if hello["isWritablePrimary"]:
            await _make_admin(stranger, wanted)
    await _make_shop(wanted, has_admin=hello["isWritablePrimary"])


async def _make_set(stranger: Client, wanted: Wanted) -> None:
    # The first one is where we are, and only its primary lets a stranger make the first account.
    members = [
        {"_id": number, "host": host, "priority": 2 if number == 0 else 1} for number, host in enumerate(wanted.members)
    ]
    try:
        config = {"_id": wanted.name, "members": members, "settings": ELECTIONS}
        await stranger.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code != _ALREADY_INITIALIZED:
            raise


async def _make_admin(stranger: Client, wanted: Wanted) -> None:
    try:
        await _create(stranger, ADMIN, wanted.admin_password, ["root"])
    except OperationFailure as error:
        if error.code not in {_UNAUTHORIZED, _USER_EXISTS}:  # these say that there are accounts already
            raise


async def _make_shop(wanted: Wanted, *, has_admin: bool) -> None:
    """Make the shop's account, or give it its rights and its password anew.

    ``has_admin``: the account that does that is known to be there. Else it may have to wait until we are the primary.
    """
    admin: Client = AsyncMongoClient(
        list(wanted.members),
        replicaSet=wanted.name,
        username=ADMIN,
        password=wanted.admin_password,
        authSource="admin",
        serverSelectionTimeoutMS=PATIENCE_MS,
        appname="ivorycart initiation",
    )
    async with admin:
        try:
            await make_account(admin, wanted.database, wanted.shop_password)
        except OperationFailure as error:
            if error.code == _AUTHENTICATION_FAILED and has_admin:
                raise NotInitiated(
                    "the database has another password for admin than mongo_admin_password: put the right file back"
                ) from error
            raise


async def make_account(may_all: Client, database: str, password: str) -> None:
    """Make the shop's account, or give it its rights on this database and its password anew."""
    roles = [
        {"role": "readWrite", "db": database},
        {"role": "dbAdmin", "db": database},  # validators, and what the profiler kept
        {"role": WATCHING, "db": "admin"},
    ]
    await _make_role(may_all)
    try:
        await _create(may_all, SHOP, password, roles)
    except OperationFailure as error:
        if error.code != _USER_EXISTS:
            raise
        await may_all.admin.command("updateUser", SHOP, pwd=password, roles=roles)


async def _make_role(admin: Client) -> None:
    try:
        await admin.admin.command("createRole", WATCHING, privileges=_MAY_WATCH, roles=[])
    except OperationFailure as error:
        if error.code != _ROLE_EXISTS:
            raise
        await admin.admin.command("updateRole", WATCHING, privileges=_MAY_WATCH, roles=[])


async def _create(client: Client, user: str, password: str, roles: list[Any]) -> None:
    durable = {"w": "majority", "j": True, "wtimeout": PATIENCE_MS}
    await client.admin.command("createUser", user, pwd=password, roles=roles, writeConcern=durable)


def main() -> int:
    """Do it, say so, and return the exit status."""
    try:
        wanted = Wanted.of_environment(os.environ)
        asyncio.run(initiate(wanted))
    except NotInitiated as error:
        sys.stderr.write(f"initiation: {error}\n")
        return 1
    sys.stdout.write(f"the set {wanted.name} is ready: {', '.join(wanted.members)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
