#!/usr/bin/env bash
# capstone 5.0.9: POP {..., PC} and MOV PC, Rn are in no jump, call or return group.
# The groups are there to cut code into blocks: B, BL, BX and BLX are in CS_GRP_JUMP. The usual
# end of a Thumb function, POP with pc, is not, and neither is a table jump by MOV or ADD to pc.
# BX LR, the other usual end, is a plain jump and not a return.
# Why it matters: a block finder or cycle counter built on the groups runs over the end of a function
# into the next one, or into its literal pool, and misses the extra cycles of the branch.
# What to do: also end a block where pc is among the registers that regs_access() calls written, and count
# an unconditional B as well, for which that list is empty.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check capstone==5.0.9

cat > program.py <<'PROGRAM'
from capstone import CS_ARCH_ARM, CS_GRP_CALL, CS_GRP_JUMP, CS_GRP_RET, CS_MODE_MCLASS, CS_MODE_THUMB, Cs

decoder = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS)
decoder.detail = True
for code in ("fee7", "7047", "9847", "10bd", "9f46", "9f44"):
    one = next(decoder.disasm(bytes.fromhex(code), 0x1000))
    groups = [name for name, group in (("jump", CS_GRP_JUMP), ("call", CS_GRP_CALL), ("ret", CS_GRP_RET)) if one.group(group)]
    written = [one.reg_name(r) for r in one.regs_access()[1]]
    print(f"{one.mnemonic} {one.op_str}: groups {' '.join(groups) or 'none'}; writes pc {'pc' in written}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='b #0x1000: groups jump; writes pc False
bx lr: groups jump; writes pc True
blx r3: groups jump call; writes pc True
pop {r4, pc}: groups none; writes pc True
mov pc, r3: groups none; writes pc True
add pc, r3: groups none; writes pc True'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: which groups the branches are in\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
