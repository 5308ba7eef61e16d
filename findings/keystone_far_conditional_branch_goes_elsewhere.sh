#!/usr/bin/env bash
# keystone-engine 0.9.2: in Thumb, a conditional branch to a far address goes elsewhere.
# Addresses in the text are absolute, and B, BL and near conditional branches assemble so. From 0x100 bytes on a
# conditional branch becomes the 32-bit form, in which the address itself is put where the distance belongs: code at
# 0x1000 with "beq #0x1100" jumps to 0x2104. Backwards, "beq #0xf00" keeps its short form and jumps ahead, to 0x1100.
# With a label as its target the same branch is right.
# ARMv6-M (Cortex-M0) has no such 32-bit branch at all, and no mode refuses it.
# Why it matters: patches and generated loops are assembled piece by piece, with addresses in place of labels; a loop
# that grows past 252 bytes turns into a jump out of the program.
# What to do: decode what was assembled and compare, use labels, or branch around a B.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check keystone-engine==0.9.2 capstone==5.0.9

cat > program.py <<'PROGRAM'
from capstone import CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs
from keystone import KS_ARCH_ARM, KS_MODE_THUMB, Ks

assembler = Ks(KS_ARCH_ARM, KS_MODE_THUMB)
decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)

for text in (
    "b #0x10fe",
    "beq #0x10fe",
    "b #0x1100",
    "bl #0x1100",
    "beq #0x1100",
    "beq #0xf04",
    "beq #0xf00",
    "beq far; " + 200 * "nop; " + "far: nop",
):
    code = bytes(assembler.asm(text, 0x1000)[0])
    first = next(decoder.disasm(code, 0x1000))
    short = text if len(text) < 20 else "beq to a label after 200 nops"
    print(f"{short}: {first.size} bytes, {first.mnemonic} {first.op_str}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='b #0x10fe: 2 bytes, b #0x10fe
beq #0x10fe: 2 bytes, beq #0x10fe
b #0x1100: 2 bytes, b #0x1100
bl #0x1100: 4 bytes, bl #0x1100
beq #0x1100: 4 bytes, beq.w #0x2104
beq #0xf04: 2 bytes, beq #0xf04
beq #0xf00: 2 bytes, beq #0x1100
beq to a label after 200 nops: 4 bytes, beq.w #0x1194'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: where a branch goes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
