#!/usr/bin/env bash
# ziglang 0.17.1: zig cc without -O gives a firmware of 320 KB that stops at a shift of a negative number.
# It is clang, so one expects -O0 code: some hundred bytes that compute the same. Without -O (or with
# -O0) zig adds checks for undefined behaviour and the runtime that prints their reports, on
# bare metal too. The shift of a negative int to the left, as fixed-point code everywhere has it, is such
# a case: the report cannot be printed, and the program ends in an undefined instruction.
# With -O1 to -O3, -Os and -Oz the checks are gone: 34 to 42 bytes, and the expected number.
# Why it matters: the first build of a small kernel does not fit any Cortex-M0, or hard-faults where gcc
# and the released build work.
# What to do: always pass an -O; -fno-sanitize=undefined alone still links 200 KB of unused runtime.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check ziglang==0.17.1 unicorn==2.1.4 pyelftools==0.33

cat > program.py <<'PROGRAM'
import subprocess
import sys

from elftools.elf.elffile import ELFFile
from unicorn import UC_ARCH_ARM, UC_ERR_EXCEPTION, UC_MODE_THUMB, Uc, UcError
from unicorn.arm_const import UC_ARM_REG_SP, UC_CPU_ARM_CORTEX_M0

with open("m.c", "w") as file:
    file.write("""volatile int acc = -5, out;
__attribute__((noinline)) static int scale(int a) { return a << 3; }
void Reset_Handler(void) { out = scale(acc); __asm volatile("bkpt #0"); for (;;) ; }""")
with open("m.ld", "w") as file:
    file.write("""MEMORY { FLASH (rx) : ORIGIN = 0, LENGTH = 2048K
RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 256K }
SECTIONS { .text : { *(.text*) *(.rodata*) } > FLASH .extab : { *(.ARM.extab*) } > FLASH
.data : { *(.data*) } > RAM .bss (NOLOAD) : { *(.bss*) } > RAM /DISCARD/ : { *(.ARM.exidx*) } }""")
for options in ([], ["-fno-sanitize=undefined"], ["-O1"], ["-Os"]):
    subprocess.run([sys.executable, "-m", "ziglang", "cc", "-target", "thumb-freestanding-eabi", "-mcpu=cortex_m0plus",
                    *options, "-g", "-T", "m.ld", "-Wl,-e,Reset_Handler", "m.c", "-o", "m.elf"], check=True)
    elf = ELFFile(open("m.elf", "rb"))
    core = Uc(UC_ARCH_ARM, UC_MODE_THUMB, UC_CPU_ARM_CORTEX_M0)
    core.mem_map(0, 0x200000)
    core.mem_map(0x20000000, 0x40000)
    for segment in elf.iter_segments("PT_LOAD"):
        if segment["p_filesz"]:
            core.mem_write(segment["p_vaddr"], segment.data())
    core.reg_write(UC_ARM_REG_SP, 0x20040000)
    try:
        core.emu_start(elf["e_entry"] | 1, 0x1FFFFF, count=10_000_000)
        end = "went on"
    except UcError as error:
        end = "ends at its breakpoint" if error.errno == UC_ERR_EXCEPTION else "undefined instruction"
    out = elf.get_section_by_name(".symtab").get_symbol_by_name("out")[0]["st_value"]
    size = elf.get_section_by_name(".text")["sh_size"]
    result = int.from_bytes(core.mem_read(out, 4), "little", signed=True)
    how = " ".join(options) or "no option"
    print(how, "code", f"over {size // 100_000 * 100} KB" if size > 100_000 else f"{size} bytes", "result", result, end)
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='no option code over 300 KB result 0 undefined instruction
-fno-sanitize=undefined code over 200 KB result -40 ends at its breakpoint
-O1 code 42 bytes result -40 ends at its breakpoint
-Os code 34 bytes result -40 ends at its breakpoint'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what zig cc adds\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
