#!/usr/bin/env bash
# onnxmltools 1.16.0, m2cgen 0.10.0, treelite 4.8.1: exports of LightGBM models leave options out, in silence.
# An option that changes a prediction is expected to be exported or refused. onnxmltools drops reg_sqrt, sigmoid,
# linear_tree, zero_as_missing, the normalisation of multiclassova, and the mean that boosting "rf" takes over its trees:
# other numbers in nearly every row. m2cgen writes the constant leaves of linear_tree, and treelite ignores
# zero_as_missing. m2cgen refuses zero_as_missing, and treelite linear_tree, as one would wish.
# Why it matters: each option is one word in a search for parameters, and the export looks well until one compares.
# What to do: compare the export with predict on some hundred rows, each time the parameters change.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check onnxmltools==1.16.0 m2cgen==0.10.0 treelite==4.8.1 lightgbm==4.7.0 scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6

cat > program.py <<'PROGRAM'
import lightgbm
import m2cgen
import numpy as np
import onnxruntime
import treelite
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

random = np.random.default_rng(0)
x = random.normal(size=(400, 3)).astype(np.float32)
x[random.random(x.shape) < 0.3] = 0
two = (x[:, 0] + x[:, 1] > 0).astype(int)
three = two + (x[:, 2] > 0.5)
amount = np.exp(x[:, 0] + x[:, 1])


def by_onnx(model):
    content = convert_lightgbm(model, initial_types=[("x", FloatTensorType([None, 3]))], zipmap=False).SerializeToString()
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"]).run(None, {"x": x})[-1]


def by_m2cgen(model):
    code = {}
    exec(m2cgen.export_to_python(model), code)  # the same sums as its C
    return np.array([code["score"]([float(value) for value in row]) for row in x])


def by_treelite(model):
    y = treelite.gtil.predict(treelite.frontend.from_lightgbm(model.booster_), x)
    return np.hstack((1 - y.reshape(-1, 1), y.reshape(-1, 1))) if hasattr(model, "classes_") and len(model.classes_) == 2 else y


def verdict(export, model, right):
    try:
        y = export(model).reshape(-1)
    except Exception as error:
        return f"refused ({type(error).__name__})"
    return "right" if np.abs(y - right.reshape(-1)).max() < 1e-3 else "other numbers"


Classifier, Regressor = lightgbm.LGBMClassifier, lightgbm.LGBMRegressor
bagged = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.6}
for name, kind, y, options in (
    ("classifier", Classifier, two, {}),
    ("regressor", Regressor, amount, {}),
    ("reg_sqrt", Regressor, amount, {"reg_sqrt": True}),
    ("boosting rf", Regressor, amount, bagged),
    ("sigmoid 2", Classifier, two, {"sigmoid": 2.0}),
    ("multiclassova", Classifier, three, {"objective": "multiclassova"}),
    ("linear_tree", Regressor, amount, {"linear_tree": True}),
    ("zero_as_missing", Classifier, two, {"zero_as_missing": True}),
):
    model = kind(n_estimators=8, num_leaves=6, min_child_samples=5, random_state=0, verbose=-1, **options).fit(x, y)
    right = model.predict_proba(x) if kind is Classifier else model.predict(x)
    exports = {"onnxmltools": by_onnx, "m2cgen": by_m2cgen, "treelite": by_treelite}
    print(f"{name}: {', '.join(f'{tool} {verdict(export, model, right)}' for tool, export in exports.items())}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='classifier: onnxmltools right, m2cgen right, treelite right
regressor: onnxmltools right, m2cgen right, treelite right
reg_sqrt: onnxmltools other numbers, m2cgen right, treelite right
boosting rf: onnxmltools other numbers, m2cgen right, treelite right
sigmoid 2: onnxmltools other numbers, m2cgen right, treelite right
multiclassova: onnxmltools other numbers, m2cgen right, treelite right
linear_tree: onnxmltools other numbers, m2cgen other numbers, treelite refused (TreeliteError)
zero_as_missing: onnxmltools other numbers, m2cgen refused (ValueError), treelite other numbers'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which options are exported\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
