"""The better network for digits as files, as integers, and as a program: what it gets right and what it costs."""
