#!/usr/bin/env bash
# skl2onnx 1.20.0: an SGDClassifier with log_loss, and two-class LinearDiscriminantAnalysis, are other functions in ONNX.
# scikit-learn takes the class with the largest score. The exported SGDClassifier takes the one with the largest
# probability: scores of 44 and 120 both have the probability 1 in floating point, the first of them wins, and
# accuracy on iris falls. Features that are not scaled, as here, are enough. The probabilities of
# LinearDiscriminantAnalysis with two classes are a softmax over (-score, score): the sigmoid of twice the score.
# Why it matters: both are usual small models for a device, and the class, or a threshold on the probability, changes.
# What to do: take the scores (option raw_scores) and compare them, or scale the features; halve the scores
# of LinearDiscriminantAnalysis.
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
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import StandardScaler


def exported(model, x):
    content = to_onnx(model, x[:1], target_opset=15, options={"zipmap": False}).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


x, y = load_iris(return_X_y=True)
x = x.astype(np.float32)
for name, features in (("as they are", x), ("scaled", StandardScaler().fit_transform(x))):
    model = SGDClassifier(loss="log_loss", random_state=0).fit(features, y)
    labels, _ = exported(model, features)
    print(f"SGDClassifier, features {name}: scikit-learn {np.mean(model.predict(features) == y):.1%}, ONNX {np.mean(labels == y):.1%}")

model = LinearDiscriminantAnalysis().fit(x, y == 1)
score = model.decision_function(x[50:51])[0]
print(f"LinearDiscriminantAnalysis, score {score:.3f}: scikit-learn {model.predict_proba(x[50:51])[0, 1]:.3f}, ONNX {exported(model, x[50:51])[1][0, 1]:.3f}")
print(f"sigmoid of the score {1 / (1 + np.exp(-score)):.3f}, of twice the score {1 / (1 + np.exp(-2 * score)):.3f}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='SGDClassifier, features as they are: scikit-learn 86.0%, ONNX 81.3%
SGDClassifier, features scaled: scikit-learn 95.3%, ONNX 95.3%
LinearDiscriminantAnalysis, score -0.826: scikit-learn 0.305, ONNX 0.161
sigmoid of the score 0.305, of twice the score 0.161'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what linear classifiers become\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
