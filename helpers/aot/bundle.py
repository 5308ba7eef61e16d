"""The files of a bundle: .h .c .o .weights.bin .weights.txt, in Glow's layout."""

from pathlib import Path

from helpers import artifacts, toolchain
from helpers.aot import emit_c
from helpers.aot.graph import Graph, Value
from helpers.aot.memory import ALIGNMENT, Layout
from helpers.aot.profile import TOOLS_VERSION

ELEMENTS = {"float": "float", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "index64"}


def type_text(value: Value) -> str:
    """A type as Glow writes it: i8[S:0.003921569 O:-128][0.000,1.000]<1 x 28 x 28 x 1>."""
    kind, shape = value.type, " x ".join(str(n) for n in value.type.shape)
    if not kind.quantised:
        return f"{ELEMENTS[kind.element]}<{shape}>"
    bits = {"int8": 8, "int16": 16, "int32": 32}[kind.element]
    low, high = (kind.scale * (edge - kind.offset) for edge in (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    return f"{ELEMENTS[kind.element]}[S:{kind.scale:.9f} O:{kind.offset}][{low:.3f},{high:.3f}]<{shape}>"


def weights(graph: Graph, layout: Layout) -> bytes:
    """The constant region: little-endian, gaps zero."""
    region = bytearray(layout.constant_bytes)
    for node in graph.constants:
        data = node.data.astype(node.data.dtype.newbyteorder("<")).tobytes()
        at = layout.constant[node.output]
        region[at : at + len(data)] = data
    return bytes(region)


def weights_text(region: bytes) -> str:
    """The constant region for a C array initialiser: twenty bytes a line."""
    rows = [region[at : at + 20] for at in range(0, len(region), 20)]
    return "\n".join("".join(f" 0X{byte:02X}," for byte in row) for row in rows) + "\n"


def _placeholder_comment(name: str, value: Value, layout: Layout) -> str:
    return (
        f'//\n//   Name: "{name}"\n//   Type: {type_text(value)}\n//   Size: {value.type.size} (elements)\n'
        f"//   Size: {value.type.bytes} (bytes)\n//   Offset: {layout.mutable[value]} (bytes)\n"
    )


def header(graph: Graph, layout: Layout, name: str, entry: str) -> str:
    """The bundle's header file (static API)."""
    prefix = name.upper()
    named = [(node.name, node.output) for node in graph.placeholders] + graph.outputs
    total = layout.constant_bytes + layout.mutable_bytes + layout.activations_bytes
    width = max(len(each) for each, _ in named) + len(prefix) + 2
    efficiency = layout.peak_bytes / layout.activations_bytes if layout.activations_bytes else 1.0
    return _HEADER.format(
        guard=f"_GLOW_BUNDLE_{prefix}_H", version=TOOLS_VERSION, name=name, prefix=prefix, entry=entry,
        total=total, efficiency=efficiency,
        comments="".join(_placeholder_comment(each, value, layout) for each, value in named),
        addresses="".join(f"#define {f'{prefix}_{each}':<{width}} {layout.mutable[value]}\n" for each, value in named),
        constant=layout.constant_bytes, mutable=layout.mutable_bytes, activations=layout.activations_bytes, alignment=ALIGNMENT,
    )  # fmt: skip


def write(graph: Graph, layout: Layout, folder: Path, name: str, entry: str, target: dict) -> None:
    """Write a bundle's files into a folder, all or none; `target` goes to toolchain.compile_object."""
    with artifacts.replacing_folder(folder) as fresh:
        source = fresh / f"{name}.c"
        source.write_text(emit_c.bundle_source(graph, layout, name, entry))
        toolchain.compile_object(source, fresh / f"{name}.o", **target)
        region = weights(graph, layout)
        (fresh / f"{name}.h").write_text(header(graph, layout, name, entry))
        (fresh / f"{name}.weights.bin").write_bytes(region)
        (fresh / f"{name}.weights.txt").write_text(weights_text(region))


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

// Puts a static buffer on a multiple of `size` bytes.
#define GLOW_MEM_ALIGN(size)  __attribute__((aligned(size)))

// Where a placeholder lies, given the start of the mutable region.
#define GLOW_GET_ADDR(mutableBaseAddr, placeholderOff)  (((uint8_t*)(mutableBaseAddr)) + placeholderOff)

#endif

// Model name: "{name}"
// Total data size: {total} (bytes)
// Activations allocation efficiency: {efficiency:.4f}
// Placeholders:
{comments}//
#ifdef __cplusplus
extern "C" {{
#endif

// Placeholders: bytes from the start of the mutable region.
{addresses}
// Region sizes (bytes).
#define {prefix}_CONSTANT_MEM_SIZE     {constant}
#define {prefix}_MUTABLE_MEM_SIZE      {mutable}
#define {prefix}_ACTIVATIONS_MEM_SIZE  {activations}

// Alignment of each region (bytes).
#define {prefix}_MEM_ALIGN  {alignment}

// Runs the network once on the three regions; returns GLOW_SUCCESS.
int {entry}(uint8_t *constantWeight, uint8_t *mutableWeight, uint8_t *activations);

#ifdef __cplusplus
}}
#endif
#endif
"""
