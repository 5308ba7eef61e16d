#!/usr/bin/env bash
# onnxruntime 1.31.1: quantize_static leaves MaxPool in float32 below opset 12.
# One expects a pool, which only compares, to be the first layer to become int8.
# ONNX lets MaxPool take int8 from opset 12 on. For a file of opset 10 or 11 the quantiser goes back to
# float around each pool and says nothing; it raises a file of opset 9 only to 11, one too few.
# From 12 on the same call gives integers from end to end.
# Why it matters: the "int8" file has a float island behind every convolution: four times the RAM, and
# software floats on a Cortex-M0.
# What to do: raise the file to opset 13 before quantising, and count the float operators after.
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
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

logging.disable(logging.WARNING)
rng = np.random.default_rng(0)
weights = numpy_helper.from_array(rng.normal(size=(4, 1, 3, 3)).astype(np.float32), "w")


class Images(CalibrationDataReader):
    def __init__(self):
        self.left = [{"x": rng.random((1, 1, 8, 8), dtype=np.float32)} for _ in range(4)]

    def get_next(self):
        return self.left.pop() if self.left else None


for opset in (9, 10, 11, 12, 13):
    nodes = [helper.make_node("Conv", ["x", "w"], ["c"]), helper.make_node("Relu", ["c"], ["r"]),
             helper.make_node("MaxPool", ["r"], ["y"], kernel_shape=[2, 2], strides=[2, 2])]
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 1, 8, 8)),
            helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 4, 3, 3))]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8), "f.onnx")
    quantize_static("f.onnx", "q.onnx", Images(), quant_format=QuantFormat.QOperator,
                    activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)
    made = onnx.load("q.onnx")
    version = next(o.version for o in made.opset_import if o.domain in ("", "ai.onnx"))
    print(opset, "to", version, *(n.op_type for n in made.graph.node))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='9 to 11 QuantizeLinear QLinearConv DequantizeLinear MaxPool
10 to 10 QuantizeLinear QLinearConv DequantizeLinear MaxPool
11 to 11 QuantizeLinear QLinearConv DequantizeLinear MaxPool
12 to 12 QuantizeLinear QLinearConv MaxPool DequantizeLinear
13 to 13 QuantizeLinear QLinearConv MaxPool DequantizeLinear'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which layers the quantiser takes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
