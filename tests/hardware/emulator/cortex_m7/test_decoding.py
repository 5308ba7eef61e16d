"""Every encoding has an Operation: programs come from outside, and what is no instruction must not stop the analysis."""

import random

import pytest

from helpers.hardware.emulator.blocks import Analyst
from helpers.hardware.emulator.cortex_m7.decoding import operation
from helpers.hardware.emulator.cortex_m7.issue import Pipeline
from helpers.hardware.emulator.cortex_m7.operations import EARLY_ALU, FLAGS, Operation, Stage, Unit

from ..program import RT1060

DISASSEMBLER = Analyst(RT1060, lambda address, size: b"").disassembler
WIDE_SAMPLES = 20_000


def decoded(code: bytes) -> Operation:
    return operation(next(DISASSEMBLER.disasm(code, 0x1000)), conditional=False)


def encodings() -> list[bytes]:
    """All of two bytes, and some of four."""
    rng = random.Random(7)
    wide = [(rng.randrange(0xE800, 0x10000), rng.randrange(0x10000)) for _ in range(WIDE_SAMPLES)]
    narrow = [number.to_bytes(2, "little") for number in range(0, 0xE800, 3)]
    return narrow + [first.to_bytes(2, "little") + second.to_bytes(2, "little") for first, second in wide]


def test_every_encoding_goes_down_the_pipeline():
    pipeline, last = Pipeline(), 0
    for code in encodings():
        each = decoded(code)
        assert all(len(result) == len(EARLY_ALU) for _, result in each.gives), code.hex()
        place = pipeline.issue(each)
        assert place >= last, code.hex()
        last = place


@pytest.mark.parametrize(
    ("code", "unit", "needs"),
    [
        ("22fb0304", Unit.MULTIPLIER, "r2 FACTOR, r3 FACTOR, r0 SUM"),  # SMLAD R4, R2, R3, R0
        ("c2fb0301", Unit.MULTIPLIER, "r2 FACTOR, r3 FACTOR, r0 SUM, r1 SUM"),  # SMLAL R0, R1, R2, R3
        ("51f82300", Unit.LOAD, "r1 ADDRESS, r3 ADDRESS"),  # LDR R0, [R1, R3, LSL #2]
        ("4860", Unit.STORE, "r1 ADDRESS, r0 STORED"),  # STR R0, [R1, #4]
        ("c2e90001", Unit.STORE, "r2 ADDRESS, r0 STORED, r1 STORED"),  # STRD R0, R1, [R2]
        ("81eaf200", Unit.NONE, "r1 BESIDE, r2 EARLY"),  # EOR R0, R1, R2, ROR #3
        ("61f38400", Unit.BITS, "r0 BESIDE, r1 EARLY"),  # BFI R0, R1, #2, #3
        ("51fa82f0", Unit.BITS, "r1 BESIDE, r2 EARLY"),  # UXTAB R0, R1, R2
        ("41eb0200", Unit.NONE, "r1 LATE, r2 LATE, flags LATE"),  # ADC R0, R1, R2
    ],
)
def test_units_and_needs(code, unit, needs):
    instruction = next(DISASSEMBLER.disasm(bytes.fromhex(code), 0x1000))
    each = operation(instruction, conditional=False)
    names = {register: instruction.reg_name(register) or "flags" for register, _ in each.needs}
    assert each.unit is unit
    assert ", ".join(f"{names[register]} {Stage(stage).name}" for register, stage in each.needs) == needs


def test_in_an_it_block_the_flags_and_the_old_value_are_needed():
    instruction = next(DISASSEMBLER.disasm(bytes.fromhex("4ff00100"), 0x1000))  # MOV R0, #1
    each = operation(instruction, conditional=True)
    assert [stage for _, stage in each.needs] == [Stage.LATE, Stage.LATE]
    assert {register for register, _ in each.needs} == {FLAGS, each.gives[0][0]}
