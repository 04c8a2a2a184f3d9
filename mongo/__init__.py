"""How it is stored: client, transaction, repositories, change stream, schema, embedded server."""
