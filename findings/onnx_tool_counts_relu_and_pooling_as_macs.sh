#!/usr/bin/env bash
# onnx-tool 1.0.1: "Forward_MACs" counts comparisons, biases and softmax as multiply-accumulates.
# One expects outputs x kernel x channels for a convolution and rows x columns for a dense layer. The table
# adds a MAC for every cell of a ReLU, every cell that a max pool reads, every bias, and 36 for each
# value of a softmax. In this small network the total is 27 % too high.
# Why it matters: cycles per MAC is the common measure of code for microcontrollers, and papers quote MACs from
# such tables; a figure made with the inflated count looks better than it is and compares with nothing.
# What to do: sum the rows of Conv and MatMul only, less one per output where there is a bias.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx-tool==1.0.1 onnx==1.23.2 numpy==2.4.6

cat > program.py <<'PROGRAM'
import contextlib
import io

import numpy as np
import onnx
import onnx_tool
from onnx import TensorProto, helper, numpy_helper

nodes = [helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv"),
         helper.make_node("Relu", ["c"], ["r"], name="relu"),
         helper.make_node("MaxPool", ["r"], ["m"], name="pool", kernel_shape=[2, 2], strides=[2, 2]),
         helper.make_node("Flatten", ["m"], ["f"], name="flatten"),
         helper.make_node("MatMul", ["f", "d"], ["s"], name="dense"),
         helper.make_node("Softmax", ["s"], ["y"], name="softmax")]
shapes = dict(w=(4, 1, 3, 3), b=(4,), d=(676, 10))
constants = [numpy_helper.from_array(np.ones(s, np.float32), n) for n, s in shapes.items()]
ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 1, 28, 28)),
        helper.make_tensor_value_info("y", TensorProto.FLOAT, (1, 10))]
graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "m.onnx")
with contextlib.redirect_stdout(io.StringIO()) as text:
    onnx_tool.model_profile("m.onnx")
true = {"conv": 26 * 26 * 4 * 9, "dense": 676 * 10}
true["Total"] = sum(true.values())
rows = {w[0]: w for w in (line.split() for line in text.getvalue().splitlines()) if w}  # in a random order
for name in ("conv", "relu", "pool", "dense", "softmax", "Total"):
    print(name, "counted", rows[name][2].replace(",", ""), "multiply-accumulates", true.get(name, 0))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='conv counted 27040 multiply-accumulates 24336
relu counted 2704 multiply-accumulates 0
pool counted 2704 multiply-accumulates 0
dense counted 6760 multiply-accumulates 6760
softmax counted 360 multiply-accumulates 0
Total counted 39568 multiply-accumulates 31096'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what is counted\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
