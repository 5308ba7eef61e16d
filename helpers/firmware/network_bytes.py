"""Measure the network's own bytes: build the project with and without the network, and subtract."""

import dataclasses
import re
import shutil
import tempfile
from pathlib import Path

from helpers.common import artifacts
from helpers.firmware import projects
from helpers.firmware.projects import Project
from helpers.hardware import toolchain
from helpers.hardware.emulator import elf

_SOURCE = (
    "#include <stdint.h>\nint {name}(uint8_t *c, uint8_t *m, uint8_t *a) {{ (void)c; (void)m; (void)a; return 0; }}\n"
)


def measure(project: Project) -> dict[str, int]:
    """Return the bytes of flash and RAM that the network adds to a built project: {"flash": ..., "RAM": ...}.

    The project without a network has the same main.c, image and board, and a bundle of one byte per region whose entry point does
    nothing. It is built beside the project with clang, as `project` must be, and removed; raises what `firmware.build` raises.
    """
    whole = elf.read(project.elf, project.board).sizes
    with tempfile.TemporaryDirectory(dir=artifacts.build(), prefix=".without-") as scratch:
        folder = Path(scratch, project.folder.name)
        shutil.copytree(project.folder, folder, ignore=shutil.ignore_patterns(projects.OUTPUT, ".build-*"))
        bare = dataclasses.replace(project, folder=folder)
        _empty(bare)
        rest = projects.build(bare)
    return {"flash": whole.flash - rest.flash, "RAM": whole.ram - rest.ram}


def _empty(project: Project) -> None:
    """Replace the bundle in a project's source folder with an empty one."""
    name, source = project.header.file.stem, project.source.parent
    header = (source / f"{name}.h").read_text()
    prefix = project.header.macro_prefix
    header = re.sub(rf"(#define {prefix}_(?:\w+_MEM_SIZE|MEM_ALIGN)\s+)\d+", r"\g<1>1", header)
    for placeholder in project.header.placeholders.values():
        header = re.sub(rf"(#define {placeholder.macro}\s+)\d+", r"\g<1>0", header)
    (source / f"{name}.h").write_text(header)
    (source / f"{name}.weights.txt").write_text("0\n")
    (source / f"{name}.c").write_text(_SOURCE.format(name=name))
    toolchain.compile_object(
        source / f"{name}.c", source / f"{name}.o", project.board.core, project.board.core == "cortex-m7"
    )
    (source / f"{name}.c").unlink()
