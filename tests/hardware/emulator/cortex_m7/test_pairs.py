"""The Cortex-M7's pipeline against what others measured of it, row by row: cycles of a round of a few instructions.

As in the measurements, a round is written 4 and 14 times in a row, and the difference divided by ten. Q: quinapalus (STM32H730),
as other public work quotes it. J: jnk0le (STM32H743). L: LLVM's scheduler for this core, written by Arm.
"""

import pytest

from helpers.hardware.emulator import elf
from helpers.hardware.emulator.blocks import Analyst

from ..program import RT1060, assemble

FEW, MANY = 4, 14
ROWS = {  # a round: its cycles
    # Q: pairs of the two ALUs; the carry holds up the second of a pair
    "eor r0, r1, r2; eor r3, r4, r5": 1,
    "adc r0, r1, r2; adc r3, r4, r5": 1,
    "adcs r0, r1, r2; adcs r3, r4, r5": 2,
    "eor r0, r0, r1; eor r0, r0, r2": 2,
    # Q: the multiplier takes one a cycle, and beside it an independent ALU operation
    "umull r0, r1, r2, r3; umull r4, r5, r6, r7": 2,
    "umull r0, r1, r2, r3; eor r4, r5, r6": 1,
    "umlal r0, r1, r2, r3; eor r4, r5, r6": 1,
    "mul r0, r0, r1": 2,
    "mla r0, r1, r2, r0": 1,
    "umlal r0, r1, r2, r3": 1,
    # Q: loads
    "ldr r0, [r1]": 1,
    "ldr r0, [r1]; ldr r2, [r1]": 2,
    "ldr r0, [r1]; adc r2, r3, r4": 1,
    "ldr r0, [r1]; mul r2, r3, r4": 1,
    "ldr r0, [r1]; mla r2, r3, r4, r5": 1,
    "ldr r0, [r0]": 3,
    # J: two loads of different banks, a load and a store, two stores, a store of what the same cycle gives
    "ldr r0, [r1]; ldr r2, [r1, #4]": 1,
    "ldr r0, [r1]; ldr r2, [r1, #8]": 2,
    "ldr r0, [r1], #4; ldr r2, [r3, #4]!": 2,
    "ldr r0, [r1]; str r2, [r3]": 1,
    "str r0, [r1]; str r2, [r3]": 2,
    "ldrb r0, [r1]; str r0, [r3]": 1,
    # J: a loaded word is there in the next cycle for the late ALU, a byte in the one after
    "ldr r0, [r1]; nop; eor r0, r0, r2; nop": 2,
    "ldrb r0, [r1]; eor r0, r0, r2": 2,
    "ldr r0, [r1]; mla r2, r3, r4, r0": 1,
    # J: the early ALU gives its result to the younger of the same pair; a shifted operand is needed early
    "add r0, r1, r2; eor r6, r0, r7, ror #22": 1,
    "add r0, r0, r2; ldr r5, [r0, r1]": 2,
    "movw r0, #1; movt r0, #2": 1,
    "eor r0, r1, r2; eor r3, r4, r0, ror #8": 2,
    # J: which constants and shifts go together
    "eor r0, r1, #1; eor r2, r3, #0x1fc0": 1,
    "eor r0, r1, #0x1b1b1b1b; eor r2, r3, #0x1fc0": 1,
    "eor r0, r1, #0x1fc0; eor r2, r3, #0x1fc0": 2,
    "eor r0, r1, r5, ror #8; eor r2, r3, r5, ror #8": 2,
    "eor r0, r1, r5, ror #8; eor r2, r3, #0x1fc0": 2,
    "eor r0, r1, r5, ror #8; lsr r2, r3, #4": 1,
    "eor r0, r1, r5, ror #8; ror r2, r3, r4": 1,
    "add r0, r1, #0xff9; add r2, r3, #0xff9": 1,
    # J: bit fields and parallel arithmetic in the older slot, never two, not beside a shifted operand
    "uxtb r0, r1; uxtb r2, r3": 2,
    "uxtb r0, r1; eor r2, r3, r4": 1,
    "ubfx r0, r1, #1, #2; eor r2, r3, r4, lsl #3": 2,
    "uxtb r0, r1; ldr r2, [r3, r0]": 3,
    "rev r0, r0": 2,
    "uadd8 r0, r1, r1; eor r2, r3, r4": 1,
    # J: products beside parallel arithmetic, but not beside stores; accumulators each cycle
    "uxtb r0, r1; smulbb r2, r3, r4": 1,
    "smlad r0, r1, r2, r0": 1,
    "smlad r0, r1, r2, r0; smlad r3, r4, r5, r3": 2,
    "mul r0, r1, r2; str r3, [r4]": 2,
    # J: block transfers move two registers a cycle, by themselves; IT takes a slot
    "ldm r0, {r1-r4}": 2,
    "push {r1-r5}; pop {r1-r5}": 6,
    "ldrd r0, r1, [r2]; nop": 2,
    "cmp r0, #1; it eq; moveq r2, #1; nop": 2,
    # L: a store and a load of the same word are four cycles apart; division
    "str r0, [r1, #4]; ldr r2, [r1, #4]": 4,
    "sdiv r0, r1, r2": 7,
    "ssat r0, #8, r0": 3,
    # J: single precision
    "vadd.f32 s0, s1, s2; vmul.f32 s3, s4, s5": 2,
    "vadd.f32 s0, s0, s1": 3,
    "vfma.f32 s0, s1, s2": 3,
    "vadd.f32 s0, s1, s2; eor r0, r1, r2": 1,
    "vdiv.f32 s0, s1, s2": 16,
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """The model's cycles of each round."""
    names = [(f"row{number}_{count}", body, count) for number, body in enumerate(ROWS) for count in (FEW, MANY)]
    bodies = [f"function {name}\n.rept {count}\n{body}\n.endr" for name, body, count in names]
    source = "function Reset_Handler\nb .\n" + "\n".join(bodies).replace("; ", "\n") + "\nfunction end\nnop"
    program = elf.read(assemble(tmp_path_factory.mktemp("pairs"), source, RT1060), RT1060)
    places = [program.symbols[name].address & ~1 for name, _, _ in names] + [program.symbols["end"].address & ~1]
    costs, cycles = Analyst(RT1060, lambda address, size: b"").costs, {}
    for (_, body, count), start, end in zip(names, places[:-1], places[1:], strict=True):
        code = program.segments[0].data[start - program.segments[0].virtual :][: end - start]
        cycles[body, count] = costs.cost(start, code).staying / 2
    return {body: (cycles[body, MANY] - cycles[body, FEW]) / (MANY - FEW) for body in ROWS}


@pytest.mark.parametrize("body", ROWS)
def test_a_round_takes_what_was_measured(measured, body):
    assert measured[body] == ROWS[body]
