// The compiled network in the RP2040 of rp2040js: one inference, with its outputs and its cycles, in all and by function.

import { RP2040 } from "rp2040js";

const LIMIT = 10_000_000; // instructions
// rp2040js 1.4.1 leaves LR out of what a PUSH takes, and one cycle out of a POP of PC: by the high byte of the instruction.
const PUSH_LR = 0xb5, POP_PC = 0xbd;

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

export class Machine {
  // program: what helpers/workbook/publish/page/program.py writes.
  constructor(program) {
    this.program = program;
    this.chip = new RP2040();
    this.code = bytesOf(program.code.bytes);
    this.write(program.code.address, this.code);
    this.write(program.constants.address, bytesOf(program.constants.bytes));
    this.functionAt = new Uint8Array(this.code.length >> 1); // the number of the function that a halfword of code is in
    program.functions.forEach(({ address }, number) => {
      this.functionAt.fill(number, (address - program.code.address) >> 1);
    });
  }

  write(address, bytes) {
    bytes.forEach((value, index) => this.chip.writeUint8(address + index, value));
  }

  // pixels: 784 of 0 to 255. counted: cycles as rp2040js counts them; cycles: those that it leaves out added.
  infer(pixels) {
    const { program, chip: { core } } = this;
    this.write(program.input, Uint8Array.from(pixels, (value) => value - 128));
    const [constants, mutable, activations] = [program.constants.address, program.mutable, program.activations];
    core.registers.set([constants, mutable, activations]);
    Object.assign(core, { SP: program.stack, LR: program.stop | 1, PC: program.entry });
    const begin = core.cycles, spent = this.run();
    const outputs = Array.from({ length: program.outputs }, (_, index) => (this.chip.readUint8(program.output + index) << 24) >> 24);
    const functions = program.functions.map(({ label }, number) => ({ label, cycles: spent[number] }));
    const cycles = functions.reduce((sum, each) => sum + each.cycles, 0);
    return { outputs, cycles, counted: core.cycles - begin, functions, answer: outputs.indexOf(Math.max(...outputs)) };
  }

  // Executes until the network returns; cycles by function.
  run() {
    const { program, code, functionAt, chip: { core } } = this;
    const spent = program.functions.map(() => 0);
    for (let count = 0; core.PC !== program.stop; count++) {
      const place = core.PC - program.code.address, before = core.cycles;
      if (count === LIMIT || place < 0 || place >= code.length) throw new Error(`the program went astray to ${core.PC}`);
      const left = code[place + 1] === PUSH_LR || code[place + 1] === POP_PC ? 1 : 0;
      core.executeInstruction();
      spent[functionAt[place >> 1]] += core.cycles - before + left;
    }
    return spent;
  }
}
