#!/usr/bin/env bash
# The reference evaluator of onnx 1.23.2 gives other numbers than the standard for older files.
# One expects onnx's own evaluator to be the judge where two runtimes disagree.
# In files of opset 9 to 13 (what most converters wrote for years) it normalises a
# BatchNormalization with a mix of the batch's own statistics and the stored ones, as in training;
# up to opset 12 it takes Softmax over one axis, where the standard flattens the axes first.
# No error, no warning. From opset 14 and 13 on the results are right.
# Why it matters: a compiler for microcontrollers that is tested against this evaluator learns wrong
# numbers, or a right one is blamed.
# What to do: test files of old opsets against onnxruntime or a few lines of numpy.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

rng = np.random.default_rng(0)


def run(operator, opset, x, constants, **attributes):
    node = helper.make_node(operator, ["x", *constants], ["y"], **attributes)
    value = [helper.make_tensor_value_info(n, TensorProto.FLOAT, x.shape) for n in "xy"]
    arrays = [numpy_helper.from_array(a, n) for n, a in constants.items()]
    graph = helper.make_graph([node], "g", value[:1], value[1:], arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0], ReferenceEvaluator(model).run(None, {"x": x})[0]


def words(result, right):
    return "right" if np.abs(result - right).max() < 1e-5 else "wrong"


x = rng.normal(size=(1, 2, 3, 3)).astype(np.float32)
s, b, m, v = (np.array(a, np.float32) for a in ([1, 2], [0, 1], [0.5, -0.5], [2, 3]))
column = (1, 2, 1, 1)
right = (x - m.reshape(column)) / np.sqrt(v.reshape(column) + 1e-5) * s.reshape(column) + b.reshape(column)
for opset in (9, 13, 14):
    a, r = run("BatchNormalization", opset, x, dict(s=s, b=b, m=m, v=v))
    print("BatchNormalization", opset, "onnxruntime", words(a, right), "reference", words(r, right))
x = rng.normal(size=(2, 3, 4)).astype(np.float32)
flat = np.exp(x).reshape(2, 12)
flat = (flat / flat.sum(1, keepdims=True)).reshape(x.shape)
last = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
for opset, right in ((11, flat), (12, flat), (13, last)):
    a, r = run("Softmax", opset, x, {})
    print("Softmax", opset, "onnxruntime", words(a, right), "reference", words(r, right))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='BatchNormalization 9 onnxruntime right reference wrong
BatchNormalization 13 onnxruntime right reference wrong
BatchNormalization 14 onnxruntime right reference right
Softmax 11 onnxruntime right reference wrong
Softmax 12 onnxruntime right reference wrong
Softmax 13 onnxruntime right reference right'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which opsets the reference evaluator gets wrong\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
