"""TFLite's layers with a state: LSTM and SVDF."""
