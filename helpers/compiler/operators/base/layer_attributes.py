"""Attributes that layers with weights share: a fused activation, and how sums become results."""

from dataclasses import dataclass
from typing import Any, ClassVar

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, TensorType
from helpers.compiler.ir.window import POINT, Window
from helpers.compiler.numerics.requantisation import FixedPoint, Requantisation

Rule = Requantisation | FixedPoint


@dataclass(slots=True, kw_only=True)
class FusedAttributes:
    """The activation that follows a layer and is computed with it.

    fused: its kind: Relu, Clip or LeakyRelu.
    fused_arguments: its own attributes.
    """

    fused: str | None = None
    fused_arguments: Any = None


def fused_activation(node: Node) -> str | None:
    """Return the kind of the activation that is fused into a node of any kind; None if there is none."""
    return node.attributes.fused if isinstance(node.attributes, FusedAttributes) else None


@dataclass(slots=True, kw_only=True)
class WeightedAttributes(FusedAttributes):
    """How integer sums become results, by numbers for the whole layer or for each output.

    bias_requantisation, requantisation: bias to steps of the sums, and sums to the result, for all outputs.
    bias_requantisations, requantisations: the same for each output.
    filters, biases: types of the weights and the bias of each output, if each has its own.
    bias_in_sums: the bias is stored in steps of the sums.
    """

    bias_requantisation: Rule = computed()
    requantisation: Rule = computed()
    bias_requantisations: list[Rule] = computed()
    requantisations: list[Rule] = computed()
    filters: list[TensorType] = computed()
    biases: list[TensorType] = computed()
    bias_in_sums: bool = False


@dataclass(slots=True, kw_only=True)
class ConvAttributes(WeightedAttributes):
    """A convolution: its window, and into how many groups its channels fall."""

    window: Window
    group: int


@dataclass(slots=True, kw_only=True)
class DenseAttributes(WeightedAttributes):
    """A dense layer: a convolution whose window is one point.

    gemm: name of the ONNX Gemm that it was.
    transposed: name of the weights in the file if Gemm's transB turned them, else empty.
    whole: sums start at the bias, as in a lowered graph.
    """

    window: ClassVar[Window] = POINT
    group: ClassVar[int] = 1

    gemm: str | None = None
    transposed: str = ""
    whole: bool = False
