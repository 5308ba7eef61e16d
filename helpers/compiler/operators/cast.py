"""Cast: from float32 to a float type, which is nothing at all: a network computes in float32.

Exporters put one behind an input of int32, int64 or bool. Given as float (-model-input=NAME,float,SHAPE) such an input takes the
same numbers.
"""

import onnx

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators import comparisons
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx

FLOATS = ("FLOAT", "FLOAT16", "BFLOAT16", "DOUBLE")


@from_onnx("Cast")
def import_cast(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The value itself, or a condition where it is not 0; raises Unsupported for a cast to or from whole numbers."""
    (x,) = node.inputs
    target = onnx.TensorProto.DataType.Name(node.attributes["to"])
    if x.type.element == "float" and target == "BOOL":
        graph, name = importer.graph, node.name
        return [comparisons.negated(graph, name, comparisons.negated(graph, name, x))]
    if x.type.element != "float" or target not in FLOATS:
        raise Unsupported(
            f"a cast from {x.type.element} to {target}", remedy="leave it out: a network computes in float32"
        )
    return [x]


@from_onnx("CastLike")
def import_cast_like(_importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The value itself, where both are float."""
    if any(value.type.element != "float" for value in node.inputs):
        raise Unsupported("a cast that is not from float32 to float32", remedy="leave it out")
    return [node.inputs[0]]
