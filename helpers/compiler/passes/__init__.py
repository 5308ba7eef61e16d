"""Graph rewrites: constant folding, layer merging, data movement, and the order in which they run."""
