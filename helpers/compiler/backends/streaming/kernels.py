"""C that makes one row of a layer's result, with every size a constant."""

from dataclasses import dataclass

from helpers.compiler.backends.streaming import weighted
from helpers.compiler.backends.streaming.chain import LARGEST, SUMS, StreamedLayer
from helpers.compiler.backends.streaming.plan import WORD, RowBuffer
from helpers.compiler.backends.values import STORAGE_OFFSET
from helpers.compiler.ir.graph import Node
from helpers.compiler.operators.base import c_code


@dataclass(frozen=True)
class Kernel:
    """A layer's C, and the bytes it wants in the constant region (whole words)."""

    text: str
    constants: bytes = b""


def kernel(layer: StreamedLayer, rows: RowBuffer, name: str, first: bool, last: bool) -> Kernel:
    """The function `name` of one layer. It takes where its rows begin, where the result's row goes, and its constants.

    rows: what it reads. first: its input is the network's, in int8 as it is given; last: its result is the network's.
    All others are stored with the offset.
    """
    source, result = ("int8_t" if each else "uint8_t" for each in (first, last))
    added = "" if first == last else f" + {STORAGE_OFFSET}" if first else f" - {STORAGE_OFFSET}"
    values = {
        "name": name, "source": source, "result": result, "columns": layer.result[1], "channels": layer.source[2],
        "row": rows.row_bytes, "step": layer.window.strides[1] * layer.source[2], "added": added,
    } | layer.window.c_values()  # fmt: skip
    if layer.kind == SUMS:
        return _sums(layer, rows, values, first, last)
    if layer.kind == LARGEST:
        return Kernel(_LARGEST % values)
    text = f"x{added}" if layer.node is None else _relu(layer.node, first, last)
    return Kernel(_POINTWISE % (values | {"count": layer.result[1] * layer.result[2], "value": text}))


def _clipped(expression: str, last: bool) -> str:
    return f"clip8({expression})" if last else f"clip8({expression}) + {STORAGE_OFFSET}"


def _relu(node: Node, first: bool, last: bool) -> str:
    zero = node.inputs[0].type.offset + (0 if first else STORAGE_OFFSET)
    x = f"(x > {zero} ? x - ({zero}) : 0)"
    return _clipped(node.attributes.requantisation.c(x), last)


def _sums(layer: StreamedLayer, rows: RowBuffer, values: dict, first: bool, last: bool) -> Kernel:
    node, group = layer.weighted, layer.weighted.attributes.group
    per_group = weighted.weights_of(layer).shape[3]
    walk = weighted.taps(layer, rows, per_group)
    values |= {
        "value": _clipped(c_code.c_activated(node, node.attributes.requantisation.c("sum")), last),
        "offset": node.inputs[1].type.offset + STORAGE_OFFSET, "rows": walk.rows, "runs": walk.columns, "times": walk.times,
        "next_row": walk.row_step - walk.columns * walk.column_step, "next_column": walk.column_step - walk.times * walk.step,
    }  # fmt: skip
    parts = "".join(_BLOCK % (values | _block(each, walk, first, values["name"])) for each in weighted.blocks(layer))
    if group > 1:
        parts = _GROUPS % {"groups": group, "per_group": per_group, "blocks": parts}
    return Kernel(_SUMS % (values | {"blocks": parts}), weighted.constants(layer))


def _block(block: weighted.OutputBlock, walk: weighted.Taps, from_int8: bool, name: str) -> dict:
    """The pieces of the code for a block of sums."""
    each, size = range(block.size), walk.count * block.tap_bytes
    lower = [f"sum{n} -= sum{n + 1} << 16;" for n in each[::2]] if block.paired else []
    store = [f"out[{n}] = {name}_value((int32_t)(sum{n} - all));" for n in each]
    return {
        "size": block.size, "count": block.count, "start_bytes": WORD * block.size,
        "code": weighted.assembly(block, walk, from_int8),
        "start": ", ".join(f"sum{n} = start[{n}]" for n in each),
        "registers": ", ".join(f'[sum{n}] "+l"(sum{n})' for n in each),
        "next": f"        w += {-size % WORD};\n" if size % WORD else "",
        "store": "\n".join(f"        {line}" for line in [*lower, *store]),
    }  # fmt: skip


_SUMS = """\
static inline int %(name)s_value(int32_t sum) {
  return %(value)s;
}

LAYER void %(name)s(const %(source)s *in, %(result)s *out, const uint8_t *constants) {
  for (int x = 0; x < %(columns)d; x++, in += %(step)d) {
    const uint8_t *w = constants;
    const %(source)s *window = in;
%(blocks)s  }
}
"""
_GROUPS = """\
    for (int g = 0; g < %(groups)d; g++, window += %(per_group)d) {
%(blocks)s    }
"""
_BLOCK = """\
      for (int o = 0; o < %(count)d; o++, out += %(size)d) {
        const word *start = (const word *)w;
        uint32_t %(start)s, all = 0, u, t;
        w += %(start_bytes)d;
        const %(source)s *p = window;
        for (int ky = %(rows)d; ky > 0; ky--, p += %(next_row)d) {
          for (int kx = %(runs)d; kx > 0; kx--, p += %(next_column)d) {
            for (int i = %(times)d; i > 0; i--) {
              __asm__(
%(code)s
              : %(registers)s, [all] "+h"(all), [p] "+l"(p), [w] "+l"(w), [u] "=&l"(u), [t] "=&l"(t) : : "memory");
            }
          }
        }
%(next)s        all *= %(offset)du;
%(store)s
      }
"""
_LARGEST = """\
LAYER void %(name)s(const %(source)s *in, %(result)s *out, const uint8_t *constants) {
  (void)constants;
  for (int x = 0; x < %(columns)d; x++, in += %(step)d) {
    for (int c = 0; c < %(channels)d; c++) {
      int largest = in[c];
#pragma clang loop unroll(full)
      for (int ky = 0; ky < %(ky)d; ky++) {
#pragma clang loop unroll(full)
        for (int kx = 0; kx < %(kx)d; kx++) {
          int value = in[ky * %(dy)d * %(row)d + kx * %(dx)d * %(channels)d + c];
          if (value > largest) largest = value;
        }
      }
      *out++ = largest%(added)s;
    }
  }
}
"""
_POINTWISE = """\
LAYER void %(name)s(const %(source)s *in, %(result)s *out, const uint8_t *constants) {
  (void)constants;
  for (int i = 0; i < %(count)d; i++) {
    int x = in[i];
    out[i] = %(value)s;
  }
}
"""
