#!/usr/bin/env bash
# tract 0.23.9: Celu with an alpha other than 1, and GlobalLpPool, give other numbers than ONNX says.
# Celu(x) is max(0, x) + min(0, alpha * (exp(x / alpha) - 1)). GlobalLpPool with p = 2 is the square root of the sum of
# the squares; tract gives the square root of their mean. Both load and run without a word.
# Why it matters: tract is a way to run ONNX files on small devices, and a second opinion on a compiler.
# What to do: write Celu as Elu and Mul, and the pool as ReduceL2; tract computes both as ONNX says.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 tract==0.23.9 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnx
import tract
from onnx import TensorProto, helper


def run(operator, x, **attributes):
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"], **attributes)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "model.onnx")
    return tract.onnx().load("model.onnx").into_model().into_runnable().run([x])[0].to_numpy().ravel()


x = np.array([-2, -1, 1, 2], np.float32).reshape(1, 1, 2, 2)
for alpha in (1.0, 0.5):
    said = np.maximum(x, 0) + np.minimum(0, alpha * (np.exp(x / alpha) - 1))
    print(f"Celu, alpha {alpha}: ONNX", *said.ravel().round(3), "tract", *run("Celu", x, alpha=alpha).round(3))
print("GlobalLpPool: ONNX", np.sqrt((x**2).sum()).round(3), "tract", *run("GlobalLpPool", x, p=2).round(3))
print("ReduceL2: ONNX", np.sqrt((x**2).sum()).round(3), "tract", *run("ReduceL2", x, axes=[2, 3]).round(3))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='Celu, alpha 1.0: ONNX -0.865 -0.632 1.0 2.0 tract -0.865 -0.632 1.0 2.0
Celu, alpha 0.5: ONNX -0.491 -0.432 1.0 2.0 tract -0.982 -0.865 1.0 2.0
GlobalLpPool: ONNX 3.162 tract 1.581
ReduceL2: ONNX 3.162 tract 3.162'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what tract computes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
