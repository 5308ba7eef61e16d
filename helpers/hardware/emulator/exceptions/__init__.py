"""Exceptions: entry, return and sleep, the instruction at which they come, and what Unicorn stops for."""
