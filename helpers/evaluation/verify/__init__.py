"""Compare the forms of one network: Keras or TFLite, ONNX, integers in numpy, compiled for this machine, emulated."""
