#!/usr/bin/env bash
# onnxmltools 1.16.0: of an XGBoost regressor with two targets, the first output adds up both, and the second is 0.
# xgboost 3.2.0 grows one tree for each target in turn; the converter files them all under target 0, with the first
# base score. And the function at the end is left out for reg:logistic, survival:cox and multi:softmax: margins come
# out in place of values between 0 and 1, hazards and probabilities. count:poisson and multi:softprob are
# converted as they should be.
# m2cgen 0.10.0 writes the word nan for a base score that XGBoost estimated itself, as it does by default:
# the Python fails when it is called.
# Why it matters: all of it is silent until the numbers are compared, and XGBoost's own file holds the right ones.
# What to do: one model a target; apply 1 / (1 + exp(-x)), exp or softmax yourself; give base_score for m2cgen.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnxmltools==1.16.0 xgboost-cpu==3.2.0 m2cgen==0.10.0 skl2onnx==1.20.0 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import warnings

import m2cgen
import numpy as np
import onnxruntime
import xgboost
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(4)
x = np.random.default_rng(0).normal(size=(300, 3)).astype(np.float32)
size = {"n_estimators": 8, "max_depth": 3}


def exported(model):
    content = convert_xgboost(model, initial_types=[("x", FloatTensorType([None, 3]))]).SerializeToString()
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"x": x[:2]})[-1]


def show(name, ours, theirs):
    equal = np.shape(ours) == np.shape(theirs) and np.allclose(ours, theirs, atol=1e-3)
    print(f"{name}: {'equal' if equal else 'differ'}")
    if not equal:
        for tool, values in (("XGBoost", ours), ("ONNX", theirs)):
            print(f"  {tool}: {np.round(np.asarray(values, float), 1).tolist()}")


y = 2 * x[:, 0] + x[:, 1] + 5
targets = np.stack([y, 10 * y], 1)
model = xgboost.XGBRegressor(**size).fit(x, targets)
show("two targets", model.predict(x[:2]), exported(model))
for objective, target in (("reg:squarederror", y), ("count:poisson", abs(y)), ("reg:logistic", (y - y.min()) / np.ptp(y)), ("survival:cox", abs(y))):
    model = xgboost.XGBRegressor(objective=objective, **size).fit(x, target)
    show(objective, model.predict(x[:2]), exported(model).ravel())
classes = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
for objective in ("multi:softprob", "multi:softmax"):
    model = xgboost.XGBClassifier(objective=objective, **size).fit(x, classes)
    show(objective, model.predict_proba(x[:2]), exported(model))
try:
    names = {}
    exec(m2cgen.export_to_python(xgboost.XGBRegressor(**size).fit(x, y)), names)
    print("m2cgen:", names["score"](x[0].tolist()))
except NameError as error:
    print("m2cgen:", str(error).replace("'", ""))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='two targets: differ
  XGBoost: [[5.3, 53.1], [4.7, 46.8]]
  ONNX: [[10.4, 0.0], [3.5, 0.0]]
reg:squarederror: equal
count:poisson: equal
reg:logistic: differ
  XGBoost: [0.6, 0.5]
  ONNX: [0.7, 0.5]
survival:cox: differ
  XGBoost: [1.7, 2.0]
  ONNX: [1.5, 1.7]
multi:softprob: equal
multi:softmax: differ
  XGBoost: [[0.0, 0.9, 0.0], [0.0, 0.9, 0.0]]
  ONNX: [[-1.4, 1.9, -1.6], [-1.4, 2.0, -1.6]]
m2cgen: name nan is not defined'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the exports compute\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
