"""Run hot loops from RAM: find the parts of a bundle's code that are worth the space, and rename their sections.

A flash with wait states makes each fetch of an instruction wait; RAM does not. NXP's linker scripts for GCC put sections
called CodeQuickAccess into .data, which start-up code copies to RAM (the SDK's MKE16Z64xxx4_flash.ld and its like;
AT_QUICKACCESS_SECTION_CODE in its fsl_common.h). Ours do the same, so an object file whose hot sections have that name is
all that is needed, with either compiler and with that SDK. Calls from flash to RAM are too far for `bl`, so linkers insert
a jump.
"""

import re
from pathlib import Path

from helpers.common import artifacts
from helpers.common.errors import BadInput, BadParameter, MissingInput
from helpers.hardware import object_file, toolchain
from helpers.hardware.boards import Board
from helpers.inference import bundle_arrays
from helpers.inference.emulated_bundle import EmulatedBundle

SECTION = "CodeQuickAccess"
HOT = 3  # cycles a byte and inference from which code is hot: code that runs once takes about one


def find(obj: Path, board: Board) -> list[str]:
    """Return the sections of an object file, in its bundle's folder, whose code takes at least HOT cycles per byte.

    Cycles are those of one inference of random inputs. Each layer of the fast forms is a section; a bundle of one section is hot
    as a whole. Raises
    BadParameter for a board whose flash has no wait states, MissingInput or BadInput for a bundle that cannot be run on the
    emulated core.
    """
    if not board.wait_states:
        what = f"{board.title} has no flash waits: its loops are not faster in RAM"
        raise BadParameter(what, remedy="leave the hot loops in flash")
    constants = obj.with_suffix(".weights.bin")
    if not constants.is_file():
        raise MissingInput(
            f"lacks {constants.name}", where=artifacts.shown(obj.parent), remedy="compile the network again"
        )
    core = EmulatedBundle(obj.with_suffix(".h"), board.mul_cycles, board.core)
    cycles = core.measure(bundle_arrays.at_random(core.header)).cycles_of
    code = object_file.code_sections(obj)
    spent = {name: sum(cycles.get(function, 0) for function in section.functions) for name, section in code.items()}
    return [name for name, section in code.items() if spent[name] >= HOT * section.size]


def rename(obj: Path, sections: list[str]) -> None:
    """Rename sections of an object file to one that linker scripts put into RAM; raises BadInput for an invalid name."""
    for name in sections:
        if not re.fullmatch(r"[\w.$]+", name):
            raise BadInput(f"has a section {name!r}, no name for a linker script", where=artifacts.shown(obj))
    script, joined = obj.with_suffix(".ld"), obj.with_suffix(".joined")
    try:
        script.write_text(f"SECTIONS {{ {SECTION} : {{ *({' '.join(sections)}) }} }}\n")
        toolchain.join_objects([obj], joined, script)
        joined.replace(obj)
    finally:
        for each in (script, joined):
            each.unlink(missing_ok=True)
