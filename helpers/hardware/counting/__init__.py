"""Counting in C: Unicorn's block hook, compiled for this machine, so that Python is not called at every basic block.

Where it cannot be compiled or loaded, emulator/core.py and inference/emulated_bundle.py count in Python: equal numbers, ten
times as slowly.
"""
