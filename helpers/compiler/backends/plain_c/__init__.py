"""C code that any core runs."""
