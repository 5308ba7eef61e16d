#!/usr/bin/env bash
# onnxruntime 1.31.1 and onnxoptimizer 0.4.2 fold a Pad with zeros into the MaxPool behind it: other numbers.
# One expects a fusion to keep results (it does for convolutions and average pools).
# But the pads of MaxPool are minus infinity and the Pad node wrote zeros: where a border window holds
# only negative values the result is 0 before the fusion, negative after it.
# onnxruntime does it in every session with default options, so the usual reference is the wrong one.
# Keras users meet it: ZeroPadding2D before MaxPooling2D. Behind a ReLU both agree, and it stays unseen.
# Why it matters: which constant the border loops of int8 code use decides the result; code that is
# right on the device is reported wrong by the host.
# What to do: compare with graph_optimization_level ORT_DISABLE_ALL, and with negative inputs.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxoptimizer==0.4.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxoptimizer
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper

OFF = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
DEFAULT = ort.SessionOptions().graph_optimization_level


def run(model, x, level):
    options = ort.SessionOptions()
    options.graph_optimization_level = level
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return [f"{v + 0:g}" for v in session.run(None, {"x": x})[0].ravel()]


nodes = [helper.make_node("Pad", ["x", "pads", "zero"], ["t"]),
         helper.make_node("MaxPool", ["t"], ["y"], kernel_shape=[2, 2], strides=[2, 2])]
ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, (1, 1, 2, 2)) for n in "xy"]
constants = [numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1]), "pads"),
             numpy_helper.from_array(np.array(0, np.float32), "zero")]
graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], constants)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
folded = onnxoptimizer.optimize(model)
x = -np.array([[[[1, 2], [3, 4]]]], np.float32)
print("onnxruntime, no optimisation:", *run(model, x, OFF))
print("onnxruntime, as it comes:", *run(model, x, DEFAULT))
print("after onnxoptimizer, no further one:", *run(folded, x, OFF), *(n.op_type for n in folded.graph.node))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='onnxruntime, no optimisation: 0 0 0 0
onnxruntime, as it comes: -1 -2 -3 -4
after onnxoptimizer, no further one: -1 -2 -3 -4 MaxPool'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what a MaxPool behind zeros computes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
