"""What an instruction asks of the Cortex-M7's pipeline: registers with the stage that needs them, units, and its results.

Arm publishes no such table. The facts are measurements by others and Arm's own scheduler:
- J: jnk0le, "pipeline cycle test", doc/cortex_m7.md (STM32H743): slots, early and late ALU, results of each class.
- Q: quinapalus, "Cortex-M7 instruction cycle counts, timings, and dual-issue combinations" (STM32H730): load to address.
- L: LLVM's ARMScheduleM7.td, by Arm: division, saturation, table branches, what issues alone.
"""

from dataclasses import dataclass
from enum import IntEnum

FLAGS = 0  # as a register; capstone's numbers begin at 1


class Stage(IntEnum):
    """Where an operand is needed; the index into a Result."""

    LATE = 0  # the second ALU stage, for which most instructions can wait
    BESIDE = 1  # the same where another operand is needed early: no fast path from a load (J)
    EARLY = 2  # the first ALU stage: shifted operands, bit fields
    ADDRESS = 3
    FACTOR = 4  # of a multiplication
    SUM = 5  # its accumulator, a stage behind the late ALU (J)
    STORED = 6  # what a store writes: all that is there by the end of the cycle (J)
    FLOAT = 7
    FLOAT_SUM = 8


# Cycles from issue until a result can be used, by Stage. 0 is the same cycle: by the second instruction of a pair.
Result = tuple[int, ...]
LATE_ALU: Result = (1, 1, 2, 2, 1, 0, 0, 1, 1)
EARLY_ALU: Result = (0, 0, 1, 1, 0, 0, 0, 1, 1)  # where the operands were there early (J)
REVERSED: Result = (0, 0, 2, 2, 0, 0, 0, 1, 1)  # REV and RBIT (J)
BASE: Result = (0, 0, 1, 1, 0, 0, 0, 1, 1)  # a base register with write-back (J)
WORD: Result = (1, 2, 2, 3, 2, 0, 0, 2, 3)  # J; to a shifted operand: L; to an address: Q
PART: Result = (2, 2, 3, 3, 2, 1, 0, 2, 3)  # a loaded byte or halfword (J)
PRODUCT: Result = (2, 2, 3, 4, 2, 1, 0, 2, 2)  # J; to an address: L
SATURATED: Result = (2, 2, 3, 3, 2, 1, 0, 2, 2)  # L
FLAGS_SET: Result = (1, 1, 1, 1, 1, 1, 1, 1, 1)  # never for the younger of a pair (J)
FLOAT_SUM: Result = (3, 3, 3, 3, 3, 3, 1, 3, 2)  # J, and the next four
FUSED: Result = (5, 5, 5, 5, 5, 5, 3, 5, 3)
MULTIPLIED_THEN_ADDED: Result = (6, 6, 6, 6, 6, 6, 4, 6, 3)
TO_FLOAT: Result = (3, 3, 3, 3, 3, 3, 1, 3, 3)
FROM_FLOAT: Result = (2, 2, 3, 3, 2, 0, 0, 2, 2)
EMPTY = (0, (0, 0, 0, 0, 0, 0, 0, 0, 0))  # when a register that nothing has written was issued, and its Result
STORE_TO_LOAD = 4  # cycles from a store to a load of the same word: L (ARMLatencyMutations.cpp); S has eight slots


class Unit(IntEnum):
    """What an instruction occupies besides its slot; two of one unit do not issue together, loads aside."""

    NONE = 0
    MULTIPLIER = 1
    BITS = 2  # bit fields, extensions and parallel arithmetic
    STORE = 3
    BRANCH = 4
    FLOAT = 5
    LOAD = 6


@dataclass(frozen=True, slots=True)
class Operation:
    """One instruction as the pipeline sees it; registers are capstone's numbers or FLAGS.

    needs, gives: registers with the Stage that needs them, and with their Result. cycles: how long it holds the issue stage,
    with what is beside it. alone: nothing issues beside it. early: the first ALU stage can do it; shift:
    it is a plain shift, which either slot can do there. shifter: an operand needs that stage's shifter. field: it needs that
    shifter, too, but not for an operand. reads, writes: the word that it loads or stores: (base register, words
    behind it), or (0, words from address 0); None where the code does not tell.
    """

    needs: tuple[tuple[int, int], ...] = ()
    gives: tuple[tuple[int, Result], ...] = ()
    unit: Unit = Unit.NONE
    cycles: int = 1
    alone: bool = False
    early: bool = False
    shift: bool = False
    shifter: bool = False
    field: bool = False
    reads: tuple[int, int] | None = None
    writes: tuple[int, int] | None = None


def needs(registers: list[int], stage: Stage) -> tuple[tuple[int, int], ...]:
    """Registers that are all needed at one stage."""
    return tuple((register, int(stage)) for register in registers)


def may_pair(older: Operation, younger: Operation, unknown_banks_differ: bool) -> bool:
    """Whether two neighbours may issue in one cycle, their registers aside (J, but where L is named).

    unknown_banks_differ: what is assumed of two loads whose places relative to one another the code does not tell.
    """
    first, second = older.unit, younger.unit
    if older.alone or younger.alone or second is Unit.BITS:
        return False
    if first is second and first is not Unit.NONE:
        return first is Unit.LOAD and _banks_differ(older, younger, unknown_banks_differ)
    if (first is Unit.MULTIPLIER and second is Unit.STORE) or (first is Unit.STORE and second is Unit.MULTIPLIER):
        return False
    if younger.shifter:
        return not (older.shifter or older.shift or older.field)
    return not (older.shifter and younger.field)


def _banks_differ(older: Operation, younger: Operation, otherwise: bool) -> bool:
    if older.reads is None or younger.reads is None or older.reads[0] != younger.reads[0]:
        return otherwise
    return (older.reads[1] ^ younger.reads[1]) & 1 == 1
