"""What operators that work element by element share: Unary, and Binary with broadcasting."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Constant, Node, TensorType, Value
from helpers.compiler.numerics import short_sums
from helpers.compiler.numerics.affine import clip
from helpers.compiler.numerics.requantisation import fixed_point, requantisation
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.protocols import Lowering
from helpers.compiler.operators.base.registry import CLIPS, Operator, same_type


@dataclass(slots=True, kw_only=True)
class UnaryAttributes:
    """Requantisation from the input's scale to the result's."""

    requantisation: Rule = computed()


@dataclass(slots=True, kw_only=True)
class BinaryAttributes:
    """broadcast: name of the repetition of the smaller input; turned: the inputs changed places, as a constant came first."""

    broadcast: str | None = None
    turned: bool = False


@dataclass(slots=True, kw_only=True)
class ScaledAttributes(BinaryAttributes):
    """Requantisation of each input to the result's scale."""

    left: Rule = computed()
    right: Rule = computed()


@dataclass(slots=True, kw_only=True)
class SumAttributes(ScaledAttributes):
    """As TFLite has it, if `sum` is there: of each input to a common scale, and of the sum to the result's."""

    sum: Rule | None = None


U = TypeVar("U", bound=UnaryAttributes)
B = TypeVar("B", bound=BinaryAttributes)


class Unary(Operator[U]):
    """One input, one output of its shape. `x` stands for the element, in integers less the input's offset."""

    attributes: type = UnaryAttributes

    def integer(self, node: Node[U], x: np.ndarray) -> np.ndarray:
        """Integer results before they are clipped, offset included; x is int32 less its offset."""
        raise NotImplementedError(self.kind)

    def c_float(self, node: Node[U]) -> str:
        """The C statement that sets out[i] from the float x."""
        raise NotImplementedError(self.kind)

    def c_integer(self, node: Node[U]) -> str:
        """The integer formula in C, from int32_t x (and y), requantised but not clipped."""
        raise NotImplementedError(self.kind)

    def compute_integer(self, node: Node[U], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x = inputs[0].astype(np.int32) - np.int32(node.inputs[0].type.offset)
        return [clip(self.integer(node, x), node.output.type.element)]

    def settle(self, node: Node[U]) -> None:
        x, out = node.inputs[0].type, node.output.type
        if out.quantised:
            factor = np.float32(x.scale) / np.float32(out.scale)
            node.attributes.requantisation = requantisation(factor, out.offset)

    def emit(self, node: Node[U], name: str) -> str:
        x, integer = node.inputs[0].type, node.output.type.quantised
        element, number = ("int8_t", "int32_t") if integer else ("float", "float")
        offset = f" - ({x.offset})" if x.offset else ""
        return (
            f"static void {name}(const {element} *in, {element} *out) {{\n"
            f"  for (int i = 0; i < {x.size}; i++) {{\n"
            f"    {number} x = in[i]{offset};\n"
            f"    {self.c_integer(node) if integer else self.c_float(node)}\n  }}\n}}\n"
        )

    def overwrites(self, node: Node[U]) -> tuple[int, ...]:
        return (0,)


class Binary(Operator[B]):
    """Two inputs, broadcast as numpy does."""

    attributes: type = BinaryAttributes

    def float_result(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The result of two float32 arrays."""
        raise NotImplementedError(self.kind)

    def integer(self, node: Node[B], x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Integer results before they are clipped, offset included; x and y are int32 less their offsets."""
        raise NotImplementedError(self.kind)

    def c_float(self) -> str:
        """A C expression of x and y."""
        raise NotImplementedError(self.kind)

    def c_integer(self, node: Node[B]) -> str:
        """The integer formula in C, from int32_t x (and y), requantised but not clipped."""
        raise NotImplementedError(self.kind)

    def compute(self, node: Node[B], inputs: list[np.ndarray]) -> list[np.ndarray]:
        return [self.float_result(*inputs).astype(np.float32)]

    def compute_integer(self, node: Node[B], inputs: list[np.ndarray]) -> list[np.ndarray]:
        x, y = (each.astype(np.int32) - np.int32(v.type.offset) for each, v in zip(inputs, node.inputs, strict=True))
        return [clip(self.integer(node, x, y), node.output.type.element)]

    def emit(self, node: Node[B], name: str) -> str:
        out, integer = node.output.type, node.output.type.quantised
        element, number = same_type(node.output), "int32_t" if integer else "float"
        result = f"{CLIPS[out.element]}({self.c_integer(node)})" if integer else self.c_float()
        lines = [f"static void {name}(const {element} *left, const {element} *right, {element} *out) {{"]
        loops, places = axes(out.shape, [value.type.shape for value in node.inputs])
        for depth, (axis, size) in enumerate(loops):
            lines.append(f"{'  ' * (depth + 1)}for (int i{axis} = 0; i{axis} < {size}; i{axis}++) {{")
        pad = "  " * (len(loops) + 1)
        for variable, side, place, value in zip("xy", ("left", "right"), places, node.inputs, strict=True):
            offset = f" - ({value.type.offset})" if value.type.offset else ""
            lines.append(f"{pad}{number} {variable} = {side}[{place}]{offset};")
        lines.append(f"{pad}*out++ = {result};")
        lines += [f"{'  ' * depth}}}" for depth in range(len(loops), -1, -1)]
        return "\n".join(lines) + "\n"

    def lower(self, node: Node[B], lowering: Lowering) -> Value | None:
        """The smaller of two values is repeated to the shape of the result first."""
        node.inputs = self.repeated(node, lowering)
        return None

    def repeated(self, node: Node[B], lowering: Lowering) -> list[Value]:
        """Both inputs in the shape of the result, made by nodes that Glow lowers a Broadcast to."""
        return [
            _repeated(lowering, node.attributes.broadcast or "", value, node.output.type.shape) for value in node.inputs
        ]

    def batches(self, node: Node[B]) -> bool:
        """Not where numpy puts another axis in front of a computed input's."""
        computed = [value.type.shape for value in node.inputs if not isinstance(value.node, Constant)]
        return super().batches(node) and all(len(shape) == len(node.output.type.shape) for shape in computed)

    def overwrites(self, node: Node[B]) -> tuple[int, ...]:
        return tuple(index for index in (0, 1) if node.inputs[index].type.shape == node.output.type.shape)


def _repeated(lowering: Lowering, name: str, value: Value, shape: tuple[int, ...]) -> Value:
    if value.type.shape == shape:
        return value
    if isinstance(value.node, Constant):
        return lowering.constant(value, np.broadcast_to(value.node.data, shape))
    return repeated(lowering, name, value, shape, len(shape) - len(value.type.shape))


def repeated(lowering: Lowering, name: str, value: Value, shape: tuple[int, ...], axis: int) -> Value:
    """A value, whose first axis is `axis` of the shape, again and again: the nodes that Glow lowers a Broadcast to."""
    behind = len(shape) - axis - len(value.type.shape)
    padded = (*(1,) * axis, *value.type.shape, *(1,) * behind)
    result = lowering.add("Reshape", f"{name}_reshape", [value], padded)
    for each, size in enumerate(shape):
        if padded[each] != size:
            padded = (*padded[:each], size, *padded[each + 1 :])
            tile = lowering.graph.unique_name(f"{name}_tile{each}")
            result = lowering.add(
                "Repeated", tile, [result, lowering.add("Touch", "init", [], padded)], padded, axis=each
            )
            lowering.also(result, f"{tile}:0")
    lowering.also(result, f"{lowering.graph.unique_name(name)}:0")
    return result


def scaled_to_output(node: Node[ScaledAttributes]) -> None:
    """`left` and `right`: the factors that bring each input to the output's scale (Glow's additive kernels)."""
    out = node.output.type
    if out.quantised and node.attributes.left is None:
        left, right = (requantisation(np.float32(value.type.scale) / np.float32(out.scale)) for value in node.inputs)
        node.set(left=left, right=right)


def sum_factors(x: TensorType, y: TensorType, out: TensorType, helper: str = "doubled", bits: int = 20) -> dict:
    """Factors of a sum as TFLite has them: both to twice the larger scale, with `bits` behind the point, then the sum's."""
    twice = 2 * float(max(x.scale, y.scale))
    return {
        "left": fixed_point(float(x.scale) / twice, left=bits),
        "right": fixed_point(float(y.scale) / twice, left=bits),
        "sum": fixed_point(twice / (2**bits * float(out.scale)), out.offset, helper=helper),
    }


def short_sum(operator: Binary, node: Node[SumAttributes], sign: int) -> short_sums.ShortSum | None:
    """Two products and a shift in place of TFLite's three roundings in 64 bits; None if they do not give its elements."""
    left, right, out = (value.type for value in (*node.inputs, node.output))
    if node.attributes.sum is None or any(each.element != "int8" for each in (left, right, out)):
        return None
    x, y = (short_sums.INT8 - left.offset)[:, None], (short_sums.INT8 - right.offset)[None, :]
    exact = operator.integer(node, *(each.astype(np.int32) for each in np.broadcast_arrays(x, y))).astype(np.int64)
    elements = exact.clip(-128, 127).astype(np.int16).tobytes()
    slopes = left.scale / out.scale, sign * right.scale / out.scale
    return short_sums.of_pairs(slopes, (left.offset, right.offset), elements, (-128, 127))


def axes(shape: tuple[int, ...], inputs: list[tuple[int, ...]]) -> tuple[list[tuple[int, int]], list[str]]:
    """Loops over the output, axes that all inputs share joined: [(axis, size)], and each input's index expression."""
    full = [(1,) * (len(shape) - len(each)) + tuple(each) for each in inputs]
    groups: list[list[int]] = []
    for axis in range(len(shape)):
        if shape[axis] == 1:
            continue
        same = groups and all((each[axis] == 1) == (each[groups[-1][-1]] == 1) for each in full)
        groups[-1].append(axis) if same else groups.append([axis])
    axes = [(group[0], int(np.prod([shape[axis] for axis in group]))) for group in groups]
    return axes, [_place(each, groups) for each in full]


def _place(shape: tuple[int, ...], groups: list[list[int]]) -> str:
    terms = []
    for group in groups:
        if shape[group[-1]] != 1:
            stride = int(np.prod(shape[group[-1] + 1 :], dtype=np.int64))
            terms.append(f"i{group[0]} * {stride}" if stride != 1 else f"i{group[0]}")
    return " + ".join(terms) or "0"
