"""Decision trees: a walk through tables, with an integer comparison a node."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base import trees
from helpers.compiler.operators.base.protocols import QuantisationPlan
from helpers.compiler.operators.base.registry import Operator, operator, same_type
from helpers.compiler.operators.base.trees import Tables, Trees

_LINE = 20  # numbers


def add(graph: Graph, name: str, x: Value, given: Trees) -> Value:
    """Add the sums of trees of each row of x [N, features]: float32 [N, targets]."""
    kind = x.type.with_shape((x.type.shape[0], given.targets))
    if kind.element != "float":
        kind = type(kind)(kind.shape)
    return graph.add("TreeEnsemble", name, [x], [kind], trees=given).output


@dataclass(slots=True, kw_only=True)
class TreeAttributes:
    """trees: as the file has them; tables: as the code walks them, for the type of the input."""

    trees: Trees
    tables: Tables = computed()


@operator
class TreeEnsemble(Operator[TreeAttributes]):
    """Sums of what the leaves say that each tree leads to.

    float32 inputs are compared to the bit, as integers of the same order; int8 inputs in their own steps, with thresholds
    moved to the last step that is at most the real one. What is added is in fixed point; the result is float32 in both cases.
    """

    kind = "TreeEnsemble"
    attributes = TreeAttributes
    reads_integers = True

    def compute(self, node: Node[TreeAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [_result(_tables(node), trees.ordered(inputs[0]))]

    def compute_integer(self, node: Node[TreeAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [_result(_tables(node), inputs[0].astype(np.int64))]

    def converts(self, node: Node[TreeAttributes], precision: str, bias_precision: str) -> bool:
        """Only where the input is integers already: a tree of real numbers is exact, and hardly larger."""
        return precision == "int8" and node.inputs[0].type.element == "int8"

    def quantise(self, node: Node[TreeAttributes], plan: QuantisationPlan) -> None:
        """The result stays float32."""

    def settle(self, node: Node[TreeAttributes]) -> None:
        node.attributes.tables = _tables(node)

    def emit(self, node: Node[TreeAttributes], name: str) -> str:
        """Tables, and a loop over trees in which each step down takes the same time, whichever way it goes."""
        found, x = _tables(node), node.inputs[0].type
        given, element = found.trees, same_type(node.inputs[0])
        read = "ordered(in[%s])" if element == "float" else "in[%s]"
        arrays = {
            "feature": given.features, "threshold": given.thresholds, "child": given.children.ravel(),
            "root": given.roots, "leaf": given.leaves.ravel(), "base": given.base,
        }  # fmt: skip
        text = "".join(_array(f"{name}_{part}", numbers) for part, numbers in arrays.items())
        return text + _C % {
            "name": name, "element": element, "rows": x.shape[0], "width": x.shape[1], "targets": given.targets,
            "trees": len(given.roots), "read": read % f"{name}_feature[node]", "power": found.power,
        }  # fmt: skip


def _tables(node: Node[TreeAttributes]) -> Tables:
    found = node.attributes.tables
    return found if found is not None else trees.tables(node.attributes.trees, node.inputs[0].type)


def _result(found: Tables, x: np.ndarray) -> np.ndarray:
    return trees.walked(found, x).astype(np.float32) * np.float32(2.0**found.power)


def _array(name: str, numbers: np.ndarray) -> str:
    """A constant array of the smallest type that holds its numbers; one number where there is none."""
    listed = [int(number) for number in numbers] or [0]
    bits = next(bits for bits in (8, 16, 32) if -(2 ** (bits - 1)) <= min(listed) and max(listed) < 2 ** (bits - 1))
    lines = (", ".join(map(str, listed[start : start + _LINE])) for start in range(0, len(listed), _LINE))
    return f"static const int{bits}_t {name}[] = {{\n  {f',{chr(10)}  '.join(lines)}\n}};\n"


_C = """\
static void %(name)s(const %(element)s *in, float *out) {
  for (int n = 0; n < %(rows)d; n++, in += %(width)d, out += %(targets)d) {
    int32_t sums[%(targets)d];
    for (int i = 0; i < %(targets)d; i++) sums[i] = %(name)s_base[i];
    for (int tree = 0; tree < %(trees)d; tree++) {
      int node = %(name)s_root[tree];
      while (node >= 0) node = %(name)s_child[2 * node + (%(read)s > %(name)s_threshold[node])];
      for (int i = 0; i < %(targets)d; i++) sums[i] += %(name)s_leaf[~node * %(targets)d + i];
    }
    for (int i = 0; i < %(targets)d; i++) out[i] = power_scaled(sums[i], %(power)d);
  }
}
"""
