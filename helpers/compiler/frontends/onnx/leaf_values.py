"""Replace values computed from a single tree's answer alone with values stored in its leaves.

skl2onnx exports an IsolationForest like this: each tree gives the number of its leaf, and tables and comparisons turn
it into the leaf's depth. Here each tree gives the depth itself, and a sum of such trees becomes one ensemble.
"""

from typing import Any

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from helpers.compiler.frontends.onnx import labels

ELEMENTWISE = {
    "Add", "Cast", "Div", "Equal", "Exp", "Greater", "Identity", "LabelEncoder", "Less", "Log", "Max", "Min", "Mul", "Neg",
    "Reshape", "Sub",
}  # fmt: skip
LISTS = ("nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids", "nodes_falsenodeids", "nodes_nodeids")


class _Leaves:
    """A value that depends on one tree's leaf: the tree's node, and an array [leaves, 1] in the order of its targets."""

    def __init__(self, tree: onnx.NodeProto, array: np.ndarray):
        self.tree, self.array = tree, array


def fold(model: onnx.ModelProto) -> None:
    """Replace, in place, nodes that depend only on the number of a leaf, if there are any."""
    types = {node.op_type for node in model.graph.node}
    if not {"TreeEnsembleRegressor", "LabelEncoder"} <= types:
        return
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    known: dict[str, _Leaves] = {}
    for node in model.graph.node:
        found = _first(node) if node.op_type == "TreeEnsembleRegressor" else _followed(model, node, known, constants)
        if found is not None:
            known[node.output[0]] = found
    sources = _sources(model.graph)
    for node in model.graph.node:
        summed = [known.get(name) for name in node.input] if node.op_type == "Sum" else [known.get(node.output[0])]
        trees = [each for each in summed if each is not None and each.array.dtype == np.float32]
        if trees and len(trees) == len(summed) and len({sources[each.tree.input[0]] for each in trees}) == 1:
            node.CopyFrom(_ensemble(node.output[0], trees))
    labels.keep(model.graph, list(model.graph.output))


def _given(node: onnx.NodeProto) -> dict:
    return {each.name: onnx.helper.get_attribute_value(each) for each in node.attribute}


def _first(node: onnx.NodeProto) -> _Leaves | None:
    """The answers of a single tree with one number per leaf; None for any other node."""
    given = _given(node)
    numbers, weights = given.get("target_nodeids", ()), given.get("target_weights", ())
    leaves = sum(mode == b"LEAF" for mode in given.get("nodes_modes", ()))
    single = len(set(given.get("nodes_treeids", ()))) == 1 and set(given.get("target_ids", ())) == {0}
    plain = given.get("post_transform", b"NONE") == b"NONE" and not given.get("base_values")
    if not (single and plain and len(numbers) == len(set(numbers)) == len(weights) == leaves):
        return None
    return _Leaves(node, np.array(weights, np.float32)[:, None])


def _followed(model: onnx.ModelProto, node: onnx.NodeProto, known: dict, constants: dict) -> _Leaves | None:
    """A node's result for each leaf, if each of its inputs is known for the leaves of one tree, or is one number."""
    leaves = [known[name] for name in node.input if name in known]
    others = [constants.get(name) for name in node.input if name not in known]
    if node.op_type not in ELEMENTWISE or not leaves or any(each is None or each.size > 2 for each in others):
        return None
    if len({each.tree.output[0] for each in leaves}) != 1 or len(node.output) != 1:
        return None
    feeds = {name: known[name].array if name in known else constants[name] for name in node.input}
    try:
        with np.errstate(all="ignore"):
            (array,) = ReferenceEvaluator(_alone(model, node)).run(None, feeds)
    except Exception:  # any error of numpy: the node stays, and is rejected later if it has no code
        return None
    return _Leaves(leaves[0].tree, np.array(array)) if np.shape(array) == leaves[0].array.shape else None


def _alone(model: onnx.ModelProto, node: onnx.NodeProto) -> onnx.ModelProto:
    unknown = onnx.TensorProto.UNDEFINED
    inputs, outputs = (
        [onnx.helper.make_tensor_value_info(name, unknown, None) for name in dict.fromkeys(names)]
        for names in (node.input, node.output)
    )
    return onnx.helper.make_model(
        onnx.helper.make_graph([node], "alone", inputs, outputs), opset_imports=model.opset_import
    )


def _sources(graph: onnx.GraphProto) -> dict[str, bytes]:
    """A key for each value; equal keys mean equal values, as of nodes that pick the same elements of the same value."""
    found = {name: name.encode() for node in graph.node for name in (*node.input, *node.output)}
    for node in graph.node:
        if node.op_type == "Gather":
            same = onnx.NodeProto.FromString(node.SerializeToString())
            same.name, same.output[0] = "", ""
            found[node.output[0]] = same.SerializeToString(deterministic=True)
    return found


def _ensemble(name: str, trees: list[_Leaves]) -> onnx.NodeProto:
    """The sum of trees, each with the values of its leaves, as one node."""
    joined: dict[str, Any] = {
        key: [] for key in (*LISTS, "nodes_treeids", "target_nodeids", "target_treeids", "target_weights")
    }
    for number, each in enumerate(trees):
        given = _given(each.tree)
        for key in (*LISTS, "target_nodeids"):
            joined[key] += given[key]
        joined["nodes_treeids"] += [number] * len(given["nodes_nodeids"])
        joined["target_treeids"] += [number] * len(given["target_nodeids"])
        joined["target_weights"] += each.array.ravel().tolist()
    return onnx.helper.make_node(
        "TreeEnsembleRegressor", [trees[0].tree.input[0]], [name], f"{name}_trees", domain="ai.onnx.ml", n_targets=1,
        target_ids=[0] * len(joined["target_weights"]), **joined,
    )  # fmt: skip
