"""Layers whose weights are bytes, taken out of their words one by one: the smallest code and data, and sums of 32 bits."""
