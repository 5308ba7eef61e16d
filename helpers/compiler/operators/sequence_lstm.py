"""An LSTM in integers as TFLite's reference kernel computes it, bit for bit; its state stays from one inference to the next.

Gates have 16 bits, 12 of them behind the point; the cell has 16 bits and a power of two as its scale; what goes in and out has
8 bits. Each gate is two sums of products, of the input and of the last output, each with its own requantisation.
"""

from dataclasses import dataclass

import numpy as np

from helpers.compiler.ir.graph import Node
from helpers.compiler.numerics import fixed_point16
from helpers.compiler.numerics.requantisation import FixedPoint
from helpers.compiler.operators.base.registry import Operator, operator

GATES = 4  # input, forget, cell, output: the order of the rows of the weights
GATE_BITS = 3  # before the point of a gate's sum


@dataclass(slots=True, kw_only=True)
class SequenceLstmAttributes:
    """How an LSTM's sums and products become integers.

    time_major: whether the first axis of input and output is time, not the batch. entering, kept: for each gate, the factor of
    the sum over the input, and of the sum over the last output. cell_bits: bits before the point of the cell. bound: the
    largest size of the cell as an integer; 0 for none. offset: of the last output that is kept. hidden: the factor of the
    product of output gate and tanh of the cell, with the output's offset.
    """

    time_major: bool
    entering: tuple[FixedPoint, ...]
    kept: tuple[FixedPoint, ...]
    cell_bits: int
    bound: int
    offset: int
    hidden: FixedPoint


@operator
class SequenceLstm(Operator[SequenceLstmAttributes]):
    """Inputs: x; weights and biases of the input, then of the last output; last output, cell. Results: output and both states.

    x: int8 [batch, time, size], or time first. Weights int8 [4, units, size] and [4, units, units], biases int32 [4, units].
    The last output is kept as int8 [batch, units], less its offset and modulo 256, so that zeros begin a sequence; the cell
    as int16 [batch, units].
    """

    kind = "SequenceLstm"
    attributes = SequenceLstmAttributes
    keeps = ((5, 1), (6, 2))

    def batches(self, _node: Node[SequenceLstmAttributes]) -> bool:
        return False

    def converts(self, node: Node[SequenceLstmAttributes], precision: str, bias_precision: str) -> bool:
        return False

    def compute_integer(self, node: Node[SequenceLstmAttributes], inputs: list[np.ndarray]) -> list[np.ndarray]:
        given, (x, weights, biases, recurrent, more, last, cell) = node.attributes, inputs
        steps, offset = x if given.time_major else x.swapaxes(0, 1), np.int8(given.offset)
        last, outputs = last + offset, []
        for step in steps:
            gates = []
            for gate in range(GATES):
                entering = given.entering[gate].apply(_sums(step, weights[gate], biases[gate]))
                kept = given.kept[gate].apply(_sums(last, recurrent[gate], more[gate]))
                gates.append(fixed_point16.clipped(fixed_point16.clipped(entering) + kept))
            cell, last = _stepped(given, gates, cell.astype(np.int64))
            outputs.append(last)
        result = np.stack(outputs, 0 if given.time_major else 1)
        return [result, last - offset, cell.astype(np.int16)]

    def emit(self, node: Node[SequenceLstmAttributes], name: str) -> str:
        given, shape = node.attributes, node.inputs[0].type.shape
        steps, batch = shape[:2] if given.time_major else (shape[1], shape[0])
        entering, kept = (", ".join(f"{{{each.row}}}" for each in every) for every in (given.entering, given.kept))
        return _C % {
            "name": name, "entering": entering, "kept": kept, "steps": steps, "batch": batch,
            "units": node.inputs[5].type.shape[1], "size": shape[2], "stride": batch if given.time_major else 1,
            "start": "b" if given.time_major else f"b * {steps}", "offset": given.offset,
            "gate_bits": GATE_BITS, "shift": 15 + given.cell_bits, "bound": _BOUND.format(given.bound) if given.bound else "",
            "hidden": given.hidden.c(f"sigmoid16(gates[3]) * tanh16(next, {given.cell_bits})"),
        }  # fmt: skip


def _sums(x: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return (x.astype(np.int64) @ weights.T.astype(np.int64) + bias).astype(np.int32)


def _stepped(given: SequenceLstmAttributes, gates: list[np.ndarray], cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cell and the output after a step."""
    taken, forget, shown = (fixed_point16.sigmoid(gates[gate]) for gate in (0, 1, 3))
    candidate = fixed_point16.tanh(gates[2], GATE_BITS)
    kept = fixed_point16.shifted(forget * cell, 15)
    cell = fixed_point16.clipped(kept + fixed_point16.shifted(taken * candidate, 15 + given.cell_bits))
    if given.bound:
        cell = np.clip(cell, -given.bound, given.bound)
    product = (shown * fixed_point16.tanh(cell, given.cell_bits)).astype(np.int32)
    return cell, np.clip(given.hidden.apply(product), -128, 127).astype(np.int8)


# The states are updated where they are: the pointers to what they were and to what they become are the same.
_C = """\
static void %(name)s(const int8_t *in, const int8_t *weights, const int32_t *biases, const int8_t *recurrent,
    const int32_t *more, const int8_t *last_before, const int16_t *cell_before, int8_t *out, int8_t *last, int16_t *cell) {
  static const int32_t entering[4][4] = {%(entering)s}, kept[4][4] = {%(kept)s};
  (void)last_before;
  (void)cell_before;
  for (int b = 0; b < %(batch)d; b++, last += %(units)d, cell += %(units)d) {
    for (int u = 0; u < %(units)d; u++) last[u] = (int8_t)(last[u] + (%(offset)d));
    const int8_t *before = last;
    for (int t = 0; t < %(steps)d; t++) {
      const int8_t *x = in + (%(start)s + t * %(stride)d) * %(size)d;
      int8_t *y = out + (%(start)s + t * %(stride)d) * %(units)d;
      for (int u = 0; u < %(units)d; u++) {
        int32_t gates[4];
        for (int gate = 0; gate < 4; gate++) {
          int row = gate * %(units)d + u;
          int32_t sum = biases[row], old = more[row];
          for (int i = 0; i < %(size)d; i++) sum += x[i] * weights[row * %(size)d + i];
          for (int i = 0; i < %(units)d; i++) old += before[i] * recurrent[row * %(units)d + i];
          gates[gate] = clip16(clip16(doubled(entering[gate], sum)) + doubled(kept[gate], old));
        }
        int32_t next = shifted(sigmoid16(gates[0]) * tanh16(gates[2], %(gate_bits)d), %(shift)d);
        next = clip16(next + shifted(sigmoid16(gates[1]) * cell[u], 15));
%(bound)s        cell[u] = (int16_t)next;
        y[u] = clip8(%(hidden)s);
      }
      before = y;
    }
    for (int u = 0; u < %(units)d; u++) last[u] = (int8_t)(before[u] - (%(offset)d));
  }
}
"""
_BOUND = "        next = at_most({0}, at_least(-{0}, next));\n"
