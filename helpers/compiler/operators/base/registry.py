"""What every operator offers, and where each is found."""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

import numpy as np

from helpers.common.errors import Unsupported
from helpers.compiler.ir.attributes import NoAttributes, register
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base.protocols import Lowering, QuantisationPlan, Results

A = TypeVar("A")


class Operator(Generic[A]):
    """One kind of node, with the class of its attributes. A file of this folder subclasses it; TEMPLATE.md shows how."""

    kind = ""
    attributes: type = NoAttributes  # A
    keeps_type = False  # moves data only: the result has its first input's scale and offset
    integers: tuple[str, ...] = ("int8",)  # element types with an integer kernel; () for float32 only
    reads_integers = False  # takes integers as they come from a file, in place of real numbers
    resizes = False  # a result may lie in the place of an input that it overwrites whatever the sizes
    internal = False  # made by a rewrite for one core; no file and no profile knows it
    keeps: tuple[tuple[int, int], ...] = ()  # pairs of numbers: an input that is a state, the output that it becomes
    constant_inputs: tuple[int, ...] = ()  # inputs that `quantise` itself quantises where they are constants

    def compute(self, node: Node[A], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """The results for float32 inputs, in float32, in Glow's order of summation."""
        raise NotImplementedError(self.kind)

    def compute_integer(self, node: Node[A], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """The results for integer inputs, as integers, bit for bit what the bundle computes."""
        return self.compute(node, inputs)

    def batches(self, node: Node[A]) -> bool:
        """Whether axis 0 is the batch before and after, so that many inferences can be computed at once."""
        computed = [value for value in node.inputs if value is not None and value.node.kind != "Constant"]
        return all(value.type.shape[:1] == (1,) for value in (*computed, *node.outputs))

    def lower(self, node: Node[A], lowering: Lowering) -> Value | None:
        """Return the value that replaces the result in the graph that is profiled; None if the node stays.

        It is made of the nodes to which Glow lowers this one. `lowering` builds the graph (profiling.lowering.Lowering).
        """
        return None

    def expand(self, node: Node[A], graph: Graph) -> Value | None:
        """Return the value that replaces the result before the network is quantised; None if this kind has code itself.

        It is made of kinds that have code.
        """
        return None

    def converts(self, node: Node[A], precision: str, bias_precision: str) -> bool:
        """Whether Glow's CPU backend has an integer kernel for this node; it stays float32 where not."""
        return precision in self.integers

    def quantise(self, node: Node[A], plan: QuantisationPlan) -> None:
        """Give the results and the constants in `constant_inputs` integer types; `plan` is a quantize.Plan."""
        for value in node.outputs:
            if self.keeps_type:
                value.type = value.type.with_elements_of(node.inputs[0].type)
            else:
                value.type = plan.type_of(value)

    def settle(self, node: Node[A]) -> None:
        """Called last, with final types: turn their scales into the integer factors that compute_integer and emit need."""

    def emit(self, node: Node[A], name: str) -> str:
        """A C function `name` that takes a pointer to each input, then to each output."""
        raise Unsupported(f"there is no C for {self.kind} on {node.inputs[0].type.element}", where=node.name)

    def value(self, x: np.ndarray) -> np.ndarray:
        """The plain function of one value in float32, for a table as TFLite makes it."""
        raise NotImplementedError(self.kind)

    def overwrites(self, node: Node[A]) -> tuple[int, ...]:
        """The inputs, by number, in whose place the result may lie: it is computed element by element, in step with them."""
        return ()


AnyOperator = TypeVar("AnyOperator", bound=Operator[Any])
ImportFunction = Callable[[Any, Any], Results]  # of an OnnxImporter and an OnnxNode
AnyImport = TypeVar("AnyImport", bound=ImportFunction)
C_TYPES = {"float": "float", "int8": "int8_t", "int16": "int16_t", "int32": "int32_t", "int64": "int64_t"}
CLIPS = {"int8": "clip8", "int16": "clip16"}  # C functions that saturate to a type, by name
OPERATORS: dict[str, Operator[Any]] = {}
ONNX_IMPORTERS: dict[str, ImportFunction] = {}


def operator(cls: type[AnyOperator]) -> type[AnyOperator]:
    """Class decorator: make an operator known by its kind, and the class of its attributes."""
    OPERATORS[cls.kind] = cls()
    register(cls.kind, cls.attributes)
    return cls


def from_onnx(*op_types: str) -> Callable[[AnyImport], AnyImport]:
    """Function decorator: this function imports these ONNX operators. It takes (importer, onnx_node) and returns values."""

    def add(function: AnyImport) -> AnyImport:
        for op_type in op_types:
            ONNX_IMPORTERS[op_type] = function
        return function

    return add


@cache
def load_all() -> None:
    """Import every file of this folder once, so that adding an operator takes one file."""
    package = importlib.import_module("helpers.compiler.operators")
    for module in sorted(each.name for each in pkgutil.iter_modules(package.__path__)):
        importlib.import_module(f"helpers.compiler.operators.{module}")


def of(node: Node) -> Operator[Any]:
    """The operator of a node; raises Unsupported naming the node where there is none."""
    load_all()
    if node.kind not in OPERATORS:
        raise Unsupported(f"operator {node.kind} is not supported", where=node.name)
    return OPERATORS[node.kind]


def kinds() -> list[str]:
    """The kinds of nodes that a network can have."""
    load_all()
    return sorted(kind for kind, each in OPERATORS.items() if not each.internal)


def same_type(value: Value) -> str:
    """The C type of a value's elements."""
    return C_TYPES[value.type.element]
