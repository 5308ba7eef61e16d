#!/usr/bin/env bash
# openvino 2026.4.1: ReduceL1, ReduceLogSum and ReduceLogSumExp of opset 13 to 17 add up the whole tensor.
# Their axes are an attribute up to opset 17 and an input from 18 on; only ReduceSum changed at 13.
# OpenVINO looks for the input from opset 13 on, finds none, and takes "all axes": one number in place of one a row,
# and no error if the next layer broadcasts it. The same file with opset 11 or 18 is right, and so are ReduceL2,
# ReduceMean and the others at 13.
# Why it matters: opset 13 to 17 is what most exporters wrote for years; an L1 norm or a log-sum-exp at the end
# of a network is then silently another function.
# What to do: export such a network with opset 18, and compare shapes with those that ONNX's shape inference gives.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper


def row_sums(operator, opset):
    """The results of onnxruntime and OpenVINO where a tensor of 1 x 2 x 3 is reduced along its rows."""
    axes = numpy_helper.from_array(np.array([2]), "axes")
    if opset >= 18:
        node, constants = helper.make_node(operator, ["x", "axes"], ["y"]), [axes]
    else:
        node, constants = helper.make_node(operator, ["x"], ["y"], axes=[2]), []
    graph = helper.make_graph(
        [node],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, 1])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()
    x = np.arange(1, 7, dtype=np.float32).reshape(1, 2, 3)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return session.run(None, {"x": x})[0], compiled([x])[0]


for operator in ("ReduceL1", "ReduceLogSum", "ReduceLogSumExp", "ReduceL2"):
    for opset in (11, 13, 18):
        right, seen = (" ".join(f"{value:.3f}" for value in each.ravel()) for each in row_sums(operator, opset))
        print(f"{operator} of opset {opset}: onnxruntime {right}; OpenVINO {seen}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='ReduceL1 of opset 11: onnxruntime 6.000 15.000; OpenVINO 6.000 15.000
ReduceL1 of opset 13: onnxruntime 6.000 15.000; OpenVINO 21.000
ReduceL1 of opset 18: onnxruntime 6.000 15.000; OpenVINO 6.000 15.000
ReduceLogSum of opset 11: onnxruntime 1.792 2.708; OpenVINO 1.792 2.708
ReduceLogSum of opset 13: onnxruntime 1.792 2.708; OpenVINO 3.045
ReduceLogSum of opset 18: onnxruntime 1.792 2.708; OpenVINO 1.792 2.708
ReduceLogSumExp of opset 11: onnxruntime 3.408 6.408; OpenVINO 3.408 6.408
ReduceLogSumExp of opset 13: onnxruntime 3.408 6.408; OpenVINO 6.456
ReduceLogSumExp of opset 18: onnxruntime 3.408 6.408; OpenVINO 3.408 6.408
ReduceL2 of opset 11: onnxruntime 3.742 8.775; OpenVINO 3.742 8.775
ReduceL2 of opset 13: onnxruntime 3.742 8.775; OpenVINO 3.742 8.775
ReduceL2 of opset 18: onnxruntime 3.742 8.775; OpenVINO 3.742 8.775'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which reductions of OpenVINO keep their axes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
