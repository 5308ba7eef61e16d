#!/usr/bin/env bash
# flatbuffers 25.12.19 with tflite 2.18.0: ...AsNumpy() of a vector that is not in the file is the int 0.
# One expects an empty array (or None), as its Length() of 0 says; a vector that is there but empty gives
# one. A .tflite may leave out the shape of a scalar and the scales of a tensor that is not quantised.
# numpy then takes the 0 for a value: the product of the shape of a scalar is 0 elements instead of 1, and
# a float tensor seems to have the scale 0.
# Why it matters: an arena computed so is too small by each scalar, and "scale 0" passes for a quantised tensor,
# to be divided by later.
# What to do: ask ShapeIsNone() or ScaleIsNone() before each AsNumpy(), or loop over Length().
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check tflite==2.18.0 flatbuffers==25.12.19 numpy==2.4.6

cat > program.py <<'PROGRAM'
import flatbuffers
import numpy as np
import tflite


def tensor(shape):
    builder = flatbuffers.Builder(64)
    tflite.QuantizationParametersStart(builder)
    quantization = tflite.QuantizationParametersEnd(builder)
    if shape is not None:
        tflite.TensorStartShapeVector(builder, len(shape))
        for size in reversed(shape):
            builder.PrependInt32(size)
        vector = builder.EndVector()
    tflite.TensorStart(builder)
    if shape is not None:
        tflite.TensorAddShape(builder, vector)
    tflite.TensorAddQuantization(builder, quantization)
    builder.Finish(tflite.TensorEnd(builder))
    return tflite.Tensor.GetRootAsTensor(bytes(builder.Output()), 0)


for name, shape in (("shape 2x3", [2, 3]), ("shape empty", []), ("shape left out", None)):
    t = tensor(shape)
    sizes, scales = t.ShapeAsNumpy(), t.Quantization().ScaleAsNumpy()
    print(f"{name}: a {type(sizes).__name__}, length {t.ShapeLength()}, elements {int(np.prod(sizes))};",
          f"no scales: {type(scales).__name__} {scales}, length {t.Quantization().ScaleLength()}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='shape 2x3: a ndarray, length 2, elements 6; no scales: int 0, length 0
shape empty: a ndarray, length 0, elements 1; no scales: int 0, length 0
shape left out: a int, length 0, elements 0; no scales: int 0, length 0'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what an absent vector is\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
