"""Compute the graph hash that Glow writes into a profile and compares when it quantises: names, types, shapes; no weights.

It is LLVM's hash of a text with a few lines for each node, constant and placeholder of the optimised float graph
(facts from Glow, commit 05dd99b97: Function::getHash in lib/Graph/Graph.cpp, the kinds' fields in tools/ClassGen).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir import layouts
from helpers.compiler.ir.graph import Constant, Graph, Node, Splat, TensorType, Value
from helpers.compiler.ir.names import legal_name
from helpers.compiler.operators.base import elementwise, registry
from helpers.compiler.profiling.llvm_hash import string_hash

UNKNOWN = 0
_ELEMENTS = {"float": "float", "int32": "index32", "int64": "index64"}
Fields = list[tuple[str, object]]


def graph_hash(graph: Graph) -> int:
    """Return `GraphPreLowerHash` of an optimised graph that is not yet quantised; UNKNOWN (0) if `describe` returns None."""
    text = describe(graph)
    return UNKNOWN if text is None else string_hash(text.encode())


def describe(graph: Graph) -> str | None:
    """Return the hashed text: nodes, constants, placeholders, each sorted by name in reverse order.

    None if a node's kind or types have no known description.
    """
    nodes = graph.in_order()
    if not all(_is_known(node) for node in nodes):
        return None
    users = Counter(id(value.node) for node in nodes for value in node.inputs)
    users.update(id(value.node) for _, value in graph.outputs)
    used = [_as_in_glow(node, nodes) for node in graph.constants if users[id(node)]]
    # Glow keeps an output in a placeholder, which a node named Save writes; placeholders that nothing reads are left out
    splats = [_splat(node, shown, users[id(node)]) for node, _, shown in used if isinstance(node, Splat)]
    used = [each for each in used if not isinstance(each[0], Splat)]
    groups = [
        [_node(node, users[id(node)]) for node in nodes]
        + splats
        + _repetitions(nodes)
        + [_save(name, value.type) for name, value in graph.outputs],
        [_constant(name, shown, node.layout, users[id(node)]) for node, name, shown in used] + _selected(nodes),
        [_placeholder(node.name, node.output.type, users[id(node)]) for node in graph.placeholders if users[id(node)]]
        + [_placeholder(name, value.type, 1) for name, value in graph.outputs],
    ]
    return "Graph structure:\n" + "".join(text for group in groups for _, text in sorted(group, reverse=True))


def _is_known(node: Node) -> bool:
    if node.kind not in _KINDS or None in node.inputs:
        return False
    if node.kind != "Concat" and len(node.inputs) != len(_KINDS[node.kind].inputs):
        return False
    if node.kind == "Slice" and any(each.step != 1 for each in node.attributes.ranges):
        return False  # steps, which Glow does not know
    types = [value.type for value in [*node.inputs, *node.outputs]]
    return all(each.element in _ELEMENTS and not each.quantised for each in types)


def _is_binary(node: Node) -> bool:
    return isinstance(registry.of(node), elementwise.Binary)


def _repeated(node: Node, value: Value) -> bool:
    return _is_binary(node) and value.type.shape != node.output.type.shape


def _input_type(node: Node, index: int, value: Value) -> str:
    """Return the type of an input as it is in Glow.

    A repeated constant has the result's shape, a Gemm's B the file's, and the first axis of a filter is the outputs.
    """
    shape = value.type.shape
    if _repeated(node, value):
        shape = node.output.type.shape
    elif index == 1 and (_turned_weights(node) or node.kind == "ConvTranspose"):
        shape = shape[::-1] if len(shape) == 2 else tuple(shape[axis] for axis in (3, 1, 2, 0))
    return _type(value.type.with_shape(shape))


def _gemm_name(node: Node) -> str | None:
    """Return the name of the Gemm that a dense layer was in the file."""
    return node.attributes.gemm if node.kind == "FullyConnected" else None


def _turned_weights(node: Node) -> str:
    """Return the name of the weights in the file if a Gemm turned them, else nothing."""
    return node.attributes.transposed if node.kind == "FullyConnected" else ""


def _as_in_glow(constant: Constant, nodes: list[Node]) -> tuple[Constant, str, str]:
    """Return a constant with its name and type in Glow."""
    for node in nodes:
        for index, value in enumerate(node.inputs):
            if value.node is constant:
                name = _turned_weights(node) if index == 1 else ""
                return constant, name or constant.name, _input_type(node, index, value)
    return constant, constant.name, _type(constant.output.type)


def _selected(nodes: list[Node]) -> list[tuple[str, str]]:
    """Return the constant that each SoftMax of Glow has for training."""
    count = sum(node.kind == "SoftMax" for node in nodes)
    names = [f"selected__{index}" if index else "selected" for index in range(count)]
    return [_constant(name, _type(_SELECTED), layouts.ANY, 1) for name in names]


def _described(kind: str, name: str, fields: Fields) -> tuple[str, str]:
    """Return the sort key and the lines; a long name takes one line per 100 characters."""
    pieces = "\n".join(name[start : start + 100] for start in range(0, len(name), 100))
    return name, f"{kind}\n" + "".join(f"{field} : {value}\n" for field, value in [("Name", pieces), *fields])


def _node(node: Node, users: int) -> tuple[str, str]:
    kind = _KINDS["Gemm" if _gemm_name(node) else node.kind]
    types = [_input_type(node, index, value) for index, value in enumerate(node.inputs)]
    results = [("Result", _type(node.output.type))]
    if node.kind == "Concat":
        inputs = [(f"Inputs{index}", each) for index, each in enumerate(types)]
        return _described("Concat", node.name, [*kind.fields(node), ("Users", users), *inputs, *results])
    inputs = list(zip(kind.inputs, types, strict=True))
    if node.kind == "SoftMax":
        inputs.append(("Selected", _type(_SELECTED)))
    if node.kind == "MaxPool":  # its second result, which nothing here reads
        results.append(("Argmax", _type(TensorType(node.output.type.shape, "int64"))))
    name = _gemm_name(node) or node.name
    return _described(kind.name or node.kind, name, [*inputs, *kind.fields(node), ("Users", users), *results])


def _save(output: str, value_type: TensorType) -> tuple[str, str]:
    """Describe the Save node, which has the output's own name without the number added to the placeholder on a clash."""
    fields = [("Input", _type(value_type)), ("Output", _type(value_type)), ("Users", 0)]
    return _described("Save", re.sub(r"__\d+$", "", output) + "_save", fields)


def _constant(name: str, shown: str, layout: str, users: int) -> tuple[str, str]:
    return _described("Constant", name, [("Layout", layout), ("Output", shown), ("Users", users)])


def _repetitions(nodes: list[Node]) -> list[tuple[str, str]]:
    """Describe the nodes in which Glow repeats the smaller of two computed values; this graph does not have them."""
    found = []
    for node in nodes:
        for value in node.inputs:
            if _repeated(node, value) and value.node.kind != "Constant":
                shape, target = value.type.shape, node.output.type.shape
                fields = [("Axis", len(target) - len(shape)), ("TargetDim", _list(target)), ("Users", 1)]
                given = node.attributes.broadcast or f"broadcast_{value.node.name}"  # not every importer names it
                name, result = legal_name(given), _type(node.output.type)
                found.append(_described("Broadcast", name, [("Input", _type(value.type)), *fields, ("Result", result)]))
    return found


def _splat(node: Splat, shown: str, users: int) -> tuple[str, str]:
    return _described("Splat", node.name, [("Value", _number(node.data.flat[0])), ("Users", users), ("Result", shown)])


def _placeholder(name: str, value_type: TensorType, users: int) -> tuple[str, str]:
    fields = [("Layout", layouts.ANY), ("Output", _type(value_type)), ("Trainable", 0), ("Static", 0), ("Users", users)]
    return _described("Placeholder", name, fields)


def _type(value_type: TensorType) -> str:
    return f"{_ELEMENTS[value_type.element]}<{' x '.join(str(size) for size in value_type.shape)}>"


def _list(numbers: Sequence) -> str:
    """Format four elements, and dots for the rest."""
    return f"[{', '.join([str(number) for number in numbers[:4]] + ['...'] * (len(numbers) > 4))}]"


def _window(node: Node) -> Fields:
    window = node.attributes.window
    return [("Kernels", _list(window.kernel)), ("Strides", _list(window.strides)), ("Pads", _list(window.pads))]


def _max_pool(node: Node) -> Fields:
    return [*_window(node), ("Layout", 0)]  # 0 is NHWC


def _convolution(node: Node) -> Fields:
    dilations = _list(node.attributes.window.dilations)
    fused = [("FusedActivation", "NONE"), ("FusedActivationArgs", "[]")]
    return [*_window(node), ("Group", node.attributes.group), ("Dilation", dilations), ("Layout", "NHWC"), *fused]


def _average_pool(node: Node) -> Fields:
    return [*_max_pool(node), ("CountIncludePads", int(node.attributes.count_padding))]


def _conv_transpose(node: Node) -> Fields:
    return [
        *_window(node),
        ("Group", node.attributes.group),
        ("Dilation", _list(node.attributes.window.dilations)),
    ]


def _pad(node: Node) -> Fields:
    before, after = zip(*node.attributes.pads, strict=True)
    return [("Mode", 0), ("Pads", _list([*before, *after])), ("Value", _number(node.attributes.value))]


def _clip(node: Node) -> Fields:
    return [("Min", _number(node.attributes.low)), ("Max", _number(node.attributes.high))]


def _resize(node: Node) -> Fields:
    sizes = zip(node.output.type.shape, node.inputs[0].type.shape, strict=True)
    return [("Scale", _list([_number(after / before) for after, before in sizes]))]


def _gemm(node: Node) -> Fields:
    turned = int(bool(node.attributes.transposed))
    return [("Alpha", _number(1)), ("Beta", _number(1)), ("TransposeA", 0), ("TransposeB", turned)]


def _batch_normalization(node: Node) -> Fields:
    axis, epsilon = node.attributes.axis, node.attributes.epsilon
    return [("ChannelIdx", axis), ("Epsilon", _number(epsilon)), ("Momentum", _number(np.float32(0.9)))]


def _number(value: float | np.floating) -> str:
    return f"{float(value):.6e}"


def _reshape(node: Node) -> Fields:
    """Describe a reshape; one that was a transpose of axes of length 1 (`order`) keeps the transpose's layout."""
    return [("Dims", _list(node.output.type.shape)), ("Layout", layouts.of_move(node))]


def _transpose(node: Node) -> Fields:
    return [("Shuffle", _list(node.attributes.order)), ("Layout", layouts.of_move(node))]


@dataclass(frozen=True)
class _Kind:
    """Glow's names of a kind's inputs, and the fields that follow them."""

    inputs: tuple[str, ...]
    fields: Callable[[Node], Fields] = lambda node: []
    name: str = ""


_SELECTED = TensorType((1, 1), "int64")
_KINDS = {
    **{kind: _Kind(("LHS", "RHS")) for kind in ("Add", "Sub", "Mul", "Div", "Max", "Min", "MatMul", "BatchMatMul")},
    "AvgPool": _Kind(("Input",), _average_pool),
    "BatchNormalization": _Kind(("Input", "Scale", "Bias", "Mean", "Var"), _batch_normalization),
    "Clip": _Kind(("Input",), _clip),
    "Concat": _Kind((), lambda node: [("Dim", node.attributes.axis)]),
    "ConvTranspose": _Kind(("Input", "Filter", "Bias"), _conv_transpose),
    "Gemm": _Kind(("A", "B", "C"), _gemm, "Gemm"),
    "LeakyRelu": _Kind(("Input",), lambda node: [("Alpha", _number(node.attributes.alpha))]),
    "PRelu": _Kind(("Input", "Slope")),
    "Pad": _Kind(("Input",), _pad),
    "ReduceMean": _Kind(("Batch",), lambda node: [("Axes", _list(node.attributes.axes))], "BatchedReduceMean"),
    "ResizeNearest": _Kind(("Input",), _resize),
    "Sigmoid": _Kind(("Input",)),
    "Slice": _Kind(("Input",), lambda node: [("Start", _list([each.start for each in node.attributes.ranges]))]),
    "SoftMax": _Kind(("Input",)),
    "Tanh": _Kind(("Input",)),
    "Convolution": _Kind(("Input", "Filter", "Bias"), _convolution),
    "FullyConnected": _Kind(("Input", "Weights", "Bias")),
    "MaxPool": _Kind(("Input",), _max_pool),
    "Relu": _Kind(("Input",)),
    "Reshape": _Kind(("Input",), _reshape),
    "Transpose": _Kind(("Input",), _transpose),
}
