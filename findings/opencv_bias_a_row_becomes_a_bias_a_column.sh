#!/usr/bin/env bash
# opencv-python-headless 5.0.0.93: MatMul and an Add of a column vector give other numbers in a square case.
# An operand of the shape [5, 1] adds one number to each row of a 5 x 5 product. cv2.dnn folds the Add into the
# MatMul as the bias of a dense layer, one number a column, because the counts agree. With six columns it
# does not fold, and is right.
# Why it matters: where rows are time steps or tokens, such an operand is a position's offset, and sequences
# as long as the layer is wide are common in small networks.
# What to do: compare with another runtime, or keep the two counts different.
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


def outputs(rows, columns):
    x = np.zeros((rows, 4), np.float32)
    constants = np.ones((4, columns), np.float32), np.arange(rows, dtype=np.float32).reshape(rows, 1)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "weights"], ["products"]), helper.make_node("Add", ["products", "offsets"], ["y"])],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [rows, columns])],
        [numpy_helper.from_array(constant, name) for constant, name in zip(constants, ("weights", "offsets"))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    net = cv2.dnn.readNetFromONNX(np.frombuffer(model, np.uint8))
    net.setInput(x, "x")
    return session.run(None, {"x": x})[0], net.forward()


for columns in (3, 4):
    right, seen = (" | ".join(" ".join(f"{value:g}" for value in row) for row in y) for y in outputs(3, columns))
    print(f"3 rows, {columns} columns: onnxruntime {right}; OpenCV {seen}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='3 rows, 3 columns: onnxruntime 0 0 0 | 1 1 1 | 2 2 2; OpenCV 0 1 2 | 0 1 2 | 0 1 2
3 rows, 4 columns: onnxruntime 0 0 0 0 | 1 1 1 1 | 2 2 2 2; OpenCV 0 0 0 0 | 1 1 1 1 | 2 2 2 2'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what OpenCV makes of MatMul and Add\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
