"""Generate the C around a bundle in a parcel: its memory, its named functions, and a test vector."""

import numpy as np

from helpers.firmware.export.sources import Sources
from helpers.inference import bundle_arrays
from helpers.inference.bundle_header import Placeholder

C_TYPES = {"i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "float": "float"}
WRITTEN = "Written by the workbook's export: edits are lost."
INTERFACE = """\
/* The network "{stem}" with its memory: hand over every input, run it, read the outputs. There is one of it: do not call it
 * from two threads. {written} */
#ifndef {upper}_NETWORK_H
#define {upper}_NETWORK_H

#include <stdint.h>

{guard}
#ifdef __cplusplus
extern "C" {{
#endif

{setters}
/* Runs the network once; 0 when all went well. */
int {stem}_infer(void);

{getters}
/* Runs the network on a test input; how many bytes of its outputs are not those expected: 0 when all is well. */
uint32_t {stem}_self_test(void);

#ifdef __cplusplus
}}
#endif
#endif
"""
MEMORY = """\
/* {written} */
#include "{stem}_network.h"

#include "{stem}.h"

GLOW_MEM_ALIGN({prefix}_MEM_ALIGN)
static const uint8_t constant_weights[{prefix}_CONSTANT_MEM_SIZE + 1] = {{
#include "{stem}.weights.txt"
}};

GLOW_MEM_ALIGN({prefix}_MEM_ALIGN)
static uint8_t mutable_weights[{prefix}_MUTABLE_MEM_SIZE];

GLOW_MEM_ALIGN({prefix}_MEM_ALIGN)
static uint8_t activations[{prefix}_ACTIVATIONS_MEM_SIZE + 1];

{setters}
int {stem}_infer(void)
{{
  return {entry}((uint8_t *)constant_weights, mutable_weights, activations);
}}

{getters}"""
COPY = """\
void {stem}_set_{name}(const {kind} *values)
{{
  uint8_t *to = GLOW_GET_ADDR(mutable_weights, {macro});
  const uint8_t *from = (const uint8_t *)values;

  for (uint32_t i = 0; i < {count}; i++) {{
    to[i] = from[i];
  }}
}}
"""
POINT = """\
void {stem}_set_{name}(const {kind} *values)
{{
  *(const void **)(void *)GLOW_GET_ADDR(mutable_weights, {macro}) = values;
}}
"""
GET = """\
const {kind} *{stem}_get_{name}(void)
{{
  return (const {kind} *)(const void *)GLOW_GET_ADDR(mutable_weights, {macro});
}}
"""
SELF_TEST = """\
/* A test input and its outputs. {written} */
#include "{stem}_network.h"

{vectors}
static uint32_t differing(const uint8_t *found, const uint8_t *expected, uint32_t count)
{{
  uint32_t differ = 0;

  for (uint32_t i = 0; i < count; i++) {{
    differ += found[i] != expected[i];
  }}
  return differ;
}}

uint32_t {stem}_self_test(void)
{{
  uint32_t differ = 0;

{steps}
  return differ;
}}
"""


def interface(sources: Sources) -> str:
    """Return the text of stem_network.h."""
    stem, header = sources.stem, sources.header
    setters = [
        f"/* {_described(each)}. {_kept(each)} */\nvoid {stem}_set_{name}(const {C_TYPES[each.element]} *values);\n"
        for name, each in header.inputs.items()
    ]
    getters = [
        f"/* {_described(each)}. */\nconst {C_TYPES[each.element]} *{stem}_get_{name}(void);\n"
        for name, each in header.outputs.items()
    ]
    words = {"stem": stem, "upper": stem.upper(), "guard": sources.guard, "written": WRITTEN}
    return INTERFACE.format(**words, setters="\n".join(setters), getters="\n".join(getters))


def _kept(each: Placeholder) -> str:
    """Say what happens to the values that a setter is given."""
    if each.in_place:
        return "The values are read where they lie: keep them until the network has run."
    return "Copied; a run overwrites the copy: set them before each." if each.overwritten else "Copied."


def _described(each: Placeholder) -> str:
    shape = " x ".join(map(str, each.shape)) or "1"
    real = f", real value = {each.scale:.9g} * (stored - ({each.offset}))" if each.scale else ""
    return f"{each.name}: [{shape}] of {C_TYPES[each.element]}{real}"


def memory(sources: Sources) -> str:
    """Return the text of stem_network.c."""
    header, first = sources.header, next(iter(sources.header.placeholders.values()))
    setters = [_filled(POINT if each.in_place else COPY, sources, name, each) for name, each in header.inputs.items()]
    getters = [_filled(GET, sources, name, each) for name, each in header.outputs.items()]
    words = {"stem": sources.stem, "prefix": first.macro.removesuffix(f"_{first.name}"), "entry": header.name}
    return MEMORY.format(**words, setters="\n".join(setters), getters="\n".join(getters), written=WRITTEN)


def _filled(template: str, sources: Sources, name: str, each: Placeholder) -> str:
    words = {"name": name, "kind": C_TYPES[each.element], "macro": each.macro, "count": each.bytes}
    return template.format(stem=sources.stem, **words)


def self_test(sources: Sources, inputs: dict[str, np.ndarray], outputs: dict[str, np.ndarray]) -> str:
    """Return the text of stem_self_test.c; inputs, outputs: the arrays of one inference by name, in stored types."""
    stem, header = sources.stem, sources.header
    vectors = [_vector(f"given_{name}", array, header.inputs[name]) for name, array in inputs.items()]
    vectors += [_vector(f"expected_{name}", array, header.outputs[name]) for name, array in outputs.items()]
    steps = [f"  {stem}_set_{name}(&given_{name}.first);" for name in inputs]
    steps += [f"  differ += (uint32_t)({stem}_infer() != 0);"]
    steps += [
        f"  differ += differing((const uint8_t *){stem}_get_{name}(), expected_{name}.bytes, sizeof(expected_{name}.bytes));"
        for name in outputs
    ]
    return SELF_TEST.format(stem=stem, vectors="\n".join(vectors), steps="\n".join(steps), written=WRITTEN)


def _vector(name: str, array: np.ndarray, each: Placeholder) -> str:
    """Return a C constant with an array's bytes, aligned like its elements."""
    element = np.dtype(bundle_arrays.ELEMENTS[each.element]).newbyteorder("<")
    data = np.ascontiguousarray(array, element).tobytes()
    rows = [" ".join(f"{byte}," for byte in data[start : start + 24]) for start in range(0, len(data), 24)]
    kind = f"union {{ uint8_t bytes[{len(data)}]; {C_TYPES[each.element]} first; }}"
    return "\n  ".join([f"static const {kind} {name} = {{{{", *rows]) + "\n}};\n"
