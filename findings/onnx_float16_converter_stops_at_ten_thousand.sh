#!/usr/bin/env bash
# onnxconverter-common 1.16.0: convert_float_to_float16 turns every constant above 10,000 into 10,000.
# float16 reaches 65,504 and holds 32,768 exactly, so one expects only larger numbers to suffer. By default (max_finite_val 1e4,
# min_positive_val 1e-7) numbers are cut at 10,000 first, and tiny ones are raised to 1e-7, where numpy's cast gives 0.
# One warning comes for each tensor, and names one of its numbers.
# Why it matters: 16-bit sound is scaled by 1 / 32,768, often as a Div inside the network; behind the converter the
# network divides by 10,000 and hears everything 3.3 times as loud.
# What to do: pass max_finite_val=65504 and min_positive_val=6e-8, or scale the input outside the network.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnxconverter-common==1.16.0 onnx==1.23.2 numpy==2.4.6

cat > program.py <<'PROGRAM'
import warnings

import numpy as np
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16

constants = np.float32([9000, 20000, 32768, -32768, 65504, 0, 1e-9, -1e-9])
graph = helper.make_graph(
    [helper.make_node("Div", ["x", "scale"], ["y"])],
    "network",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [8])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [8])],
    [numpy_helper.from_array(constants, "scale")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def show(name, values):
    print(f"{name}: {' '.join(f'{value:.5g}' for value in values.astype(float))}")


show("constants", constants)
show("cast by numpy", constants.astype(np.float16))
for name, options in (("converter", {}), ("converter, both limits given", {"max_finite_val": 65504, "min_positive_val": 6e-8})):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        converted = float16.convert_float_to_float16(model, **options)
    show(name, numpy_helper.to_array(converted.graph.initializer[0]))
    for warning in said:
        print("  warning:", warning.message)
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='constants: 9000 20000 32768 -32768 65504 0 1e-09 -1e-09
cast by numpy: 9000 20000 32768 -32768 65504 0 0 -0
converter: 9000 10000 10000 -10000 10000 0 1.1921e-07 -1.1921e-07
  warning: the float32 number 65504.0 will be truncated to 10000.0
  warning: the float32 number 9.999999717180685e-10 will be truncated to 1e-07
  warning: the float32 number -32768.0 will be truncated to -10000.0
  warning: the float32 number -9.999999717180685e-10 will be truncated to -1e-07
converter, both limits given: 9000 20000 32768 -32768 65504 0 5.9605e-08 -5.9605e-08
  warning: the float32 number 65504.0 will be truncated to 65504
  warning: the float32 number 9.999999717180685e-10 will be truncated to 6e-08
  warning: the float32 number -9.999999717180685e-10 will be truncated to -6e-08'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what float16 constants become\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
