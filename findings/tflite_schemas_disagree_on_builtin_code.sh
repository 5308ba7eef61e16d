#!/usr/bin/env bash
# The method BuiltinCode() of one .tflite file: tflite 2.18.0 says CONV_2D, ai-edge-litert 2.3.0 says ADD.
# Both packages are the same schema, generated as Python classes with the same names. Files from before
# TensorFlow 2.4 hold the operator in a field since renamed deprecated_builtin_code. A number that is
# missing in a flatbuffer reads as 0, and 0 is an operator: ADD. The first package quietly looks
# into the old field too, the second (the one Google now points to) hands out the 0.
# Why it matters: many .tflite files about (keyword spotting, person detection, MNIST examples for boards) are
# that old. A tool that changes its import lists a network of additions, with no error.
# What to do: take the larger of BuiltinCode() and DeprecatedBuiltinCode(), as the runtime does.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check tflite==2.18.0 ai-edge-litert==2.3.0 flatbuffers==25.12.19 numpy==2.4.6

cat > program.py <<'PROGRAM'
import flatbuffers
import tflite
from ai_edge_litert import schema_py_generated as litert

B = tflite.BuiltinOperator
builder = flatbuffers.Builder(64)
codes = []
for number in (B.CONV_2D, B.MAX_POOL_2D, B.FULLY_CONNECTED):
    tflite.OperatorCodeStart(builder)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(builder, number)
    codes.append(tflite.OperatorCodeEnd(builder))
tflite.ModelStartOperatorCodesVector(builder, len(codes))
for code in reversed(codes):
    builder.PrependUOffsetTRelative(code)
vector = builder.EndVector()
tflite.ModelStart(builder)
tflite.ModelAddVersion(builder, 3)
tflite.ModelAddOperatorCodes(builder, vector)
builder.Finish(tflite.ModelEnd(builder), b"TFL3")
content = bytes(builder.Output())
for name, model in (("tflite", tflite.Model.GetRootAsModel(content, 0)), ("ai-edge-litert", litert.Model.GetRootAs(content, 0))):
    codes = [model.OperatorCodes(i) for i in range(model.OperatorCodesLength())]
    print(f"{name}, BuiltinCode:", *(tflite.opcode2name(c.BuiltinCode()) for c in codes))
    print(f"{name}, the larger:", *(tflite.opcode2name(max(c.BuiltinCode(), c.DeprecatedBuiltinCode())) for c in codes))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='tflite, BuiltinCode: CONV_2D MAX_POOL_2D FULLY_CONNECTED
tflite, the larger: CONV_2D MAX_POOL_2D FULLY_CONNECTED
ai-edge-litert, BuiltinCode: ADD ADD ADD
ai-edge-litert, the larger: CONV_2D MAX_POOL_2D FULLY_CONNECTED'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: how the two packages read an operator\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
