#!/usr/bin/env bash
# bincopy 20.1.1, hexrec 0.5.1: a start address in an Intel HEX record of type 3 is read as if it were of type 5.
# Type 3 holds CS and IP, two halves of a 20-bit address: CS x 16 + IP. GNU and LLVM objcopy write it for every entry point
# below 1 MB, so a program for a Kinetis or an LPC, whose flash is at 0, has one. In the first 64 KB, CS is 0 and nothing
# shows; beyond it, 0x12345 (CS 0x1000, IP 0x2345) becomes 0x10002345. bincopy then writes that number as a type 5 record or
# as S-records, while the data behind a type 2 record, which is computed in the same way, is where it should be. intelhex
# keeps CS and IP apart. The Intel HEX specification (1988) defines both; the documentation of neither library says that
# they are taken for one.
# Why it matters: a HEX file becomes S-records or UF2 with a start address outside the flash, and a loader jumps there.
# What to do: take the start address from the ELF file; convert with objcopy.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check bincopy==20.1.1 hexrec==0.5.1 intelhex==2.3.0

cat > program.py <<'PROGRAM'
import io

import bincopy
import hexrec
from intelhex import IntelHex


def record(kind, data, offset=0):
    body = bytes([len(data)]) + offset.to_bytes(2, "big") + bytes([kind]) + data
    return ":" + (body + bytes([-sum(body) & 0xFF])).hex().upper() + "\n"


def file(start):
    """Four bytes of code at the start address, which is written as objcopy does below 1 MB."""
    segment, offset = (start & 0xF0000) >> 4, start & 0xFFFF
    extended = record(2, segment.to_bytes(2, "big"))
    entry = record(3, segment.to_bytes(2, "big") + offset.to_bytes(2, "big"))
    return extended + record(0, b"\x00\xbf\xfe\xe7", offset) + entry + record(1, b"")


for start in (0x2345, 0x12345):
    text = file(start)
    print(f"starts at {start:#x}: {text.splitlines()[2]}")
    its = IntelHex(io.StringIO(text))
    print(f"  intelhex: data at {its.minaddr():#x}, start {its.start_addr['CS'] * 16 + its.start_addr['IP']:#x}")
    its = bincopy.BinFile()
    its.add_ihex(text)
    print(f"  bincopy: data at {its.minimum_address:#x}, start {its.execution_start_address:#x}")
    print(f"  bincopy, written again: {its.as_ihex().splitlines()[-2]} and {its.as_srec(address_length_bits=32).splitlines()[-1]}")
    its = hexrec.IhexFile.parse(text.encode())
    print(f"  hexrec: data at {its.memory.start:#x}, start {its.startaddr:#x}")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='starts at 0x2345: :040000030000234591
  intelhex: data at 0x2345, start 0x2345
  bincopy: data at 0x2345, start 0x2345
  bincopy, written again: :04000005000023458F and S7050000234592
  hexrec: data at 0x2345, start 0x2345
starts at 0x12345: :040000031000234581
  intelhex: data at 0x12345, start 0x12345
  bincopy: data at 0x12345, start 0x10002345
  bincopy, written again: :04000005100023457F and S7051000234582
  hexrec: data at 0x12345, start 0x10002345'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what becomes of the start address\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
