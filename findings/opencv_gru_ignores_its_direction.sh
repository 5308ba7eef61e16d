#!/usr/bin/env bash
# opencv-python-headless 5.0.0.93: a GRU that runs backwards runs forwards, and one with a single output gives its last state.
# With direction "reverse" cv2.dnn gives the numbers of "forward"; "bidirectional" is right. If only the first output
# is named, the sequence of all states, it gives the last state in its place, in another shape. An LSTM backwards
# is right in its sequence, but its last state is taken from the wrong end.
# Why it matters: exporters name only the outputs that are used, so the sequence alone is the common case; keyword
# spotters with a dense layer at each step then read one step.
# What to do: name both outputs of a GRU, make a layer that runs backwards a half of a bidirectional one, and compare.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check opencv-python-headless==5.0.0.93 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import cv2
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

STEPS, FEATURES, UNITS = 4, 2, 3


def network(operator, direction, names):
    """A layer over one sequence; the weights of the second direction are those of the first."""
    gates, directions = {"GRU": 3, "LSTM": 4}[operator], 2 if direction == "bidirectional" else 1
    random = np.random.default_rng(0)
    sizes = {"w": (1, gates * UNITS, FEATURES), "r": (1, gates * UNITS, UNITS), "b": (1, 2 * gates * UNITS)}
    weights = {name: np.repeat(random.normal(size=size), directions, axis=0).astype(np.float32) for name, size in sizes.items()}
    shapes = {"states": [STEPS, directions, 1, UNITS], "last": [directions, 1, UNITS]}
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", *weights], names, hidden_size=UNITS, direction=direction)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [STEPS, 1, FEATURES])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in names],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8).SerializeToString()


x = np.random.default_rng(1).normal(size=(STEPS, 1, FEATURES)).astype(np.float32)


def right(*layer):
    return onnxruntime.InferenceSession(network(*layer), providers=["CPUExecutionProvider"]).run(None, {"x": x})


def seen(*layer):
    net = cv2.dnn.readNetFromONNX(np.frombuffer(network(*layer), np.uint8))
    net.setInput(x, "x")
    return net.forward(layer[2])


def agree(a, b):
    return a.shape == b.shape and np.abs(a - b).max() < 1e-5


both = ["states", "last"]
for operator in ("GRU", "LSTM"):
    for direction in ("forward", "reverse", "bidirectional"):
        for name, a, b in zip(both, right(operator, direction, both), seen(operator, direction, both)):
            forwards = direction == "reverse" and agree(right(operator, "forward", both)[both.index(name)], b)
            print(f"{operator} {direction}, {name}: {'right' if agree(a, b) else 'wrong'}{', as forward' if forwards else ''}")
states = seen("LSTM", "reverse", both)
print(f"LSTM reverse: the last state is the state at step 0 {agree(states[0][0], states[1])}, at step {STEPS - 1} {agree(states[0][-1], states[1])}")
for operator in ("GRU", "LSTM"):
    a, (b,) = right(operator, "forward", both), seen(operator, "forward", ["states"])
    print(f"{operator} forward, states alone: shape {b.shape}, the last state {agree(a[1], b)}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='GRU forward, states: right
GRU forward, last: right
GRU reverse, states: wrong, as forward
GRU reverse, last: wrong, as forward
GRU bidirectional, states: right
GRU bidirectional, last: right
LSTM forward, states: right
LSTM forward, last: right
LSTM reverse, states: right
LSTM reverse, last: wrong
LSTM bidirectional, states: right
LSTM bidirectional, last: right
LSTM reverse: the last state is the state at step 0 False, at step 3 True
GRU forward, states alone: shape (1, 1, 3), the last state True
LSTM forward, states alone: shape (4, 1, 1, 3), the last state False'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what OpenCV makes of a direction\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
