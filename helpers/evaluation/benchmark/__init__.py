"""make benchmark: cycles, flash, RAM and stack of every form, and seconds of everything that people wait for, in one run."""
