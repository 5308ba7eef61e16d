"""The attributes of an ONNX node, of which none is ignored silently: what no import function has read must be its default."""

from collections.abc import Iterator
from typing import Any

import onnx

from helpers.common.errors import Unsupported
from helpers.compiler.frontends.wording import quoted

# Attributes that cannot change what a network computes when it is run, by operator.
_RECURRENT = {"hidden_size"}  # the weights' shapes say it
_TREES = {"nodes_hitrates"}  # a hint for speed
WITHOUT_EFFECT = {
    "BatchNormalization": {"momentum"},  # of training
    "Cast": {"saturate"},  # of float8 only, which is refused
    "DequantizeLinear": {"output_dtype"},  # a float, and every float is computed with as float32
    "Dropout": {"is_test", "ratio", "seed"},  # of training
    "GRU": _RECURRENT,
    "LSTM": _RECURRENT,
    "LinearClassifier": {"multi_class"},  # of training; onnxruntime does not read it
    "MaxPool": {"storage_order"},  # of the indices only, which are refused
    "QuantizeLinear": {"saturate"},  # of float8 only, which is refused
    "RNN": _RECURRENT,
    "ReverseSequence": {"batch_axis"},  # the axis of two that is not time_axis
    "TreeEnsembleClassifier": _TREES,
    "TreeEnsembleRegressor": _TREES,
}


class Attributes(dict[str, Any]):
    """Attributes by name; keeps which ones were asked for."""

    def __init__(self, values: dict[str, Any], asked: set[str] | None = None):
        super().__init__(values)
        self.asked: set[str] = set() if asked is None else asked

    def __getitem__(self, name: str) -> Any:
        """As in a dict; the name counts as asked for."""
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        """As in a dict; the name counts as asked for."""
        self.asked.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        """As in a dict; all names count as asked for."""
        self.asked.update(self.keys())
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        """As in a dict; the name counts as asked for."""
        self.asked.add(name)
        return super().get(name, default)

    def __or__(self, others: dict[str, Any]) -> "Attributes":  # type: ignore[override]
        """These and others; what is asked of the result is asked of these."""
        return Attributes({**dict(self.items()), **others}, self.asked)


def of(proto: onnx.NodeProto) -> Attributes:
    """The attributes of a node: texts as str, lists as tuples."""
    return Attributes({each.name: _value(each) for each in proto.attribute})


def check_all_read(proto: onnx.NodeProto, attributes: Attributes, opset: int) -> None:
    """Raise Unsupported for an attribute that was not asked for, unless it has its default or no effect."""
    for each in proto.attribute:
        harmless = each.name in WITHOUT_EFFECT.get(proto.op_type, ())
        if each.name not in attributes.asked and not harmless and not _is_default(proto, each, opset):
            value = _value(each)
            raise Unsupported(
                f"{each.name}={quoted(str(value))} is not supported",
                remedy="leave the attribute out, and export the model again",
            )


def _is_default(proto: onnx.NodeProto, attribute: onnx.AttributeProto, opset: int) -> bool:
    try:
        schema = onnx.defs.get_schema(proto.op_type, opset, "" if proto.domain == "ai.onnx" else proto.domain)
    except onnx.defs.SchemaError:
        return False
    known = schema.attributes.get(attribute.name)
    return known is not None and known.default_value.name != "" and _value(known.default_value) == _value(attribute)


def _value(proto: onnx.AttributeProto) -> Any:
    value = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return tuple(value) if isinstance(value, list) else value
