"""Registers on the bus: those of the core (NVIC, SysTick, system control) and those of the parts that firmware uses."""
