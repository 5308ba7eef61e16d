"""make benchmark: measure cycles, flash, RAM and stack of every form, and the time of each step that users wait for."""
