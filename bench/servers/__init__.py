"""The servers that are measured, each in a process of its own: ours, and those it is compared with."""
