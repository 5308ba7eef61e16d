#!/usr/bin/env bash
# pnnx 20261020 with ncnn 1.0.20261020: a Gemm without bias loses alpha, and pools with padding at one side give other numbers.
# pnnx is what ncnn's maintainers recommend for ONNX files. Gemm with alpha 0.5 is right with a bias; without one it becomes
# an inner product that is not halved. MaxPool and AveragePool with SAME_UPPER or SAME_LOWER pad both sides: maxima come
# from windows a cell too early, and a mean counts a zero that ONNX leaves out. (At a stride of 2 pnnx prints that the shape
# may be wrong; it is right.) MaxPool padded at the start alone is padded twice, and gives a number more. Shrink, 0 at its
# limit by ONNX, is not. The pages of these operators in ONNX 1.23 define all of it, and onnxruntime follows them.
# Why it matters: SAME pools are what Keras writes; shapes mostly agree, and only the accuracy tells.
# What to do: put alpha into the weights, write pads out for both sides, and compare with onnxruntime.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check ncnn==1.0.20261020 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

v/bin/pip install -qq --disable-pip-version-check --no-deps pnnx==20261020
cat > program.py <<'PROGRAM'
import subprocess
from importlib.util import find_spec

import ncnn
import numpy as np
import onnxruntime
from onnx import helper, numpy_helper

PNNX = find_spec("pnnx").submodule_search_locations[0] + "/pnnx"  # the program; its Python module needs torch


def compare(title, operator, x, constants=(), opset=13, **attributes):
    """What onnxruntime computes, and ncnn behind pnnx."""
    x = np.float32(x)
    fixed = {f"c{i}": value for i, value in enumerate(constants)}
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", *fixed], ["y"], **attributes)],
        "network",
        [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)],
        [helper.make_empty_tensor_value_info("y")],
        [numpy_helper.from_array(value, name) for name, value in fixed.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()
    with open("network.onnx", "wb") as file:
        file.write(model)
    right = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
    subprocess.run([PNNX, "network.onnx"], check=True, capture_output=True)
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.load_param("network.ncnn.param")
    net.load_model("network.ncnn.bin")
    extractor = net.create_extractor()
    extractor.input("in0", ncnn.Mat(np.ascontiguousarray(x[0])).clone())
    seen = np.array(extractor.extract("out0")[1])
    for name, y in (("onnxruntime", right), ("ncnn", seen)):
        print(f"{title}, {name}: {' '.join(f'{value:g}' for value in y.ravel())}")


row = [[1, 2, 3]]
w = np.float32([[1, 0], [0, 1], [1, 1]])
compare("Gemm, alpha 1", "Gemm", row, [w])
compare("Gemm, alpha 0.5", "Gemm", row, [w], alpha=0.5)
compare("Gemm, alpha 0.5, a bias", "Gemm", row, [w, np.float32([10, 20])], alpha=0.5)
steps = np.arange(1, 7).reshape(1, 1, 1, 6)
compare("MaxPool, SAME_UPPER", "MaxPool", steps, kernel_shape=[1, 3], strides=[1, 2], auto_pad="SAME_UPPER")
compare("AveragePool, SAME_LOWER", "AveragePool", steps, kernel_shape=[1, 2], strides=[1, 1], auto_pad="SAME_LOWER")
compare("MaxPool, padded at the start by 1", "MaxPool", steps, kernel_shape=[1, 2], strides=[1, 1], pads=[0, 1, 0, 0])
compare("Shrink", "Shrink", [[-2, -1, 0, 1, 2]], lambd=1.0, bias=0.5)
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='Gemm, alpha 1, onnxruntime: 4 5
Gemm, alpha 1, ncnn: 4 5
Gemm, alpha 0.5, onnxruntime: 2 2.5
Gemm, alpha 0.5, ncnn: 4 5
Gemm, alpha 0.5, a bias, onnxruntime: 12 22.5
Gemm, alpha 0.5, a bias, ncnn: 12 22.5
MaxPool, SAME_UPPER, onnxruntime: 3 5 6
MaxPool, SAME_UPPER, ncnn: 2 4 6
AveragePool, SAME_LOWER, onnxruntime: 1 1.5 2.5 3.5 4.5 5.5
AveragePool, SAME_LOWER, ncnn: 0.5 1.5 2.5 3.5 4.5 5.5
MaxPool, padded at the start by 1, onnxruntime: 1 2 3 4 5 6
MaxPool, padded at the start by 1, ncnn: -3.40282e+38 1 2 3 4 5 6 6
Shrink, onnxruntime: -1.5 0 0 0 1.5
Shrink, ncnn: -1.5 -0.5 0 0.5 1.5'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what ncnn computes behind pnnx\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
