#!/usr/bin/env bash
# openvino 2026.4.1, opencv-python-headless 5.0.0.93: MaxPool with ceil_mode gives windows that hold no cell at all.
# ceil_mode keeps a last window that hangs over the end of the image. ONNX says (in words since opset 22) that a
# window which would start in the padding behind the image is left out, as PyTorch does. Both libraries keep it:
# a window of 2 with a step of 3 over 6 columns gives three columns where ONNX's shape inference, onnxruntime and
# PyTorch give two, and the third holds the smallest float32, -3.4e38.
# Why it matters: the shape is another than the file declares, and the next layer multiplies -3.4e38.
# What to do: pad to a whole number of windows and leave ceil_mode out.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check openvino==2026.4.1 opencv-python-headless==5.0.0.93 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import cv2
import numpy as np
import onnx
import onnxruntime
import openvino
from onnx import TensorProto, helper

x = np.arange(12, dtype=np.float32).reshape(1, 1, 2, 6)
graph = helper.make_graph(
    [helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[1, 3], ceil_mode=1)],
    "network",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
    [helper.make_empty_tensor_value_info("y")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
model = onnx.shape_inference.infer_shapes(model, strict_mode=True)
onnx.checker.check_model(model, full_check=True)
content = model.SerializeToString()

columns = model.graph.output[0].type.tensor_type.shape.dim[3].dim_value
print(f"ONNX shape inference: {columns} columns")

session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
core = openvino.Core()
compiled = core.compile_model(core.read_model(content), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
net = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
net.setInput(x, "x")
results = {"onnxruntime": session.run(None, {"x": x})[0], "OpenVINO": compiled([x])[0], "OpenCV": net.forward()}
for name, y in results.items():
    print(f"{name}: {y.shape[3]} columns: {' '.join(f'{value:g}' for value in y.ravel())}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='ONNX shape inference: 2 columns
onnxruntime: 2 columns: 7 10
OpenVINO: 3 columns: 7 10 -3.40282e+38
OpenCV: 3 columns: 7 10 -3.40282e+38'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what MaxPool with ceil_mode gives\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
