#!/usr/bin/env bash
# opencv-python-headless 5.0.0.93: auto_pad SAME_LOWER is computed as SAME_UPPER.
# If the padding is an odd number of cells, SAME_UPPER puts the odd one at the end and SAME_LOWER at the beginning;
# that is their only difference. cv2.dnn pads at the end for both, in convolutions and pools: every result is
# moved by one cell, in silence. A ConvTranspose with either comes out a row and a column short.
# Why it matters: the result has the right shape and looks right; a classifier only becomes a little worse.
# What to do: write the pads out in the file, which OpenCV honours.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check opencv-python-headless==5.0.0.93 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import cv2
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

x = np.arange(5, dtype=np.float32).reshape(1, 1, 1, 5)
taps = numpy_helper.from_array(np.ones((1, 1, 1, 2), np.float32), "taps")
for operator, columns, options in (
    ("MaxPool", 3, {"kernel_shape": [1, 2], "strides": [1, 2]}),
    ("Conv", 5, {"kernel_shape": [1, 2]}),
    ("ConvTranspose", 10, {"kernel_shape": [1, 3], "strides": [1, 2]}),
):
    inputs = ["x"] if operator == "MaxPool" else ["x", "taps"]
    if operator == "ConvTranspose":
        taps = numpy_helper.from_array(np.float32([[[[1, 2, 4]]]]), "taps")
    for padding in ("SAME_UPPER", "SAME_LOWER"):
        graph = helper.make_graph(
            [helper.make_node(operator, inputs, ["y"], auto_pad=padding, **options)],
            "network",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, columns])],
            [taps] if len(inputs) == 2 else [],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
        session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
        net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
        net.setInput(x, "x")
        right, seen = (" ".join(f"{value:g}" for value in y.ravel()) for y in (session.run(None, {"x": x})[0], net.forward()))
        print(f"{operator} {padding}: onnxruntime {right}; OpenCV {seen}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='MaxPool SAME_UPPER: onnxruntime 1 3 4; OpenCV 1 3 4
MaxPool SAME_LOWER: onnxruntime 0 2 4; OpenCV 1 3 4
Conv SAME_UPPER: onnxruntime 1 3 5 7 4; OpenCV 1 3 5 7 4
Conv SAME_LOWER: onnxruntime 0 1 3 5 7; OpenCV 1 3 5 7 4
ConvTranspose SAME_UPPER: onnxruntime 0 0 1 2 6 4 11 6 16 8; OpenCV 0 1 2 6 4 11 6 16 8
ConvTranspose SAME_LOWER: onnxruntime 0 1 2 6 4 11 6 16 8 16; OpenCV 0 1 2 6 4 11 6 16 8'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: how OpenCV pads\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
