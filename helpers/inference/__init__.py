"""Run a bundle on this machine or on the emulated core: its header, its arrays, its cycles."""
