"""Payments: the port, the built-in sandbox, and the worker that settles what was authorised."""
