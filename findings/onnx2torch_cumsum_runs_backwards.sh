#!/usr/bin/env bash
# onnx2torch 1.5.15: a CumSum without its attribute reverse, which is 0 if left out, is computed from the end.
# The converter takes 1 for the attribute's default. torch.onnx.export(dynamo=False) writes none for torch.cumsum, so a model that
# comes from PyTorch and goes back to it by onnx2torch sums the other way; with reverse=0 written out it is right. In the
# same silence ConvTranspose loses output_shape and gives the full length, and Pow of whole numbers with a fractional
# exponent gives float32, where ONNX says the type of the base. The page of ONNX's operators states all three (reverse:
# default 0).
# Why it matters: shapes and the last sum agree; only the numbers in between are another sequence. Post-processing by a
# running sum (events in a window, a piecewise curve) is the usual case.
# What to do: write reverse=0 into the file, and pads for output_shape; compare with onnxruntime.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx2torch==1.5.15 torch==2.14.1 torchvision==0.29.1 \
    onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime
import torch
from onnx import helper, numpy_helper
from onnx2torch import convert


def both(operator, inputs, constants, **attributes):
    """The outputs of onnxruntime and of onnx2torch."""
    names, fixed = [f"x{i}" for i in range(len(inputs))], [f"c{i}" for i in range(len(constants))]
    graph = helper.make_graph(
        [helper.make_node(operator, [*names, *fixed], ["y"], **attributes)],
        "network",
        [
            helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
            for name, x in zip(names, inputs, strict=True)
        ],
        [helper.make_empty_tensor_value_info("y")],
        [numpy_helper.from_array(value, name) for name, value in zip(fixed, constants, strict=True)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    theirs = convert(model).eval()(*(torch.from_numpy(x) for x in inputs))
    return session.run(None, dict(zip(names, inputs, strict=True)))[0], theirs.detach().numpy()


def text(y):
    return f"{y.dtype} {' '.join(f'{value:g}' for value in y.ravel())}"


x = np.float32([1, 2, 3, 4])
for attributes in ({}, {"exclusive": 1}, {"reverse": 0}, {"reverse": 1}):
    right, seen = both("CumSum", [x], [np.int64(0)], **attributes)
    print(f"CumSum {attributes or 'as it is'}: {text(right)}; onnx2torch {text(seen)}".replace("'", ""))
right, seen = both("ConvTranspose", [x.reshape(1, 1, 4)], [np.float32([[[1, 1, 1]]])], strides=[2], output_shape=[8])
print(f"ConvTranspose output_shape 8: {text(right)}; onnx2torch {text(seen)}")
right, seen = both("Pow", [np.int32([2, 4, 9]), np.float32([0.5, 0.5, 0.5])], [])
print(f"Pow of int32: {text(right)}; onnx2torch {text(seen)}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='CumSum as it is: float32 1 3 6 10; onnx2torch float32 10 9 7 4
CumSum {exclusive: 1}: float32 0 1 3 6; onnx2torch float32 9 7 4 0
CumSum {reverse: 0}: float32 1 3 6 10; onnx2torch float32 1 3 6 10
CumSum {reverse: 1}: float32 10 9 7 4; onnx2torch float32 10 9 7 4
ConvTranspose output_shape 8: float32 1 3 2 5 3 7 4 4; onnx2torch float32 1 1 3 2 5 3 7 4 4
Pow of int32: int32 1 2 3; onnx2torch float32 1.41421 2 3'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what onnx2torch computes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
