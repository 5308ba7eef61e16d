"""Turn your own network into a board's program: estimate the fit, prepare a project with a test input, build and run it."""
