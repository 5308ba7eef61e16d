"""A board without the board: the ELF that would be flashed, run with the board's memory, registers and cycles.

Exact: instructions (those the core lacks are faults), cycles of Cortex-M0 and M0+ at zero wait states, the board's
memory to the byte, SysTick, exceptions and the instruction at which they come, the depth of the stack.
Assumed, and said in the result: what flash waits cost (a read costs the board's wait states; caches and read-ahead
of flash controllers are left out), and all time on the Cortex-M7. Assumed, and said in exceptions/entry.py: what a return
from an exception and tail-chaining cost.
Left out: interrupts of peripherals (SysTick, PendSV, SVC and what the program pends itself are there), handlers of faults (a
fault ends the run with its cause), privilege and MPU, waits of the peripheral bus, the time a UART takes, peripherals that
are not in the board's board.toml (touching one is a fault), and on the M7 the faults of unaligned LDRD and LDM.
docs/cycles.md says what was checked against boards and other emulators.
"""
