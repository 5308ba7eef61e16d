"""Layers as Thumb-1 assembly for Cortex-M0 and M0+: two products a multiplication, bit for bit the integer reference."""
