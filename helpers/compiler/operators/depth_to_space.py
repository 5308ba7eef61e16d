"""DepthToSpace and SpaceToDepth: a reshape, a transpose and a reshape."""

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import reshape, transpose
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx

# [batch, channels, height, width] as six axes, their order behind the transpose.
ORDERS = {"DCR": (0, 3, 4, 1, 5, 2), "CRD": (0, 1, 4, 2, 5, 3)}


@from_onnx("DepthToSpace")
def import_depth_to_space(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Each pixel's channels become a block of pixels; PyTorch's PixelShuffle has mode CRD."""
    graph, x, block, mode = importer.graph, node.inputs[0], node.attributes["blocksize"], _mode(node)
    batch, channels, height, width = x.type.shape
    left = channels // block**2
    parts = (batch, block, block, left, height, width) if mode == "DCR" else (batch, left, block, block, height, width)
    moved = transpose.add(graph, node.name, reshape.add(graph, node.name, x, parts), ORDERS[mode])
    return [reshape.add(graph, node.name, moved, (batch, left, height * block, width * block))]


@from_onnx("SpaceToDepth")
def import_space_to_depth(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Each block of pixels becomes the channels of one."""
    graph, x, block, mode = importer.graph, node.inputs[0], node.attributes["blocksize"], _mode(node)
    batch, channels, height, width = x.type.shape
    parts = (batch, channels, height // block, block, width // block, block)
    order = (0, 3, 5, 1, 2, 4) if mode == "DCR" else (0, 1, 3, 5, 2, 4)
    moved = transpose.add(graph, node.name, reshape.add(graph, node.name, x, parts), order)
    return [reshape.add(graph, node.name, moved, (batch, channels * block**2, height // block, width // block))]


def _mode(node: OnnxNode) -> str:
    mode = node.attributes.get("mode", "DCR")
    if mode not in ORDERS or len(node.inputs[0].type.shape) != 4:
        raise Unsupported(f"blocks of {len(node.inputs[0].type.shape)} dimensions in mode {mode}", remedy="use images")
    return mode
