#!/usr/bin/env bash
# onnx 1.23.2: the reference evaluator computes LSTM, GRU and RNN without clip, activations and sequence_lens.
# ReferenceEvaluator takes a model with these attributes and this input, says nothing, and gives the numbers of the
# plain layer: sums are not clipped, other activations are tanh and sigmoid all the same, and sequences that end
# early run to the end. LSTM's input_forget is skipped as well. Only RNN says that it lacks an activation.
# Why it matters: a hard sigmoid in place of a sigmoid is the usual form on a microcontroller, and a runtime tested
# against this evaluator seems to be wrong.
# What to do: compare recurrent layers with onnxruntime.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator


def outputs(operator, lengths=None, **attributes):
    """Of one layer with the same weights, by onnxruntime and by the reference evaluator."""
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[operator]
    random = np.random.default_rng(0)
    constants = {
        "w": random.normal(size=(1, gates * 3, 2)).astype(np.float32),
        "r": random.normal(size=(1, gates * 3, 3)).astype(np.float32),
        "b": random.normal(size=(1, gates * 6)).astype(np.float32),
    }
    x = random.normal(size=(5, 2, 2)).astype(np.float32)
    if lengths:
        constants["lengths"] = np.array(lengths, np.int32)
    graph = helper.make_graph(
        [helper.make_node(operator, ["x", *constants], ["y"], hidden_size=3, **attributes)],
        "network",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [5, 1, 2, 3])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0], ReferenceEvaluator(model).run(None, {"x": x})[0]


for operator in ("LSTM", "GRU", "RNN"):
    plain = outputs(operator)
    functions = {"LSTM": ["HardSigmoid", "Tanh", "Relu"], "GRU": ["HardSigmoid", "Relu"]}.get(operator)
    options = {"plain": {}, "clip": {"clip": 0.5}, "sequence_lens": {"lengths": [3, 5]}}
    if functions:
        options["activations"] = {"activations": functions}
    if operator == "LSTM":
        options["input_forget"] = {"input_forget": 1}
    for name, option in options.items():
        right, seen = outputs(operator, **option)
        same = np.abs(right - seen).max() < 1e-5
        note = ", numbers of the plain layer" if np.array_equal(seen, plain[1]) and not same else ""
        print(f"{operator}, {name}: {'equal to onnxruntime' if same else 'not equal'}{note}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='LSTM, plain: equal to onnxruntime
LSTM, clip: not equal, numbers of the plain layer
LSTM, sequence_lens: not equal, numbers of the plain layer
LSTM, activations: not equal, numbers of the plain layer
LSTM, input_forget: not equal, numbers of the plain layer
GRU, plain: equal to onnxruntime
GRU, clip: not equal, numbers of the plain layer
GRU, sequence_lens: not equal, numbers of the plain layer
GRU, activations: not equal, numbers of the plain layer
RNN, plain: equal to onnxruntime
RNN, clip: not equal, numbers of the plain layer
RNN, sequence_lens: not equal, numbers of the plain layer'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which parts of recurrent layers the reference evaluator computes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
