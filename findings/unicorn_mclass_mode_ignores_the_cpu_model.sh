#!/usr/bin/env bash
# unicorn 2.1.4: with UC_MODE_MCLASS the chosen CPU model is ignored, silently.
# Who emulates a Cortex-M0 asks for Thumb, for the M-class mode and for the model UC_CPU_ARM_CORTEX_M0,
# in the constructor or by ctl_set_cpu_model. With that mode bit the core is always a newer one: it
# divides in hardware, has MOVW, and loads words from odd addresses. All of them fault on a real M0.
# Without the mode bit the very same model refuses them.
# Why it matters: code built for the wrong core, or a misaligned int32 weight, passes every emulated
# test and hard-faults on the board; and cycles are counted for instructions the part lacks.
# What to do: leave UC_MODE_MCLASS out and pass the model; start every test run with an instruction
# that must fail.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check unicorn==2.1.4

cat > program.py <<'PROGRAM'
from unicorn import UC_ARCH_ARM, UC_HOOK_INTR, UC_MODE_MCLASS, UC_MODE_THUMB, Uc, UcError
from unicorn.arm_const import UC_ARM_REG_R0, UC_ARM_REG_R1, UC_CPU_ARM_CORTEX_M0

CODE = {"udiv r0, r0, r1": "b0fbf1f0", "movw r0, #4660": "41f23420", "ldr r0, [r1] at an odd address": "0868"}


def run(code, mode):
    core = Uc(UC_ARCH_ARM, UC_MODE_THUMB | mode, UC_CPU_ARM_CORTEX_M0)
    core.mem_map(0x1000, 0x1000)
    core.mem_write(0x1000, bytes.fromhex(code))
    core.reg_write(UC_ARM_REG_R0, 0x1100)
    core.reg_write(UC_ARM_REG_R1, 0x1101 if code == "0868" else 17)
    stopped = []
    core.hook_add(UC_HOOK_INTR, lambda c, number, _: (stopped.append(number), c.emu_stop()))
    try:
        core.emu_start(0x1001, 0x1000 + len(code) // 2)
    except UcError:
        return "refused"
    return "refused" if stopped else "runs"


for name, code in CODE.items():
    print(f"{name}: plain mode {run(code, 0)}, with UC_MODE_MCLASS {run(code, UC_MODE_MCLASS)}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='udiv r0, r0, r1: plain mode refused, with UC_MODE_MCLASS runs
movw r0, #4660: plain mode refused, with UC_MODE_MCLASS runs
ldr r0, [r1] at an odd address: plain mode refused, with UC_MODE_MCLASS runs'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what the Cortex-M0 model refuses\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
