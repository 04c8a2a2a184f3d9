"""How long tests wait for what must happen."""

PATIENCE = 60.0
"""Seconds: an upper bound for a machine that is busy with other tests, never a measurement."""
