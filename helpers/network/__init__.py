"""The Keras network: design, training, quantisation-aware training, export to ONNX, the test image."""
