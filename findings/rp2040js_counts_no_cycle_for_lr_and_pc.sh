#!/usr/bin/env bash
# rp2040js 1.4.1 counts one cycle too few for each PUSH with LR and each POP with PC.
# A Cortex-M0+ takes 1+N cycles for a PUSH of N registers and 3+N for a POP that returns, and N counts LR
# and PC (measured on silicon by others). This emulator of the RP2040 has right counts for loads,
# branches and multiple stores, so one trusts its cycle counter. But it counts the low registers
# only: PUSH {r4, lr} costs what PUSH {r4} does, and POP {r4, pc} is one short.
# Why it matters: every function that calls another is two cycles too cheap. Kernels barely show
# it, code of many small calls (soft float, 64-bit helpers) does.
# What to do: add a cycle for each such PUSH and POP executed, or measure loops without calls.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund rp2040js@1.4.1

cat > program.js <<'PROGRAM'
const { RP2040 } = require('rp2040js');
const start = 0x20000000;
const cases = [
  ['push {r4}', 0xb410, 2], ['push {r4, lr}', 0xb510, 3], ['push {r4-r7, lr}', 0xb5f0, 6],
  ['pop {r4}', 0xbc10, 2], ['pop {pc}', 0xbd00, 4], ['pop {r4, pc}', 0xbd10, 5],
  ['stm r0!, {r1-r3}', 0xc00e, 4], ['ldr r0, [r0]', 0x6800, 2], ['bx lr', 0x4770, 2],
];
for (const [name, code, right] of cases) {
  const chip = new RP2040();
  chip.writeUint16(start, code);
  chip.core.PC = start;
  chip.core.SP = 0x20040000 - 64;
  chip.core.registers[0] = 0x20001000;
  chip.core.registers[14] = start + 0x101;
  for (let i = 0; i < 4; i++) chip.writeUint32(chip.core.SP + 4 * i, start + 0x101);
  const before = chip.core.cycles;
  chip.core.executeInstruction();
  console.log(`${name}: counts ${chip.core.cycles - before}, the core takes ${right}`);
}
PROGRAM
seen=$(node program.js)

expected='push {r4}: counts 2, the core takes 2
push {r4, lr}: counts 2, the core takes 3
push {r4-r7, lr}: counts 5, the core takes 6
pop {r4}: counts 2, the core takes 2
pop {pc}: counts 3, the core takes 4
pop {r4, pc}: counts 4, the core takes 5
stm r0!, {r1-r3}: counts 4, the core takes 4
ldr r0, [r0]: counts 2, the core takes 2
bx lr: counts 2, the core takes 2'
if [ "$seen" != "$expected" ]; then
    printf 'CHANGED: what PUSH and POP cost\nexpected:\n%s\nseen:\n%s\n' "$expected" "$seen" >&2
    exit 1
fi
printf 'seen:\n%s\n' "$seen"
