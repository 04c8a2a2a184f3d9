"""Changes that must happen whole: a transaction that is tried again where it met another one."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.errors import PyMongoError

from mongo.driver import Driver, Session

T = TypeVar("T")

TRIES = 8  # with doubling pauses: about a second
FIRST_PAUSE = 0.005


async def whole(driver: Driver, change: Callable[[Session], Awaitable[T]]) -> T:
    """Run a change in a transaction, again where it met another one; what the change raises leaves nothing behind.

    A commit whose answer is missing is asked for again. The change must have no effect but its writes.
    """
    session = await driver.start_session()
    try:
        for attempt in range(TRIES):
            await driver.start_transaction(session)
            try:
                result = await change(session)
                await _commit(session)
            except PyMongoError as error:
                if session.in_transaction:
                    await session.abort_transaction()
                if attempt == TRIES - 1 or not error.has_error_label("TransientTransactionError"):
                    raise
                await asyncio.sleep(FIRST_PAUSE * 2.0**attempt * (0.5 + random.random()))  # noqa: S311 - jitter
            else:
                return result
        raise AssertionError("the last try returns or raises")
    finally:
        await session.end_session()  # ends a transaction that was not committed


async def _commit(session: Session) -> None:
    for attempt in range(TRIES):
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if attempt == TRIES - 1 or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
        else:
            return
