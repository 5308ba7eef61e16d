"""The built-in Glow tools: an ONNX file and a profile in, a bundle out."""
