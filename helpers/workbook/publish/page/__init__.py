"""A static page on which a digit is drawn and read by the compiled network, in an emulated Cortex-M0+ in the browser."""
