"""A board's flash waits, fetch width and clock, from small programs that it times itself."""
