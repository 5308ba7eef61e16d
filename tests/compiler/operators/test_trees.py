"""Decision trees from ONNX files: what onnxruntime computes, on float32 to the bit, on int8 in its own steps, and in C."""

import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from helpers.common import named_arrays
from helpers.common.errors import Unsupported
from helpers.compiler import driver, interpreter
from helpers.compiler.ir.graph import TensorType
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.host_bundle import HostBundle

POINTS = np.array([[a, b] for a in (-3.0, -1.0, -0.0, 0.0, 0.25, 1.0, 3.0) for b in (-2.0, 0.5, 2.0)], np.float32)
ONE = {  # x[0] at 0.25, on its true side x[1] at 0.5
    "nodes_treeids": [0] * 5, "nodes_nodeids": [0, 1, 2, 3, 4], "nodes_featureids": [0, 1, 0, 0, 0],
    "nodes_values": [0.25, 0.5, 0.0, 0.0, 0.0], "nodes_truenodeids": [1, 2, 0, 0, 0], "nodes_falsenodeids": [4, 3, 0, 0, 0],
    "nodes_modes": ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"],
}  # fmt: skip


def leaves(what: str, ids, weights) -> dict:
    return {f"{what}_treeids": [0] * 3, f"{what}_nodeids": [2, 3, 4], f"{what}_ids": ids, f"{what}_weights": weights}


REGRESSOR = ONE | {"n_targets": 1} | leaves("target", [0, 0, 0], [1.5, -2.25, 100.125])
TWO = ONE | {"classlabels_int64s": [0, 1]}
THREE = ONE | {"classlabels_int64s": [0, 1, 2]} | leaves("class", [0, 1, 2], [0.5, 0.75, 1.0])
MIXED, POSITIVE = leaves("class", [0, 0, 0], [-1.0, 0.5, 2.0]), leaves("class", [0, 0, 0], [0.1, 0.9, 0.4])
BOTH = {
    "class_treeids": [0] * 6, "class_nodeids": [2, 2, 3, 3, 4, 4], "class_ids": [0, 1] * 3,
    "class_weights": [0.25, 0.75, 1.0, 0.0, -0.5, 1.5],
}  # fmt: skip
LEAF = {
    "n_targets": 1, "nodes_treeids": [0], "nodes_nodeids": [0], "nodes_featureids": [0], "nodes_values": [0.0],
    "nodes_truenodeids": [0], "nodes_falsenodeids": [0], "nodes_modes": ["LEAF"], "target_treeids": [0], "target_nodeids": [0],
    "target_ids": [0], "target_weights": [4.5],
}  # fmt: skip


def written(tmp_path, op_type: str, attributes: dict, version: int = 3, features: int = 2):
    outputs = ["label", "y"] if op_type.endswith("Classifier") else ["y"]
    node = helper.make_node(op_type, ["x"], outputs, "trees", domain="ai.onnx.ml", **attributes)
    kinds = {"label": TensorProto.INT64, "y": TensorProto.FLOAT}
    infos = [helper.make_tensor_value_info(name, kinds[name], [None] * (1 + (name == "y"))) for name in outputs]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, features])]
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", version)]
    graph = helper.make_graph([node], "trees", inputs, infos)
    path = tmp_path / "trees.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), str(path))
    return path


def compiled(path, **request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that labels are cut off
        return driver.compiled_graph(path, driver.Request(**request))


def answers(path, points) -> np.ndarray:
    session = onnxruntime.InferenceSession(path)
    return np.concatenate([session.run(["y"], {"x": each[None]})[0] for each in points]).reshape(len(points), -1)


def computed(graph, points) -> np.ndarray:
    (edge,) = graph.placeholders
    return np.concatenate([interpreter.run(graph, {edge.name: each[None]})["y"] for each in points])


CASES = {
    "regressor": ("TreeEnsembleRegressor", REGRESSOR),
    "base": ("TreeEnsembleRegressor", REGRESSOR | {"base_values": [-7.5]}),
    "mean": ("TreeEnsembleRegressor", REGRESSOR | {"aggregate_function": "AVERAGE"}),
    "nothing but a leaf": ("TreeEnsembleRegressor", LEAF),
    "three": ("TreeEnsembleClassifier", THREE),
    "three softmax": ("TreeEnsembleClassifier", THREE | {"post_transform": "SOFTMAX", "base_values": [0.5, 0.0, -0.5]}),
    "three logistic": ("TreeEnsembleClassifier", THREE | {"post_transform": "LOGISTIC"}),
    "two probable": ("TreeEnsembleClassifier", TWO | POSITIVE),
    "two probable logistic": ("TreeEnsembleClassifier", TWO | POSITIVE | {"post_transform": "LOGISTIC"}),
    "two mixed": ("TreeEnsembleClassifier", TWO | MIXED),
    "two mixed logistic": ("TreeEnsembleClassifier", TWO | MIXED | {"post_transform": "LOGISTIC", "base_values": [0.25]}),
    "two mixed softmax": ("TreeEnsembleClassifier", TWO | MIXED | {"post_transform": "SOFTMAX"}),
    "two of two": ("TreeEnsembleClassifier", TWO | BOTH),
    "two of two softmax": ("TreeEnsembleClassifier", TWO | BOTH | {"post_transform": "SOFTMAX"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_scores_are_those_of_onnxruntime(tmp_path, name):
    path = written(tmp_path, *CASES[name])
    np.testing.assert_allclose(computed(compiled(path), POINTS), answers(path, POINTS), atol=1e-4)


@pytest.mark.parametrize("threshold", [0.0, -0.0, 0.25, 0.3, -1.0, 3.0])
@pytest.mark.parametrize("mode", ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"])
def test_every_comparison_goes_the_way_of_onnxruntime(tmp_path, mode, threshold):
    given = {"nodes_modes": [mode, mode, "LEAF", "LEAF", "LEAF"], "nodes_values": [threshold, 0.5, 0.0, 0.0, 0.0]}
    path = written(tmp_path, "TreeEnsembleRegressor", REGRESSOR | given)
    np.testing.assert_array_equal(computed(compiled(path), POINTS), answers(path, POINTS))


def test_a_threshold_of_float64_between_two_float32_decides_as_in_float64(tmp_path):
    doubles = helper.make_tensor("t", TensorProto.DOUBLE, [5], [0.1, 0.5, 0.0, 0.0, 0.0])
    weights = helper.make_tensor("w", TensorProto.DOUBLE, [3], [1.0, 1.0, 2.0])
    given = {key: value for key, value in REGRESSOR.items() if key not in ("nodes_values", "target_weights")}
    path = written(tmp_path, "TreeEnsembleRegressor",
                   given | {"nodes_values_as_tensor": doubles, "target_weights_as_tensor": weights})  # fmt: skip
    points = np.array([[np.nextafter(np.float32(0.1), np.float32(0)), 0], [np.float32(0.1), 0]], np.float32)
    assert float(np.float32(0.1)) > 0.1  # so that the second is above the threshold
    np.testing.assert_array_equal(computed(compiled(path), points).ravel(), [1, 2])


@pytest.mark.parametrize("scale", [3.0, -0.7, 1e-30, -1e30])
def test_a_scaler_goes_into_the_thresholds_to_the_bit(tmp_path, scale):
    path = written(tmp_path, "TreeEnsembleRegressor", REGRESSOR)
    model = onnx.load(str(path))
    scaler = helper.make_node(
        "Scaler", ["x"], ["scaled"], "scaler", domain="ai.onnx.ml", offset=[0.1, -0.3], scale=[scale, 1.7]
    )
    model.graph.node.insert(0, scaler)
    model.graph.node[1].input[0] = "scaled"
    onnx.save(model, str(path))
    graph = compiled(path)
    assert [node.kind for node in graph.in_order()] == ["TreeEnsemble"]
    edges = [np.float32(0.25 / scale + 0.1), np.float32(0.1), np.float32(0.5 / 1.7 - 0.3)]
    around = [edge + step * np.spacing(edge) for edge in edges for step in range(-4, 5)]
    points = np.array([[a, b] for a in around for b in around], np.float32)
    np.testing.assert_array_equal(computed(graph, points), answers(path, points))


def ensemble(modes=(0, 0), **changed) -> dict:
    """The tree of REGRESSOR as ai.onnx.ml 5 has it."""
    double = {"data_type": TensorProto.FLOAT}
    return {
        "n_targets": 1, "aggregate_function": 1, "post_transform": 0, "tree_roots": [0], "nodes_featureids": [0, 1],
        "nodes_splits": helper.make_tensor("s", double["data_type"], [2], [0.25, 0.5]),
        "nodes_modes": helper.make_tensor("m", TensorProto.UINT8, [2], list(modes)),
        "nodes_truenodeids": [1, 0], "nodes_trueleafs": [0, 1], "nodes_falsenodeids": [2, 1], "nodes_falseleafs": [1, 1],
        "leaf_targetids": [0, 0, 0], "leaf_weights": helper.make_tensor("w", double["data_type"], [3], [1.5, -2.25, 100.125]),
    } | changed  # fmt: skip


@pytest.mark.parametrize("modes", [(0, 0), (1, 2), (3, 1)])
def test_trees_of_the_newest_operator(tmp_path, modes):
    path = written(tmp_path, "TreeEnsemble", ensemble(modes), version=5)
    np.testing.assert_array_equal(computed(compiled(path), POINTS), answers(path, POINTS))


REFUSED = {
    "another way to a node": (REGRESSOR | {"nodes_truenodeids": [1, 4, 0, 0, 0]}, "not one root"),
    "a circle": (REGRESSOR | {"nodes_truenodeids": [1, 0, 0, 0, 0]}, "no root leads to"),
    "a child of nowhere": (REGRESSOR | {"nodes_truenodeids": [9, 2, 0, 0, 0]}, "cannot be imported"),
    "a feature of nowhere": (REGRESSOR | {"nodes_featureids": [0, 2, 0, 0, 0]}, "trees of 3 features over"),
    "one number": (REGRESSOR | {"nodes_modes": ["BRANCH_EQ", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"]}, "OneHotEncoder"),
    "no number": (REGRESSOR | {"nodes_values": [float("nan"), 0.5, 0.0, 0.0, 0.0]}, "that is no number"),
    "too few thresholds": (REGRESSOR | {"nodes_values": [0.25]}, "lists of different lengths"),
    "endless": (REGRESSOR | {"target_weights": [float("inf"), 1.0, 1.0]}, "target_weights that are not finite"),
    "smallest": (REGRESSOR | {"aggregate_function": "MIN"}, "aggregate_function MIN. Use SUM or AVERAGE"),
    "probit": (REGRESSOR | {"post_transform": "PROBIT"}, "post_transform PROBIT. Use NONE"),
}


@pytest.mark.parametrize(
    "given",
    [
        leaves("class", [0, 1, 1], [0.5, 0.25, 1.0]),
        MIXED | {"base_values": [0.5, 0.75]},
        BOTH | {"base_values": [0.5, 0.75]},
    ],
)
def test_two_classes_whose_scores_onnxruntime_mixes_up_are_refused(tmp_path, given):
    with pytest.raises(Unsupported, match="two classes.* Export the model again"):
        compiled(written(tmp_path, "TreeEnsembleClassifier", TWO | given))


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_tree_or_has_no_code_is_refused_in_a_line(tmp_path, name):
    attributes, words = REFUSED[name]
    with pytest.raises(Unsupported, match=words):
        compiled(written(tmp_path, "TreeEnsembleRegressor", attributes))


def test_missing_values_are_said_to_go_no_way_of_their_own(tmp_path):
    path = written(tmp_path, "TreeEnsembleRegressor", REGRESSOR | {"nodes_missing_value_tracks_true": [1, 0, 0, 0, 0]})
    with pytest.warns(UserWarning, match="missing values"):
        driver.float_graph(path, {})


INT8 = {"x": TensorType((1, 2), "int8", 0.25, -3)}


@pytest.mark.parametrize("threshold", [-1e9, -31.25, -31.3, 0.0, 0.1, 0.25, 32.5, 32.4, 1e9])
def test_int8_is_compared_in_its_own_steps_as_the_real_numbers_are(tmp_path, threshold):
    given = {
        "nodes_values": [threshold, 0.5, 0.0, 0.0, 0.0],
        "nodes_modes": ["BRANCH_LT", "BRANCH_LEQ", "LEAF", "LEAF", "LEAF"],
    }
    path = written(tmp_path, "TreeEnsembleRegressor", REGRESSOR | given)
    graph = compiled(path, inputs=INT8)
    assert [node.kind for node in graph.in_order()] == ["TreeEnsemble"]
    integers = np.stack([np.arange(-128, 128), np.arange(-128, 128) // 9], 1).astype(np.int8)
    real = ((integers.astype(np.float32) + 3) * np.float32(0.25)).astype(np.float32)
    np.testing.assert_array_equal(computed(graph, integers), answers(path, real))


def forest(random, trees: int = 6, depth: int = 4, targets: int = 3) -> dict:
    """Full trees of random thresholds, three features and weights that are negative, too."""
    inner, every = 2**depth - 1, 2 ** (depth + 1) - 1
    numbers = np.tile(np.arange(every), trees)
    branch = numbers < inner
    ids = [(tree, node, target) for tree in range(trees) for node in range(inner, every) for target in range(targets)]
    return {
        "n_targets": targets, "nodes_treeids": np.repeat(np.arange(trees), every).tolist(), "nodes_nodeids": numbers.tolist(),
        "nodes_featureids": random.integers(0, 3, every * trees).tolist(),
        "nodes_values": random.integers(-120, 120, every * trees).astype(float).tolist(),
        "nodes_modes": ["BRANCH_LEQ" if each else "LEAF" for each in branch],
        "nodes_truenodeids": np.where(branch, 2 * numbers + 1, 0).tolist(),
        "nodes_falsenodeids": np.where(branch, 2 * numbers + 2, 0).tolist(),
        "target_treeids": [tree for tree, _, _ in ids], "target_nodeids": [node for _, node, _ in ids],
        "target_ids": [target for _, _, target in ids], "target_weights": random.normal(size=len(ids)).tolist(),
    }  # fmt: skip


@pytest.mark.parametrize("inputs", [{}, {"x": TensorType((1, 3), "int8", 1.0, 0)}], ids=["float", "int8"])
def test_the_code_computes_what_the_reference_computes(tmp_path, inputs):
    random = np.random.default_rng(3)
    path = written(tmp_path, "TreeEnsembleRegressor", forest(random), features=3)
    graph = compiled(path, inputs=inputs)
    points = random.integers(-128, 128, (6, 3)).astype(np.int8 if inputs else np.float32)
    expected = computed(graph, points)
    np.testing.assert_allclose(expected, answers(path, points.astype(np.float32)), atol=1e-5)
    for core, form in (("host", None), ("cortex-m0plus", None), ("cortex-m0", "small-flash"), ("cortex-m7", "fast")):
        folder = tmp_path / core
        target = driver.Target() if core == "host" else driver.Target(core, form=form)
        driver.emit_bundle(graph, folder, "net", target)
        bundle = HostBundle(folder) if core == "host" else EmulatedBundle(folder, 1, core)
        got = np.concatenate([named_arrays.in_order(bundle.run(each[None]))[0].reshape(1, -1) for each in points])
        np.testing.assert_array_equal(got, expected)
