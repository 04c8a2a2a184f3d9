"""A process that has the server's modules loaded, and becomes a server or an operator's command as often as asked.

To load them takes more than to start a shop, and the tests start hundreds. Run as a script, with a socket as its
standard input: each message is what to run, in JSON, with five file descriptors: the three standard ones, and a pipe
that is told the pid and, at the end, the exit status. Forked before anything runs: there is one thread, no event loop,
no connection. It ends with the other end of the socket, and leaves alone what still runs then.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import server

ENTRIES: dict[str, Callable[[], int]] = {"server": server.main, "operate": server.operate}
LONGEST = 1 << 16


class Template:
    """Forks as it is asked to, and tells what becomes of its children."""

    def __init__(self) -> None:
        self.asked = socket.socket(fileno=os.dup(0))
        self.children: dict[int, int] = {}
        self.ended, self.bell = socket.socketpair()
        self.bell.settimeout(0)

    def serve(self) -> Callable[[], int] | None:
        """Return in each child what it is to run; None when nobody will ask any more."""
        signal.set_wakeup_fd(self.bell.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests: they end what they began, and this
        while True:
            ready, _, _ = select.select([self.asked, self.ended], [], [])
            if self.ended in ready:
                self.ended.recv(LONGEST)
                self.reap()
            if self.asked in ready:
                message, descriptors, _, _ = socket.recv_fds(self.asked, LONGEST, 4)
                if not message:
                    return None
                if run := self.fork(json.loads(message), descriptors):
                    return run

    def fork(self, wanted: dict, descriptors: list[int]) -> Callable[[], int] | None:
        """Return in the child what it is to run, in the parent None."""
        *standard, told = descriptors
        if pid := os.fork():
            os.write(told, f"{pid}\n".encode())
            self.children[pid] = told
            for each in standard:
                os.close(each)
            return None
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, each in enumerate(standard):
            os.dup2(each, number)
        for each in (*descriptors, *self.children.values()):
            os.close(each)
        for each in (self.asked, self.ended, self.bell):
            each.close()
        os.environ.clear()
        os.environ.update(wanted["environment"])
        os.chdir(wanted["folder"])
        sys.argv[1:] = wanted["arguments"]
        return ENTRIES[wanted["entry"]]

    def reap(self) -> None:
        """Tell the exit status of those that have ended."""
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            told = self.children.pop(pid)
            with suppress(BrokenPipeError):
                os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
            os.close(told)


if __name__ == "__main__":
    assert threading.active_count() == 1, "what is loaded has started a thread: it cannot be forked"
    gc.collect()
    gc.freeze()
    run = Template().serve()
    sys.exit(run() if run else 0)
