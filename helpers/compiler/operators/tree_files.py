"""Decision trees as ONNX files have them: TreeEnsembleClassifier and Regressor, and TreeEnsemble of ai.onnx.ml 5."""

import functools
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Constant, Value
from helpers.compiler.operators import softmax, tree_ensemble
from helpers.compiler.operators.base import trees
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode, Results
from helpers.compiler.operators.base.registry import from_onnx
from helpers.compiler.operators.base.trees import Trees

AGAIN = "export the model again"
MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")  # numbered so in TreeEnsemble
LEAF = -1


@from_onnx("TreeEnsembleRegressor")
def import_regressor(importer: OnnxImporter, node: OnnxNode) -> Results:
    """The sums, or means, of the trees."""
    found = _older(importer, node, "target", int(node.attributes.get("n_targets", 1)))
    return [_transformed(importer, node, _summed(importer, node, found))]


@from_onnx("TreeEnsembleClassifier")
def import_classifier(importer: OnnxImporter, node: OnnxNode) -> Results:
    """The scores of the classes; the label, its first result, is where the largest score is, and is left out."""
    given = node.attributes
    labels = len(given.get("classlabels_int64s") or given.get("classlabels_strings") or ())
    named = {int(number) for number in given["class_ids"]}
    if labels == 2:
        _check_two_classes(node, len(named))
    if labels == 2 and len(named) == 1:
        return [None, _two_classes(importer, node)]
    found = _older(importer, node, "class", labels)
    return [None, _transformed(importer, node, _summed(importer, node, found))]


@from_onnx("TreeEnsemble")
def import_ensemble(importer: OnnxImporter, node: OnnxNode) -> Results:
    """The trees of ai.onnx.ml 5, whose leaves have lists of their own."""
    given = node.attributes
    modes = numpy_helper.to_array(given["nodes_modes"]).astype(np.int64)
    if modes.size and modes.max() >= len(MODES):
        raise Unsupported(
            "a node that asks for members of a set", remedy="encode categories one by one (OneHotEncoder)"
        )
    weights, ids = numpy_helper.to_array(given["leaf_weights"]), np.array(given["leaf_targetids"], np.int64)
    importer.check_size([len(weights), int(given["n_targets"])])
    leaves = np.zeros((len(weights), int(given["n_targets"])))
    leaves[np.arange(len(weights)), ids] = weights
    children = []
    for side in ("true", "false"):
        places = np.array(given[f"nodes_{side}nodeids"], np.int64)
        children.append(np.where(np.array(given[f"nodes_{side}leafs"]) != 0, ~places, places))
    splits = numpy_helper.to_array(given["nodes_splits"]).astype(np.float64)
    roots = np.array(given["tree_roots"], np.int64)
    _warn_of_missing(node)
    found = _built(modes, given["nodes_featureids"], splits, np.stack(children, 1), roots, leaves)
    how = {0: "AVERAGE", 1: "SUM", 2: "MIN", 3: "MAX"}.get(given.get("aggregate_function", 1), "?")
    names = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")
    then = node.with_inputs(node.inputs, post_transform=names[given.get("post_transform", 0)])
    return [_transformed(importer, then, _summed(importer, node, _averaged(found, how)))]


def _check_two_classes(node: OnnxNode, classes: int) -> None:
    """Refuse what no exporter writes, and what onnxruntime therefore completes by rules of its own."""
    base = _numbers(node, "base_values", ()).size
    weighed = zip(node.attributes["class_treeids"], node.attributes["class_nodeids"], strict=True)
    leaves, weights = len(set(weighed)), len(node.attributes["class_ids"])
    if base > 1 or (classes == 2 and (base or weights != 2 * leaves)):
        what = "scores of two classes with a base value for each, or with leaves that weigh now one, now the other"
        raise Unsupported(what, remedy="export the model again, with weights of the second class only")


def _two_classes(importer: OnnxImporter, node: OnnxNode) -> Value:
    """Both scores of two classes of which the leaves weigh the second only, as onnxruntime completes them."""
    weights, transform = _numbers(node, "class_weights", ()), node.attributes.get("post_transform", "NONE")
    one = _older(importer, node.with_inputs(node.inputs, class_ids=(0,) * weights.size), "class", 1)
    sides, rest = np.array([-1.0, 1.0]), np.zeros(2)
    if weights.min(initial=0) >= 0 and transform != "LOGISTIC":
        rest[0] = 1.0  # a probability, and what is left of 1
    scores = _summed(importer, node, replace(one, leaves=one.leaves * sides, base=one.base * sides + rest))
    return scores if transform == "SOFTMAX" else _transformed(importer, node, scores)


def _transformed(importer: OnnxImporter, node: OnnxNode, scores: Value) -> Value:
    transform = node.attributes.get("post_transform", "NONE")
    if transform == "NONE" or (transform == "SOFTMAX" and scores.type.shape[1] == 1):
        return scores
    if transform == "SOFTMAX":
        return softmax.add(importer.graph, f"{node.name}_softmax", scores)
    if transform == "LOGISTIC":
        return importer.graph.add("Sigmoid", f"{node.name}_sigmoid", [scores], [scores.type]).output
    raise Unsupported(f"post_transform {transform}", remedy="use NONE, LOGISTIC or SOFTMAX")


def _summed(importer: OnnxImporter, node: OnnxNode, found: Trees) -> Value:
    """Add the trees; raises Unsupported where they ask for features that the input does not have."""
    x = node.inputs[0]
    if len(x.type.shape) != 2 or found.features.max(initial=0) >= x.type.shape[1] or found.features.min(initial=0) < 0:
        asked = int(found.features.max(initial=0)) + 1
        raise Unsupported(f"trees of {asked} features over {list(x.type.shape)}", remedy="give it [1, features]")
    return tree_ensemble.add(importer.graph, node.name, *_unscaled(x, found))


# Of a constant and a value, in float32.
_SCALED: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "Sub": lambda number, x: x - number,
    "Add": lambda number, x: x + number,
    "Mul": lambda number, x: x * number,
}


def _unscaled(x: Value, found: Trees) -> tuple[Value, Trees]:
    """The value in front of a scaler, and the same trees of it: scaling goes into the thresholds, and costs nothing."""
    while x.node.kind in _SCALED and isinstance(x.node.inputs[1].node, Constant):
        inner, numbers = x.node.inputs[0], x.node.inputs[1].node.data
        if inner.type.shape != x.type.shape or numbers.size not in (1, x.type.shape[1]):
            break
        number = np.broadcast_to(numbers.ravel(), x.type.shape[1])[found.features].astype(np.float32)
        if x.node.kind == "Mul" and not number.all():
            break
        falls = (number < 0) & (x.node.kind == "Mul")
        found = trees.before(found, functools.partial(_SCALED[x.node.kind], number), falls)
        x = inner
    return x, found


def _numbers(node: OnnxNode, name: str, default: Any) -> np.ndarray:
    """A list of numbers, or the tensor of doubles that takes its place; raises Unsupported unless all are numbers."""
    given = node.attributes.get(f"{name}_as_tensor", node.attributes.get(name, default))
    array = numpy_helper.to_array(given) if isinstance(given, TensorProto) else np.asarray(given)
    array = array.astype(np.float64).ravel()
    if not np.isfinite(array).all() and name != "nodes_values":
        raise Unsupported(f"{name} that are not finite", remedy="train the model again")
    return array


def _older(importer: OnnxImporter, node: OnnxNode, what: str, targets: int) -> Trees:
    """The trees of a Classifier (`what`: class) or Regressor (target): nodes by tree and number, weights by the same."""
    given = node.attributes
    keys = list(zip(map(int, given["nodes_treeids"]), map(int, given["nodes_nodeids"]), strict=True))
    place = {key: index for index, key in enumerate(keys)}
    modes = np.array([LEAF if mode == "LEAF" else MODES.index(mode) for mode in map(_text, given["nodes_modes"])])
    importer.check_size([max(len(keys), 1), max(targets, 1)])
    leaves = np.zeros((len(keys), targets))
    weighed = zip(given[f"{what}_treeids"], given[f"{what}_nodeids"], given[f"{what}_ids"],
                  _numbers(node, f"{what}_weights", ()), strict=True)  # fmt: skip
    for tree, number, target, weight in weighed:
        leaves[place[int(tree), int(number)], range(targets)[int(target)]] += weight
    sides = [
        [place[key[0], int(number)] if modes[index] != LEAF else 0 for index, (key, number) in enumerate(pairs)]
        for pairs in (list(zip(keys, given[f"nodes_{side}nodeids"], strict=True)) for side in ("true", "false"))
    ]
    children = np.array(sides, np.int64).reshape(2, -1).T
    children = np.where(modes[children] == LEAF, ~children, children)
    below = {int(child) if child >= 0 else int(~child) for child in children[modes != LEAF].ravel()}
    roots = np.array([index if modes[index] != LEAF else ~index for index in range(len(keys)) if index not in below])
    if len(roots) != len({tree for tree, _ in keys}):
        raise Unsupported("a tree that has not one root", remedy=AGAIN)
    _warn_of_missing(node)
    base = _numbers(node, "base_values", ())
    values = _numbers(node, "nodes_values", ())
    found = _built(modes, given["nodes_featureids"], values, children, roots, leaves)
    if len(found.features) != np.count_nonzero(modes != LEAF):
        raise Unsupported("a node that no root leads to", remedy=AGAIN)
    found = _with_base(_averaged(found, given.get("aggregate_function", "SUM")), base)
    return replace(found, coarse=what == "class")


def _text(word: str | bytes) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else word


def _with_base(found: Trees, base: np.ndarray) -> Trees:
    if base.size not in (0, found.targets):
        raise Unsupported(f"{base.size} base values for {found.targets} sums", remedy=AGAIN)
    return replace(found, base=base) if base.size else found


def _averaged(found: Trees, how: str) -> Trees:
    if how not in ("SUM", "AVERAGE"):
        raise Unsupported(f"aggregate_function {how}", remedy="use SUM or AVERAGE")
    count = len(found.roots) if how == "AVERAGE" else 1
    return replace(found, leaves=found.leaves / count)


def _warn_of_missing(node: OnnxNode) -> None:
    if any(node.attributes.get("nodes_missing_value_tracks_true", ())):
        what = f"{node.name}: missing values (NaN) do not take the way that the trees have for them"
        warnings.warn(f"{what}: fill them before the network", stacklevel=2)


def _built(
    modes: np.ndarray, features: Any, values: np.ndarray, children: np.ndarray, roots: np.ndarray, leaves: np.ndarray
) -> Trees:
    """Every comparison as `at most`: others with the number before the threshold, the two ways turned, or both."""
    if not len(roots) or np.isnan(values).any() or not np.isfinite(leaves).all():
        raise Unsupported("trees without a root, or with a threshold or weight that is no number", remedy=AGAIN)
    if len({len(modes), len(features), len(values), len(children)}) != 1:
        raise Unsupported("lists of different lengths", remedy=AGAIN)
    with np.errstate(all="ignore"):
        at_most = values.astype(np.float32)
        at_most = np.where(at_most > values, np.nextafter(at_most, np.float32(-np.inf)), at_most)
        before = np.where(at_most < values, at_most, np.nextafter(at_most, np.float32(-np.inf)))
    below = np.isin(modes, [MODES.index("BRANCH_LT"), MODES.index("BRANCH_GTE")])
    turned = np.isin(modes, [MODES.index(mode) for mode in ("BRANCH_GTE", "BRANCH_GT")])
    thresholds = np.where(below, before, at_most)
    children = np.where(turned[:, None], children[:, ::-1], children)
    if np.isin(modes, [MODES.index(mode) for mode in ("BRANCH_EQ", "BRANCH_NEQ")]).any():
        raise Unsupported("a node that asks for one number", remedy="encode categories one by one (OneHotEncoder)")
    features = np.asarray(features, np.int64)
    base = np.zeros(leaves.shape[1])
    return trees.compacted(Trees(features, thresholds, children, np.asarray(roots, np.int64), leaves, base))
