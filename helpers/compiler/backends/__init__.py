"""From integer graphs to code, a package for each way: plain C, DSP instructions, Thumb assembly, streaming."""
