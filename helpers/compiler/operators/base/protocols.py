"""What operators ask of what they are given, by name: a lower floor cannot import the classes that do it.

`frontends.onnx.importer` has the importer and its node, `quantisation.quantiser.Plan` the plan, `profiling.lowering` the graph
that is profiled.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

import numpy as np

from helpers.compiler.ir.graph import Graph, Node, TensorType, Value

Results = Sequence[Value | None]  # of an ONNX node, in its order; None for one that nothing may read


class OnnxNode(Protocol):
    """One ONNX node: its operator, name, attributes as Python values, and inputs."""

    op_type: str
    name: str
    attributes: dict[str, Any]
    inputs: list[Any]  # values; None where an optional one is left out, for which `optional_input` asks
    output_count: int

    def with_inputs(self, inputs: list[Any], op_type: str = "", **attributes: Any) -> "OnnxNode":
        """This node with other inputs, under another type where one is given, with more attributes."""

    def optional_input(self, index: int) -> Value | None:
        """An input that may be missing."""


class OnnxImporter(Protocol):
    """The importer of an ONNX file: the graph that it builds, and what import functions share."""

    graph: Graph
    opset: int

    def constant(self, value: Value | None) -> np.ndarray:
        """The array of a value that must be known now; raises Unsupported where it is computed."""

    def check_size(self, shape: Iterable[int]) -> None:
        """Raises Unsupported for a tensor that is far beyond a microcontroller."""

    def binary(self, kind: str, name: str, x: Value, y: Value, broadcast: str = "") -> Value:
        """Add an operator on two values that are broadcast."""


class QuantisationRules(Protocol):
    """How numbers become integers."""

    @property
    def precision(self) -> str:
        """Element type of the activations and weights."""

    @property
    def bias_precision(self) -> str:
        """Element type of biases."""

    @property
    def schema(self) -> str:
        """How scale and offset follow from a range."""

    @property
    def channelwise(self) -> bool:
        """Whether each channel of a convolution has a scale of its own."""

    @property
    def rowwise(self) -> bool:
        """Whether each row of a dense layer's weights has a scale of its own."""


class QuantisationPlan(Protocol):
    """Answers an operator's questions while it is quantised."""

    graph: Graph

    @property
    def configuration(self) -> QuantisationRules:
        """What the quantisation options choose."""

    def type_of(self, value: Value, computed: bool = False) -> TensorType:
        """The integer type that the profile gives a value."""

    def bias_type(self, bias: Value, preferred: np.float32) -> TensorType:
        """The type of a bias, given the scale of the sums that it is added to."""

    def add_table(self, data: np.ndarray, table_type: TensorType) -> Value:
        """Add a lookup table; equal ones are one constant."""

    def constant(self, node: Node, index: int, target: TensorType) -> Value:
        """Quantise a node's constant input in its place."""

    def replace_constant(self, node: Node, index: int, data: np.ndarray, target: TensorType) -> Value:
        """Put an integer array in the place of a node's constant input."""

    def quantise_weights_and_bias(self, node: Node) -> None:
        """Quantise the constants of a node that has x, weights and bias."""

    def widened(
        self, node: Node, weights: TensorType, bias: np.ndarray, bias_type: Callable[[np.float32], TensorType]
    ) -> TensorType:
        """The type of weights at whose scale neither a bias nor the sums that were profiled wrap."""


class Lowering(Protocol):
    """The graph that is profiled, while operators are lowered in it."""

    graph: Graph

    def add(
        self, kind: str, name: str, inputs: list[Value], shape: Iterable[int], like: Any = None, **values: Any
    ) -> Value:
        """Add a float node; `like` and `values` as of Graph.add."""

    def splat(self, name: str, shape: tuple[int, ...], number: float) -> Value:
        """Add a tensor of one number."""

    def constant(self, value: Value, data: np.ndarray) -> Value:
        """A constant of the same name with its elements repeated."""

    def also(self, value: Value, *names: str) -> None:
        """Let the profile list a value under more names."""
