#!/usr/bin/env bash
# emlearn 0.23.2: a decision tree converted with default options may lose all its accuracy.
# One expects convert() to keep the thresholds (or to warn). Its default feature type for trees is
# int16_t: thresholds and inputs are cut to whole numbers (the first split of iris, petal width
# below 0.8, becomes "below 0", which is never true).
# The object still predicts, and the C compiles without a warning.
# Iris as scikit-learn ships it: every sample right in Python, one in three (a guess) in C.
# Why it matters: the usual preprocessing for a network (scale to 0..1) is the worst case here.
# What to do: scale the features to thousands before training, or pass dtype="float"; and compare
# convert(...).predict() with scikit-learn on the test set. (Needs a C compiler.)
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check emlearn==0.23.2 scikit-learn==1.9.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import emlearn
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeClassifier

x, y = load_iris(return_X_y=True)
for factor in (1, 1000):
    tree = DecisionTreeClassifier(random_state=0).fit(x * factor, y)
    print(f"features times {factor}: scikit-learn {(tree.predict(x * factor) == y).mean():.2f}", end="")
    for name, options in (("default", {}), ("float", {"dtype": "float"})):
        made = emlearn.convert(tree, method="inline", **options)
        print(f", emlearn {name} {(made.predict(x * factor) == y).mean():.2f}", end="")
    print()
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='features times 1: scikit-learn 1.00, emlearn default 0.33, emlearn float 1.00
features times 1000: scikit-learn 1.00, emlearn default 1.00, emlearn float 1.00'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the default type does to a tree\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
