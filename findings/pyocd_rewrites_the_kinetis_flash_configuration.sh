#!/usr/bin/env bash
# pyOCD 0.46.0 does not write the bytes of your file at 0x400 to 0x40F of a Kinetis part.
# One expects a programmer to write the image as it is. For the Kinetis families (K32L2B, KV11Z, KE15Z...) it
# changes the flash configuration field on the way: 0x408 to 0x40C, 0x40E and 0x40F are set to "nothing
# protected", whatever the file has there. Only a debug message says so. It is meant well (a wrong byte there
# locks the part), but the flash now differs from the file.
# Why it matters: a read-back compared with the ELF, or a checksum over the image that the program takes at
# start, fails on the board and passes in the emulator; write protection that was wanted is off.
# What to do: leave 0x400 to 0x40F out of checksums, and set the field to these values in the image.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check pyocd==0.46.0

cat > program.py <<'PROGRAM'
from pyocd.target.builtin import BUILTIN_TARGETS
from pyocd.target.family.flash_kinetis import Flash_Kinetis

image = bytearray([0xFF]) * 0x800
image[0x408:0x410] = bytes.fromhex("fcffffff feff0000")
written = bytes(Flash_Kinetis.override_security_bits(None, 0, bytes(image)))
print("file ", image[0x408:0x410].hex())
print("flash", written[0x408:0x410].hex())
print("changed at", *(f"{i:#x}" for i in range(len(image)) if image[i] != written[i]))
print("targets", *(n for n in ("k32l2b3", "kv11z7", "ke15z7", "lpc845") if n in BUILTIN_TARGETS))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='file  fcfffffffeff0000
flash fffffffffeffffff
changed at 0x408 0x40e 0x40f
targets k32l2b3 kv11z7 ke15z7 lpc845'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what pyOCD writes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
