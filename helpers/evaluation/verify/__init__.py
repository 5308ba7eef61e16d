"""Five forms of one network side by side: Keras or TFLite, ONNX, integers in numpy, compiled here, compiled and emulated."""
