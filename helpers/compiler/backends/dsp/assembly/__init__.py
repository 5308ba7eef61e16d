"""Kernels and their output stage as assembly inside C: registers are given out here, so that nothing is spilled."""
