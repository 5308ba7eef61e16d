#!/usr/bin/env bash
# uf2utils 0.9.8: the last block of a UF2 file is cut short, and the RP2040 ignores such a block.
# A UF2 block holds up to 476 bytes, but the boot ROM of the RP2040 (the default family here) takes a block
# only if its payload size says 256. append_payload() cuts the image into 256 bytes and writes
# the rest, 1 to 255 bytes, with its own size: valid UF2, which that ROM drops without a word.
# As it counts the blocks, it also keeps waiting, and the new program does not start (so its published
# source says; not tried on a board).
# The tool of the UF2 project itself pads the last block with zeros.
# Why it matters: what lies at the end of an image are the weights or the initial values of .data; it works
# only for images that happen to be a multiple of 256 bytes.
# What to do: pad the image to a multiple of 256 bytes before append_payload().
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check uf2utils==0.9.8

cat > program.py <<'PROGRAM'
from uf2utils.family import Family
from uf2utils.file import UF2File

out = UF2File(board_family=Family.byName("RP2040").id)
out.append_payload(bytes(600), 0x10000000)
out.to_file("firmware.uf2")
data = open("firmware.uf2", "rb").read()
for at in range(0, len(data), 512):
    address, size, number, blocks, family = (int.from_bytes(data[at + i:at + i + 4], "little") for i in (12, 16, 20, 24, 28))
    print(f"block {number + 1} of {blocks}: {address:#x}, payload size {size}, family {family:#x}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='block 1 of 3: 0x10000000, payload size 256, family 0xe48bff56
block 2 of 3: 0x10000100, payload size 256, family 0xe48bff56
block 3 of 3: 0x10000200, payload size 88, family 0xe48bff56'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: the size of the last block\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
