"""The shop as it runs in production, as plain processes on one machine: `python -m bench.cluster COMMAND`.

Three members of a replica set, two app hosts with two workers each, nginx in front of them and a mail catcher. As root
each part has a network namespace of its own, so that it can be cut off; else all are on the loopback address.

Concurrency: the parts run on their own, for as long as nobody ends them; commands look at what is there and change it,
one at a time. Shutdown: `down` ends every part and takes the network away; the data stays in the folder.

Invariants:
- What is recorded of a process is its pid and when it began: a pid that went to another program is never signalled.
- Secrets are in files that only their owner reads, and in the environment of the app hosts; never in an argument.
"""

from bench.cluster.cluster import Cluster, ClusterError, running_cluster

__all__ = ["Cluster", "ClusterError", "running_cluster"]
