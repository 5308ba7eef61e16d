"""What scikit-learn's models are converted to by skl2onnx: scalers, linear models, norms of rows."""

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import reductions, softmax
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode, Results
from helpers.compiler.operators.base.registry import from_onnx


@from_onnx("Scaler")
def import_scaler(importer: OnnxImporter, node: OnnxNode) -> Results:
    """(x - offset) * scale, a number a column each, or one for all."""
    x = node.inputs[0]
    offset, scale = (
        np.asarray(node.attributes.get(key, default), np.float32) for key, default in (("offset", 0), ("scale", 1))
    )
    if np.any(offset):
        x = importer.binary(
            "Sub", f"{node.name}_offset", x, importer.graph.add_constant(f"{node.name}_offsets", offset)
        )
    return [importer.binary("Mul", node.name, x, importer.graph.add_constant(f"{node.name}_scales", scale))]


@from_onnx("LinearRegressor")
def import_linear_regressor(importer: OnnxImporter, node: OnnxNode) -> Results:
    """x times a row of coefficients for each target, and an intercept."""
    if node.attributes.get("post_transform", "NONE") != "NONE":
        raise Unsupported(f"post_transform {node.attributes['post_transform']}", remedy="leave it out")
    return [_linear(importer, node, node.attributes.get("targets", 1))]


@from_onnx("LinearClassifier")
def import_linear_classifier(importer: OnnxImporter, node: OnnxNode) -> Results:
    """The scores of the classes; the label, its first result, is where the largest score is, and is left out."""
    labels = node.attributes.get("classlabels_ints") or node.attributes.get("classlabels_strings") or ()
    transform = node.attributes.get("post_transform", "NONE")
    scores = _linear(importer, node, len(labels))
    if transform == "LOGISTIC":
        scores = importer.graph.add("Sigmoid", f"{node.name}_sigmoid", [scores], [scores.type]).output
    elif transform == "SOFTMAX":
        scores = softmax.add(importer.graph, f"{node.name}_softmax", scores)
    elif transform != "NONE":
        raise Unsupported(f"post_transform {transform}", remedy="use NONE, LOGISTIC or SOFTMAX")
    return [None, scores]


def _linear(importer: OnnxImporter, node: OnnxNode, rows: int) -> Value:
    x = node.inputs[0]
    coefficients = np.asarray(node.attributes["coefficients"], np.float32)
    intercepts = np.asarray(node.attributes.get("intercepts") or [0] * rows, np.float32)
    if len(x.type.shape) != 2 or coefficients.size != rows * x.type.shape[1] or intercepts.size != rows:
        what = (
            f"{coefficients.size} coefficients and {intercepts.size} intercepts for {rows} rows of {list(x.type.shape)}"
        )
        raise Unsupported(what, remedy="export the model again")
    graph, name = importer.graph, node.name
    weights = graph.add_constant(f"{name}_coefficients", np.ascontiguousarray(coefficients.reshape(rows, -1).T))
    bias = graph.add_constant(f"{name}_intercepts", intercepts)
    kind = x.type.with_shape((x.type.shape[0], rows))
    product = graph.add("MatMul", f"{name}_product", [x, weights], [kind]).output
    return importer.binary("Add", name, product, bias)


@from_onnx("Normalizer")
def import_normalizer(importer: OnnxImporter, node: OnnxNode) -> Results:
    """Each row over its norm: the sum or the largest of its absolute values, or the root of the sum of squares."""
    graph, x, name, norm = importer.graph, node.inputs[0], node.name, node.attributes.get("norm", "MAX")
    if norm == "L2":
        size = importer.binary("Mul", f"{name}_square", x, x)
    else:
        size = graph.add("Abs", f"{name}_size", [x], [x.type]).output
    along = (graph, f"{name}_norm", size, [1], [x.type.shape[0], 1])
    length = reductions.largest(*along) if norm == "MAX" else reductions.total(*along)
    if norm == "L2":
        length = graph.add("Sqrt", f"{name}_root", [length], [length.type]).output
    return [importer.binary("Div", name, x, length)]
