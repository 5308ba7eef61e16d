"""A board without the board: the ELF that would be flashed, run with the board's memory, registers and cycles.

Exact: instructions (those the core lacks are faults), cycles of Cortex-M0 and M0+ at zero wait states, the board's
memory to the byte, SysTick, the depth of the stack.
Assumed, and said in the result: what flash waits cost (a word read costs the board's wait states; caches and read-ahead
of flash controllers are left out), and all time on the Cortex-M7.
Left out: interrupts and exceptions (asking for one is a fault), waits of the peripheral bus, the time a UART takes to
send, peripherals that are not in the board's board.toml (touching one is a fault), and on the M7 the faults of the MPU
and of unaligned LDRD and LDM.
"""
