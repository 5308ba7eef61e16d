"""One file an operator: import, shape, references in numpy, C."""
