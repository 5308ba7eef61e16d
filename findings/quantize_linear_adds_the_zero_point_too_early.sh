#!/usr/bin/env bash
# openvino 2026.4.1, opencv-python-headless 5.0.0.93: QuantizeLinear rounds ties the wrong way if the zero point is odd.
# ONNX rounds x / scale to the nearest whole number, ties to the even one, and then adds the zero point. Both
# libraries add it first and round the sum, so that with an odd zero point every tie goes to the other side:
# one step of difference. With an even zero point the two orders agree.
# Why it matters: scales are often powers of two, and values that were quantised before then hit ties exactly;
# "equal to onnxruntime" holds for one model and fails for the next, with nothing changed but a zero point.
# What to do: allow one step when you compare integers of different runtimes, or choose even zero points.
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

x = np.float32([[-1.5, -0.5, 0.5, 1.5, 2.5, 0.4, 0.6]])
print("x:", " ".join(f"{value:g}" for value in x.ravel()))
for zero in (0, 1, 2, -5):
    graph = helper.make_graph(
        [helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["y"])],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.INT8, x.shape)],
        [numpy_helper.from_array(np.float32(1), "scale"), numpy_helper.from_array(np.int8(zero), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    core = openvino.Core()
    compiled = core.compile_model(core.read_model(model), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
    net.setInput(x, "x")
    results = {"onnxruntime": session.run(None, {"x": x})[0], "OpenVINO": compiled([x])[0], "OpenCV": net.forward()}
    for name, y in results.items():
        print(f"zero point {zero}, {name}: y - zero point = {' '.join(str(int(value) - zero) for value in y.ravel())}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='x: -1.5 -0.5 0.5 1.5 2.5 0.4 0.6
zero point 0, onnxruntime: y - zero point = -2 0 0 2 2 0 1
zero point 0, OpenVINO: y - zero point = -2 0 0 2 2 0 1
zero point 0, OpenCV: y - zero point = -2 0 0 2 2 0 1
zero point 1, onnxruntime: y - zero point = -2 0 0 2 2 0 1
zero point 1, OpenVINO: y - zero point = -1 -1 1 1 3 0 1
zero point 1, OpenCV: y - zero point = -1 -1 1 1 3 0 1
zero point 2, onnxruntime: y - zero point = -2 0 0 2 2 0 1
zero point 2, OpenVINO: y - zero point = -2 0 0 2 2 0 1
zero point 2, OpenCV: y - zero point = -2 0 0 2 2 0 1
zero point -5, onnxruntime: y - zero point = -2 0 0 2 2 0 1
zero point -5, OpenVINO: y - zero point = -1 -1 1 1 3 0 1
zero point -5, OpenCV: y - zero point = -1 -1 1 1 3 0 1'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: how QuantizeLinear rounds\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
