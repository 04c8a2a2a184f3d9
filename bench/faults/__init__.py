"""What must hold whatever breaks, shown by breaking it: `python -m bench.faults`.

A row is a promise or a fault. It is broken so many times as it takes; after that the audit must be clean and the load's
own journal of acks must agree with the database, on the cluster (`on_cluster.py`), on a shop whose disk is full
(`disks.py`), or by the tests that show it already (`by_tests.py`), run from here.

A row that does not hold is shown as such, and makes the exit status 1.
"""
