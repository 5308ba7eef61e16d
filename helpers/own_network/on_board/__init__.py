"""A network on a real board, or on an emulated one behind a serial port: inputs go in, every output comes back."""
