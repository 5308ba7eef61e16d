#!/usr/bin/env bash
# capstone 5.0.9: UMLAL, SMLAL and their kind add to their destination, which does not count among the registers read.
# For MLA the accumulator is among the registers read, and for BFI and MOVT the destination is read and written. The 64-bit
# accumulations, whose destination is also a summand, count as writing it only; the processor's manual defines
# RdHi:RdLo = Rn * Rm + RdHi:RdLo. Pull request 2001 of 2023 was closed, as the rewrite for version 6 had it right; 5.0.9 has not.
# Why it matters: a filter's or a quantised layer's inner loop is these instructions; a dataflow or liveness analysis drops the
# clearing of the accumulator before the loop as dead code.
# What to do: add the first two operands to the registers read where the mnemonic is one of these.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check capstone==5.0.9

cat > program.py <<'PROGRAM'
from capstone import CS_AC_READ, CS_ARCH_ARM, CS_MODE_MCLASS, CS_MODE_THUMB, Cs

CODES = {
    "mla": "01fb0232",
    "bfi": "61f30702",
    "movt": "c0f20002",
    "umlal": "e0fb0123",
    "smlal": "c0fb0123",
    "umaal": "e0fb6123",
    "smlalbb": "c0fb8123",
    "smlald": "c0fbc123",
    "smlsld": "d0fbc123",
}
decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
decoder.detail = True
for name, code in CODES.items():
    (one,) = decoder.disasm(bytes.fromhex(code), 0x1000)
    assert one.mnemonic == name
    reads, writes = (" ".join(sorted(one.reg_name(number) for number in numbers)) for numbers in one.regs_access())
    first = "read" if one.operands[0].access & CS_AC_READ else "not read"
    print(f"{name} {one.op_str}: reads {reads}; writes {writes}; operand {one.reg_name(one.operands[0].reg)} is {first}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='mla r2, r1, r2, r3: reads r1 r2 r3; writes r2; operand r2 is not read
bfi r2, r1, #0, #8: reads r1 r2; writes r2; operand r2 is read
movt r2, #0: reads r2; writes r2; operand r2 is read
umlal r2, r3, r0, r1: reads r0 r1; writes r2 r3; operand r2 is not read
smlal r2, r3, r0, r1: reads r0 r1; writes r2 r3; operand r2 is not read
umaal r2, r3, r0, r1: reads r0 r1; writes r2 r3; operand r2 is not read
smlalbb r2, r3, r0, r1: reads r0 r1; writes r2 r3; operand r2 is not read
smlald r2, r3, r0, r1: reads r0 r1; writes r2 r3; operand r2 is not read
smlsld r2, r3, r0, r1: reads r0 r1; writes r2 r3; operand r2 is not read'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which registers count as read\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
