"""Changes that must happen whole: a transaction that is tried again where it met another one."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.errors import PyMongoError

from models.errors import Pending, StorageUnavailable
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
                await _pause(attempt)
            else:
                return result
        raise AssertionError("the last try returns or raises")
    finally:
        await session.end_session()  # ends a transaction that was not committed


async def whole_or_refused(driver: Driver, change: Callable[[Session], Awaitable[T]]) -> T:
    """Run a change as ``whole`` does, for somebody who waits for an answer.

    Raise StorageUnavailable where nothing was done, Pending where that is not known.
    """
    try:
        return await whole(driver, change)
    except PyMongoError as error:
        if error.has_error_label("UnknownTransactionCommitResult"):
            raise Pending("it is not known yet whether this was done: look at it again") from error
        if error.has_error_label("TransientTransactionError"):
            raise StorageUnavailable("this could not be written; nothing was done") from error
        raise


async def _commit(session: Session) -> None:
    for attempt in range(TRIES):
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            if attempt == TRIES - 1 or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
            await _pause(attempt)
        else:
            return


async def _pause(attempt: int) -> None:
    await asyncio.sleep(FIRST_PAUSE * 2.0**attempt * (0.5 + random.random()))  # noqa: S311 - jitter
