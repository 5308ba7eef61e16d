#!/usr/bin/env bash
# spfpm 1.8.0: dividing by a negative number gives a result too small by one unit, even where it is exact.
# Addition, product and a division by a positive number are exact where the result can be represented, and so one
# expects 6 / -3 to be -2. FXnum adds its rounding constant to the dividend without looking at the
# divisor's sign and then rounds downwards: 6 / -3 is -2.00390625 with 8 fractional bits, and 0 / -1 is not 0.
# 2 / 3 is not the nearest value for a like reason: the constant is half of one and not half the divisor.
# Why it matters: a model of a normalisation or of a division by a slope is off by one unit, and its comparison with
# the C on the chip fails.
# What to do: divide by the positive number and change the sign afterwards.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check spfpm==1.8.0

cat > program.py <<'PROGRAM'
from FixedPoint import FXfamily, FXnum

eight = FXfamily(8)
for a, b in ((6, 3), (-6, 3), (6, -3), (-6, -3), (0, -1), (1, 1), (1, -1)):
    q = FXnum(a, eight) / FXnum(b, eight)
    print(f"{a} / {b} = {float(q):.8f}: {'exact' if float(q) == a / b else 'not exact'}")

for a, b in ((1, 3), (2, 3), (5, 7), (10, 13)):
    q = FXnum(a, eight) / FXnum(b, eight)
    print(f"{a} / {b} = {q.scaledval} / 256, nearest {round(a * 256 / b)} / 256")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='6 / 3 = 2.00000000: exact
-6 / 3 = -2.00000000: exact
6 / -3 = -2.00390625: not exact
-6 / -3 = 1.99609375: not exact
0 / -1 = -0.00390625: not exact
1 / 1 = 1.00000000: exact
1 / -1 = -1.00390625: not exact
1 / 3 = 85 / 256, nearest 85 / 256
2 / 3 = 170 / 256, nearest 171 / 256
5 / 7 = 182 / 256, nearest 183 / 256
10 / 13 = 196 / 256, nearest 197 / 256'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what a division gives\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
