"""Reads ONNX files into graphs."""
