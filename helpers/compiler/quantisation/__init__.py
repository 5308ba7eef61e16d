"""From float graphs to integer graphs: calibration, the quantiser, fused activations and rescales."""
