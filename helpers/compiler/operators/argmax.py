"""ArgMax, which ends in whole numbers that no operator here computes with."""

from helpers.common.errors import Unsupported
from helpers.compiler.operators.base.registry import from_onnx


@from_onnx("ArgMax", "ArgMin", "TopK")
def import_argmax(importer, node):
    """Refused, with what to do."""
    remedy = "leave it off at the end: the class is where the largest output is"
    raise Unsupported("gives places, not numbers", remedy=remedy)
