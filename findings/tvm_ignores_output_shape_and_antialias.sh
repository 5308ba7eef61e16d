#!/usr/bin/env bash
# apache-tvm 0.27.0.post1: the ONNX importer ignores ConvTranspose's output_shape, Resize's antialias and a row of SAME_LOWER.
# ConvTranspose may say how large its result is, and the pads follow from it: asked for 14 x 12, it gives 15 x 13, as
# if nothing had been asked. A Resize to less than half with antialias = 1 gives what it gives without. MaxPool with auto_pad
# SAME_LOWER gives 3 x 3 where ONNX says ceil(7 / 2) x ceil(6 / 2), which is 4 x 3; SAME_UPPER is right. Options that the
# importer lacks in other operators end in an error.
# Why it matters: the code it builds for a board has other shapes than the model, or other numbers in the same shape.
# What to do: write pads out in place of output_shape and auto_pad, and compare one output with onnxruntime's.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check apache-tvm==0.27.0.post1 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnx
import onnxruntime
import tvm
from onnx import TensorProto, helper, numpy_helper
from tvm import relax
from tvm.relax.frontend.onnx import from_onnx

rng = np.random.default_rng(0)
x = rng.normal(size=(1, 4, 7, 6)).astype(np.float32)
FILTERS = {"w": rng.normal(size=(4, 5, 3, 3)).astype(np.float32)}
SIZES = {"z": np.array([1, 4, 3, 3])}
CASES = [
    ("ConvTranspose, pads", ["x", "w"], FILTERS, {"strides": [2, 2], "pads": [0, 0, 1, 1]}),
    ("ConvTranspose, output_shape", ["x", "w"], FILTERS, {"strides": [2, 2], "output_shape": [14, 12]}),
    ("MaxPool, SAME_UPPER", ["x"], {}, {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_UPPER"}),
    ("MaxPool, SAME_LOWER", ["x"], {}, {"kernel_shape": [3, 3], "strides": [2, 2], "auto_pad": "SAME_LOWER"}),
    ("Resize, linear", ["x", "", "", "z"], SIZES, {"mode": "linear"}),
    ("Resize, linear, antialias", ["x", "", "", "z"], SIZES, {"mode": "linear", "antialias": 1}),
]
for name, inputs, constants, attributes in CASES:
    graph = helper.make_graph(
        [helper.make_node(name.split(",")[0], inputs, ["y"], **attributes)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["a", "b", "c", "d"])],
        [numpy_helper.from_array(value, key) for key, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    right = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    module = relax.transform.DecomposeOpsForInference()(from_onnx(model, keep_params_in_input=False))
    y = relax.VirtualMachine(tvm.compile(module, "llvm"), tvm.cpu())["main"](tvm.runtime.tensor(x)).numpy()
    if y.shape != right.shape:
        print(f"{name}: onnxruntime {right.shape[2]} x {right.shape[3]}, TVM {y.shape[2]} x {y.shape[3]}")
    else:
        print(f"{name}: {'equal' if np.allclose(y, right, atol=1e-4) else 'other numbers'}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='ConvTranspose, pads: equal
ConvTranspose, output_shape: onnxruntime 14 x 12, TVM 15 x 13
MaxPool, SAME_UPPER: equal
MaxPool, SAME_LOWER: onnxruntime 4 x 3, TVM 3 x 3
Resize, linear: equal
Resize, linear, antialias: other numbers'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the importer takes over\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
