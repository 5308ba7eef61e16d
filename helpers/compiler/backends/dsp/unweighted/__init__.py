"""Layers without weights: maximum pools, and sums of two values."""
