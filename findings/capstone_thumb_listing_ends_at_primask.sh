#!/usr/bin/env bash
# capstone 5.0.9: in Thumb mode a listing of Cortex-M code ends at its first MRS or MSR, without an error.
# CPSID, DMB, WFI, SVC and even the TrustZone instructions of ARMv8-M are decoded in CS_MODE_THUMB, so one expects the
# same of MRS and MSR with PRIMASK, CONTROL, IPSR, PSP and MSP. They need CS_MODE_MCLASS besides; without it disasm() stops in
# front of them as at data, and says nothing. MRS of APSR alone, which A-profile cores have as well, is decoded.
# Why it matters: each critical section begins so (read PRIMASK, CPSID), and a tool that counts cycles, looks for a
# branch or measures stack sees the function's first instructions only.
# What to do: open it with CS_MODE_THUMB | CS_MODE_MCLASS, and check that the sizes add up to the length of the code.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check capstone==5.0.9

cat > program.py <<'PROGRAM'
from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs

MODES = {"Thumb": CS_MODE_THUMB, "Thumb and M-class": CS_MODE_THUMB | CS_MODE_MCLASS}
section = bytes.fromhex("10b5 eff31084 72b6 0130 84f31088 10bd")  # push, mrs primask, cpsid i, adds, msr primask, pop
for name, mode in MODES.items():
    listing = [f"{one.mnemonic} {one.op_str}" for one in Cs(CS_ARCH_ARM, mode).disasm(section, 0x1000)]
    print(f"{name}: {len(listing)} of 6 instructions: {'; '.join(listing)}")
ALONE = {"mrs r0, apsr": "eff30080", "mrs r0, ipsr": "eff30580", "mrs r0, control": "eff31480", "msr psp, r0": "80f30988", "dmb sy": "bff35f8f", "sg": "7fe97fe9"}
for text, code in ALONE.items():
    counts = [len(list(Cs(CS_ARCH_ARM, mode).disasm(bytes.fromhex(code), 0x1000))) for mode in MODES.values()]
    print(f"{text}: {', '.join('decoded' if count else 'nothing' for count in counts)}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='Thumb: 1 of 6 instructions: push {r4, lr}
Thumb and M-class: 6 of 6 instructions: push {r4, lr}; mrs r4, primask; cpsid i; adds r0, #1; msr primask, r4; pop {r4, pc}
mrs r0, apsr: decoded, decoded
mrs r0, ipsr: nothing, decoded
mrs r0, control: nothing, decoded
msr psp, r0: nothing, decoded
dmb sy: decoded, decoded
sg: decoded, decoded'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what is decoded\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
