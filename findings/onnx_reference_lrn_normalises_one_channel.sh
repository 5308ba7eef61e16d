#!/usr/bin/env bash
# onnx 1.23.2: the reference evaluator's LRN normalises one channel an image, and its L1 norm keeps the signs.
# Local response normalisation divides each value by a sum over the channels around its own. ReferenceEvaluator
# counts images where it should count channels: with a batch of one, only channel 0 has a sum, and the others are
# divided by bias to the power of beta alone. LpNormalization with p = 1 divides by the sum of the values, not of
# their absolute values.
# Why it matters: this evaluator is what a new runtime is tested against; a network with LRN seems wrong everywhere.
# What to do: compare these two with onnxruntime.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def compare(text, x, node):
    graph = helper.make_graph(
        [node],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for name, run in (("onnxruntime", session.run), ("reference", ReferenceEvaluator(model).run)):
        print(f"{text}, {name}: {' '.join(f'{value:.3f}' for value in run(None, {'x': x})[0].ravel())}")


ones = np.ones((1, 5, 1, 1), np.float32)
compare("LRN over five channels of 1", ones, helper.make_node("LRN", ["x"], ["y"], size=3, alpha=3.0, beta=1.0, bias=1.0))
row = np.float32([[-3, 4]])
for p in (1, 2):
    compare(f"LpNormalization of -3 and 4, p = {p}", row, helper.make_node("LpNormalization", ["x"], ["y"], axis=1, p=p))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='LRN over five channels of 1, onnxruntime: 0.333 0.250 0.250 0.250 0.333
LRN over five channels of 1, reference: 0.333 1.000 1.000 1.000 1.000
LpNormalization of -3 and 4, p = 1, onnxruntime: -0.429 0.571
LpNormalization of -3 and 4, p = 1, reference: -3.000 4.000
LpNormalization of -3 and 4, p = 2, onnxruntime: -0.600 0.800
LpNormalization of -3 and 4, p = 2, reference: -0.600 0.800'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the reference evaluator normalises\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
