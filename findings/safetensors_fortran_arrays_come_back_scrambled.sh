#!/usr/bin/env bash
# safetensors 0.8.0: numpy arrays in Fortran order are saved as if they were in C order; version 0.7.0 saved them rightly.
# save and save_file ask for arrays that are "contiguous and dense", and numpy calls such an array contiguous. Their memory is
# now written as it lies, under a shape that is read in C order: the file is valid, shape and type are right, the numbers stand at
# other places. A Dense kernel transposed for another library, components_ of a full PCA and numpy.asfortranarray are such
# arrays. Issue 825 of safetensors/safetensors reports it; the fix was not released with this version.
# Why it matters: nothing fails until accuracy is measured, and the sum, the extremes and the histogram of the weights agree.
# What to do: wrap every array in numpy.ascontiguousarray before saving.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check numpy==2.4.6

for version in 0.7.0 0.8.0; do
    v/bin/pip install -qq --disable-pip-version-check --target "$version" --no-deps "safetensors==$version"
done
cat > program.py <<'PROGRAM'
import os
import subprocess
import sys

TEST = """
import numpy as np
import safetensors
from safetensors.numpy import load, save

kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
for name, array in (("as it is", kernel), ("transposed", kernel.T), ("asfortranarray", np.asfortranarray(kernel))):
    seen = load(save({"kernel": array}))["kernel"]
    verdict = "the same" if np.array_equal(array, seen) else "OTHERS"
    flag = "C" if array.flags.c_contiguous else "Fortran"
    print(f"{safetensors.__version__}, {name} ({flag} order): {array.tolist()} comes back as {seen.tolist()}: {verdict}")
"""
for version in ("0.7.0", "0.8.0"):
    subprocess.run([sys.executable, "-c", TEST], check=True, env={**os.environ, "PYTHONPATH": version})
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='0.7.0, as it is (C order): [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] comes back as [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]: the same
0.7.0, transposed (Fortran order): [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]] comes back as [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]: the same
0.7.0, asfortranarray (Fortran order): [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] comes back as [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]: the same
0.8.0, as it is (C order): [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] comes back as [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]: the same
0.8.0, transposed (Fortran order): [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]] comes back as [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]: OTHERS
0.8.0, asfortranarray (Fortran order): [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]] comes back as [[0.0, 3.0, 1.0], [4.0, 2.0, 5.0]]: OTHERS'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: how arrays in Fortran order are saved\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
