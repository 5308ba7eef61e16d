"""A table with the result of every input value: what any function of one integer comes down to."""

import numpy as np

from helpers.compiler.ir.attributes import NoAttributes
from helpers.compiler.ir.graph import Graph, Node, TensorType, Value
from helpers.compiler.numerics import affine
from helpers.compiler.operators.base.registry import Operator, operator, same_type


def add(graph: Graph, name: str, x: Value, table: np.ndarray, target: TensorType) -> Value:
    """Add a lookup of an int8 value; `table`: int8, a result for each of -128 to 127."""
    values = graph.add_constant(f"{name}_table", table, target.with_shape(table.shape))
    return graph.add("Lookup", name, [x, values], [target]).output


def c_function(node: Node, name: str) -> str:
    """C for inputs x and table, both of the result's element type."""
    c_type, smallest = same_type(node.output), affine.LIMITS[node.output.type.element][0]
    return (
        f"static void {name}(const {c_type} *in, const {c_type} *table, {c_type} *out) {{\n"
        f"  for (int i = 0; i < {node.output.type.size}; i++) out[i] = table[in[i] + {-smallest}];\n}}\n"
    )


def looked_up(node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Look values up in numpy."""
    x, table = inputs
    return [table[x.astype(np.int32) - affine.LIMITS[node.output.type.element][0]]]


@operator
class Lookup(Operator[NoAttributes]):
    """table[x], made where the function is known while compiling."""

    kind = "Lookup"

    def converts(self, node: Node, precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node, inputs: list[np.ndarray]) -> list[np.ndarray]:
        return looked_up(node, inputs)

    def emit(self, node: Node, name: str) -> str:
        return c_function(node, name)

    def overwrites(self, node: Node) -> tuple[int, ...]:
        return (0,)
