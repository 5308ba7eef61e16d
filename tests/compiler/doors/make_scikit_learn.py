"""Models of scikit-learn as skl2onnx converts them, with scikit-learn's own answers beside them.

Both are in the workbook's environment: python tests/compiler/doors/make_scikit_learn.py tests/compiler/doors/scikit_learn
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn import datasets
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def models() -> dict:
    """Fitted models by name, of which the last step says what is asked: probabilities, scores, transformed or predicted."""
    x, y = datasets.load_iris(return_X_y=True)
    x, two, real = x.astype(np.float32), (y > 0).astype(int), x[:, 0] * 2 - x[:, 1]
    network = {"hidden_layer_sizes": (8,), "max_iter": 300, "random_state": 1}
    linear, seed, few = {"max_iter": 500}, {"random_state": 1}, {"n_estimators": 5, "random_state": 1}
    return {
        "mlp_classifier": MLPClassifier(**network).fit(x, y), "mlp_tanh": MLPClassifier(activation="tanh", **network).fit(x, y),
        "mlp_two_classes": MLPClassifier(activation="logistic", **network).fit(x, two),
        "mlp_regressor": MLPRegressor(**network).fit(x, real),
        "scaled_mlp": make_pipeline(StandardScaler(), MLPClassifier(**network)).fit(x, y),
        "standard": StandardScaler().fit(x), "min_max": MinMaxScaler().fit(x), "robust": RobustScaler().fit(x),
        "largest": MaxAbsScaler().fit(x), "unit": Normalizer().fit(x), "pca": PCA(2).fit(x),
        "logistic": LogisticRegression(**linear).fit(x, y), "logistic_two_classes": LogisticRegression(**linear).fit(x, two),
        "linear": LinearRegression().fit(x, real), "scaled_ridge": make_pipeline(StandardScaler(), Ridge()).fit(x, real),
        "scaled_pca_logistic": make_pipeline(StandardScaler(), PCA(3), LogisticRegression(**linear)).fit(x, y),
        "kmeans": KMeans(3, n_init=1, random_state=1).fit(x), "support_vectors": LinearSVC(random_state=1).fit(x, y),
        "tree": DecisionTreeClassifier(**seed).fit(x, y), "tree_two_classes": DecisionTreeClassifier(**seed).fit(x, two),
        "tree_regressor": DecisionTreeRegressor(max_depth=4, **seed).fit(x, real),
        "forest": RandomForestClassifier(**few).fit(x, y),
        "forest_two_classes": RandomForestClassifier(**few).fit(x, two),
        "forest_regressor": RandomForestRegressor(max_depth=4, **few).fit(x, np.stack([real, -real], 1)),
        "extra_trees": ExtraTreesClassifier(**few).fit(x, y), "bagged_trees": BaggingClassifier(**few).fit(x, y),
        "boosted": GradientBoostingClassifier(**few).fit(x, y),
        "boosted_two_classes": GradientBoostingClassifier(**few).fit(x, two),
        "boosted_regressor": GradientBoostingRegressor(**few).fit(x, real),
        "isolation_forest": IsolationForest(max_samples=64, **few).fit(x),
        "scaled_forest": make_pipeline(StandardScaler(), RandomForestClassifier(**few)).fit(x, y),
        "pca_tree": make_pipeline(PCA(2), DecisionTreeClassifier(**seed)).fit(x, y),
    }  # fmt: skip


def answers(model, inputs: np.ndarray) -> np.ndarray:
    """What scikit-learn says, in float32."""
    for method in ("predict_proba", "decision_function", "transform", "predict"):
        if hasattr(model, method):
            return getattr(model, method)(inputs).astype(np.float32)
    raise TypeError(type(model).__name__)


def main() -> None:
    """Write the files and answers.npz."""
    line = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    line.add_argument("folder", type=Path)
    chosen = line.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    inputs, arrays = datasets.load_iris().data[::19].astype(np.float32), {}
    for name, model in models().items():
        converted = to_onnx(model, inputs[:1], target_opset={"": 15, "ai.onnx.ml": 3})
        (chosen.folder / f"{name}-skl2onnx.onnx").write_bytes(converted.SerializeToString(deterministic=True))
        arrays |= {f"{name}-x": inputs, f"{name}-y": answers(model, inputs)}
    np.savez_compressed(chosen.folder / "answers.npz", **arrays)


if __name__ == "__main__":
    main()
