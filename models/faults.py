"""What can go wrong between the ledger and its store, in the store's words but not its driver's.

StorageFault
├── Transient       nothing was committed and trying again can work: read and decide anew
│   ├── Contended   somebody else wrote the same at the same time
│   └── Stale       a guard or a unique key disagreed with what was read; if it stays so, a document is at odds
├── CommitUnknown   the commit may have happened: repeat it
└── Rejected        the store will never take these documents: the batch must be split
"""


class StorageFault(Exception):  # noqa: N818 - faults are a family of their own, not errors of the program
    """Base of the family; the message is for logs."""


class Transient(StorageFault):
    """Nothing was committed; a fresh attempt can succeed (write conflict, lost connection, new primary)."""


class Contended(Transient):
    """Another batch, of this process or of another, wrote the same documents first."""


class Stale(Transient):
    """A guard or a unique index did not agree with what was read; a fresh read should settle it."""


class CommitUnknown(StorageFault):
    """The commit was sent and its answer is missing."""


class Rejected(StorageFault):
    """A document is refused for what it is (a validator, a size limit); trying again will not help."""
