"""MNIST, images, profiling images and hand-drawn strokes, and the .npz files that hold them."""
