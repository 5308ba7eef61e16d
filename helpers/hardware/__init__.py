"""Boards: facts, toolchain, object files, disassembly, and the emulator that counts cycles."""
