#!/usr/bin/env bash
# onnxruntime 1.31.1, onnx 1.23.2, tract 0.23.9: Resize with align_corners and a scale of 0.6 has two answers.
# ONNX puts element k of the result at k * (length - 1) / (resized length - 1). Seven elements times 0.6 are 4.2.
# onnxruntime takes the length of the result, 4, so the last element is the last one of the input. The reference
# evaluator and tract take 4.2: the corners are not aligned, and a linear ramp comes out otherwise.
# Why it matters: exporters write scales, not sizes, wherever the factor of an upsampling layer is a number.
# What to do: give Resize its sizes, or a scale that makes a whole number of elements; then all three agree.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 tract==0.23.9 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnx
import onnxruntime
import tract
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

x = np.arange(7, dtype=np.float32).reshape(1, 1, 1, 7)
for inputs, name, numbers in (
    (["x", "", "scales"], "scales", np.array([1, 1, 1, 0.6], np.float32)),
    (["x", "", "", "sizes"], "sizes", np.array([1, 1, 1, 4], np.int64)),
):
    node = helper.make_node(
        "Resize", inputs, ["y"], mode="linear", coordinate_transformation_mode="align_corners"
    )
    graph = helper.make_graph(
        [node],
        "resize",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 1, 4])],
        [numpy_helper.from_array(numbers, name)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, "model.onnx")
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    answers = {
        "onnxruntime": session.run(None, {"x": x})[0],
        "reference": ReferenceEvaluator(model).run(None, {"x": x})[0],
        "tract": tract.onnx().load("model.onnx").into_model().into_runnable().run([x])[0].to_numpy(),
    }
    for who, answer in answers.items():
        print(f"{name}, {who}:", *(f"{number:g}" for number in answer.ravel().round(3)))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='scales, onnxruntime: 0 2 4 6
scales, reference: 0 1.875 3.75 5.625
scales, tract: 0 1.875 3.75 5.625
sizes, onnxruntime: 0 2 4 6
sizes, reference: 0 2 4 6
sizes, tract: 0 2 4 6'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: where the elements of a resized row lie\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
