#!/usr/bin/env bash
# micromlgen 1.1.28: logistic regression between two classes answers with the other one, and OneClassSVM finds no outlier.
# scikit-learn 1.9.1 keeps one row of weights for two classes, which speaks for the second class. The generated C++
# gives it to the first, so nearly every answer is swapped; with three classes, which have a row each, all agree.
# For OneClassSVM the sum over the support vectors is subtracted where it should be added: the
# result never gets above zero, and the function always returns 1, the number that scikit-learn gives to inliers.
# Why it matters: an on/off detector and an anomaly detector are what such a library is for on a small board; the first
# answers the reverse and the second never reports anything.
# What to do: compare the compiled function with predict() on the training data; use m2cgen for linear models.
# (Needs a C++ compiler named c++.)
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check micromlgen==1.1.28 scikit-learn==1.9.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import subprocess

import micromlgen
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC, OneClassSVM

x, y = load_iris(return_X_y=True)
HEAD = "".join(f"#include <{name}>\n" for name in ("cmath", "cstdint", "cstdio", "cstdarg")) + "using namespace std;\n"
MAIN = """int main() { float x[4]; Eloquent::ML::Port::Model model;
while (scanf("%f %f %f %f", x, x + 1, x + 2, x + 3) == 4) printf("%d ", (int)model.predict(x)); }"""


def show(name, model, target):
    rows = x if target is None or len(set(target)) == 3 else x[: len(target)]
    model.fit(rows, target)
    with open("model.cpp", "w") as file:
        file.write(HEAD + micromlgen.port(model, classname="Model").replace("#pragma once", "") + MAIN)
    subprocess.run(["c++", "-w", "-O1", "model.cpp", "-o", "model"], check=True)
    text = "\n".join(" ".join(str(value) for value in row) for row in rows)
    answers = np.array(subprocess.run(["./model"], input=text, text=True, capture_output=True, check=True).stdout.split(), int)
    print(f"{name}: {(answers == model.predict(rows)).sum()} of {len(rows)} as scikit-learn; answers {sorted(set(answers.tolist()))}")


show("logistic regression, 3 classes", LogisticRegression(max_iter=1000), y)
show("logistic regression, 2 classes", LogisticRegression(), y[:100])
show("SVC, 2 classes", SVC(gamma=0.5), y[:100])
show("OneClassSVM", OneClassSVM(gamma=0.5, nu=0.2), None)
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='logistic regression, 3 classes: 150 of 150 as scikit-learn; answers [0, 1, 2]
logistic regression, 2 classes: 0 of 100 as scikit-learn; answers [0, 1]
SVC, 2 classes: 100 of 100 as scikit-learn; answers [0, 1]
OneClassSVM: 120 of 150 as scikit-learn; answers [1]'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the generated code answers\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
