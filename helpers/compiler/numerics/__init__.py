"""Arithmetic of quantised numbers: scales and offsets, requantisation, glibc's logarithm."""
