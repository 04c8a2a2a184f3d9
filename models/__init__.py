"""Pure data and rules: entities, commands, decisions. No I/O, no clock, no randomness."""
