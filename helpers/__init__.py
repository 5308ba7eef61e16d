"""The package behind the notebooks. Floors: see README.md, "The house"."""
