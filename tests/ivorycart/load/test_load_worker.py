"""A process of the load and what it says to the storm."""

import asyncio
import multiprocessing
import threading
import time
from typing import Any

import uvloop

from ivorycart.load.worker import Worker


def test_news_longer_than_a_pipe_arrive_whole() -> None:
    """Ten thousand clients have much to tell, and the storm may be slow to listen."""
    storm, theirs = multiprocessing.Pipe()
    worker = Worker.__new__(Worker)
    worker._pipe, worker._speaking = theirs, threading.Lock()  # type: ignore[assignment]  # any message will do
    news: Any = [b"x" * 5_000_000, b"y" * 5_000_000]

    async def speak() -> None:
        worker._listen(asyncio.Queue())
        await asyncio.gather(*(asyncio.to_thread(worker._say, each) for each in news))

    speaking = threading.Thread(target=uvloop.run, args=(speak(),))
    speaking.start()
    time.sleep(0.2)  # the pipe is full by now
    heard = [storm.recv(), storm.recv()]
    speaking.join()
    theirs.close()
    storm.close()
    assert sorted(heard) == news
