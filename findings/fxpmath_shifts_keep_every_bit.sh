#!/usr/bin/env bash
# fxpmath 0.4.10: shifting a number right loses no bit, and left it leaves its own word.
# The library imitates fixed-point registers, so one expects 3 >> 1 to be 1 in an 8-bit integer and
# 100 << 3 to saturate or wrap. By default (shifting="expand") the result is a wider type: 3 >> 1 is
# 1.5 with one more fractional bit, 100 << 3 is 800 in a word that has grown, and 100 + 100
# is 200 in nine bits.
# Why it matters: the multiply, add half, shift of int8 requantisation modelled so never rounds,
# and the model agrees with float and not with the C on the chip.
# What to do: set config shifting to "trunc" for each number, or bring every result back to its type.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check fxpmath==0.4.10 numpy==2.4.6

cat > program.py <<'PROGRAM'
from fxpmath import Fxp


def show(text, x):
    print(f"{text} = {float(x):g} in {x.dtype}")


def int8(value, **options):
    return Fxp(value, signed=True, n_word=8, n_frac=0, **options)


show("3 >> 1", int8(3) >> 1)
show("-3 >> 1", int8(-3) >> 1)
show("100 << 3", int8(100) << 3)
show("3 >> 1, shifting trunc", int8(3, shifting="trunc") >> 1)
show("100 + 100", int8(100) + int8(100))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='3 >> 1 = 1.5 in fxp-s9/1
-3 >> 1 = -1.5 in fxp-s9/1
100 << 3 = 800 in fxp-s11/0
3 >> 1, shifting trunc = 1 in fxp-s8/0
100 + 100 = 200 in fxp-s9/0'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what a shift gives\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
