"""Runs a bundle: its header and arrays, on this machine and on the emulated core."""
