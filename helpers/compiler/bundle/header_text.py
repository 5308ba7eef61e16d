"""A bundle's header file, with the static API (macros) or the dynamic one (a table of names, sizes and addresses)."""

from helpers.compiler.backends.memory_plan import ALIGNMENT, Layout
from helpers.compiler.backends.program import Program
from helpers.compiler.ir.graph import Graph, TensorType, Value
from helpers.compiler.profiling.profile import TOOLS_VERSION

ELEMENTS = {"float": "float", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "index64"}


def type_text(kind: TensorType) -> str:
    """Format a type as Glow does: i8[S:0.003921569 O:-128][0.000,1.000]<1 x 28 x 28 x 1>.

    The small scale of an int16 has as many digits as its readers need.
    """
    shape = " x ".join(str(n) for n in kind.shape)
    if not kind.quantised:
        return f"{ELEMENTS[kind.element]}<{shape}>"
    bits = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}[kind.element]
    low, high = (kind.scale * (edge - kind.offset) for edge in (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    scale = f"{kind.scale:.9g}" if kind.element == "int16" else f"{kind.scale:.9f}"
    return f"{ELEMENTS[kind.element]}[S:{scale} O:{kind.offset}][{low:.3f},{high:.3f}]<{shape}>"


def _listed(name: str, kind: TensorType, offset: int, note: str = "") -> str:
    return (
        f'//\n//   Name: "{name}"\n//   Type: {type_text(kind)}\n//   Size: {kind.size} (elements)\n'
        f"//   Size: {kind.bytes} (bytes)\n//   Offset: {offset} (bytes)\n{note}"
    )


def _note(value: Value, layout: Layout) -> str:
    """What a caller must know of a placeholder besides."""
    return _IN_PLACE_COMMENT if value in layout.in_place else _OVERWRITTEN if value in layout.overwritten else ""


def _placeholders(graph: Graph) -> list[tuple[str, Value]]:
    return [(node.name, node.output) for node in graph.placeholders] + graph.outputs


def _inputs(graph: Graph, layout: Layout) -> str:
    """Return the line that lists the inputs, if there is not one input and one output that lies behind it."""
    if len(graph.placeholders) == len(graph.outputs) == 1 and not layout.overwritten:
        return ""
    return f"// Inputs: {', '.join(node.name for node in graph.placeholders)}\n"


def header(graph: Graph, program: Program, name: str, entry: str, dynamic: bool = False, verbose: bool = False) -> str:
    """Return the text of a bundle's .h; dynamic: a table in place of macros; verbose: also list the constants."""
    prefix, named, layout = name.upper(), _placeholders(graph), program.layout
    comments = "".join(_listed(each, value.type, layout.mutable[value], _note(value, layout)) for each, value in named)
    if verbose:
        comments += "//\n// Constants:\n"
        comments += "".join(_listed(each.name, each.type, each.offset) for each in program.listed)
    planned = layout.mutable_bytes - layout.state_bytes if layout.overwritten else layout.activations_bytes
    efficiency = layout.peak_bytes / planned if planned else 1.0
    total = layout.constant_bytes + layout.mutable_bytes + layout.activations_bytes
    interface = (
        f"// Sizes, and where each placeholder lies.\nextern struct BundleConfig {name}_config;\n"
        if dynamic
        else _macros(layout, prefix, named)
    )
    return _HEADER.format(
        guard=f"_GLOW_BUNDLE_{prefix}_H", version=TOOLS_VERSION, form=program.form, name=name, entry=entry, total=total,
        efficiency=efficiency, inputs=_inputs(graph, layout),
        comments=comments, common=_DYNAMIC_COMMON if dynamic else _STATIC_COMMON,
        interface=interface + _state(layout, prefix, entry),
    )  # fmt: skip


def _macros(layout: Layout, prefix: str, named: list[tuple[str, Value]]) -> str:
    width = max(len(each) for each, _ in named) + len(prefix) + 2
    addresses = [f"#define {f'{prefix}_{each}':<{width}} {layout.mutable[value]}\n" for each, value in named]
    in_place = [f"#define {prefix}_{each}_IN_PLACE 1\n" for each, value in named if value in layout.in_place]
    over = [f"#define {prefix}_{each}_OVERWRITTEN 1\n" for each, value in named if value in layout.overwritten]
    marks = (_IN_PLACE + "".join(in_place) if in_place else "") + (_OVER + "".join(over) if over else "")
    return _MACROS.format(
        prefix=prefix, addresses="".join(addresses) + marks,
        constant=layout.constant_bytes, mutable=layout.mutable_bytes, activations=layout.activations_bytes,
        alignment=layout.alignment,
    )  # fmt: skip


def _state(layout: Layout, prefix: str, entry: str) -> str:
    """Return where the states lie and how they are reset, if there are any."""
    if not layout.states:
        return ""
    listed = "".join(
        f"//   {each.node.name}: {type_text(each.type)} at {layout.mutable[each]}\n" for each in layout.states
    )
    return _STATE.format(
        prefix=prefix, entry=entry, offset=layout.state_offset, bytes=layout.state_bytes, listed=listed
    )


def configuration(graph: Graph, layout: Layout, name: str) -> str:
    """Return the C of the dynamic API's table, to append to the bundle's code."""
    rows = [f'  {{"{each}", {layout.mutable[value]}, {value.type.size}, 1}},\n' for each, value in _placeholders(graph)]
    sizes = f"{layout.constant_bytes}, {layout.mutable_bytes}, {layout.activations_bytes}, {ALIGNMENT}, {len(rows)}"
    return (
        f'\n#include "{name}.h"\n\nstatic const struct SymbolTableEntry {name}_symbols[] = {{\n{"".join(rows)}}};\n'
        f"struct BundleConfig {name}_config = {{{sizes}, {name}_symbols}};\n"
    )


_HEADER = """\
// A Glow bundle's interface, written by the compiler: edits are lost.
// Tools version: {version}
#ifndef {guard}
#define {guard}

#include <stdint.h>

// Shared by all bundles of a program.
#ifndef _GLOW_BUNDLE_COMMON_DEFS
#define _GLOW_BUNDLE_COMMON_DEFS

// What the entry point returns when all went well.
#define GLOW_SUCCESS 0

{common}
#endif

// Model name: "{name}"
// Form: {form}
// Total data size: {total} (bytes)
// Activations allocation efficiency: {efficiency:.4f}
{inputs}// Placeholders:
{comments}//
#ifdef __cplusplus
extern "C" {{
#endif

{interface}
// Runs the network once on the three regions; returns GLOW_SUCCESS.
int {entry}(uint8_t *constantWeight, uint8_t *mutableWeight, uint8_t *activations);

#ifdef __cplusplus
}}
#endif
#endif
"""
_IN_PLACE_COMMENT = "//   Read in place: at this offset goes the address of its elements, not the elements\n"
_OVERWRITTEN = "//   Overwritten: its memory is used again while the network runs; write all of it before each call\n"
_IN_PLACE = "\n// Placeholders that are read where they lie: the mutable region holds the address (4 bytes) of their elements.\n"
_OVER = "\n// Placeholders whose memory the network uses again while it runs: write all of an input before each call.\n"
_STATIC_COMMON = """\
// Puts a static buffer on a multiple of `size` bytes.
#define GLOW_MEM_ALIGN(size)  __attribute__((aligned(size)))

// Where a placeholder lies, given the start of the mutable region.
#define GLOW_GET_ADDR(mutableBaseAddr, placeholderOff)  (((uint8_t*)(mutableBaseAddr)) + placeholderOff)
"""
_MACROS = """\
// Placeholders: bytes from the start of the mutable region.
{addresses}
// Region sizes (bytes).
#define {prefix}_CONSTANT_MEM_SIZE     {constant}
#define {prefix}_MUTABLE_MEM_SIZE      {mutable}
#define {prefix}_ACTIVATIONS_MEM_SIZE  {activations}

// Alignment of each region (bytes).
#define {prefix}_MEM_ALIGN  {alignment}
"""
_STATE = """
// State: what a call leaves to the next lies in the mutable region, behind the placeholders. Keep these bytes between calls.
{listed}#define {prefix}_STATE_OFFSET    {offset}
#define {prefix}_STATE_MEM_SIZE  {bytes}

// Begins a sequence: sets the state to zero. The first sequence needs no call where the region is zero at first, as a static
// array is. To set a sequence aside, copy the state's bytes away, and later back.
static inline void {entry}_reset(uint8_t *mutableWeight) {{
  for (unsigned i = 0; i < {prefix}_STATE_MEM_SIZE; i++) mutableWeight[{prefix}_STATE_OFFSET + i] = 0;
}}
"""
_DYNAMIC_COMMON = """\
// A placeholder: bytes from the start of its region, number of elements; kind 1 lies in the mutable region.
struct SymbolTableEntry {
  const char *name;
  uint64_t offset;
  uint64_t size;
  char kind;
};

// Region sizes and alignment in bytes, and the placeholders.
struct BundleConfig {
  uint64_t constantWeightVarsMemSize;
  uint64_t mutableWeightVarsMemSize;
  uint64_t activationsMemSize;
  uint64_t alignment;
  uint64_t numSymbols;
  const struct SymbolTableEntry *symbolTable;
};
"""
