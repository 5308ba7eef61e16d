"""The bench: any tool's C for a Cortex-M0+, built by the pinned clang at -O2 and run on the emulator, without flash waits."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from helpers.hardware import boards, toolchain
from helpers.hardware.counting import core as counting
from helpers.hardware.emulator import elf
from helpers.hardware.emulator.limits import Limits

CORE = "cortex-m0plus"
BOARD = dataclasses.replace(
    boards.load("ke16z"), flash=boards.Region("flash", 0, 4 << 20), ram=(boards.Region("RAM", 0x2000_0000, 2 << 20),),
    peripherals=(),
)  # fmt: skip
LIMIT = 2_000_000_000  # instructions
SEMIHOSTING_EXIT = "movs r0, #0x18\nldr r1, =0x20026\nbkpt #0xab\n"

START = (
    """
.syntax unified
.thumb
.section .vectors, "a"
.word __stack_top
.word Reset_Handler
.text
.global Reset_Handler
.type Reset_Handler, %function
.thumb_func
Reset_Handler:
ldr r0, =__data_start
ldr r1, =__data_end
ldr r2, =__data_load
b 2f
1: ldr r3, [r2]
str r3, [r0]
adds r0, #4
adds r2, #4
2: cmp r0, r1
blo 1b
ldr r1, =__bss_end
movs r3, #0
b 4f
3: str r3, [r0]
adds r0, #4
4: cmp r0, r1
blo 3b
bl bench_run
"""
    + SEMIHOSTING_EXIT
    + ".ltorg\n.size Reset_Handler, . - Reset_Handler\n"
)
SCRIPT = """
SECTIONS {
  .text 0 : { KEEP(*(.vectors)) KEEP(*(.rodata.bench_input)) *(.text*) *(.rodata*) . = ALIGN(4); __data_load = .; }
  .data 0x20000000 : AT(__data_load) { __data_start = .; *(.data*) . = ALIGN(4); __data_end = .; }
  .bss (NOLOAD) : { *(.bss*) . = ALIGN(4); __bss_end = .; }
  __stack_top = 0x20200000;
  /DISCARD/ : { *(.ARM.*) }
}
"""
# What generated C includes, and a part without a system has not; what is not here, the compiler's own library has.
HEADERS = {
    "string.h": "void *memcpy(void *, const void *, unsigned); void *memset(void *, int, unsigned);\n"
    "void *memmove(void *, const void *, unsigned); unsigned strlen(const char *);\n",
    "stdlib.h": "#include <stddef.h>\nvoid *malloc(size_t); void free(void *);\n"
    "static inline int abs(int n) { return n < 0 ? -n : n; }\n",
    "stdio.h": "int printf(const char *, ...);\n",
    "assert.h": "#define assert(what) ((void)(what))\n",
    "math.h": """#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf(x)
float expf(float), logf(float), sqrtf(float), fabsf(float), fmaxf(float, float), fminf(float, float), floorf(float);
float ceilf(float), roundf(float);
static inline float tanhf(float x) { return 1 - 2 / (expf(2 * x) + 1); }
double exp(double), log(double), sqrt(double), fabs(double), pow(double, double), floor(double), round(double);
static inline float nearbyintf(float x)
{
    float big = x < 0 ? -8388608.0f : 8388608.0f; /* behind it a float has no fraction */
    return x > -8388608.0f && x < 8388608.0f ? x + big - big : x;
}
""",
}


class Cost(NamedTuple):
    """Flash: code, constants and initial data. ram_bytes: data, buffers, input, output and stack. outputs: [count, ...]."""

    cycles: int
    flash_bytes: int
    ram_bytes: int
    outputs: np.ndarray


def measure(
    folder: Path,
    sources: Sequence[Path],
    call: str,
    inputs: np.ndarray,
    result: np.ndarray,
    include: Sequence[Path] = (),
) -> Cost:
    """Build and run a network for each of the inputs [count, ...]; the cycles are those of the first.

    sources: its C files. call: C that declares and calls it, with the statement between braces: bench_input and bench_output
    point to the input's and the output's elements. result: an array like the output.
    """
    path, startup = _built(folder, sources, call, inputs, result, include)
    runs = [_run(path, each, result) for each in inputs]
    cycles, stack, sizes, _ = runs[0]
    flash = sizes.flash - startup - inputs[0].nbytes
    return Cost(cycles, flash, sizes.ram + stack + inputs[0].nbytes, np.array([output for *_, output in runs]))


def _built(folder, sources, call, inputs, result, include) -> tuple[Path, int]:
    """The program, and the bytes of its start-up code."""
    headers = folder / "headers"
    headers.mkdir(parents=True, exist_ok=True)
    for name, text in HEADERS.items():
        (headers / name).write_text("#pragma once\n" + text)
    flags = ["-O2", "-w", "-ffunction-sections", "-fdata-sections", f"-I{headers}", *(f"-I{each}" for each in include)]
    texts = {
        "start.S": START,
        "input.c": f"const _Alignas(8) unsigned char bench_input[{inputs[0].nbytes}] = {{1}};\n",
        "run.c": f"extern const unsigned char bench_input[];\n_Alignas(8) unsigned char bench_output[{result.nbytes}];\n{call}",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    objects = []
    for number, source in enumerate([*(folder / name for name in texts), *sources]):
        objects.append(toolchain.compile_object(source, folder / f"object{number}.o", CORE, flags=flags))
    (folder / "bench.ld").write_text(SCRIPT)
    program = toolchain.link_flat(objects, folder / "bench.elf", folder / "bench.ld", "Reset_Handler", CORE)
    symbols = elf.read(program, BOARD).symbols
    return program, 8 + symbols["Reset_Handler"].size


def _run(path: Path, given: np.ndarray, result: np.ndarray):
    program = elf.read(path, BOARD).with_data("bench_input", given.tobytes())
    core = counting.core(BOARD, program, 0)
    core.run(Limits(LIMIT))
    if core.reason != "semihosting exit":
        raise RuntimeError(f"{path}: {core.fault or core.reason}")
    rows = core.calls.rows(list(core.blocks.values()), core.count, core.waits, core.scale)
    cycles = next(row.inclusive_cycles for row in rows if row.name == "bench_run")
    output = bytes(core.uc.mem_read(program.symbols["bench_output"].address, result.nbytes))
    array = np.frombuffer(output, result.dtype).reshape(result.shape)
    return cycles, core.stack_top - core.stack_low, program.sizes, array
