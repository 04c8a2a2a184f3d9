"""What can go wrong with the embedded server.

EmbeddedMongoError          a message for the person who starts the server
└── MongodEndedError        `mongod` ended before it was ready
    └── PortTakenError      because somebody else has the port: try another
"""


class EmbeddedMongoError(Exception):
    """The embedded MongoDB cannot be used; the message says why and what to do."""


class MongodEndedError(EmbeddedMongoError):
    """`mongod` ended before it was ready; the message has what it said last."""


class PortTakenError(MongodEndedError):
    """`mongod` ended because its port belongs to another process."""
