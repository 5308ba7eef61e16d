#!/usr/bin/env bash
# mnn 3.6.1: its converter from ONNX drops attributes of recurrent layers and others, without a word.
# A converter is expected to refuse what it cannot express. mnnconvert makes a layer that runs backwards one that runs
# forwards (LSTM, GRU and RNN), leaves out clip, and gives numbers of its own for a GRU with linear_before_reset 0,
# ONNX's default. ArgMax takes the first of equal maxima where select_last_index asks for the last, and Resize rounds
# down whatever nearest_mode says. A plain forward LSTM is right.
# Why it matters: shapes and ranges stay plausible; only the accuracy tells.
# What to do: turn the sequence around yourself, train with reset_after, and compare a converted file with its original.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check mnn==3.6.1 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import _tools  # the compiled converter; the module MNN.tools around it installs packages
import numpy as np
import onnxruntime
from MNN import expr, nn
from onnx import TensorProto, helper, numpy_helper

KEPT = []  # what MNN reads from stays alive


def network(operator, x, constants, opset, attributes):
    constants = {f"c{i}": np.asarray(value) for i, value in enumerate(constants)}
    outputs = {"LSTM": ["y", "h", "c"], "GRU": ["y", "h"], "RNN": ["y", "h"]}.get(operator, ["y"])
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", *constants], outputs, **attributes)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8).SerializeToString()


def right(content, x):
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def seen(content, x):
    with open("network.onnx", "wb") as file:
        file.write(content)
    _tools.mnnconvert(["mnnconvert", "-f", "ONNX", "--modelFile", "network.onnx", "--MNNModel", "network.mnn", "--bizCode", "x"])
    net = nn.load_module_from_file("network.mnn", ["x"], ["y"])
    given = expr.const(x, list(x.shape), expr.NCHW, expr.float)
    result = expr.convert(net.forward([given])[0], expr.NCHW)
    KEPT.extend((x, net, given, result))
    return np.array(result.read(), copy=True)


def agree(a, b):
    return a.shape == b.shape and np.abs(a.astype(float) - b.astype(float)).max() < 1e-3


random = np.random.default_rng(0)
row = np.float32([[1, 3, 3, 2]])
image = np.arange(1, 5, dtype=np.float32).reshape(1, 1, 2, 2)
steps = random.normal(size=(4, 1, 2)).astype(np.float32)


def weights(gates):
    return [random.normal(size=size).astype(np.float32) for size in ((1, gates * 3, 2), (1, gates * 3, 3), (1, gates * 6))]


sizes = [np.float32([]), np.float32([1, 1, 2, 2])]
resize = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric"}
lines = []
for operator, x, constants, opset, name, value, instead, others in (
    ("ArgMax", row, [], 13, "select_last_index", 1, 0, {"axis": 1}),
    ("Resize", image, sizes, 13, "nearest_mode", "ceil", "floor", resize),
    ("LSTM", steps, weights(4), 14, "direction", "forward", "reverse", {"hidden_size": 3}),
    ("LSTM", steps, weights(4), 14, "direction", "reverse", "forward", {"hidden_size": 3}),
    ("GRU", steps, weights(3), 14, "direction", "reverse", "forward", {"hidden_size": 3, "linear_before_reset": 1}),
    ("RNN", steps, weights(1), 14, "direction", "reverse", "forward", {"hidden_size": 3}),
    ("LSTM", steps, weights(4), 14, "clip", 0.1, None, {"hidden_size": 3}),
    ("GRU", steps, weights(3), 14, "clip", 0.1, None, {"hidden_size": 3, "linear_before_reset": 1}),
    ("RNN", steps, weights(1), 14, "clip", 0.1, None, {"hidden_size": 3}),
    ("GRU", steps, weights(3), 14, "linear_before_reset", 0, 1, {"hidden_size": 3}),
):
    content = network(operator, x, constants, opset, {**others, name: value})
    plain = network(operator, x, constants, opset, others if instead is None else {**others, name: instead})
    y = seen(content, x)
    verdict = "right" if agree(right(content, x), y) else f"as {instead or 'without'}" if agree(right(plain, x), y) else "wrong"
    lines.append(f"{operator}, {name} {value}: {verdict}")
with open("seen.txt", "w") as file:  # MNN prints lines of its own
    file.write("\n".join(lines) + "\n")
PROGRAM
v/bin/python program.py > log 2> errors || { cat errors >&2; exit 1; }
seen=$(cat seen.txt)

expected='ArgMax, select_last_index 1: as without
Resize, nearest_mode ceil: as floor
LSTM, direction forward: right
LSTM, direction reverse: as forward
GRU, direction reverse: as forward
RNN, direction reverse: as forward
LSTM, clip 0.1: as without
GRU, clip 0.1: as without
RNN, clip 0.1: as without
GRU, linear_before_reset 0: wrong'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the converter keeps\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
