/*
 * Run a UF2 file in rp2040js as an RP2040 would, and print what it did as JSON.
 *   node rp2040.cjs FOLDER_OF_NODE_MODULES FILE.uf2 ENTRY SECONDS
 * ENTRY: address of the function whose cycles are counted. The boot ROM's part is done here, as its source says: blocks go where
 * they want, SRAM starts at its lowest address, flash by a copy of its first 256 bytes whose last word is their checksum.
 */
const fs = require('fs');
const path = require('path');
const [modules, file, entryText, secondsText] = process.argv.slice(2);
const { RP2040, USBCDC } = require(path.join(modules, 'rp2040js'));
const { SimulationClock } = require(path.join(modules, 'rp2040js/dist/cjs/clock/simulation-clock.js'));
const uf2 = require(path.join(modules, 'uf2'));

const SRAM = 0x20000000, FLASH = 0x10000000, SRAM_END = 0x20042000, HZ = 133e6;
const clock = new SimulationClock();
const chip = new RP2040(clock);
const told = [];
chip.logger = { debug() {}, info() {}, warn: (who, text) => told.push(`${who}: ${text}`), error: (who, text) => told.push(`${who}: ${text}`) };

const data = fs.readFileSync(file);
const blocks = [];
for (let at = 0; at < data.length; at += 512) {
  blocks.push(uf2.decodeBlock(data.subarray(at, at + 512)));
}
for (const { flashAddress, payload } of blocks) {
  const inSram = flashAddress >= SRAM;
  (inSram ? chip.sram : chip.flash).set(payload, flashAddress - (inSram ? SRAM : FLASH));
}
const lowest = Math.min(...blocks.map((block) => block.flashAddress));

function crc(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (sum >>> 31) ^ ((byte >> bit) & 1);
      sum = ((sum << 1) ^ (top ? 0x04c11db7 : 0)) >>> 0;
    }
  }
  return sum;
}

let start = lowest;
if (lowest === FLASH) {
  const stage = chip.flash.slice(0, 256);
  if (crc(stage.subarray(0, 252)) !== new DataView(stage.buffer).getUint32(252, true)) {
    throw new Error('the boot ROM finds a wrong checksum');
  }
  start = SRAM_END - 256;
  chip.sram.set(stage, start - SRAM);
}

let text = '';
const bauds = [];
chip.uart[0].onByte = (byte) => { text += String.fromCharCode(byte); };
chip.uart[0].onBaudRateChange = (baud) => bauds.push(baud);
const edges = [];
chip.gpio[25].addListener((now, before) => edges.push([Math.round(clock.nanos / 1e6), now, before]));

// A host on the USB port that opens the serial port once the device is configured, and again two seconds later.
let usbText = '';
const host = new USBCDC(chip.usbCtrl);
host.onSerialData = (bytes) => { usbText += Buffer.from(bytes).toString('latin1'); };
let opened = null, again = null;
host.onDeviceConnected = () => { opened = opened ?? clock.nanos; };

chip.core.SP = SRAM_END;
chip.core.LR = 0;
chip.core.PC = start;

const entry = Number(entryText), end = Number(secondsText) * 1e9;
let cycles = null, begun = null, back = 0, links = 0, instructions = 0;
while (clock.nanos < end) {
  if (opened !== null && again === null && clock.nanos > opened + 2e9) {
    again = usbText.length;
    host.cdcSetControlLineState();
  }
  if (chip.core.waiting) {
    if (!clock.nanosToNextAlarm) break;
    clock.tick(clock.nanosToNextAlarm);
    continue;
  }
  const { PC } = chip.core;
  if (PC === entry && begun === null) {
    begun = chip.core.cycles;
    back = chip.core.LR & ~1;
  } else if (begun !== null && cycles === null) {
    if (PC === back) {
      cycles = chip.core.cycles - begun;
    }
  }
  if (begun !== null && cycles === null) {
    const opcode = chip.readUint16(PC);
    links += (opcode & 0xff00) === 0xb500 || (opcode & 0xff00) === 0xbd00; // PUSH with LR, POP with PC
    instructions++;
  }
  clock.tick(chip.core.executeInstruction() * (1e9 / HZ));
}
const all = { text, usbText, again, cycles, links, instructions, edges, told, bauds, descriptors: host.descriptors, clkSys: chip.clkSys, clkPeri: chip.clkPeri };
console.log(JSON.stringify({ ...all, blocks: blocks.length, families: [...new Set(blocks.map((block) => block.boardFamily))] }));
