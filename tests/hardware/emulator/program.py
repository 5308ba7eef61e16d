"""Little programs for the emulator, assembled as firmware is: vector table, code in flash, RAM behind it."""

import dataclasses
from pathlib import Path

from helpers.hardware import boards, toolchain
from helpers.hardware.counting import core as counting
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.core import Core
from helpers.hardware.emulator.limits import Limits

KE16Z, KE02, RT1060 = (boards.load(name) for name in ("ke16z", "ke02z40m", "rt1060"))
M0_BOARD = dataclasses.replace(KE16Z, core="cortex-m0")
MICROBIT = dataclasses.replace(  # the one Cortex-M0 that QEMU has
    KE16Z,
    core="cortex-m0",
    flash=boards.Region("flash", 0, 256 << 10),
    ram=(boards.Region("RAM", 0x2000_0000, 16 << 10),),
)

PRELUDE = """
.syntax unified
.fpu {fpu}
.thumb
.section .vectors, "a"
.word __stack_top
.word Reset_Handler
.macro function name
.global \\name
.type \\name, %function
.thumb_func
.p2align 2
\\name:
.endm
.text
"""

SCRIPT = """
MEMORY {{ FLASH (rx) : ORIGIN = {flash:#x}, LENGTH = {flash_size}
          RAM (rwx) : ORIGIN = {ram:#x}, LENGTH = {ram_size} }}
SECTIONS {{
  .text : {{ KEEP(*(.vectors)) KEEP(*(.rodata)) *(.text*) *(.rodata.*) }} > FLASH
  .data : {{ __data_start = .; KEEP(*(.data*)) }} > RAM AT > FLASH
  .bss (NOLOAD) : {{ KEEP(*(.bss*)) }} > RAM
  __stack_top = ORIGIN(RAM) + LENGTH(RAM);
  /DISCARD/ : {{ *(.ARM.exidx*) }}
}}
"""


def assemble(folder: Path, body: str, board=KE16Z, c_source: str | None = None, objects=()) -> Path:
    """Assemble `body` (it defines Reset_Handler), and compile `c_source` if there is one, to an ELF for the board.

    objects: more files to link, such as a bundle's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fpu = "fpv5-d16" if board.core == "cortex-m7" else "softvfp"
    ram, size = board.ram[0], board.flash.end - board.code_start
    script = SCRIPT.format(flash=board.code_start, flash_size=size, ram=ram.origin, ram_size=ram.size)
    (folder / "program.ld").write_text(script)
    (folder / "program.S").write_text(PRELUDE.format(fpu=fpu) + body + "\n")
    sources = [folder / "program.S", *objects]
    if c_source:
        (folder / "code.c").write_text(c_source)
        sources.append(folder / "code.c")
    flags = toolchain.target_flags(board.core, board.core == "cortex-m7")
    options = [
        "-g",
        "-O2",
        "-ffreestanding",
        "-fno-sanitize=all",
        "-nostdlib",
        *(["-lgcc"] if c_source or objects else []),
    ]
    link = ["-T", folder / "program.ld", "-Wl,-e,Reset_Handler", "-Wl,-z,max-page-size=4"]
    toolchain.run([toolchain.zig(), "cc", *flags, *options, *link, *sources, "-o", folder / "program.elf"])
    return folder / "program.elf"


def core_after(path: Path, board=KE16Z, wait_states: int = 0, limit: int = 1_000_000) -> Core:
    """The core as a program leaves it, for tests that look into its registers."""
    core = counting.core(board, elf.read(path, board), wait_states)
    core.run(Limits(limit))
    assert core.fault is None, core.fault
    return core
