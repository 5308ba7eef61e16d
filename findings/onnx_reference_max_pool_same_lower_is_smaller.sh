#!/usr/bin/env bash
# onnx 1.23.2: the reference evaluator's MaxPool with auto_pad SAME_LOWER drops a row and a column.
# A 2 x 2 window with stride 2 over 7 x 7 elements gives ceil(7 / 2) = 4 rows with SAME_UPPER and with SAME_LOWER;
# only the side of the border differs. The reference evaluator gives 3 x 3 for SAME_LOWER, against its own shape
# inference and onnxruntime.
# Why it matters: the evaluator is what converters and compilers are checked against.
# What to do: write the pads out in place of auto_pad before asking it.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, shape_inference
from onnx.reference import ReferenceEvaluator

x = np.arange(49, dtype=np.float32).reshape(1, 1, 7, 7)
for border in ({"auto_pad": "SAME_UPPER"}, {"auto_pad": "SAME_LOWER"}, {"pads": [1, 1, 0, 0]}):
    node = helper.make_node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2], **border)
    graph = helper.make_graph(
        [node],
        "pool",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    inferred = shape_inference.infer_shapes(model).graph.output[0].type.tensor_type.shape.dim
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    shapes = {
        "shape inference": tuple(axis.dim_value for axis in inferred),
        "onnxruntime": session.run(None, {"x": x})[0].shape,
        "reference": ReferenceEvaluator(model).run(None, {"x": x})[0].shape,
    }
    print(*border.values(), *(f"{who} {shape[2]} x {shape[3]}" for who, shape in shapes.items()), sep=", ")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='SAME_UPPER, shape inference 4 x 4, onnxruntime 4 x 4, reference 4 x 4
SAME_LOWER, shape inference 4 x 4, onnxruntime 4 x 4, reference 3 x 3
[1, 1, 0, 0], shape inference 4 x 4, onnxruntime 4 x 4, reference 4 x 4'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: the sizes of a pool\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
