"""Layers for a core with the DSP extension (Cortex-M7): two products an instruction, four bytes compared at once."""
