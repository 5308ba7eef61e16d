"""A bundle's C: one function a layer, and the entry point that calls them in order."""

from helpers.compiler.backends import memory_plan
from helpers.compiler.backends.memory_plan import Layout
from helpers.compiler.backends.plain_c.intrinsics import PIECES
from helpers.compiler.backends.plain_c.shared_functions import ANY_NAME, shared
from helpers.compiler.backends.program import ListedConstant, Program
from helpers.compiler.ir.graph import Graph, Node, Value
from helpers.compiler.operators.base import c_code, registry
from helpers.compiler.operators.base.layer_attributes import fused_activation

# A layer stays a function of its own, so that a debugger and the emulator's profile can tell whose cycles they are.
_LAYER = "static __attribute__((noinline))"


# Names that a layer's function must not take: C's keywords, the entry point's arguments, the shared functions.
_RESERVED_WORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int long main register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof
constantWeight mutableWeight activations int8_t int16_t int32_t uint8_t uint16_t uint32_t uint64_t
"""
HELPERS = {**c_code.HELPERS, **PIECES}
RESERVED = {*_RESERVED_WORDS.split(), *HELPERS}


def _shown(value: Value) -> str:
    """A value's type for a comment: shape, element type, scale and offset."""
    shape = "x".join(str(n) for n in value.type.shape)
    quantised = f", scale {value.type.scale:.9g}, offset {value.type.offset}" if value.type.quantised else ""
    return f"{shape} {value.type.element}{quantised}"


def _address(value: Value, layout: Layout) -> str:
    for region, places in (
        ("constantWeight", layout.constant),
        ("mutableWeight", layout.mutable),
        ("mutableWeight" if layout.overwritten else "activations", layout.activations),
    ):
        if value in places:
            return f"({registry.same_type(value)} *)({region} + {places[value]})"
    raise KeyError(value.name)


def _needs_code(node: Node, layout: Layout) -> bool:
    """A reshape whose result lies where its input lies costs nothing."""
    return node.kind != "Reshape" or _address(node.inputs[0], layout) != _address(node.output, layout)


def _functions(graph: Graph, layout: Layout, taken: set[str]) -> tuple[list[str], list[str]]:
    """A function a layer, or one for several that do the same but for some numbers; and the calls."""
    nodes = [node for node in graph.in_order() if _needs_code(node, layout)]
    names = [f"{node.name}_layer" if node.name in taken else node.name for node in nodes]
    parts, calls = [], []
    for index, each in enumerate(shared([registry.of(node).emit(node, ANY_NAME) for node in nodes])):
        node, function = nodes[index], names[each.first]
        if each.arrays:
            parts.append(f"/* {_described(node)}: its numbers */\n{each.arrays.replace(ANY_NAME, names[index])}")
        if each.first == index:
            code = each.text.replace(ANY_NAME, function).replace("static void ", f"{_LAYER} void ", 1)
            parts.append(f"/* {_described(node)} */\n{code}")
        arguments = [_address(value, layout) for value in (*node.inputs, *node.outputs)]
        if each.numbers:
            calls.append(f"  static const int32_t numbers_{index}[] = {{{', '.join(map(str, each.numbers))}}};\n")
            arguments.append(f"numbers_{index}")
        arguments += [array.replace(ANY_NAME, names[index]) for array in each.array_names]
        calls.append(f"  {function}({', '.join(arguments)});\n")
    return parts, calls


def _described(node: Node) -> str:
    results = ", ".join(_shown(value) for value in node.outputs)
    activation = fused_activation(node)
    fused = f" with {activation}" if activation else ""
    return f"{node.kind}{fused}: {_shown(node.inputs[0])} to {results}"


def program(graph: Graph, name: str, entry: str, form: str, reuse_inputs: bool = False) -> Program:
    """Compile a graph to C; form: what the header calls it ("plain", or "fast" where the graph is rewritten for DSP).

    reuse_inputs: an input's bytes are free for others after its last read.
    """
    layout = memory_plan.plan(graph, reuse_inputs)
    listed = tuple(
        ListedConstant(node.name, node.output.type, layout.constant[node.output]) for node in graph.constants
    )
    source = bundle_source(graph, layout, name, entry)
    return Program(form, {".c": source}, (".c",), constant_region(graph, layout), listed, layout)


def constant_region(graph: Graph, layout: Layout) -> bytes:
    """The constant region: little-endian, gaps zero."""
    region = bytearray(layout.constant_bytes)
    for node in graph.constants:
        data = node.data.astype(node.data.dtype.newbyteorder("<")).tobytes()
        start = layout.constant[node.output]
        region[start : start + len(data)] = data
    return bytes(region)


def bundle_source(graph: Graph, layout: Layout, name: str, entry: str) -> str:
    """The C of a bundle `name` with the entry point `entry`."""
    parts, calls = _functions(graph, layout, {name, entry, *RESERVED})
    text = "".join(parts)
    helpers = c_code.called(HELPERS, text)
    head = f'/* The network "{name}", compiled ahead of time. */\n#include <stdint.h>\n'
    if "float" in text:
        head += "\n/* The same float32 results on every core: a product is rounded before it is added. */\n"
        head += "#pragma STDC FP_CONTRACT OFF\n"
    unused = "".join(f"  (void){region};\n" for region in ("constantWeight", "mutableWeight", "activations"))
    signature = f"int {entry}(uint8_t *constantWeight, uint8_t *mutableWeight, uint8_t *activations)"
    parts.append(f"{signature};\n{signature} {{\n{unused}{''.join(calls)}  return 0;\n}}\n")
    return "\n".join([head, *helpers, *parts])
