#!/usr/bin/env bash
# lief 1.0.0: a section added to a firmware, even one that is not loaded, moves .bss; one that is loaded does more.
# A note of four bytes (loaded=False) is expected to take four bytes in the file and no address. LIEF puts it where .bss,
# which has no bytes, stands in the file, and adds its length to the address of .bss: 0x20000008 for 0x20000004, with five
# bytes an odd address. Symbols and program headers stay, so two answers stand in one file. Loaded at 0x8800, five bytes
# become 4096 (that is by design: issue 316), .bss moves by 4,476 bytes, the program headers become a segment of 384 bytes
# in RAM that a flash tool is asked to write, and zeros stand where the section .ARM.attributes says its text is. Issues 872
# and 1010 about .bss are closed.
# Why it matters: a version, a CRC or a signature is added to an ELF file in this way; size and map tools and a debugger
# then see another .bss, and a tool that reads the attributes fails.
# What to do: leave room in the linker script and overwrite the section's content, or use objcopy --add-section.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check lief==1.0.0 pyelftools==0.33 ziglang==0.17.1

cat > program.py <<'PROGRAM'
import subprocess
import sys

import lief
from elftools.elf.elffile import ELFFile

PROGRAM = """
volatile int counter = 7, zeros[5];
void reset(void) { for (;;) zeros[counter & 3]++; }
__attribute__((section(".vectors"), used)) void (*const vectors[2])(void) = {(void (*)(void))0x20002000, reset};
"""
LAYOUT = """
ENTRY(reset)
MEMORY { flash (rx) : ORIGIN = 0x8000, LENGTH = 64K
         ram (rwx) : ORIGIN = 0x20000000, LENGTH = 8K }
PHDRS { code PT_LOAD; data PT_LOAD; }
SECTIONS {
    .text : { KEEP(*(.vectors)) *(.text*) } >flash :code
    .data : { *(.data*) } >ram AT>flash :data
    .bss (NOLOAD) : { *(.bss*) } >ram :data
    /DISCARD/ : { *(.ARM.exidx*) *(.ARM.extab*) *(.comment) }
}
"""
for name, text in (("program.c", PROGRAM), ("layout.ld", LAYOUT)):
    with open(name, "w") as file:
        file.write(text)
options = "cc -target thumb-freestanding-eabi -mcpu=cortex_m0plus -Os -g -nostdlib"
outputs = "-Wl,-T,layout.ld -Wl,-e,reset -o program.elf program.c"
subprocess.run([sys.executable, "-m", "ziglang", *options.split(), *outputs.split()], check=True)


def show(title, path):
    print(title)
    mine = lief.parse(path)
    zeros = next(symbol.value for symbol in mine.symbols if symbol.name == "zeros")
    print(f"  .bss at {mine.get_section('.bss').virtual_address:#x}, zeros at {zeros:#x}")
    with open(path, "rb") as file:
        elf = ELFFile(file)
        for segment in elf.iter_segments("PT_LOAD"):
            begin, size = segment["p_paddr"], segment["p_filesz"]
            print(f"  in the file for {begin:#x} to {begin + size:#x}: {size} bytes")
        content = mine.get_section(".ARM.attributes")
        file.seek(content.offset)
        print(f"  .ARM.attributes begins with {file.read(4).hex(' ')}")


show("as linked", "program.elf")
lief.parse("program.elf").write("same.elf")
show("read and written", "same.elf")
for size, loaded in ((4, False), (5, False), (5, True)):
    elf = lief.parse("program.elf")
    section = lief.ELF.Section(".version")
    section.content = list(range(size))
    if loaded:
        section.virtual_address = 0x8800
    elf.add(section, loaded=loaded)
    elf.write("added.elf")
    show(f"a section of {size} bytes added, {'loaded at 0x8800' if loaded else 'not loaded'}", "added.elf")
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='as linked
  .bss at 0x20000004, zeros at 0x20000004
  in the file for 0x8000 to 0x8024: 36 bytes
  in the file for 0x8024 to 0x8028: 4 bytes
  .ARM.attributes begins with 41 44 00 00
read and written
  .bss at 0x20000004, zeros at 0x20000004
  in the file for 0x8000 to 0x8024: 36 bytes
  in the file for 0x8024 to 0x8028: 4 bytes
  .ARM.attributes begins with 41 44 00 00
a section of 4 bytes added, not loaded
  .bss at 0x20000008, zeros at 0x20000004
  in the file for 0x8000 to 0x8024: 36 bytes
  in the file for 0x8024 to 0x8028: 4 bytes
  .ARM.attributes begins with 41 44 00 00
a section of 5 bytes added, not loaded
  .bss at 0x20000009, zeros at 0x20000004
  in the file for 0x8000 to 0x8024: 36 bytes
  in the file for 0x8024 to 0x8028: 4 bytes
  .ARM.attributes begins with 41 44 00 00
a section of 5 bytes added, loaded at 0x8800
  .bss at 0x20001180, zeros at 0x20000004
  in the file for 0x8000 to 0x8024: 36 bytes
  in the file for 0x8024 to 0x8028: 4 bytes
  in the file for 0x20001000 to 0x20001180: 384 bytes
  in the file for 0x8800 to 0x9800: 4096 bytes
  .ARM.attributes begins with 00 00 00 00'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what adding a section changes\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
