"""A network of your own as a program for a board: the project with its test input, and the command that makes it."""
