"""What is compared: models of scikit-learn on two of its own data sets, trained from fixed seeds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.compiler.ir.graph import TensorType

SEED = 1
CENTRES = 40  # of k-means on digits: a few for each class
NORMAL = 0.95  # part of the normal samples that an anomaly score lets pass


@dataclass(frozen=True, eq=False)
class Candidate:
    """A trained model and how it is compiled and asked.

    model: of scikit-learn, for skl2onnx. train, test: float32 samples [n, features] as the model gets them; expected: the
    classes [n] of the test samples. decide(outputs [n, k]) gives classes [n]. int8: whether it is quantised by a profile of the
    training samples; pixels: a type in place of the float32 input.
    """

    name: str
    model: Any
    train: np.ndarray
    test: np.ndarray
    expected: np.ndarray
    decide: Callable[[np.ndarray], np.ndarray]
    int8: bool = False
    pixels: TensorType | None = None


def digits() -> list[Candidate]:
    """Handwritten digits of 8 x 8 pixels from 0 to 16, 1,797 images, ten classes; every fourth is for the test."""
    from sklearn import cluster, datasets, ensemble, neural_network, tree

    x, y = datasets.load_digits(return_X_y=True)
    train, test, known, expected = _split(x, y)
    single = tree.DecisionTreeClassifier(max_depth=12, random_state=SEED).fit(train, known)
    few, many = (
        ensemble.RandomForestClassifier(trees, max_depth=8, random_state=SEED).fit(train, known) for trees in (5, 20)
    )
    centres = cluster.KMeans(CENTRES, n_init=4, random_state=SEED).fit(train)
    names = np.array([np.bincount(known[centres.labels_ == each], minlength=10).argmax() for each in range(CENTRES)])
    network = neural_network.MLPClassifier((32,), max_iter=300, random_state=SEED).fit(train, known)
    largest = _largest

    def nearest(distances: np.ndarray) -> np.ndarray:
        return names[distances.argmin(axis=1)]

    data, whole = (train, test, expected), TensorType((1, x.shape[1]), "int8", 1.0, 0)
    return [
        Candidate("tree of 12 levels", single, *data, largest),
        Candidate("tree of 12 levels, int8 pixels", single, *data, largest, pixels=whole),
        Candidate("forest of 5 trees, int8 pixels", few, *data, largest, pixels=whole),
        Candidate("forest of 20 trees, int8 pixels", many, *data, largest, pixels=whole),
        Candidate(f"k-means, {CENTRES} centres, float32", centres, *data, nearest),
        Candidate(f"k-means, {CENTRES} centres, int8", centres, *data, nearest, int8=True),
        Candidate("network 64-32-10, int8", network, *data, largest, int8=True),
    ]


def tumours() -> list[Candidate]:
    """Breast tumours by 30 measured features, 569 samples, benign or malignant; every fourth is for the test.

    The last four know benign samples only, as where faults are too rare to collect: what is far from them is malignant.
    """
    from sklearn import cluster, datasets, ensemble, neural_network, preprocessing, tree

    found = datasets.load_breast_cancer()
    train, test, known, expected = _split(found.data, 1 - found.target)  # 1: malignant
    scaler = preprocessing.StandardScaler().fit(train[known == 0])
    scaled, scaled_test = (scaler.transform(each).astype(np.float32) for each in (train, test))
    normal = scaled[known == 0]
    single = tree.DecisionTreeClassifier(max_depth=4, random_state=SEED).fit(train, known)
    many = ensemble.RandomForestClassifier(10, max_depth=5, random_state=SEED).fit(train, known)
    network = neural_network.MLPClassifier((16,), max_iter=500, random_state=SEED).fit(scaled, known)
    centres = cluster.KMeans(4, n_init=4, random_state=SEED).fit(normal)
    copying = neural_network.MLPRegressor(hidden_layer_sizes=(8,), max_iter=1000, random_state=SEED).fit(normal, normal)
    apart = ensemble.IsolationForest(n_estimators=20, max_samples=64, random_state=SEED).fit(train[known == 0])
    limit = np.quantile(apart.decision_function(train[known == 0]), 1 - NORMAL)
    raw, even, alone = ((train, test, expected), (scaled, scaled_test, expected), (normal, scaled_test, expected))
    far = _above(centres.transform(normal).min(axis=1), lambda distances, _: distances.min(axis=1))
    unlike = _above(_error(copying.predict(normal), normal), _error)
    return [
        Candidate("tree of 4 levels", single, *raw, _largest),
        Candidate("forest of 10 trees", many, *raw, _largest),
        Candidate("network 30-16-1, int8", network, *even, _largest, int8=True),
        Candidate("isolation forest of 20 trees, normal only", apart, *raw, lambda got: (got[:, 0] < limit).astype(np.int64)),
        Candidate("k-means, 4 centres, float32, normal only", centres, *alone, lambda got: far(got, scaled_test)),
        Candidate("k-means, 4 centres, int8, normal only", centres, *alone, lambda got: far(got, scaled_test), int8=True),
        Candidate("autoencoder 30-8-30, int8, normal only", copying, *alone, lambda got: unlike(got, scaled_test), int8=True),
    ]  # fmt: skip


DATA = {"digits": digits, "tumours": tumours}


def _split(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, ...]:
    """Three of four samples for training, the fourth for the test; and their classes."""
    held = np.arange(len(x)) % 4 == 3
    x = x.astype(np.float32)
    return x[~held], x[held], y[~held], y[held]


def _largest(scores: np.ndarray) -> np.ndarray:
    return scores.argmax(axis=1)


def _error(output: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.square(output.reshape(wanted.shape) - wanted).mean(axis=1)


def _above(
    normal: np.ndarray, score: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """1 where a score is above that of all but the most extreme normal samples."""
    limit = np.quantile(normal, NORMAL)
    return lambda outputs, samples: (score(outputs, samples) > limit).astype(np.int64)
