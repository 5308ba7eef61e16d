"""The built-in Glow tools: an ONNX or TFLite file and a profile in, a bundle out."""
