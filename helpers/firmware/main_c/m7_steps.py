"""Steps 7 to 13 of the note's list for the Cortex-M7 board: from the SDK's float LeNet to the bundle's int8 network.

Each step matches both the old and the new main.c, so that it may run any number of times. `Lost` names what a step
could not find; patching.py turns it into an error.
"""

import re

from helpers.firmware.main_c import source
from helpers.firmware.main_c.target import Target

# The macros of a bundle's header that carry its name. What main.c defines itself (..._OUTPUT_CLASS) keeps its name, as
# in the note's listing.
BUNDLE_MACROS = ("MEM_ALIGN", "CONSTANT_MEM_SIZE", "MUTABLE_MEM_SIZE", "ACTIVATIONS_MEM_SIZE")

CAST = r"(?:\(\s*(?:const\s+)?\w+\s*\*\s*\)\s*)"  # a cast to a pointer


class Lost(Exception):
    """The place to change was not found; the text says which place."""


def need(change: tuple[str, int], place: str) -> str:
    """Return the text after a replacement; raises Lost if nothing was replaced."""
    text, count = change
    if not count:
        raise Lost(place)
    return text


def rename_bundle(text: str, target: Target) -> str:
    """Step 7: replace the old bundle's name with the new one, in macros and file names too."""
    sizes = source.find(text, r"\bconstantWeight\s*\[\s*(?P<macro>\w+)_CONSTANT_MEM_SIZE\s*\]")
    if not sizes:
        raise Lost("constantWeight[…_CONSTANT_MEM_SIZE]")
    old, new = sizes[0]["macro"], target.header
    weights = r'\bconstantWeight\s*\[[^\]]*\]\s*=\s*\{\s*#[ \t]*include[ \t]*"(?P<this>[^"\r\n]+)"'
    place = '#include "….weights.txt" among the constant weights'
    text = need(source.replace(text, weights, f"{new.name}.weights.txt"), place)
    header = rf'#[ \t]*include[ \t]*"(?P<this>(?i:{old}))\.h"'
    text = need(source.replace(text, header, new.name), f'#include "{old.lower()}.h"')
    call = rf"\b(?P<this>\w+)\s*\(\s*{CAST}?constantWeight\s*,"
    text = need(source.replace(text, call, new.name), f"the call of {old.lower()}()")
    text, _ = source.replace(text, rf"\b(?P<this>{old.lower()})\b", new.name)
    text, _ = source.replace(text, r"\b(?P<this>GLOW_ALIGN)\s*\(", "GLOW_MEM_ALIGN")  # as older examples have it
    macros = rf"\b(?P<this>{old})_(?:{'|'.join(BUNDLE_MACROS)})\b"
    return need(source.replace(text, macros, new.macro_prefix), f"{old}_MEM_ALIGN and the memory sizes")


def set_addresses(text: str, target: Target) -> str:
    """Step 8: set the addresses of input and output to the new bundle's placeholders."""
    get_addr = r"\s*=\s*GLOW_GET_ADDR\s*\(\s*\w+\s*,\s*(?P<this>\w+)\s*\)"
    header = target.header
    text = need(source.replace(text, r"\b\w*[iI]np(?:ut)?Addr" + get_addr, header.input.macro), "inputAddr")
    return need(source.replace(text, r"\b\w*[oO]ut(?:put)?Addr" + get_addr, header.output.macro), "outputAddr")


def set_input(text: str, target: Target) -> str:
    """Step 9: set the input's size and the image file, and copy the image to the network's input."""
    size = r"#[ \t]*define[ \t]+\w*INPUT_SIZE[ \t]+(?P<this>\S(?:[^\r\n]*\S)?)"
    image = r'\bimageData\s*\[[^\]]*\]\s*=\s*\{\s*#[ \t]*include[ \t]*"(?P<this>[^"\r\n]+)"'
    text = need(source.replace(text, size, target.input_size), "#define …INPUT_SIZE")
    text = need(source.replace(text, image, target.image), "imageData with its #include")
    text, _ = source.replace(text, r"\b(?P<this>float|u?int(?:16|32)_t)\s+imageData\s*\[", "uint8_t")
    return _copy_image(text)


# What input_step.py writes in place of that memcpy, if the input is read in place.
INPUT_IN_PLACE = r"(?P<this>\*\s*\(\s*const\s+uint8_t\s*\*\s*\*\s*\)\s*(?P<to>\w+)\s*=\s*(?P<image>\w+))\s*;"


def _copy_image(text: str) -> str:
    """Copy the image's bytes to the input unchanged; remove a loop that scales them, as in NXP's CIFAR-10."""
    if source.find(text, r"\bmemcpy\s*\(\s*inputAddr\s*,\s*imageData\s*,") or source.find(text, INPUT_IN_PLACE):
        return text
    loop = r"(?P<this>\bfor\s*\([^{}]*\bimageData\b[^{}]*\{[^{}]*\bimageData\s*\[[^{}]*\})"
    text = need(
        source.replace(text, loop, "memcpy(inputAddr, imageData, sizeof(imageData));"),
        "memcpy(inputAddr, imageData, …)",
    )
    pointer = r"(?P<this>[ \t]*\w+\s*\*\s*(?P<name>\w+)\s*=\s*\(\s*\w+\s*\*\s*\)\s*inputAddr\s*;[ \t]*(?:\r?\n)?)"
    for match in source.find(text, pointer):
        if len(source.find(text, rf"\b{match['name']}\b")) == 1:  # the loop was all that used it
            text, _ = source.replace(text, pointer, "")
    return text


def set_output_type(text: str, target: Target) -> str:
    """Step 10: read the output with its own type."""
    kind, _ = target.output_type
    cast = r"(?P<this>\b\w+\s*\*\s*out_data\s*=\s*\(\s*\w+\s*\*\s*\)\s*\(?\s*(?P<address>\w+)\s*\)?)\s*;"
    return need(source.replace(text, cast, lambda m: f"{kind} *out_data = ({kind}*)({m['address']})"), "out_data")


def set_maximum(text: str, target: Target) -> str:
    """Step 11: start the search for the maximum below every possible value."""
    kind, smallest = target.output_type
    declaration = r"(?P<this>\b\w+\s+max_val\s*=\s*[^;]+?)\s*;"
    return need(source.replace(text, declaration, f"{kind} max_val = {smallest}"), "max_val")


def print_each_class(text: str, _target: Target) -> str:
    """Step 12: print every class with its confidence; remove what printed the highest confidence or its label."""
    loops = source.find(text, r"\bfor\s*\(\s*(?:\w+\s+)?(?P<index>\w+)\s*=[^{}]*\{(?P<body>[^{}]*)\bout_data\s*\[")
    if not loops:
        raise Lost("the loop over out_data")
    loop = loops[0]
    if not re.search(r'PRINTF\s*\(\s*"Confidence = %d', loop["body"]):
        indent = source.newline(text) + source.indentation(text, loop.end())
        lines = (
            rf'PRINTF("class = %d\r\n", {loop["index"]});',
            rf'PRINTF("Confidence = %d\r\n", out_data[{loop["index"]}]);',
        )
        start = loop.start("body")
        text = text[:start] + "".join(indent + line for line in lines) + text[start:]
    text, _ = source.replace(
        text, r'(?P<this>[ \t]*PRINTF\s*\(\s*"Confidence[^;]*\bmax_val\b[^;]*;[ \t]*(?:\r?\n)?)', ""
    )
    text, _ = source.replace(text, r'"Top1 class = %\w+(?P<this>\s*\(%s\))', "")
    return source.replace(text, r'"Top1 class[^;]*\bmax_idx(?P<this>\s*,\s*[^;]*\bmax_idx\s*\]?)\s*\)\s*;', "")[0]


def print_microseconds(text: str, _target: Target) -> str:
    """Step 13: store and print the time in microseconds."""
    difference = r"=\s*(?P<this>\(?\s*stop_time\s*-\s*start_time\s*\)?(?:\s*/\s*1000\w*)?)\s*;"
    text = need(source.replace(text, difference, "stop_time - start_time"), "stop_time - start_time")
    text, _ = source.replace(text, r"\b(?P<this>duration_ms)\b", "duration_us")
    unit = r'"Inference time[^"]*\((?P<this>[mu]s)\)'
    return need(source.replace(text, unit, "us"), 'PRINTF("Inference time …")')
