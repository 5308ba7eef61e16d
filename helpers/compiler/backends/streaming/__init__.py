"""The form with the least RAM: the input is read where it lies, and layers hand each other rows, not whole images."""
