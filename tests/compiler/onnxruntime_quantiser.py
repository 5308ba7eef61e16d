"""onnxruntime's own quantiser, which writes QuantizeLinear and DequantizeLinear around the operators."""

import logging

from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static


class Samples(CalibrationDataReader):
    """What onnxruntime calibrates with."""

    def __init__(self, arrays):
        self.left = iter([{"x": each[None]} for each in arrays])

    def get_next(self):
        return next(self.left, None)


def quantised(made, path, inputs, **options):
    """A float model as onnxruntime's quantiser writes it."""
    logging.disable(logging.WARNING)
    path.with_name("float.onnx").write_bytes(made.SerializeToString())
    options = {"weight_type": QuantType.QInt8} | options
    quantize_static(path.with_name("float.onnx"), path, Samples(inputs), **options)
    logging.disable(logging.NOTSET)
    return path
