#!/usr/bin/env bash
# openvino 2026.4.1: the bias of LRN is cut to a whole number.
# Local response normalisation divides by (bias + alpha / size * sum of squares) to the power of beta, and bias is
# a float. On the CPU OpenVINO computes a bias of 1.5 or 1.9 as 1, and one of 0.5 as 0, in silence; alpha and beta
# keep their fractions, and the usual biases 1 and 2 hide it.
# Why it matters: a bias of 0.5 becomes a division by almost nothing where a picture is dark.
# What to do: divide alpha by the bias, set the bias to 1, and multiply the result by the bias to the power of -beta:
# the same function.
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
from onnx import TensorProto, helper


def middle(bias):
    """One value of a middle channel of ones: 1 / (bias + 3), by onnxruntime and by OpenVINO."""
    shape = [1, 4, 2, 2]
    graph = helper.make_graph(
        [helper.make_node("LRN", ["x"], ["y"], size=3, alpha=3.0, beta=1.0, bias=bias)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    x = np.ones(shape, np.float32)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return session.run(None, {"x": x})[0][0, 1, 0, 0], compiled([x])[0][0, 1, 0, 0]


for bias in (0.5, 1.0, 1.5, 1.9, 2.0):
    right, seen = middle(bias)
    print(f"bias {bias}: onnxruntime {right:.3f} = 1 / {1 / right:.1f}, OpenVINO {seen:.3f} = 1 / {1 / seen:.1f}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='bias 0.5: onnxruntime 0.286 = 1 / 3.5, OpenVINO 0.333 = 1 / 3.0
bias 1.0: onnxruntime 0.250 = 1 / 4.0, OpenVINO 0.250 = 1 / 4.0
bias 1.5: onnxruntime 0.222 = 1 / 4.5, OpenVINO 0.250 = 1 / 4.0
bias 1.9: onnxruntime 0.204 = 1 / 4.9, OpenVINO 0.250 = 1 / 4.0
bias 2.0: onnxruntime 0.200 = 1 / 5.0, OpenVINO 0.200 = 1 / 5.0'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what OpenVINO makes of the bias of LRN\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
