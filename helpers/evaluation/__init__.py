"""Measurements: Table 2, speed, quantisation choices, feature maps, verify, benchmark, real boards."""
