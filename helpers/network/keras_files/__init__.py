"""Read the files that Keras 2 and Keras 3 write: .h5 and .keras."""
