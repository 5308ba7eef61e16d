"""Ensembles of scikit-learn that are more than a sum of trees: IsolationForest, whose depths become leaves, and those refused."""

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
import skl2onnx
from sklearn import ensemble as ensembles

from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter


def compiled(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that labels are cut off
        return driver.compiled_graph(path, driver.Request())


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (
            ensembles.AdaBoostClassifier(n_estimators=2, random_state=1),
            "is an AdaBoostClassifier.* Use a GradientBoosting",
        ),
        (
            ensembles.AdaBoostRegressor(n_estimators=2, random_state=1),
            "is an AdaBoostRegressor.* Use a GradientBoosting",
        ),
    ],
)
def test_ensembles_that_are_more_than_sums_are_refused_by_name(tmp_path, model, words):
    x = np.random.default_rng(1).normal(size=(60, 3)).astype(np.float32)
    exported = skl2onnx.to_onnx(
        model.fit(x, (x[:, 0] > 0) + 2 * (x[:, 1] > 0)), x[:1], target_opset={"": 15, "ai.onnx.ml": 3}
    )
    path = tmp_path / "ensemble.onnx"
    path.write_bytes(exported.SerializeToString())
    with pytest.raises(Unsupported, match=words):
        compiled(path)


def isolation_forest(tmp_path, trees: int = 3):
    x = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
    model = ensembles.IsolationForest(n_estimators=trees, max_samples=64, random_state=1).fit(x)
    path = tmp_path / "isolation.onnx"
    exported = skl2onnx.to_onnx(model, x[:1], target_opset={"": 15, "ai.onnx.ml": 3})
    path.write_bytes(exported.SerializeToString())
    return path, exported, model.decision_function(x), x


def test_an_isolation_forest_is_one_ensemble_of_depths(tmp_path):
    path, _, expected, x = isolation_forest(tmp_path)
    graph = compiled(path)
    assert [node.kind for node in graph.in_order()].count("TreeEnsemble") == 1 == len(graph.outputs)
    (edge,) = graph.placeholders
    scores = [interpreter.run(graph, {edge.name: each[None]}) for each in x]
    np.testing.assert_allclose([float(each["scores"].item()) for each in scores], expected, atol=1e-5)


def test_where_trees_read_different_features_each_stays_a_tree_of_its_own(tmp_path):
    """Trees that pick their features in another order must not be added as one ensemble."""
    path, exported, _, x = isolation_forest(tmp_path)
    other = onnx.numpy_helper.from_array(np.int64([1, 0, 2]), "another_order")
    exported.graph.initializer.append(other)
    next(node for node in exported.graph.node if node.op_type == "Gather").input[1] = other.name
    path.write_bytes(exported.SerializeToString())
    graph = compiled(path)
    assert [node.kind for node in graph.in_order()].count("TreeEnsemble") == 3
    session = onnxruntime.InferenceSession(path)
    (edge,) = graph.placeholders
    for each in x[:20]:
        wanted = session.run(["scores"], {"X": each[None]})[0]
        np.testing.assert_allclose(interpreter.run(graph, {edge.name: each[None]})["scores"], wanted, atol=1e-5)
