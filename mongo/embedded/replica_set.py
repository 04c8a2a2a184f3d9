"""From a `mongod` that listens to a writable primary with one account: steps that can all be repeated.

Before the first account exists, MongoDB lets a client on the loopback address initiate the set, reconfigure it and
make that account ("localhost exception"), and nothing else. An account that somebody else had made in that moment
would close the exception, or be found right after: then the start fails, and no data is put into such a database.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from mongo.embedded.errors import EmbeddedMongoError
from mongo.embedded.folder import Credentials
from mongo.embedded.ports import LOOPBACK

SET_NAME = "ivorycart"
_POLL_SECONDS = 0.01
_SELECTION_MILLISECONDS = 5_000
# MongoDB's error codes (src/mongo/base/error_codes.yml)
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18
_ALREADY_INITIALIZED = 23
_NOT_YET_INITIALIZED = 94
_CONFIGURATION_IN_PROGRESS = 109

Client = AsyncMongoClient[Mapping[str, Any]]


def uri(port: int, credentials: Credentials) -> str:
    """Return what a client needs to connect."""
    account = f"{quote(credentials.user, safe='')}:{quote(credentials.password, safe='')}"
    return f"mongodb://{account}@{LOOPBACK}:{port}/?replicaSet={SET_NAME}&authSource=admin"


async def make_ready(port: int, credentials: Credentials) -> None:
    """Return once the node is a writable primary that knows these credentials.

    Raises `EmbeddedMongoError` where the data belongs to other credentials, PyMongo's errors where the node goes away.
    """
    async with _connected(port) as stranger:
        while not (hello := await stranger.admin.command("hello"))["isWritablePrimary"]:
            # no name: the node isn't in the set's configuration, as before the first start and on a new port
            if "setName" not in hello:
                await _configure(stranger, port, credentials)
            await asyncio.sleep(_POLL_SECONDS)
        if not await _knows(port, credentials):
            await _make_account(stranger, port, credentials)


@asynccontextmanager
async def _connected(port: int, credentials: Credentials | None = None) -> AsyncIterator[Client]:
    client: Client = AsyncMongoClient(
        LOOPBACK,
        port,
        directConnection=True,
        serverSelectionTimeoutMS=_SELECTION_MILLISECONDS,
        username=credentials.user if credentials else None,
        password=credentials.password if credentials else None,
    )
    try:
        yield client
    finally:
        closing = asyncio.ensure_future(client.close())
        try:
            await asyncio.shield(closing)
        finally:  # to its end, though whoever waits is cancelled just now
            await closing


async def _configure(stranger: Client, port: int, credentials: Credentials) -> None:
    """Make the set, or give it the node's present address. The caller looks at the result and repeats."""
    config = {"_id": SET_NAME, "version": 1, "members": [{"_id": 0, "host": f"{LOOPBACK}:{port}"}]}
    try:
        await stranger.admin.command("replSetInitiate", config)
    except OperationFailure as error:
        if error.code == _ALREADY_INITIALIZED:  # but no account yet: the first start was cut short
            await _reconfigure(stranger, config)
        elif error.code == _UNAUTHORIZED:  # there is an account
            async with _connected(port, credentials) as owner:
                await _reconfigure(owner, config)
        else:
            raise


async def _reconfigure(client: Client, config: Mapping[str, Any]) -> None:
    """Replace the configuration. By force, as a node that isn't in it can be no primary; that also sets the version."""
    try:
        await client.admin.command("replSetReconfig", config, force=True)
    except OperationFailure as error:
        # the node has only just begun to listen and is still loading its configuration: it will be a member after all
        if error.code not in {_NOT_YET_INITIALIZED, _CONFIGURATION_IN_PROGRESS}:
            raise


async def _knows(port: int, credentials: Credentials) -> bool:
    try:
        async with _connected(port, credentials) as owner:
            await owner.admin.command("connectionStatus")
    except OperationFailure as error:
        if error.code == _AUTHENTICATION_FAILED:
            return False
        raise
    return True


async def _make_account(stranger: Client, port: int, credentials: Credentials) -> None:
    durable = {"w": "majority", "j": True}
    try:
        await stranger.admin.command(
            "createUser", credentials.user, pwd=credentials.password, roles=["root"], writeConcern=durable
        )
    except OperationFailure as error:
        if error.code == _UNAUTHORIZED:
            raise EmbeddedMongoError(
                "the database has another password than credentials.json beside it: put the right file back"
            ) from error
        raise
    async with _connected(port, credentials) as owner:
        found = await owner.admin.command("usersInfo", {"forAllDBs": True})
    if len(found["users"]) != 1:
        raise EmbeddedMongoError("somebody else made an account in the new database at the same moment: delete it")
