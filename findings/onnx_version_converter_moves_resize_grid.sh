#!/usr/bin/env bash
# onnx 1.23.2: raising the opset of a file changes what its Resize or Upsample computes.
# One expects version_converter to keep the numbers, or to refuse.
# Opset 10 has one rule for which input a result cell lies on (output index / scale). Opset 11 has
# several, and its default is another (pixel centres). The converter writes the new Resize without
# naming the old rule, so the default applies: each interpolated value is another.
# The checker is content with the result, and nearest by a whole factor hides it.
# Why it matters: a quantiser or compiler that wants a newer opset is given a shifted image, and
# accuracy falls with no message.
# What to do: after converting set coordinate_transformation_mode to asymmetric (and nearest_mode to
# floor) on each such node, or export anew.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper, version_converter


def run(model, x):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0].ravel()


x = np.array([[[[0, 10, 20, 30]]]], np.float32)
for operator, opset, mode, factor in (("Resize", 10, "linear", 2), ("Upsample", 9, "linear", 2),
                                      ("Resize", 10, "nearest", 0.75)):
    node = helper.make_node(operator, ["x", "scales"], ["y"], mode=mode)
    scales = numpy_helper.from_array(np.array([1, 1, 1, factor], np.float32), "scales")
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)]
    out = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph([node], "g", ends, out, [scales])
    old = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    new = version_converter.convert_version(old, 13)
    onnx.checker.check_model(new)
    attributes = [a.name for n in new.graph.node if n.op_type == "Resize" for a in n.attribute]
    print(operator, opset, mode, "before", *(f"{v:g}" for v in run(old, x)))
    print(operator, opset, mode, "after", *(f"{v:g}" for v in run(new, x)), "attributes:", *attributes)
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='Resize 10 linear before 0 5 10 15 20 25 30 30
Resize 10 linear after 0 2.5 7.5 12.5 17.5 22.5 27.5 30 attributes: mode
Upsample 9 linear before 0 5 10 15 20 25 30 30
Upsample 9 linear after 0 2.5 7.5 12.5 17.5 22.5 27.5 30 attributes: mode
Resize 10 nearest before 0 20 30
Resize 10 nearest after 0 10 30 attributes: mode'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what a converted Resize computes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
