"""A board without the board: the ELF that would be flashed, run with the board's memory, registers and cycles."""
