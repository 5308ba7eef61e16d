"""Average pooling over NHWC; ONNX AveragePool and GlobalAveragePool come wrapped in transposes, as Glow imports them."""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.attributes import computed
from helpers.compiler.ir.graph import Node, Value
from helpers.compiler.numerics import affine
from helpers.compiler.numerics.division import reciprocals
from helpers.compiler.numerics.requantisation import requantisation
from helpers.compiler.operators import max_pool
from helpers.compiler.operators.base import c_code
from helpers.compiler.operators.base.layer_attributes import Rule
from helpers.compiler.operators.base.protocols import OnnxImporter, OnnxNode
from helpers.compiler.operators.base.registry import CLIPS, Operator, from_onnx, operator, same_type


@from_onnx("AveragePool")
def import_average_pool(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """AveragePool; without count_include_pad the padding does not count."""
    counted = bool(node.attributes.get("count_include_pad", 0))
    return [max_pool.import_pool(importer, node, "AvgPool", count_padding=counted)]


@from_onnx("GlobalAveragePool")
def import_global_average_pool(importer: OnnxImporter, node: OnnxNode) -> list[Value]:
    """The mean of each channel."""
    return [max_pool.import_pool(importer, node, "AvgPool", whole=True, count_padding=False)]


@dataclass(slots=True, kw_only=True)
class AvgPoolAttributes(max_pool.MaxPoolAttributes):
    """count_padding: whether padding counts as zeros."""

    count_padding: bool
    requantisation: Rule = computed()


@operator
class AvgPool(Operator[AvgPoolAttributes]):
    """The mean of what lies under a window; `count_padding`: whether padding counts as zeros."""

    kind = "AvgPool"
    attributes = AvgPoolAttributes

    def _sums(self, node: Node[AvgPoolAttributes], x: np.ndarray) -> np.ndarray:
        window = node.attributes.window
        padded, size = window.padded(x, 0), node.output.type.shape[1:3]
        first, *others = window.taps()
        total = window.view(padded, first, size).copy()
        for tap in others:
            total = total + window.view(padded, tap, size)
        return total

    def _areas(self, node: Node[AvgPoolAttributes]) -> np.ndarray:
        """How many elements each window position really covers: (1, rows, columns, 1)."""
        window, x = node.attributes.window, node.inputs[0].type
        if node.attributes.count_padding:
            return np.full((1, *node.output.type.shape[1:3], 1), len(window.taps()))
        return self._sums(node, np.ones((1, *x.shape[1:3], 1), np.int64))

    def compute(self, node: Node[AvgPoolAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        areas = self._areas(node).astype(np.float32)
        return [
            np.where(areas > 0, self._sums(node, inputs[0]) / np.maximum(areas, 1), np.float32(0)).astype(np.float32)
        ]

    def settle(self, node: Node[AvgPoolAttributes]) -> None:
        x, out = node.inputs[0].type, node.output.type
        if out.quantised and node.attributes.requantisation is None:
            factor, offset = np.float32(x.scale) / np.float32(out.scale), 0
            if node.attributes.count_padding:
                factor, offset = factor / np.float32(len(node.attributes.window.taps())), out.offset
            node.attributes.requantisation = requantisation(factor, offset)

    def compute_integer(self, node: Node[AvgPoolAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        """The sum requantised, then divided by the area where that is not a constant in the factor."""
        sums = self._sums(node, inputs[0].astype(np.int64) - self.before(node))
        return [affine.clip(self.means(node, sums), node.output.type.element)]

    def before(self, node: Node[AvgPoolAttributes]) -> int:
        """What each integer is less by before it is summed."""
        return _offsets(node)[0]

    def means(self, node: Node[AvgPoolAttributes], sums: np.ndarray) -> np.ndarray:
        """The results that integer sums give, before they are clipped."""
        result = node.attributes.requantisation.apply(sums)
        if node.attributes.count_padding:
            return result
        areas = np.maximum(self._areas(node), 1)
        half = areas >> 1
        return np.sign(result) * ((np.abs(result) + half) // areas) + _offsets(node)[1]

    def c_mean(self, node: Node[AvgPoolAttributes], total: str) -> str:
        """The C of the integer mean of a whole window's sum."""
        return self._c_mean(node, "", False, total)[1]

    def emit(self, node: Node[AvgPoolAttributes], name: str) -> str:
        x, out, window = node.inputs[0].type, node.output.type, node.attributes.window
        values = max_pool.sizes(node) | window.c_values()
        integer, area = out.quantised, str(len(window.taps()))
        varies = any(window.pads) and not node.attributes.count_padding
        before = self.before(node)
        head, mean = "", f"sum / {'(float)area' if varies else area + '.0f'}"
        if integer:
            head, mean = self._c_mean(node, name, varies)
        text = _C.replace("MEAN", f"area ? {mean} : {out.offset}" if varies else mean)
        text = text.replace("COUNT", " area++;" if varies else "").replace("AREA", " int area = 0;" if varies else "")
        text = text.replace("NUMBER", "int32_t" if integer else "float")
        text = text.replace("OFFSET", f" - ({before})" if integer and before else "")
        element = same_type(node.output)
        steps = {"in": x.size // x.shape[0]}
        return head + c_code.function(name, f"const {element} *in, {element} *out", text % values, x.shape[0], steps)

    def _c_mean(self, node: Node[AvgPoolAttributes], name: str, varies: bool, total: str = "sum") -> tuple[str, str]:
        """What stands in front of the function, and the C of the mean of a sum, over `area` elements where that varies."""
        rule, (before, after) = node.attributes.requantisation, _offsets(node)
        result, clipped = rule.c(total), CLIPS[node.output.type.element]
        if node.attributes.count_padding:
            return "", f"{clipped}({result})"
        most = len(node.attributes.window.taps())
        areas = list(range(1, most + 1)) if varies else [most]
        ends = np.array(affine.LIMITS[node.inputs[0].type.element], np.int64) - before
        sums = [area * ends for area in areas]
        largest = [
            max(map(abs, rule.apply(each).tolist())) + (area >> 1) for area, each in zip(areas, sums, strict=True)
        ]
        found = reciprocals(areas, largest) if all(rule.in_range(int(total)) for total in sums[-1]) else None
        if found is None or len(areas) > MOST_AREAS:
            return "", f"{clipped}(divided({result}, {'area' if varies else most}) + ({after}))"
        factors, bits = found
        if not varies:
            return "", f"{clipped}(quotient({result}, {most >> 1}, {factors[0]}u, {bits}) + ({after}))"
        listed = ", ".join(f"{factor}u" for factor in factors)
        head = f"/* Of each area, from 1 on: its reciprocal */\nstatic const uint32_t {name}_reciprocals[] = {{{listed}}};\n"
        return head, f"{clipped}(quotient({result}, area >> 1, {name}_reciprocals[area - 1], {bits}) + ({after}))"


MOST_AREAS = 64  # what a table of reciprocals may hold


def _offsets(node: Node) -> tuple[int, int]:
    """The offset subtracted before the mean and the one added after it; zeros if the file averages the integers directly."""
    return (0, 0) if node.attributes.raw else (node.inputs[0].type.offset, node.output.type.offset)


_C = """\
  for (int y = 0; y < %(rows)d; y++) {
    for (int x = 0; x < %(columns)d; x++) {
      for (int c = 0; c < %(channels)d; c++) {
        NUMBER sum = 0;AREA
        for (int ky = 0; ky < %(ky)d; ky++) {
          for (int kx = 0; kx < %(kx)d; kx++) {
            int row = y * %(sy)d + ky * %(dy)d - %(top)d, column = x * %(sx)d + kx * %(dx)d - %(left)d;%(skip)s
            sum += in[(row * %(width)d + column) * %(channels)d + c]OFFSET;COUNT
          }
        }
        *out++ = MEAN;
      }
    }
  }
"""
