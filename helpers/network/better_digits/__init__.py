"""A network that reads digits better on the same board: its shape, moved images, rounding in training, and the training."""
