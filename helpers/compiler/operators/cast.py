"""Cast: from float32 to float32, which is nothing at all.

Exporters put one behind an input of int32, int64 or bool. Given as float (-model-input=NAME,float,SHAPE) such an input takes the
same numbers.
"""

import onnx

from helpers.common.errors import Unsupported
from helpers.compiler.operators.base.registry import from_onnx


@from_onnx("Cast")
def import_cast(importer, node):
    """The value itself; raises Unsupported for a cast to or from another type."""
    (x,) = node.inputs
    target = onnx.TensorProto.DataType.Name(node.attributes["to"])
    if x.type.element != "float" or target != "FLOAT":
        raise Unsupported(
            f"a cast from {x.type.element} to {target}", remedy="leave it out: a network computes in float32"
        )
    return [x]
