"""What is known while compiling becomes constants; what can be part of a layer before or behind becomes it. Names are Glow's."""

import re
from dataclasses import replace

import numpy as np

from helpers.compiler.ir.graph import Constant, Graph, Node, Splat, Value, producer
from helpers.compiler.operators import batch_norm
from helpers.compiler.operators.base import elementwise, registry

FOLDED = re.compile(r"_constfold(__\d+)?$")


def fold_constants(graph: Graph, known: set[Node]) -> None:
    """What is computed of float constants alone becomes a constant, named after the last of its nodes.

    Constants that Glow folds in a round, those that it repeats among them, are made after all others (`known` among these),
    in the order in which the network comes to them.
    """
    data: dict[Value, np.ndarray] = {node.output: node.data for node in graph.constants}
    nodes = graph.in_order()
    met = list(dict.fromkeys(each for node in nodes for each in (*(value.node for value in node.inputs), node)))
    folded = []
    for node in nodes:
        integer = any(value.type.quantised for value in (*node.inputs, *node.outputs))
        if not integer and all(value in data for value in node.inputs):
            data.update(zip(node.outputs, registry.of(node).compute(node, [data[v] for v in node.inputs]), strict=True))
            folded.append(node)
    read = {value for node in nodes if node not in folded for value in node.inputs}
    fresh = {node: node for node in graph.constants if FOLDED.search(node.name) and node not in known}
    for value in [value for node in folded for value in node.outputs if value in read or graph.is_output(value)]:
        made = graph.add_constant(f"{value.node.name}_constfold", data[value])
        graph.replace(value, made)
        fresh[made.node] = value.node
    places = {node: at for at, node in enumerate(met, 1)}
    graph.constants.sort(key=lambda node: places.get(fresh[node], 0) if node in fresh else 0)


def fold_integers(graph: Graph) -> None:
    """What is computed of constants alone becomes a constant, once integers have their types and factors: a rescaled constant
    before a Concat, or the first step of a recurrent layer, whose state is zeros. The same arithmetic gives the same bits.
    """
    for node in graph.in_order():
        if node.inputs and all(value is not None and value.node.kind == "Constant" for value in node.inputs):
            arrays = [np.broadcast_to(value.node.data, value.type.shape) for value in node.inputs]
            integer = any(value.type.quantised for value in (*node.inputs, *node.outputs))
            operator = registry.of(node)
            results = (operator.compute_integer if integer else operator.compute)(node, arrays)
            for value, result in zip(node.outputs, results, strict=True):
                made = graph.add_constant(node.name, np.ascontiguousarray(result), value.type)
                graph.replace(value, made)
    graph.remove_unused()


def shape_splats(graph: Graph) -> None:
    """A Splat that is reshaped, or cut, is a Splat; Glow names it after itself, or after the Slice."""
    for node in [*graph.read_nodes("Reshape"), *graph.read_nodes("Slice")]:
        splat = node.inputs[0].node
        if isinstance(splat, Splat) and (node.kind == "Slice" or graph.read_once(splat.output)):
            name = node.name if node.kind == "Slice" else splat.name
            graph.replace(node.output, graph.add_splat(name, node.output.type.shape, splat.data.flat[0]))
    graph.remove_unused()


def simplify(graph: Graph) -> None:
    """x + 0, x - 0, x * 1 and x / 1 are x, and x * 0 is 0, where the number is a Splat."""
    for node in graph.in_order():
        simpler = _simpler(graph, node) if node.kind in ("Add", "Sub", "Mul", "Div") else None
        if simpler is not None:
            graph.replace(node.output, simpler)
    graph.remove_unused()


def _simpler(graph: Graph, node: Node) -> Value | None:
    x, y = node.inputs
    if node.kind in ("Add", "Mul") and isinstance(x.node, Splat):
        x, y = y, x
        graph.unique_name(node.name)  # Glow makes the node anew to turn it round
    number = float(y.node.data.flat[0]) if isinstance(y.node, Splat) else None
    if node.kind == "Mul" and number == 0:
        return y
    return x if number == (0 if node.kind in ("Add", "Sub") else 1) and x.type.shape == node.output.type.shape else None


def merge_equal(graph: Graph) -> None:
    """Of equal constants the first one stays, and of equal nodes that read the same."""
    shapes = {value.node: node.output.type.shape for node in graph.nodes if _is_binary(node) for value in node.inputs}
    first: dict = {}
    for node in graph.constants:
        data = node.data.reshape(()) if node.data.size == 1 else node.data
        kind = replace(node.output.type, shape=shapes.get(node, node.data.shape))
        key = (type(node), kind, data.shape, data.tobytes())
        _keep_first(graph, first, key, node)
    for node in graph.in_order():
        types = tuple(value.type for value in node.outputs)
        _keep_first(graph, first, (node.kind, tuple(node.inputs), types, repr(sorted(node.attributes.items()))), node)
    graph.remove_unused()


def _keep_first(graph: Graph, first: dict, key: tuple, node: Node) -> None:
    same = first.setdefault(key, node)
    if same is not node:
        for ours, theirs in zip(node.outputs, same.outputs, strict=True):
            graph.replace(ours, theirs)


def _is_binary(node: Node) -> bool:
    return isinstance(registry.of(node), elementwise.Binary)


def join_dense(graph: Graph, folded: bool) -> None:
    """MatMul by constant weights and the Add of a constant row behind it become FullyConnected.

    folded: whether Glow has repeated constants for what reads them; only then it joins several rows.
    """
    for node in graph.read_nodes("Add"):
        product, bias = producer(node.inputs[0], "MatMul"), producer(node.inputs[1], "Constant")
        if product is None or bias is None or not graph.read_once(product.output):
            continue
        rows, outputs = product.output.type.shape
        if product.inputs[1].node.kind != "Constant" or bias.data.size != outputs or (rows > 1 and not folded):
            continue
        name = f"{bias.name}_slice_reshape" if rows > 1 else bias.name
        row = graph.add_moved(bias, f"{name}_constfold", lambda data: data.reshape(-1))
        dense = graph.add("FullyConnected", product.name, [*product.inputs, row], [node.output.type])
        graph.replace(node.output, dense.output)
    graph.remove_unused()


def join_arithmetic(graph: Graph) -> None:
    """Sums and products with constants a channel that alone read a convolution become a BatchNormalization, to be folded."""
    for conv in graph.read_nodes("Convolution"):
        last, channels = conv.output, conv.output.type.shape[3]
        scale, bias = np.ones(channels, np.float32), np.zeros(channels, np.float32)
        while (step := _arithmetic(graph, last)) is not None:
            node, numbers = step
            scale, bias = _taken_in(node, last, numbers, scale, bias)
            last = node.output
        if last is not conv.output:
            _add_norm(graph, conv, last, scale, bias)
    graph.remove_unused()


def _arithmetic(graph: Graph, value: Value) -> tuple[Node, np.ndarray] | None:
    """The node that alone reads a value, where it combines it with one constant number a channel; and those numbers."""
    if not graph.read_once(value):
        return None
    (node,) = graph.users(value)
    others = [each for each in node.inputs if each is not value]
    if node.kind not in ("Add", "Sub", "Mul", "Div") or len(others) != 1 or node.output.type.shape != value.type.shape:
        return None
    constant, channels = producer(others[0], "Constant"), value.type.shape[3]
    if constant is None or isinstance(constant, Splat) or constant.data.size not in (1, channels):
        return None
    if constant.data.size == channels > 1 and constant.data.shape[-1] != channels:
        return None
    return node, np.broadcast_to(constant.data.ravel(), channels)


def _taken_in(node: Node, value: Value, numbers: np.ndarray, scale: np.ndarray, bias: np.ndarray):
    """scale and bias of value * scale + bias with what a node does to it; a Div is one, whichever side the value is on."""
    match node.kind:
        case "Add":
            return scale, bias + numbers
        case "Mul":
            return scale * numbers, bias * numbers
        case "Div":
            return scale / numbers, bias / numbers
    return (scale, bias - numbers) if node.inputs[0] is value else (-scale, numbers - bias)


def _add_norm(graph: Graph, conv: Node, last: Value, scale: np.ndarray, bias: np.ndarray) -> None:
    numbers = {"scale": scale, "bias": bias, "mean": np.zeros_like(scale), "var": np.ones_like(scale)}
    constants = [graph.add_constant(f"{conv.name}_BN_{name}", data) for name, data in numbers.items()]
    norm = graph.add("BatchNormalization", "BatchNorm", [conv.output, *constants], [last.type], axis=3, epsilon=0.0)
    graph.replace(last, norm.output)


def merge_pads(graph: Graph) -> None:
    """Zeros around the input of a convolution that alone reads them become its own padding."""
    for conv in graph.read_nodes("Convolution"):
        pad = producer(conv.inputs[0], "Pad")
        if (
            pad is None
            or pad.attributes["mode"] != "constant"
            or pad.attributes["value"] != 0
            or not graph.read_once(pad.output)
        ):
            continue
        (batch, rows, columns, channels), window = pad.attributes["pads"], conv.attributes["window"]
        if batch != (0, 0) or channels != (0, 0):
            continue
        around = (rows[0], columns[0], rows[1], columns[1])
        wider = replace(window, pads=tuple(a + b for a, b in zip(around, window.pads, strict=True)))
        attributes = {**conv.attributes, "window": wider}
        merged = graph.add(
            "Convolution", conv.name, [pad.inputs[0], *conv.inputs[1:]], [conv.output.type], **attributes
        )
        graph.replace(conv.output, merged.output)
    graph.remove_unused()


def fold_norms(graph: Graph) -> None:
    """A BatchNormalization that alone reads a convolution goes into its constants."""
    for node in graph.read_nodes("BatchNormalization"):
        conv = producer(node.inputs[0], "Convolution")
        if conv is None or node.attributes["axis"] != 3 or not graph.read_once(conv.output):
            continue
        constants = [producer(value, "Constant") for value in conv.inputs[1:]]
        if None not in constants:
            folded = batch_norm.fold(node, *(each.data for each in constants))
            conv.inputs[1:] = [_with_data(graph, *each) for each in zip(constants, folded, strict=True)]
            graph.replace(node.output, conv.output)


def _with_data(graph: Graph, constant: Constant, data: np.ndarray) -> Value:
    """A constant with other numbers: itself where nothing else reads it."""
    if len(graph.users(constant.output)) > 1:
        return graph.add_constant(constant.name, data)
    constant.data = data
    return constant.output


def name_rows(graph: Graph) -> None:
    """A constant that is read with more axes than it has, all of length 1, is one that Glow folded with a reshape."""
    for node in graph.nodes:
        if not _is_binary(node):
            continue
        for index, value in enumerate(node.inputs):
            shape, own = node.output.type.shape, value.type.shape
            rows = value.node.kind == "Constant" and not FOLDED.search(value.node.name) and len(own) < len(shape)
            if rows and (1,) * (len(shape) - len(own)) + own == shape:
                node.inputs[index] = graph.add_moved(value.node, f"{value.node.name}__1_constfold", np.copy)
    graph.remove_unused()
