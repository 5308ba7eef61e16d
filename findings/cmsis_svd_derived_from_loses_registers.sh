#!/usr/bin/env bash
# cmsis-svd 0.6 resolves derivedFrom of a peripheral only in part, and of a register not at all.
# In SVD files (the register maps of every Cortex-M) derivedFrom copies a whole peripheral or register;
# what is written inside replaces or adds. The parser follows it for a peripheral that adds
# nothing. One that adds a register keeps only that one: the copied registers are gone.
# A register with derivedFrom gets no fields and no description.
# Nothing is reported; the device simply has fewer registers.
# Why it matters: emulated boards and checks of "is this address a register" are made from such files,
# and vendors use both forms for timers and serial ports.
# What to do: resolve derivedFrom yourself on the XML first, or compare the count with the vendor header.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv v
v/bin/pip install -qq --disable-pip-version-check cmsis-svd==0.6

cat > program.py <<'PROGRAM'
from cmsis_svd import SVDParser

with open("part.svd", "w") as file:
    file.write("""<?xml version="1.0" encoding="utf-8"?>
<device schemaVersion="1.3"><name>PART</name><version>1.0</version><description>-</description>
<addressUnitBits>8</addressUnitBits><width>32</width><size>32</size><peripherals>
<peripheral><name>TIMER0</name><description>-</description><baseAddress>0x40000000</baseAddress>
<addressBlock><offset>0</offset><size>0x100</size><usage>registers</usage></addressBlock><registers>
<register><name>CTRL</name><description>control</description><addressOffset>0</addressOffset><fields>
<field><name>ENABLE</name><bitOffset>0</bitOffset><bitWidth>1</bitWidth></field></fields></register>
<register derivedFrom="CTRL"><name>CTRL2</name><addressOffset>4</addressOffset></register>
<register><name>COUNT</name><description>-</description><addressOffset>8</addressOffset></register></registers></peripheral>
<peripheral derivedFrom="TIMER0"><name>TIMER1</name><baseAddress>0x40001000</baseAddress></peripheral>
<peripheral derivedFrom="TIMER0"><name>TIMER2</name><baseAddress>0x40002000</baseAddress><registers>
<register><name>EXTRA</name><description>-</description><addressOffset>0xC</addressOffset></register></registers></peripheral>
</peripherals></device>""")
for peripheral in SVDParser.for_xml_file("part.svd").get_device().peripherals:
    print(peripheral.name, *(f"{r.name}({' '.join(f.name for f in r.fields)})" for r in peripheral.registers))
PROGRAM
seen=$(v/bin/python program.py 2>errors) || { cat errors >&2; exit 1; }

expected='TIMER0 CTRL(ENABLE) CTRL2() COUNT()
TIMER1 CTRL(ENABLE) CTRL2() COUNT()
TIMER2 EXTRA()'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what derivedFrom brings\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
