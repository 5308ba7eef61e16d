#!/usr/bin/env bash
# pillow 13.0.0: a PNG of 16-bit grey, converted to 8-bit grey, is cut at 255 in place of scaled.
# A ramp from 0 to 65,535 becomes one black pixel and the rest white. RGB and a float image ("F") do no better: the first cuts too,
# the second keeps the numbers up to 65,535.
# Why it matters: scanners, cameras and microscopes write 16-bit grey; a photograph of a digit becomes a white sheet
# and a network answers with confidence.
# What to do: if the mode begins with "I", divide the array by 257 before it becomes 8-bit.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check pillow==13.0.0 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
from PIL import Image

ramp = np.linspace(0, 65535, 6).astype(np.uint16).reshape(1, 6)
Image.fromarray(ramp).save("ramp.png")
image = Image.open("ramp.png")
print("in the file:", image.mode, *np.asarray(image).ravel())
print("L:", *np.asarray(image.convert("L")).ravel())
print("RGB, red:", *np.asarray(image.convert("RGB"))[0, :, 0])
print("F:", *np.asarray(image.convert("F")).ravel().astype(int))
print("divided by 257:", *(np.asarray(image) // 257).ravel())
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='in the file: I;16 0 13107 26214 39321 52428 65535
L: 0 255 255 255 255 255
RGB, red: 0 255 255 255 255 255
F: 0 13107 26214 39321 52428 65535
divided by 257: 0 51 102 153 204 255'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what 16-bit grey becomes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
