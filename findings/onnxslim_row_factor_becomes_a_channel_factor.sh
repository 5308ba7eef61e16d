#!/usr/bin/env bash
# onnxslim 0.1.98: a factor along the width of an image is taken for one a channel.
# A Conv is followed by a Mul with a vector of four numbers. ONNX broadcasts a vector along the last axis,
# so each column of the image has its factor. If the layer has as many channels as the image has columns,
# slimming folds the vector into the filters, a factor a channel: other numbers, and no warning.
# Why it matters: a learned mask over the columns of a spectrogram is such a vector, and square images
# with as many channels as columns are common in small networks.
# What to do: give factors a channel the shape [channels, 1, 1], avoid the coincidence, and compare a slimmed
# file with its original.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnxslim==0.1.98 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime
import onnxslim
from onnx import TensorProto, helper, numpy_helper


def largest_difference(channels, columns):
    """Between the network as it is and as onnxslim leaves it; the factors are one a column."""
    random = np.random.default_rng(0)
    filters = random.normal(size=(channels, 1, 1, 1)).astype(np.float32)
    factors = np.arange(1, columns + 1, dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "filters"], ["sums"]),
            helper.make_node("Mul", ["sums", "factors"], ["y"]),
        ],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 3, columns])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, channels, 3, columns])],
        [numpy_helper.from_array(filters, "filters"), numpy_helper.from_array(factors, "factors")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    x = random.normal(size=(1, 1, 3, columns)).astype(np.float32)
    before, after = (
        onnxruntime.InferenceSession(each.SerializeToString(), providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]
        for each in (model, onnxslim.slim(model))
    )
    return np.abs(before - after).max()


for channels, columns in ((4, 4), (4, 5)):
    same = largest_difference(channels, columns) < 1e-5
    print(f"{channels} channels, {columns} columns: {'the same' if same else 'other numbers'}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='4 channels, 4 columns: other numbers
4 channels, 5 columns: the same'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what slimming does to a factor a column\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
