"""TFLite operators of int16 activations, as the converter's 16x8 mode writes them."""
