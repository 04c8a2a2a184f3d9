"""The wire, both directions: HTTP routes, socket events, payload shapes, error mapping."""
