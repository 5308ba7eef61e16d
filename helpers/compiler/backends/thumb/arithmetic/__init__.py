"""Integer arithmetic in Thumb code: products by constants, sums of two lanes, requantisation and clipping."""
