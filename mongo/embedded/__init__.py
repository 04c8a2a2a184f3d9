"""A real MongoDB beside the server: one `mongod`, a replica set of one, in the server's data folder.

What a single machine gets without installing a database: multi-document transactions and change streams, kept
across restarts, closed to everybody else on the machine. `mongod` is licensed under the SSPL (Server Side Public
License): it is an optional dependency for development and single-machine use, and no part of this project.

Concurrency: everything runs on the event loop that called `start()`. One task, owned by `EmbeddedMongo`, waits for
`mongod` to end and starts it again on the same port, with capped back-off. `mongod` is killed by the kernel when the
*thread* that started it ends (Linux), so start from the main thread's loop, and fork or daemonise before, not after.

Shutdown: `stop()` ends that task first, then asks `mongod` to finish (SIGTERM), then insists (SIGKILL). `mongod` is
in a session of its own, so that Ctrl-C on the terminal reaches the server alone, which finishes its work first.

Invariants:
- One server per data folder: a lock on a file, held from `start()` to `stop()` or the death of the process.
- No `mongod` outlives its server; one that did (not on Linux, or after an `exec`) is found and stopped at the start.
- Every step of the first start can be repeated: a crash between any two is made good by the next start. The password
  is on disk before the user that has it exists.
- The address in the URI is good until `stop()`, whatever happens to `mongod` meanwhile.
- Secrets are in files of mode 0600 in a folder of mode 0700, never in an argument, the environment or a log.
"""

from mongo.embedded.attach import running_uri
from mongo.embedded.errors import EmbeddedMongoError
from mongo.embedded.server import EmbeddedMongo

__all__ = ["EmbeddedMongo", "EmbeddedMongoError", "running_uri"]
