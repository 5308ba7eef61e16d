#!/usr/bin/env bash
# tinygrad 0.14.0: its ONNX runner answers valid files of Split, ConvTranspose, MaxPool and Softmax otherwise, in silence.
# It runs most of ONNX and raises an error at the rest, so what runs is taken for right. Yet ConvTranspose with auto_pad VALID
# is cropped to length times stride, as SAME would be (with dilation 2, from 8 numbers to 4); Split into num_outputs that
# do not divide the length makes later parts larger, where ONNX makes only the last one smaller; the second output of MaxPool
# counts anew in each channel, where ONNX counts through the whole tensor; and Softmax of opset 11, which is over all axes
# from the given one on, is over one. The pages of these operators in ONNX 1.23 say so; onnxruntime follows them.
# Why it matters: these are what Keras models (VALID), older exporters (opset 9 to 12) and unpooling write; shapes fit mostly.
# What to do: convert old files to opset 13 first, write pads out, and compare a file with onnxruntime.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check tinygrad==0.14.0 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import os

os.environ["DEV"] = "PYTHON"  # needs no compiler
import numpy as np
import onnxruntime
from onnx import helper, numpy_helper
from tinygrad import Tensor
from tinygrad.nn.onnx import OnnxRunner


def compare(title, operator, x, constants=(), opset=18, outputs=1, **attributes):
    x = np.float32(x)
    names, fixed = [f"y{i}" for i in range(outputs)], [f"c{i}" for i in range(len(constants))]
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", *fixed], names, **attributes)],
        "network",
        [helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)],
        [helper.make_empty_tensor_value_info(name) for name in names],
        [numpy_helper.from_array(np.float32(value), name) for name, value in zip(fixed, constants, strict=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()
    with open("network.onnx", "wb") as file:
        file.write(model)
    right = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"x": x})
    seen = [y.numpy() for y in OnnxRunner("network.onnx")({"x": Tensor(x)}).values()]
    for name, results in (("onnxruntime", right), ("tinygrad", seen)):
        print(f"{title}, {name}: {' | '.join(' '.join(f'{value:.3g}' for value in y.ravel()) for y in results)}")


steps, kernel = [[[1, 2, 3, 4]]], [[[1, 10, 100]]]
compare("ConvTranspose, stride 2", "ConvTranspose", steps, [kernel], strides=[2])
compare("ConvTranspose, stride 2, VALID", "ConvTranspose", steps, [kernel], strides=[2], auto_pad="VALID")
compare("ConvTranspose, dilation 2, VALID", "ConvTranspose", steps, [kernel], dilations=[2], auto_pad="VALID")
compare("Split 7 in 3", "Split", np.arange(7), outputs=3, num_outputs=3)
compare("MaxPool, indices", "MaxPool", np.arange(8).reshape(1, 2, 4), outputs=2, kernel_shape=[2], strides=[2])
for opset in (11, 13):
    compare(f"Softmax of opset {opset}, axis 1", "Softmax", np.log([1, 2, 3, 4]).reshape(1, 2, 2), opset=opset, axis=1)
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='ConvTranspose, stride 2, onnxruntime: 1 10 102 20 203 30 304 40 400
ConvTranspose, stride 2, tinygrad: 1 10 102 20 203 30 304 40 400
ConvTranspose, stride 2, VALID, onnxruntime: 1 10 102 20 203 30 304 40 400
ConvTranspose, stride 2, VALID, tinygrad: 10 102 20 203 30 304 40 400
ConvTranspose, dilation 2, VALID, onnxruntime: 1 2 13 24 130 240 300 400
ConvTranspose, dilation 2, VALID, tinygrad: 13 24 130 240
Split 7 in 3, onnxruntime: 0 1 2 | 3 4 5 | 6
Split 7 in 3, tinygrad: 0 1 2 | 3 4 | 5 6
MaxPool, indices, onnxruntime: 1 3 5 7 | 1 3 5 7
MaxPool, indices, tinygrad: 1 3 5 7 | 1 3 1 3
Softmax of opset 11, axis 1, onnxruntime: 0.1 0.2 0.3 0.4
Softmax of opset 11, axis 1, tinygrad: 0.25 0.333 0.75 0.667
Softmax of opset 13, axis 1, onnxruntime: 0.25 0.333 0.75 0.667
Softmax of opset 13, axis 1, tinygrad: 0.25 0.333 0.75 0.667'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what tinygrad ONNX runner computes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
