"""Reads TFLite files into graphs."""
