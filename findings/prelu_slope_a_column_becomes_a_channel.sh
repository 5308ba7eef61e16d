#!/usr/bin/env bash
# openvino 2026.4.1, opencv-python-headless 5.0.0.93: a vector of PRelu slopes is taken for one a channel.
# ONNX broadcasts the slope to x like any operand, from the last axis on: a vector has a slope a column.
# OpenVINO does so too, unless the vector is as long as the image has channels: then each channel has its slope.
# OpenCV gives each channel a slope then, and also if the vector is written as [1, 1, columns].
# Why it matters: a hand-written or optimised file may hold such vectors; on a square image with as many
# channels the numbers are silently others, in two runtimes alike.
# What to do: give slopes a channel the shape [channels, 1, 1], which all three read as meant, and write slopes
# a column as Relu, Neg and Mul.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check openvino==2026.4.1 opencv-python-headless==5.0.0.93 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import cv2
import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper


def outputs(channels, shape):
    """Of an image of -1 in three columns, as text a runtime; the slopes are 1, 2 and 3 in the shape given."""
    x = -np.ones((1, channels, 1, 3), np.float32)
    slopes = np.arange(1, 4, dtype=np.float32).reshape(shape)
    graph = helper.make_graph(
        [helper.make_node("PRelu", ["x", "slopes"], ["y"])],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
        [numpy_helper.from_array(slopes, "slopes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = {"onnxruntime": session.run(None, {"x": x})[0], "OpenVINO": compiled([x])[0]}
    if channels == 3:
        net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
        net.setInput(x, "x")
        results["OpenCV"] = net.forward()
    for name, y in results.items():
        yield f"{name} {' '.join(f'{value:g}' for value in y.ravel())}"


for channels, shape in ((3, [3]), (2, [3]), (3, [1, 1, 3]), (3, [3, 1, 1])):
    print(f"{channels} channels, slopes {shape}: {'; '.join(outputs(channels, shape))}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='3 channels, slopes [3]: onnxruntime -1 -2 -3 -1 -2 -3 -1 -2 -3; OpenVINO -1 -1 -1 -2 -2 -2 -3 -3 -3; OpenCV -1 -1 -1 -2 -2 -2 -3 -3 -3
2 channels, slopes [3]: onnxruntime -1 -2 -3 -1 -2 -3; OpenVINO -1 -2 -3 -1 -2 -3
3 channels, slopes [1, 1, 3]: onnxruntime -1 -2 -3 -1 -2 -3 -1 -2 -3; OpenVINO -1 -2 -3 -1 -2 -3 -1 -2 -3; OpenCV -1 -1 -1 -2 -2 -2 -3 -3 -3
3 channels, slopes [3, 1, 1]: onnxruntime -1 -1 -1 -2 -2 -2 -3 -3 -3; OpenVINO -1 -1 -1 -2 -2 -2 -3 -3 -3; OpenCV -1 -1 -1 -2 -2 -2 -3 -3 -3'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what a vector of slopes means\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
