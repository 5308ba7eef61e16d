"""Remove class labels at a network's end, as scikit-learn's converter writes them, if it also outputs probabilities."""

import warnings
from pathlib import Path

import onnx

WHOLE = [onnx.TensorProto.DataType.Value(name) for name in ("INT64", "INT32", "STRING", "BOOL")]


def cut(model: onnx.ModelProto, path: Path) -> None:
    """Drop label outputs and the nodes that only they need, in place; a map of probabilities becomes an array.

    A network without other outputs is not changed. A warning names what was dropped.
    """
    graph = model.graph
    dropped = [info.name for info in graph.output if info.type.tensor_type.elem_type in WHOLE]
    kept = [info for info in graph.output if info.name not in dropped]
    if not kept or not (dropped or any(node.op_type == "ZipMap" for node in graph.node)):
        return
    nearest = any(node.op_type == "ArgMin" and node.output[0] in dropped for node in graph.node)  # as k-means has it
    for node in graph.node:
        if node.op_type == "ZipMap":
            node.CopyFrom(onnx.helper.make_node("Identity", node.input, node.output, node.name))
    maps = [info for info in kept if not info.type.HasField("tensor_type")]
    for info in maps:
        info.CopyFrom(onnx.helper.make_tensor_value_info(info.name, onnx.TensorProto.FLOAT, None))
    keep(graph, kept)
    if dropped:
        others = ", ".join(repr(info.name) for info in kept)
        what = f"{path.name}: output {', '.join(map(repr, dropped))} is left out, as it is no real number"
        where = ", where it is smallest" if nearest else ""
        warnings.warn(f"{what}: take the class from {others}{where}", stacklevel=2)


def keep(graph: onnx.GraphProto, outputs: list) -> None:
    """Keep, in place, only these outputs, and the nodes that they need."""
    outputs = [onnx.ValueInfoProto.FromString(info.SerializeToString()) for info in outputs]
    wanted = {info.name for info in outputs}
    live: list[onnx.NodeProto] = []
    for node in reversed(graph.node):
        if wanted & set(node.output):
            wanted |= set(node.input)
            live.insert(0, onnx.NodeProto.FromString(node.SerializeToString()))
    del graph.node[:], graph.output[:]
    graph.node.extend(live)
    graph.output.extend(outputs)
