#!/usr/bin/env bash
# ai-edge-litert 2.3.0: with int16 activations, a 1 x 1 convolution and a dense layer of the same weights answer differently.
# Both are the same sums of the same integers, with the same scales, so one expects the same int16.
# The reference kernel of CONV_2D cuts the factor from sum to result to 15 bits, whose error is up to a step of a large
# result; that of FULLY_CONNECTED multiplies by the real number in float64. In int8 both use 31 bits.
# Why it matters: one requantisation for all of "16x8" is wrong for one of the two, here in one output of ten.
# What to do: requantise by (sum * m + half) >> s with a 15-bit m behind convolutions, and in float64 behind dense
# layers, halves away from zero.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6

cat > program.py <<'PROGRAM'
import math

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as s
from ai_edge_litert.interpreter import Interpreter, OpResolverType

WIDTH, OUTPUTS, ROWS = 16, 8, 500
random = np.random.default_rng(0)
weights = random.integers(-127, 128, (OUTPUTS, WIDTH)).astype(np.int8)
bias = random.integers(-(10**6), 10**6, OUTPUTS).astype(np.int64)
scales = random.uniform(0.005, 0.02, OUTPUTS).astype(np.float32)
X, Y = np.float32(1e-4), np.float32(3e-4)


def tensor(name, shape, kind, given, buffer=0):
    t, q = s.TensorT(), s.QuantizationParametersT()
    t.name, t.shape, t.type, t.buffer, t.quantization = name, list(shape), kind, buffer, q
    q.scale, q.zeroPoint = [float(v) for v in given], [0] * len(given)
    return t


def model(dense):
    m, g, op, c = s.ModelT(), s.SubGraphT(), s.OperatorT(), s.OperatorCodeT()
    filters, shape = ((OUTPUTS, WIDTH), ()) if dense else ((OUTPUTS, 1, 1, WIDTH), (1, 1))
    m.version, m.subgraphs, m.operatorCodes, m.buffers = 3, [g], [c], [s.BufferT() for _ in range(3)]
    m.buffers[1].data = np.frombuffer(weights.tobytes(), np.uint8)
    m.buffers[2].data = np.frombuffer(bias.tobytes(), np.uint8)
    kinds = s.TensorType
    g.tensors = [
        tensor("x", (1, *shape, WIDTH), kinds.INT16, [X]), tensor("w", filters, kinds.INT8, scales, 1),
        tensor("b", (OUTPUTS,), kinds.INT64, X * scales, 2), tensor("y", (1, *shape, OUTPUTS), kinds.INT16, [Y]),
    ]
    g.inputs, g.outputs, g.operators, op.inputs, op.outputs, op.opcodeIndex = [0], [3], [op], [0, 1, 2], [3], 0
    if dense:
        op.builtinOptionsType, op.builtinOptions = s.BuiltinOptions.FullyConnectedOptions, s.FullyConnectedOptionsT()
        c.builtinCode = c.deprecatedBuiltinCode = s.BuiltinOperator.FULLY_CONNECTED
    else:
        op.builtinOptionsType, o = s.BuiltinOptions.Conv2DOptions, s.Conv2DOptionsT()
        o.strideH = o.strideW = o.dilationHFactor = o.dilationWFactor = 1
        op.builtinOptions, c.builtinCode, c.deprecatedBuiltinCode = o, s.BuiltinOperator.CONV_2D, 3
    c.version = 7 if dense else 4
    builder = flatbuffers.Builder(1024)
    builder.Finish(m.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def answers(content, xs):
    i = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    i.allocate_tensors()
    given, result = i.get_input_details()[0], i.get_output_details()[0]
    rows = []
    for x in xs:
        i.set_tensor(given["index"], x.reshape(given["shape"]))
        i.invoke()
        rows.append(i.get_tensor(result["index"]).reshape(-1))
    return np.array(rows, np.int64)


def short(sums, factor):
    mantissa, exponent = math.frexp(factor)
    multiplier, shift = (round(mantissa * 2**31) + 2**15) >> 16, 15 - exponent
    return (sums * multiplier + (1 << (shift - 1))) >> shift


def real(sums, factor):
    product = sums * factor
    return np.trunc(product + np.copysign(0.5, product)).astype(np.int64)


xs = random.integers(-(2**15), 2**15, (ROWS, WIDTH)).astype(np.int16)
sums = xs.astype(np.int64) @ weights.T.astype(np.int64) + bias
factors = [float(X) * float(each) / float(Y) for each in scales]
found = {"CONV_2D": answers(model(False), xs), "FULLY_CONNECTED": answers(model(True), xs)}
for which, rule in (("a factor of 15 bits", short), ("float64", real)):
    expected = np.stack([rule(sums[:, n], factor) for n, factor in enumerate(factors)], 1).clip(-(2**15), 2**15 - 1)
    for name, got in found.items():
        print(f"{name}: {(got != expected).sum()} of {got.size} are not those of {which}")
both = found["CONV_2D"] - found["FULLY_CONNECTED"]
print(f"the two differ in {(both != 0).sum()} of {both.size}, by at most {abs(both).max()}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='CONV_2D: 0 of 4000 are not those of a factor of 15 bits
FULLY_CONNECTED: 383 of 4000 are not those of a factor of 15 bits
CONV_2D: 383 of 4000 are not those of float64
FULLY_CONNECTED: 0 of 4000 are not those of float64
the two differ in 383 of 4000, by at most 1'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: how sums of int16 become results\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
