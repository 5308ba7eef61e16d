"""The worst case of a bundle on a Cortex-M0 or M0+: cycles of any input, and the longest time without an interrupt."""
