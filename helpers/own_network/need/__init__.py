"""Do you need a network? Trees, k-means and networks on the same data, in accuracy, flash and cycles."""
