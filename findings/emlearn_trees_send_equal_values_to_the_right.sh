#!/usr/bin/env bash
# emlearn 0.23.2: a value that equals a tree's threshold goes to the right, where scikit-learn sends it to the left.
# scikit-learn tests x <= threshold; the C that emlearn writes tests x < threshold. For measured floats that is rare, but a whole
# number is often equal: a threshold is the middle between two values seen, 1 between 0 and 2. With a type of whole numbers the
# threshold is cut as well, 0.5 to 0, so even 0 goes to the right, and no whole number goes where it was trained to go
# if the threshold lies between neighbours. emlearn's documentation describes the types, not the comparison.
# Why it matters: digits, ADC readings and counts are whole numbers: on 8 x 8 digits the C of a tree is right for half of them.
# What to do: use dtype="float" and add 0.5 to the thresholds by training on x + 0.5 and passing x; or use m2cgen, which keeps <=.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check emlearn==0.23.2 m2cgen==0.10.0 scikit-learn==1.9.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import emlearn
import m2cgen
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier


def answers(model, x):
    """Of scikit-learn, and of the C of emlearn for two types of its inputs."""
    yield "scikit-learn", model.predict(x)
    for dtype in ("float", "int16_t"):
        yield f"emlearn {dtype}", np.array(emlearn.convert(model, method="inline", dtype=dtype).predict(x))


for pair in ((0, 2), (0, 1)):
    x = np.array([[0], [1], [2]])
    stump = DecisionTreeClassifier().fit([[value] for value in pair], [0, 1])
    print(f"threshold {stump.tree_.threshold[0]:g}, classes of 0, 1, 2:")
    for name, seen in answers(stump, x):
        print(f"  {name}: {' '.join(map(str, seen))}")
    code = m2cgen.export_to_c(stump)
    print(f"  m2cgen writes {next(line.strip() for line in code.splitlines() if 'if (' in line)}")

x, y = load_digits(return_X_y=True)
x = x.astype(int)
for model in (DecisionTreeClassifier(random_state=0), RandomForestClassifier(10, random_state=0)):
    model.fit(x[::2], y[::2])
    for name, seen in answers(model, x[1::2]):
        print(f"digits, {type(model).__name__}, {name}: {np.mean(seen == y[1::2]):.0%} right")
shifted = DecisionTreeClassifier(random_state=0).fit(x[::2] + 0.5, y[::2])
seen = np.array(emlearn.convert(shifted, method="inline", dtype="float").predict(x[1::2]))
print(f"digits, trained on x + 0.5: {np.mean(seen == shifted.predict(x[1::2] + 0.5)):.0%} as scikit-learn")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='threshold 1, classes of 0, 1, 2:
  scikit-learn: 0 0 1
  emlearn float: 0 1 1
  emlearn int16_t: 0 1 1
  m2cgen writes if (input[0] <= 1.0) {
threshold 0.5, classes of 0, 1, 2:
  scikit-learn: 0 1 1
  emlearn float: 0 1 1
  emlearn int16_t: 1 1 1
  m2cgen writes if (input[0] <= 0.5) {
digits, DecisionTreeClassifier, scikit-learn: 81% right
digits, DecisionTreeClassifier, emlearn float: 82% right
digits, DecisionTreeClassifier, emlearn int16_t: 50% right
digits, RandomForestClassifier, scikit-learn: 91% right
digits, RandomForestClassifier, emlearn float: 91% right
digits, RandomForestClassifier, emlearn int16_t: 84% right
digits, trained on x + 0.5: 100% as scikit-learn'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: where equal values go\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
