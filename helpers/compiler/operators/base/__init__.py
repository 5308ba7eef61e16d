"""What operators share: the registry, elementwise and weighted operators, helpers for C code."""
