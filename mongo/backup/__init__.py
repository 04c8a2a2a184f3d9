"""Backups: full copies of one moment, the journal of changes between them, and restoring up to any moment.

A folder of backups holds ``full-…`` folders (a file for each collection and ``manifest.json``, which is written last:
without it a backup is incomplete) and ``journal/``, whose files are appended to. All files are blocks (`blocks.py`):
compressed, each with its checksum. All are for their owner alone.

A full copy reads every collection at one cluster time. Where the server no longer keeps that moment (it does for
``minSnapshotHistoryWindowInSeconds``), the copy goes on at a later one behind the last ``_id`` that it has, and the
changes between the moments go with it: each part of a collection knows its moment, and restoring applies to a document
the changes after its part's moment and no others. So nothing has to be applied twice.

The journal is made of a change stream, not of ``local.oplog.rs``: its events are a documented format, it needs no more
than the right to read the database, it runs through ``mongos`` as well, and it waits for majorities, so that what a
failover undoes is never in it. It carries what changed in a document, and not whole documents: post-images would have
the server write every document that changes a second time. The changes of a transaction share one cluster time and are
applied together or not at all. (MongoDB 6.0 does not tell a dot within a field's name from one between two names. The
shop has no such names.)

What is not kept: what is of the running processes alone, and sign-ins (`PASSING`). Indexes and validators are made by
the schema. Secrets are no part of a database: ``JWT_SECRET`` and ``ENCRYPTION_KEYS`` are kept by whoever keeps backups.

Concurrency: one task each. Shutdown: cancel it, or kill it at any line: an incomplete backup, a torn last block or the
note that a restore has not ended (`RESTORING`) stay, and each is seen by whoever comes next.
"""
