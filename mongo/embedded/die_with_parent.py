"""Become another program that the kernel kills when the parent dies. Run as a script: PARENT_PID PROGRAM ARGUMENT...

A script between the server and `mongod`, because code between fork and exec of a process with threads may deadlock.
It imports nothing of this project: it runs without site packages, which takes 10 ms. The request survives the exec.
Elsewhere than on Linux there is no such request; there, the next start finds and stops what was left behind.
SIGKILL and not SIGTERM: the journal makes it safe, and the next server can start at once.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_CANNOT_RUN = 126  # what a shell returns for a program that cannot be run


def main(parent: int, program: str, arguments: list[str]) -> int:
    """Replace this process by the program; returns a status only where that is impossible."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # it died before the request was made
            return _CANNOT_RUN
    try:
        os.execv(program, [program, *arguments])  # noqa: S606 - no shell is the point
    except OSError as error:
        sys.stderr.write(f"cannot run {program}: {error}\n")
    return _CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], sys.argv[3:]))
