"""The floating-point instructions of the Cortex-M7, but for loads and stores.

Facts: jnk0le, "pipeline cycle test", doc/cortex_m7.md (STM32H743). Double precision takes a varying number of cycles there;
those for numbers of equal exponents are used.
"""

from capstone import CsInsn
from capstone.arm import ARM_OP_REG

from helpers.hardware.emulator.cortex_m7.operations import (
    FLAGS,
    FLAGS_SET,
    FLOAT_SUM,
    FROM_FLOAT,
    FUSED,
    MULTIPLIED_THEN_ADDED,
    TO_FLOAT,
    Operation,
    Stage,
    Unit,
    needs,
)

SINGLE_CYCLES = {"vdiv": 16, "vsqrt": 14}  # others 1
DOUBLE_CYCLES = {"vmul": 5, "vdiv": 30, "vsqrt": 30, "vfma": 8, "vfms": 8, "vfnma": 8, "vfnms": 8, "vmla": 8, "vmls": 8}
FUSED_NAMES, ADDED_NAMES = ("vfm", "vfnm"), ("vml", "vnml")


def floating(name: str, instruction: CsInsn) -> Operation:
    """The Operation of a floating-point instruction that does not access memory."""
    registers = [operand.reg for operand in instruction.operands if operand.type == ARM_OP_REG]
    if name in ("vmrs", "vmsr") or not registers:
        return Operation(gives=((FLAGS, FLAGS_SET),), unit=Unit.FLOAT, alone=True)
    if name == "vmov":
        return _move(registers, instruction)
    if name.startswith("vcmp"):
        return Operation(needs(registers, Stage.FLOAT), unit=Unit.FLOAT)
    fused, added = name.startswith(FUSED_NAMES), name.startswith(ADDED_NAMES)
    result = FUSED if fused else MULTIPLIED_THEN_ADDED if added else FLOAT_SUM
    needed = needs(registers[1:], Stage.FLOAT) + needs(registers[:1] if fused or added else [], Stage.FLOAT_SUM)
    double = any(instruction.reg_name(register).startswith("d") for register in registers)
    cycles = DOUBLE_CYCLES.get(name, 1) if double else SINGLE_CYCLES.get(name, 1)
    return Operation(needed, ((registers[0], result),), Unit.FLOAT, cycles)


def _move(registers: list[int], instruction: CsInsn) -> Operation:
    """VMOV: between the two kinds of registers, or of a constant; of two registers it issues alone."""
    count = max(1, len(registers) // 2)
    if len(registers) == 3:  # two core registers and one of double precision
        count = 1 if instruction.reg_name(registers[0]).startswith("d") else 2
    given, sources = registers[:count], registers[count:]
    to_float = instruction.reg_name(given[0])[0] in "sd" and instruction.reg_name(given[0]) != "sp"
    result = TO_FLOAT if to_float else FROM_FLOAT
    gives = tuple((register, result) for register in given)
    return Operation(needs(sources, Stage.FLOAT), gives, Unit.FLOAT, alone=len(registers) > 2)
