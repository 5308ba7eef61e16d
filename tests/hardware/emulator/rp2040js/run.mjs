// Runs a program from flash until it reaches an address: node run.mjs IMAGE STOP OUTPUT SIZE LIMIT; prints cycles and bytes as JSON.
import { readFileSync } from 'node:fs';
import { RP2040 } from 'rp2040js';

const [image, ...numbers] = process.argv.slice(2);
const [stop, output, size, limit] = numbers.map(Number);
const content = readFileSync(image);
const chip = new RP2040();
chip.flash.set(content);
chip.core.SP = content.readUInt32LE(0);
chip.core.PC = content.readUInt32LE(4) & ~1;
const start = chip.core.cycles;
for (let count = 0; chip.core.PC !== stop; count++) {
  if (count === limit) {
    throw new Error(`not at ${stop} after ${limit} instructions but at ${chip.core.PC}`);
  }
  chip.core.executeInstruction();
}
const bytes = Array.from({ length: size }, (_, index) => chip.readUint8(output + index));
console.log(JSON.stringify({ cycles: chip.core.cycles - start, bytes }));
