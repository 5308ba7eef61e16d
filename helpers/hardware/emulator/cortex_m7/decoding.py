"""From a disassembled instruction to the Operation that the Cortex-M7's pipeline sees."""

from dataclasses import replace

from capstone import CsInsn
from capstone.arm import ARM_CC_AL, ARM_CC_INVALID, ARM_OP_IMM, ARM_OP_MEM, ARM_OP_REG, ARM_REG_PC, ARM_REG_SP

from helpers.hardware.emulator.cortex_m7 import names
from helpers.hardware.emulator.cortex_m7.floating import floating
from helpers.hardware.emulator.cortex_m7.operations import (
    BASE,
    FLAGS,
    FLAGS_SET,
    LATE_ALU,
    PART,
    PRODUCT,
    REVERSED,
    SATURATED,
    WORD,
    Operation,
    Result,
    Stage,
    Unit,
    needs,
)

ALWAYS = (ARM_CC_AL, ARM_CC_INVALID)
DIVISION_CYCLES, TABLE_CYCLES, SYSTEM_CYCLES = 7, 2, 3  # LLVM's ARMScheduleM7.td


def operation(instruction: CsInsn, conditional: bool) -> Operation:
    """The Operation of an instruction, in an IT block or not; bytes that are none count as one that does nothing."""
    if not instruction.id:
        return Operation(alone=True)
    decoded = _operation(_name(instruction), instruction)
    if not conditional or decoded.unit is Unit.BRANCH:
        return decoded
    kept = [register for register, _ in decoded.gives if register != FLAGS]  # it may leave them as they are
    return replace(decoded, needs=(*decoded.needs, *needs([*kept, FLAGS], Stage.LATE)))


def _operation(name: str, instruction: CsInsn) -> Operation:
    if name.startswith(names.TRANSFERS):
        return _transfer(name, instruction)
    if name.startswith(names.ACCESSES):
        return _access(name, instruction)
    if name.startswith("v"):
        return floating(name, instruction)
    if name in ("sdiv", "udiv"):
        sources = needs(_sources(instruction), Stage.LATE)
        return Operation(sources, _result(instruction, LATE_ALU), cycles=DIVISION_CYCLES, alone=True)
    if name.startswith(names.SYSTEM):
        return Operation(gives=_result(instruction, LATE_ALU), cycles=SYSTEM_CYCLES, alone=True)
    if name in names.TABLE_BRANCHES:
        index = _memory(instruction).index
        return Operation(needs([index], Stage.ADDRESS), unit=Unit.BRANCH, cycles=TABLE_CYCLES, alone=True)
    if name in names.BRANCHES:
        return Operation(unit=Unit.BRANCH)  # where it goes is predicted, so it waits for nothing
    if name.startswith(names.PRODUCTS):
        return _product(name, instruction)
    if name == "nop" or name.startswith("it"):
        return Operation()
    return _bits(name, instruction) or _alu(name, instruction)


def _name(instruction: CsInsn) -> str:
    return instruction.mnemonic.split(".")[0]


def _registers(instruction: CsInsn) -> list[int]:
    return [operand.reg for operand in instruction.operands if operand.type == ARM_OP_REG]


def _memory(instruction: CsInsn):
    return next(operand.mem for operand in instruction.operands if operand.type == ARM_OP_MEM)


def _sources(instruction: CsInsn) -> list[int]:
    """The registers behind the destination, and the destination where it is a source as well."""
    name, registers = _name(instruction), _registers(instruction)
    both = len(instruction.operands) == 2 and name.rstrip("s") in names.WITH_TWO_OPERANDS
    return registers[0 if both or name in names.COMPARES or name in names.INSERTS or name == "movt" else 1 :]


def _last_early(sources: list[int]) -> tuple[tuple[int, int], ...]:
    """The needs of an instruction that shifts or extends its last operand."""
    return needs(sources[:-1], Stage.BESIDE) + needs(sources[-1:], Stage.EARLY)


def _result(instruction: CsInsn, result: Result, count: int = 1) -> tuple[tuple[int, Result], ...]:
    name = _name(instruction)
    given = [] if name in names.COMPARES else _registers(instruction)[:count]
    sets_flags = name in names.COMPARES or name in names.PARALLEL or (name.endswith("s") and name != "mls")
    return tuple((register, result) for register in given) + (((FLAGS, FLAGS_SET),) if sets_flags else ())


def _alu(name: str, instruction: CsInsn) -> Operation:
    sources, last = _sources(instruction), instruction.operands[-1] if instruction.operands else None
    shifted = last is not None and last.type == ARM_OP_REG and last.shift.value != 0
    needed = _last_early(sources) if shifted else needs(sources, Stage.LATE)
    wide = instruction.size == 4 and name not in names.SHIFTS  # 16 bits have no room for a shifted constant
    constant = last.imm if wide and last is not None and last.type == ARM_OP_IMM else 0
    shifter = shifted or _is_shifted(constant & 0xFFFF_FFFF, name)
    return Operation(
        needed + needs([FLAGS] if name in names.READS_FLAGS else [], Stage.LATE),
        _result(instruction, LATE_ALU),
        early=(name in names.PLAIN or name in names.SHIFTS) and not shifter,
        shift=name in names.SHIFTS,
        shifter=shifter,
    )


def _is_shifted(value: int, name: str) -> bool:
    """Whether a constant is a shifted one: neither of eight bits, nor a pattern of bytes, nor of a form that has them whole."""
    pattern = (value & 0xFF) * 0x0001_0001, (value >> 8 & 0xFF) * 0x0100_0100, (value & 0xFF) * 0x0101_0101
    return value > 0xFF and value not in pattern and name not in names.WHOLE_CONSTANTS


def _bits(name: str, instruction: CsInsn) -> Operation | None:
    """Bit fields, extensions, saturation and parallel arithmetic; None for anything else."""
    sources = _sources(instruction)
    late, early = needs(sources, Stage.LATE), needs(sources, Stage.EARLY)
    if name in names.REVERSES:
        return Operation(early, _result(instruction, REVERSED), Unit.BITS, field=True)
    if name in names.EXTRACTS:
        return Operation(early, _result(instruction, LATE_ALU), Unit.BITS, field=True)
    if name in names.INSERTS or name in names.EXTENDS_AND_ADDS:
        return Operation(_last_early(sources), _result(instruction, LATE_ALU), Unit.BITS, field=True)
    if name in names.SATURATES_EARLY:
        return Operation(early, _result(instruction, SATURATED), Unit.BITS, field=True)
    if name in names.SATURATES:
        return Operation(late, _result(instruction, SATURATED), Unit.BITS)
    if name == "sel":
        return Operation(late + needs([FLAGS], Stage.LATE), _result(instruction, LATE_ALU), Unit.BITS)
    if name in names.EXTENDS or name in names.PARALLEL:
        return Operation(late, _result(instruction, LATE_ALU), Unit.BITS)
    return None


def _product(name: str, instruction: CsInsn) -> Operation:
    registers, results = _registers(instruction), 2 if name.startswith(names.LONG_PRODUCTS) else 1
    factors = registers[results:] if len(registers) > 2 else registers
    needed = needs(factors[:2], Stage.FACTOR) + needs(factors[2:], Stage.SUM)
    if name.startswith(names.ADDS_TO_DESTINATION):
        needed += needs(registers[:2], Stage.SUM)
    return Operation(needed, _result(instruction, PRODUCT, results), Unit.MULTIPLIER)


def _access(name: str, instruction: CsInsn) -> Operation:
    memory, registers = _memory(instruction), _registers(instruction)
    address = needs([register for register in (memory.base, memory.index) if register], Stage.ADDRESS)
    if name.startswith("pld"):
        return Operation(address, unit=Unit.LOAD)
    base = ((memory.base, BASE),) if instruction.writeback else ()
    alone = "ex" in name or (name.startswith("v") and instruction.reg_name(registers[0]).startswith("d"))
    if "str" in name:
        stored = needs(registers[:1], Stage.STORED)
        return Operation(address + stored, base, Unit.STORE, alone=alone, writes=_word(instruction, memory))
    loaded = (registers[0], PART if name.startswith(names.PARTS) else WORD)
    return Operation(address, (loaded, *base), Unit.LOAD, alone=alone, reads=_word(instruction, memory))


def _word(instruction: CsInsn, memory) -> tuple[int, int] | None:
    """Which word is loaded or stored, as far as the code tells."""
    if memory.index:
        return None
    if memory.base == ARM_REG_PC:
        return 0, ((instruction.address + 4 & ~3) + memory.disp >> 2) & 1  # its bank is all that counts
    post_indexed = instruction.writeback and instruction.operands[-1].type != ARM_OP_MEM
    return memory.base, (0 if post_indexed else memory.disp) >> 2


def _transfer(name: str, instruction: CsInsn) -> Operation:
    registers, writes_back = _registers(instruction), bool(instruction.writeback)
    if name in ("ldrd", "strd"):
        base, moved = _memory(instruction).base, registers[:2]
    elif name.endswith(("push", "pop")):
        base, moved, writes_back = ARM_REG_SP, registers, True
    else:
        base, moved = registers[0], registers[1:]
    words = len(moved) * (2 if instruction.reg_name(moved[0]).startswith("d") else 1)
    address, back, cycles = needs([base], Stage.ADDRESS), ((base, BASE),) if writes_back else (), -(-words // 2)
    if "st" in name or name.endswith("push"):
        return Operation(address + needs(moved, Stage.STORED), back, Unit.STORE, cycles, alone=True)
    loaded = tuple((register, tuple(wait + order // 2 for wait in WORD)) for order, register in enumerate(moved))
    return Operation(address, loaded + back, Unit.LOAD, cycles, alone=True)
