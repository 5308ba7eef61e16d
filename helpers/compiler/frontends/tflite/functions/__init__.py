"""TFLite's functions of one value, and what is computed with them: activations, powers, logarithms, differences squared."""
