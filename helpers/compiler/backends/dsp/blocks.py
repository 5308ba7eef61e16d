"""Blocks of sums: how many windows and outputs are summed at a time, the order of the weights, and the loops in C."""

import itertools
from dataclasses import dataclass

import numpy as np

from helpers.compiler.backends.dsp.sums import Sums

REGISTERS = 6  # sums of a block that stay in registers: 13, less those for inputs, weights and pointers
UNROLLED = 24  # most pairs of taps that become straight code; more are a loop
# The cost model counts instructions of what clang makes of the C below (see `c`): it only ranks blocks of one layer.
AROUND = 12  # instructions around the sums of a block: pointers, loop over blocks
OF_A_SUM = 8  # instructions from a sum to an element: bias, smmulr or multiply and shift, offset, ssat, strb
WIDEST = 4  # windows next to each other; more need more registers than there are


@dataclass(frozen=True)
class Block:
    """Windows below and next to each other, and outputs, that are summed together."""

    high: int
    wide: int
    outputs: int

    @property
    def sums(self) -> int:
        return self.high * self.wide * self.outputs


def best(sums: Sums, registers: int = REGISTERS) -> Block:
    """Return the block with which the layer takes the fewest instructions by estimate; registers: for its sums."""
    shapes = [(2, 2)] if sums.pooled else [(1, wide) for wide in range(1, min(sums.columns, WIDEST) + 1)]
    outputs = range(1, min(sums.outputs, registers) + 1)
    every = [Block(*shape, count) for shape, count in itertools.product(shapes, outputs)]
    return min((each for each in every if each.sums <= registers), key=lambda block: _instructions(sums, block))


def _instructions(sums: Sums, block: Block) -> int:
    """Of all blocks of outputs, of which the last may be smaller, for all blocks of windows."""
    windows, steps = block.high * block.wide, len(sums.offsets()) * sums.pairs
    counts = [min(block.outputs, sums.outputs - first) for first in range(0, sums.outputs, block.outputs)]
    of_outputs = sum(steps * (windows + n + windows * n) + OF_A_SUM * windows * n + AROUND for n in counts)
    return sums.rows * len(starts(sums.columns, 1 if sums.pooled else block.wide)) * (of_outputs + AROUND)


def starts(size: int, step: int) -> list[int]:
    """Where blocks begin: the last one is moved back so that it ends at the end, and does some work twice."""
    return [min(at, size - step) for at in range(0, size, step)]


def packed(sums: Sums, block: Block) -> np.ndarray:
    """The weights as int32 words of two taps, in the order in which the blocks read them: block, run, pair, output."""
    taps = sums.weights.shape[2]
    padded = np.pad(sums.weights, ((0, 0), (0, 0), (0, taps % 2))).astype(np.int64)
    words = (padded[:, :, 0::2] & 0xFFFF) | (padded[:, :, 1::2] << 16)
    parts = [words[at : at + block.outputs].transpose(1, 2, 0).ravel() for at in starts(sums.outputs, block.outputs)]
    return np.concatenate(parts).astype(np.uint32).view(np.int32) if parts else np.empty(0, np.int32)


def c(sums: Sums, block: Block, result: str, spread: int | None = None) -> str:
    """The loops over `columns` windows and all outputs of a row, whose widened elements begin at `line`, into `result`.

    result: C that makes an element of the sum @sum, which belongs to output @o. spread: elements from a window's results to
    the next one's, the outputs unless given.
    """
    spread = spread or sums.outputs
    windows = list(itertools.product(range(block.high), range(block.wide)))
    names = {(w, o): f"s{w}{o}" for w in range(len(windows)) for o in range(block.outputs)}
    (outer, outer_step), (inner, inner_step) = sums.runs
    load = "even_pair" if sums.even else "loose_pair"
    columns, pool = (1, 2) if sums.pooled else (block.wide, 1)
    values = {
        "outputs": sums.outputs, "spread": spread, "wide": columns, "block": block.outputs,
        "across": sums.across * pool, "last_output": sums.outputs - block.outputs,
        "begin": ", ".join(f"{names[w, o]} = bias[first + {o}]" for w, o in names),
        "outer": outer, "outer_step": outer_step, "inner": inner, "inner_step": inner_step,
        "pairs": sums.pairs, "unroll": "unroll(full)" if outer * inner * sums.pairs <= UNROLLED else "unroll(disable)",
        "unroll_pairs": "unroll(full)" if sums.pairs <= UNROLLED else "unroll_count(4)",
        "inputs": ", ".join(f"x{w} = {load}(q + {y * sums.down + x * sums.across})" for w, (y, x) in enumerate(windows)),
        "add": _lines(_additions(block, names), 14),
        "store": _lines(_stores(sums, block, names, result, spread), 8),
    }  # fmt: skip
    return _C % values


def _additions(block: Block, names: dict) -> list[str]:
    """The products of a pair of taps: as soon as weights are there they are used, so that few registers hold them."""
    lines = []
    for first in range(0, block.outputs, 2):
        several = range(first, min(first + 2, block.outputs))
        words = ", ".join(f"w{o}" for o in several)
        load = f"w = two_weights(w, &w{first}, &w{first + 1})" if len(several) == 2 else f"w{first} = *w++"
        products = [
            f"{name} = multiply2(x{window}, w{o}, {name});" for (window, o), name in names.items() if o in several
        ]
        lines += [f"int32_t {words}; {load};", *products]
    return lines


def _lines(texts: list[str], indent: int) -> str:
    return "\n".join(" " * indent + text for text in texts)


def _stores(sums: Sums, block: Block, names: dict, result: str, spread: int) -> list[str]:
    """The elements of each output of a block: of its largest sum, or of each window's."""
    lines = []
    for o in range(block.outputs):
        if sums.pooled:
            lines += [f"if (s{w}{o} > s0{o}) s0{o} = s{w}{o};" for w in range(1, 4)]
        for w in range(1 if sums.pooled else block.wide):
            element = result.replace("@o", f"first + {o}").replace("@sum", names[w, o])
            lines.append(f"to[{w * spread + o}] = {element};")
    return lines


_C = """\
    for (int i = 0; i < columns; i += %(wide)d) {
      int x = i < columns - %(wide)d ? i : columns - %(wide)d;
      const int32_t *w = weights;
      for (int j = 0; j < %(outputs)d; j += %(block)d) {
        int first = j < %(last_output)d ? j : %(last_output)d;
        const int16_t *p = line + x * %(across)d;
        int32_t %(begin)s;
#pragma clang loop %(unroll)s
        for (int run = 0; run < %(outer)d; run++) {
#pragma clang loop %(unroll)s
          for (int part = 0; part < %(inner)d; part++) {
            const int16_t *q = p + run * %(outer_step)d + part * %(inner_step)d;
#pragma clang loop %(unroll_pairs)s
            for (int k = 0; k < %(pairs)d; k++, q += 2) {
              int32_t %(inputs)s;
%(add)s
            }
          }
        }
        int8_t *to = result + x * %(spread)d + first;
%(store)s
      }
    }
"""
