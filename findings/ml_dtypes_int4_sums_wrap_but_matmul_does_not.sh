#!/usr/bin/env bash
# ml_dtypes 0.6.0 with numpy 2.4.6: int4 arrays are summed in int4, so twelve ones give -4.
# numpy sums its own small integers in int64; one expects the same of int4, which onnx's numpy_helper
# and JAX hand out for 4-bit weights. sum(), dot(), cumsum() and even mean() stay in four bits
# and wrap without a warning. The operator @ on the same two vectors gives the right number.
# Why it matters: reference code for 4-bit layers (sum of weights for the offset term, a dot product in
# a test) is wrong in a way that depends on how it is spelled.
# What to do: cast to int32 first, or pass dtype=numpy.int32 to the sum.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check ml_dtypes==0.6.0 numpy==2.4.6

cat > program.py <<'PROGRAM'
import ml_dtypes
import numpy as np

for kind in (np.int8, ml_dtypes.int4):
    a = np.ones(12, kind)
    print(np.dtype(kind).name, "sum", a.sum(), "mean", a.mean(), "dot", a.dot(a), "@", a @ a,
          "sum in int32", a.sum(dtype=np.int32))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='int8 sum 12 mean 1.0 dot 12 @ 12 sum in int32 12
int4 sum -4 mean 0 dot -4 @ 12 sum in int32 12'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: how int4 arrays are summed\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
