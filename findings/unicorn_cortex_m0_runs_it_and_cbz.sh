#!/usr/bin/env bash
# unicorn 2.1.4: the Cortex-M0 model runs IT blocks, CBZ and CBNZ.
# It refuses UDIV, MOVW and CLZ, so one expects it to hold all code to the small ARMv6-M set.
# But the 16-bit instructions that came with ARMv7-M are decoded without asking for the core: IT, CBZ
# and CBNZ run and take effect. On a Cortex-M0 or M0+ they are undefined, and end in HardFault.
# Why it matters: objects built for a Cortex-M3 or M4 (a vendor library, a wrong -mcpu) may hold no
# other foreign instruction; they pass on the emulator and die on the board.
# What to do: disassemble the whole image and refuse these mnemonics before running it.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check unicorn==2.1.4

cat > program.py <<'PROGRAM'
from unicorn import UC_ARCH_ARM, UC_MODE_THUMB, Uc, UcError
from unicorn.arm_const import UC_ARM_REG_R0, UC_CPU_ARM_CORTEX_M0

CODE = {"clz r0, r0": "b0fa80f0", "it ne; movne r0, #1": "18bf0120", "cbz r0, over; movs r0, #1; over:": "00b10120",
        "cbnz r0, over; movs r0, #1; over:": "00b90120"}
for name, code in CODE.items():
    core = Uc(UC_ARCH_ARM, UC_MODE_THUMB, UC_CPU_ARM_CORTEX_M0)
    core.mem_map(0x1000, 0x1000)
    core.mem_write(0x1000, bytes.fromhex(code))
    core.reg_write(UC_ARM_REG_R0, 0)
    try:
        core.emu_start(0x1001, 0x1000 + len(code) // 2)
        print(f"{name}  runs, r0 = {core.reg_read(UC_ARM_REG_R0)}")
    except UcError:
        print(f"{name}  refused")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='clz r0, r0  refused
it ne; movne r0, #1  runs, r0 = 0
cbz r0, over; movs r0, #1; over:  runs, r0 = 0
cbnz r0, over; movs r0, #1; over:  runs, r0 = 1'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the Cortex-M0 model refuses\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
