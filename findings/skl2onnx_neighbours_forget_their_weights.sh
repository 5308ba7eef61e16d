#!/usr/bin/env bash
# skl2onnx 1.20.0: k nearest neighbours with weights="distance" are exported as if they had one vote each.
# scikit-learn weighs a neighbour by 1 / distance, and a sample that was trained on gets its own answer. The ONNX file
# of the classifier and of the regressor takes the plain mean of the k, in silence. Two preprocessors drop an
# option as well: Normalizer(norm="max") divides by the largest value in place of the largest
# magnitude, so that a row of negative numbers turns positive, and SimpleImputer(add_indicator=True) loses the columns
# that say what was missing. Other options of these classes are converted or rejected with an error.
# Why it matters: sensor readings below zero and nearest neighbours are common on small devices, and an
# export that runs and has the right shape is taken for right.
# What to do: compare the export with predict_proba before deploying; use weights="uniform", or norm "l1" or "l2".
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check skl2onnx==1.20.0 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import Normalizer


def exported(model, x, options=None):
    session = onnxruntime.InferenceSession(to_onnx(model, x[:1], options=options).SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[-1]


def show(name, ours, theirs):
    for tool, values in (("scikit-learn", ours), ("skl2onnx", theirs)):
        print(f"{name}, {tool}: {np.round(np.asarray(values, float), 2).tolist()}")


x = np.float32([[0, 0], [1, 0], [0, 3], [5, 5]])
for weights in ("uniform", "distance"):
    classifier = KNeighborsClassifier(3, weights=weights).fit(x, [0, 1, 1, 1])
    show(f"3 neighbours, {weights}, probabilities", classifier.predict_proba(x[:1]), exported(classifier, x[:1], {"zipmap": False}))
regressor = KNeighborsRegressor(3, weights="distance").fit(x, np.float32([10, 20, 30, 40]))
show("3 neighbours, distance, regression", regressor.predict(x[:1]), exported(regressor, x[:1]).ravel())
rows = np.float32([[4, -2], [-4, 2], [-4, -2]])
for norm in ("l1", "max"):
    normalizer = Normalizer(norm).fit(rows)
    show(f"Normalizer {norm}", normalizer.transform(rows), exported(normalizer, rows))
gaps = np.float32([[1, 2], [np.nan, 4]])
imputer = SimpleImputer(add_indicator=True).fit(gaps)
show("SimpleImputer with indicator", imputer.transform(gaps), exported(imputer, gaps))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='3 neighbours, uniform, probabilities, scikit-learn: [[0.33, 0.67]]
3 neighbours, uniform, probabilities, skl2onnx: [[0.33, 0.67]]
3 neighbours, distance, probabilities, scikit-learn: [[1.0, 0.0]]
3 neighbours, distance, probabilities, skl2onnx: [[0.33, 0.67]]
3 neighbours, distance, regression, scikit-learn: [10.0]
3 neighbours, distance, regression, skl2onnx: [20.0]
Normalizer l1, scikit-learn: [[0.67, -0.33], [-0.67, 0.33], [-0.67, -0.33]]
Normalizer l1, skl2onnx: [[0.67, -0.33], [-0.67, 0.33], [-0.67, -0.33]]
Normalizer max, scikit-learn: [[1.0, -0.5], [-1.0, 0.5], [-1.0, -0.5]]
Normalizer max, skl2onnx: [[1.0, -0.5], [-2.0, 1.0], [2.0, 1.0]]
SimpleImputer with indicator, scikit-learn: [[1.0, 2.0, 0.0], [1.0, 4.0, 1.0]]
SimpleImputer with indicator, skl2onnx: [[1.0, 2.0], [1.0, 4.0]]'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which options reach the ONNX file\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
