#!/usr/bin/env bash
# unicorn 2.1.4: WFE and YIELD are reported as invalid instructions, and WFI ends the run as if all had been done.
# On every Cortex-M all three are valid: YIELD may do nothing, WFE and WFI sleep until something happens, and a debugger
# or an interrupt may wake them at once. The emulator raises UC_ERR_INSN_INVALID for the first two, on each
# Cortex-M model, and at WFI emu_start returns with no error, short of the address it was told to run to. SEV and
# the barriers, which belong to the same group, run.
# Why it matters: boot code and waiting loops hold WFE (a chip's second core sleeps with it), so a program that is
# right seems to hold data in place of code; and a test that takes "no error" for "ran to its end" passes at the first WFI.
# What to do: compare PC with the address you asked for, and step over these halfwords yourself.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check unicorn==2.1.4

cat > program.py <<'PROGRAM'
from unicorn import UC_ARCH_ARM, UC_MODE_MCLASS, UC_MODE_THUMB, Uc, UcError
from unicorn.arm_const import UC_ARM_REG_PC, UC_ARM_REG_R0, UC_CPU_ARM_CORTEX_M0, UC_CPU_ARM_CORTEX_M4

MODELS = {"Cortex-M0": (UC_CPU_ARM_CORTEX_M0, 0), "Cortex-M4": (UC_CPU_ARM_CORTEX_M4, UC_MODE_MCLASS)}
HINTS = {"nop": "00bf", "yield": "10bf", "wfe": "20bf", "wfi": "30bf", "sev": "40bf", "dmb": "bff35f8f"}
for name, (model, mode) in MODELS.items():
    for hint, halfwords in HINTS.items():
        code = bytes.fromhex(halfwords) + bytes.fromhex("0120")  # the hint; movs r0, #1
        core = Uc(UC_ARCH_ARM, UC_MODE_THUMB | mode, model)
        core.mem_map(0x1000, 0x1000)
        core.mem_write(0x1000, code)
        try:
            core.emu_start(0x1001, 0x1000 + len(code), timeout=2_000_000)
            result = "no error"
        except UcError as error:
            result = str(error)
        ended = core.reg_read(UC_ARM_REG_PC) == 0x1000 + len(code)
        print(f"{name}, {hint}: {result}, end {'reached' if ended else 'not reached'}, r0 {core.reg_read(UC_ARM_REG_R0)}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='Cortex-M0, nop: no error, end reached, r0 1
Cortex-M0, yield: Invalid instruction (UC_ERR_INSN_INVALID), end not reached, r0 0
Cortex-M0, wfe: Invalid instruction (UC_ERR_INSN_INVALID), end not reached, r0 0
Cortex-M0, wfi: no error, end not reached, r0 0
Cortex-M0, sev: no error, end reached, r0 1
Cortex-M0, dmb: no error, end reached, r0 1
Cortex-M4, nop: no error, end reached, r0 1
Cortex-M4, yield: Invalid instruction (UC_ERR_INSN_INVALID), end not reached, r0 0
Cortex-M4, wfe: Invalid instruction (UC_ERR_INSN_INVALID), end not reached, r0 0
Cortex-M4, wfi: no error, end not reached, r0 0
Cortex-M4, sev: no error, end reached, r0 1
Cortex-M4, dmb: no error, end reached, r0 1'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which hints run\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
