#!/usr/bin/env bash
# rp2040js 1.4.1: what ends in HardFault on the chip goes on running.
# A word at an address that is no multiple of four, a halfword at an odd one, UDF, BX to an even address and the instructions
# that a Cortex-M0+ lacks (IT, CBZ) make a Cortex-M0+ take exception 3. The emulator loads and stores there, some with a
# line in its log and some without, takes the others for instructions that do nothing, and goes on behind them.
# Why it matters: a buffer of bytes that is read as words, or an object built for a Cortex-M4, passes every test there
# and stops the board at once; asserts that end in UDF are passed over.
# What to do: treat a line in its log as a failure, let asserts write a result before they end, and run such tests on the board too.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund rp2040js@1.4.1

cat > program.js <<'PROGRAM'
const { RP2040 } = require('rp2040js');
const start = 0x20000000, data = 0x20000100, movs = 0x2201; // movs r2, #1
const cases = [
  ['ldr r0, [r1], aligned', 0x6808, data], ['ldr r0, [r1], two bytes on', 0x6808, data + 2],
  ['ldrh r0, [r1], odd', 0x8808, data + 1], ['str r0, [r1], two bytes on', 0x6008, data + 2],
  ['udf #0', 0xde00, 0], ['cbz r0, over', 0xb100, 0], ['bx r1, even', 0x4708, start + 2],
];
for (const [name, code, r1] of cases) {
  const chip = new RP2040();
  let lines = 0;
  const count = () => lines++;
  chip.logger = { debug() {}, info() {}, warn: count, error: count };
  chip.writeUint16(start, code);
  chip.writeUint16(start + 2, movs);
  chip.writeUint32(data, 0x44332211);
  chip.writeUint32(data + 4, 0x88776655);
  const core = chip.core;
  core.PC = start;
  core.SP = 0x20030000;
  core.registers[0] = 0xddccbbaa;
  core.registers[1] = r1;
  core.executeInstruction();
  core.executeInstruction();
  const on = core.registers[2] === 1 && core.IPSR === 0;
  const words = [0, 4].map((offset) => (chip.readUint32(data + offset) >>> 0).toString(16));
  console.log(`${name}: ${on ? 'goes on' : 'exception ' + core.IPSR}, logged ${lines > 0 ? 'yes' : 'no'}, memory ${words.join(' ')}`);
}
PROGRAM
seen=$(node program.js)

expected='ldr r0, [r1], aligned: goes on, logged no, memory 44332211 88776655
ldr r0, [r1], two bytes on: goes on, logged yes, memory 44332211 88776655
ldrh r0, [r1], odd: goes on, logged no, memory 44332211 88776655
str r0, [r1], two bytes on: goes on, logged no, memory bbaa2211 8877ddcc
udf #0: goes on, logged no, memory 44332211 88776655
cbz r0, over: goes on, logged yes, memory 44332211 88776655
bx r1, even: goes on, logged no, memory 44332211 88776655'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what ends in HardFault\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
