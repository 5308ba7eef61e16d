"""The files of a bundle: header, weights, object file."""
