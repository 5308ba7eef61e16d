"""ArgMax, which ends in whole numbers that no operator here computes with."""

from helpers.common.errors import Unsupported
from helpers.compiler.ir.graph import Value
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import from_onnx


@from_onnx("ArgMax", "ArgMin", "TopK")
def import_argmax(_importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """Refused, with what to do."""
    end = "smallest" if node.op_type == "ArgMin" else "largest"
    remedy = f"leave it off at the end: the class is where the {end} output is"
    raise Unsupported("gives places, not numbers", remedy=remedy)
