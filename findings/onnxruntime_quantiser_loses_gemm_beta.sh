#!/usr/bin/env bash
# onnxruntime 1.31.1: quantize_static drops Gemm's beta, and by its QOperator format Gemm's alpha scales the bias.
# Gemm is alpha * x * w + beta * c. In the QDQ format the quantiser sets beta to 1 and leaves c as it is: a bias that counted
# half counts whole. In the QOperator format it divides by beta where it should multiply, so that it counts double; and QGemm
# multiplies the whole sum of integers, bias included, by alpha, for which nobody divided it. Nothing is reported.
# With alpha and beta of 1, as PyTorch and Keras write, all is well.
# Why it matters: the int8 network is wrong before any rounding, and every backend that reads the file agrees on it.
# What to do: multiply beta into c and alpha into w before quantising.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnxruntime==1.31.1 onnx==1.23.2 numpy==2.4.6

cat > program.py <<'PROGRAM'
import logging

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

logging.disable(logging.WARNING)
# The samples are 0, except one that opens the range of the output far enough for every result below.
SAMPLES = np.float32([[0, 0], [60, 60], [-60, -60]])


class Samples(CalibrationDataReader):
    def __init__(self):
        self.left = iter([{"x": SAMPLES}])

    def get_next(self):
        return next(self.left, None)


def run(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": SAMPLES[:1]})[0].ravel()


for alpha, beta in ((1, 1), (1, 0.5), (1, 2), (0.5, 1)):
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w", "c"], ["y"], alpha=float(alpha), beta=float(beta))],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 2])],
        [numpy_helper.from_array(np.eye(2, dtype=np.float32), "w"), numpy_helper.from_array(np.float32([8, -4]), "c")],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), "float.onnx")
    results = {"float32": run("float.onnx")}
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        quantize_static("float.onnx", "int8.onnx", Samples(), quant_format=form, activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)
        results[form.name] = run("int8.onnx")
    print(f"alpha {alpha}, beta {beta}, x 0:", ", ".join(f"{name} {y[0]:.0f} {y[1]:.0f}" for name, y in results.items()))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='alpha 1, beta 1, x 0: float32 8 -4, QDQ 8 -4, QOperator 8 -4
alpha 1, beta 0.5, x 0: float32 4 -2, QDQ 8 -4, QOperator 16 -8
alpha 1, beta 2, x 0: float32 16 -8, QDQ 8 -4, QOperator 4 -2
alpha 0.5, beta 1, x 0: float32 8 -4, QDQ 8 -4, QOperator 4 -2'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what becomes of alpha and beta\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
