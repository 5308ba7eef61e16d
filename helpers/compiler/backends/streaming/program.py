"""A streamed network as C: a function a layer that makes one row, and the entry point that calls them in the planned order."""

from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.plain_c import program as emit_c
from helpers.compiler.backends.program import ListedConstant, Program
from helpers.compiler.backends.streaming import kernels
from helpers.compiler.backends.streaming.chain import StreamedLayer, chain, input_of
from helpers.compiler.backends.streaming.plan import WORD, Plan, plan
from helpers.compiler.ir.graph import Graph, TensorType
from helpers.compiler.operators.base import c_code
from helpers.compiler.targets import LEAST_RAM

POINTER_BYTES = 4


def program(graph: Graph, name: str, entry: str) -> Program:
    """Compile an integer graph; raises Unsupported where it is no chain of layers that can be streamed.

    The constant region holds weights in the order in which they are read, not Glow's.
    """
    planned = plan(chain(graph))
    names = _names(planned.layers, name, entry)
    made, constants, starts, listed = [], b"", [], []
    for k, layer in enumerate(planned.layers):
        each = kernels.kernel(layer, planned.rows[k], names[k], k == 0, k == len(names) - 1)
        starts.append(len(constants))
        kind = TensorType((len(each.constants),), "int8")
        listed += [ListedConstant(f"{layer.name}_packed", kind, len(constants))] if each.constants else []
        constants += each.constants
        made.append(f"/* {_described(layer)} */\n{each.text}")
    layout = _layout(graph, planned, len(constants))
    steps = "".join(_case(planned, k, names[k], starts[k], layout) for k in range(len(names)))
    body = _ENTRY % {"entry": entry, "events": _events(planned), "fills": _fills(planned), "cases": steps,
                     "input": layout.mutable[input_of(graph)]}  # fmt: skip
    text = "\n".join(made) + "\n" + body
    helpers = c_code.called(_HELPERS | c_code.HELPERS, text)
    source = "\n".join([_HEAD % {"name": name}, *helpers, text])
    small = ("-Os",)  # a board that lacks RAM lacks flash too
    return Program(LEAST_RAM, {".c": source}, (".c",), constants, tuple(listed), layout, flags=small)


def _names(layers: tuple[StreamedLayer, ...], name: str, entry: str) -> list[str]:
    taken = {name, entry, "move_up", *emit_c.RESERVED}
    return [f"{layer.name}_row" if layer.name in taken else layer.name for layer in layers]


def _described(layer: StreamedLayer) -> str:
    source, result = ("x".join(map(str, shape)) for shape in (layer.source, layer.result))
    return f"{layer.node.kind if layer.node else 'Copy'}: a row of {result} from {layer.reach} of {source}"


def _layout(graph: Graph, planned: Plan, constant_bytes: int) -> memory_plan.Layout:
    """The mutable region holds the input's address and the output."""
    source, output = input_of(graph), graph.outputs[0][1]
    mutable_bytes = POINTER_BYTES + -(-output.type.bytes // WORD) * WORD
    events = range(len(planned.events))
    peak = max(sum(each.bytes for each in planned.buffers if each.first <= at <= each.last) for at in events)
    return memory_plan.Layout(
        {}, {source: 0, output: POINTER_BYTES}, {}, constant_bytes, mutable_bytes, planned.activations_bytes, peak,
        planned.buffers, alignment=WORD, in_place=(source,),
    )  # fmt: skip


def _events(planned: Plan) -> str:
    pairs = [f"{{{event.layer}, {event.slot}}}," for event in planned.events]
    return "\n".join("  " + " ".join(pairs[at : at + 12]) for at in range(0, len(pairs), 12))


def _fills(planned: Plan) -> str:
    """Borders are there before the first row is."""
    lines = ""
    for k, layer in enumerate(planned.layers):
        if layer.padded:
            words = planned.rows[k].bytes // WORD
            lines += f"  move_up(activations + {planned.places[k - 1]}, {words}, {words}, {_border(layer)}u);\n"
    return lines


def _border(layer: StreamedLayer) -> int:
    return layer.border * 0x01010101


def _case(planned: Plan, k: int, name: str, start: int, layout: memory_plan.Layout) -> str:
    """What one event of a layer does: a row, and what it has seen for the last time leaves."""
    rows, target = planned.rows[k], planned.rows[k + 1]
    source = "input" if k == 0 else f"activations + {planned.places[k - 1]}"
    last = k == len(planned.layers) - 1
    output = list(layout.mutable.values())[1]
    place = f"mutableWeight + {output}" if last else f"activations + {planned.places[k] + target.left_bytes}"
    cast = "(int8_t *)" if last else ""
    lines = f"        {name}({source}, {cast}({place} + {target.row_bytes} * slot), constantWeight + {start});\n"
    if k == 0 and planned.layers[0].result[0] > 1:
        lines += f"        input += {rows.row_bytes * rows.step};\n"
    elif k and (rows.slots > rows.step or planned.layers[k].padded) and planned.layers[k].result[0] > 1:
        by, count = rows.step * rows.row_bytes // WORD, rows.bytes // WORD
        lines += f"        move_up({source}, {by}, {count}, {_border(planned.layers[k])}u);\n"
    return f"      case {k}:\n{lines}        break;\n"


_HEAD = """\
/* The network "%(name)s" in little RAM: layers hand each other rows. Elements between layers are stored as q + 128. */
#include <stdint.h>

/* A layer stays a function of its own, so that a debugger and the emulator's profile can tell whose cycles they are. */
#define LAYER static __attribute__((noinline))

typedef uint32_t __attribute__((may_alias)) word;

/* One tap: an element u times the weights at w. The sum of all u can stay in a high register, of which there are enough. */
#define ELEMENT(at) "ldrb %%[u], [%%[p], #" #at "];"
#define LIFTED "adds %%[u], #128; uxtb %%[u], %%[u];"
#define ADVANCE(pointer, by) "adds %%[" #pointer "], #" #by ";"
#define ALL "add %%[all], %%[u];"
#define PRODUCT(n) "muls %%[t], %%[u]; adds %%[sum" #n "], %%[t];"
#define ONE(n, at) "ldrb %%[t], [%%[w], #" #at "];" PRODUCT(n)
#define TWO(n, m, at) "ldr %%[t], [%%[w], #" #at "];" PRODUCT(n) "lsrs %%[t], #16; adds %%[sum" #m "], %%[t];"
#define TAP1(a) ALL ONE(0, a)
#define TAP2(a, b) TAP1(a) ONE(1, b)
#define TAP3(a, b, c) TAP2(a, b) ONE(2, c)
#define TAP4(a, b, c, d) TAP3(a, b, c) ONE(3, d)
#define PAIRED2(a) ALL TWO(0, 1, a)
#define PAIRED4(a, b) PAIRED2(a) TWO(2, 3, b)
"""
_HELPERS = {
    "move_up": """\
/* The words move `by` places to the front, and the border follows. */
static __attribute__((noinline)) void move_up(uint8_t *rows, int by, int count, uint32_t border) {
  word *to = (word *)rows;
  for (int i = by; i < count; i++, to++) *to = to[by];
  for (int i = 0; i < by; i++) *to++ = border;
}
"""
}
_ENTRY = """\
/* Which layer makes a row next, and to which slot of the next layer's rows it goes. */
static const uint8_t events[][2] = {
%(events)s
};

int %(entry)s(uint8_t *constantWeight, uint8_t *mutableWeight, uint8_t *activations);
int %(entry)s(uint8_t *constantWeight, uint8_t *mutableWeight, uint8_t *activations) {
  const int8_t *input = *(const int8_t **)(mutableWeight + %(input)d);
%(fills)s  for (int at = 0; at < (int)(sizeof events / sizeof *events); at++) {
    int slot = events[at][1];
    /* The compiler must not compute each layer's addresses before the loop: they would fill the stack. */
    __asm__("" : "+r"(constantWeight), "+r"(mutableWeight), "+r"(activations));
    switch (events[at][0]) {
%(cases)s    }
  }
  return 0;
}
"""
