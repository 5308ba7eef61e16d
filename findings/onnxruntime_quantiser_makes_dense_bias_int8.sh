#!/usr/bin/env bash
# onnxruntime 1.31.1: the bias of a dense layer becomes int8, not int32, if it is added by Add.
# TFLite and others keep it in int32 at input scale x weight scale, and so does
# quantize_static for Conv and for Gemm. Keras files come out of the converters as MatMul and
# Add; there the bias is one more int8 tensor with a scale of its own, and the sum is rounded to int8
# before the bias is added, then once more after.
# A bias below 1/254 of the largest one is gone.
# Why it matters: the same network, written as Gemm or as MatMul and Add, gives different
# integers and another accuracy on the device.
# What to do: fuse MatMul and Add to Gemm first (onnxruntime.quantization.shape_inference's
# quant_pre_process does it for two axes), and look at the types of the biases.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import logging

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

logging.disable(logging.WARNING)
rng = np.random.default_rng(0)
w = rng.normal(size=(16, 4)).astype(np.float32)
b = np.array([200, -9, 0.7, -0.7], np.float32)
images = [rng.random((1, 16), dtype=np.float32) for _ in range(50)]
constants = [numpy_helper.from_array(w, "w"), numpy_helper.from_array(b, "b")]
ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 16)),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 4))]


class Images(CalibrationDataReader):
    def __init__(self):
        self.left = [{"x": i} for i in images]

    def get_next(self):
        return self.left.pop() if self.left else None


for name, nodes in (("Gemm", [helper.make_node("Gemm", ["x", "w", "b"], ["y"])]),
                    ("MatMul+Add", [helper.make_node("MatMul", ["x", "w"], ["t"]),
                                    helper.make_node("Add", ["t", "b"], ["y"])])):
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "f.onnx")
    quantize_static("f.onnx", "q.onnx", Images(), quant_format=QuantFormat.QOperator,
                    activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)
    bias = next(i for i in onnx.load("q.onnx").graph.initializer if i.name == "b_quantized")
    print(name, "bias", TensorProto.DataType.Name(bias.data_type), *numpy_helper.to_array(bias))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='Gemm bias INT32 2791164 -125602 9769 -9769
MatMul+Add bias INT8 127 -6 0 0'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: the type that a bias gets\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
