"""What an instruction costs: the cycle tables of Cortex-M0 and M0+.

Sources: Arm DDI 0484C (Cortex-M0+ Technical Reference Manual) table 3-1 and DDI 0432C (Cortex-M0) table 3-1, both for
zero wait states; N in "1+N", "3+N" and "4+N" counts every register of the list, PC and LR included. How they were checked:
- M0: data processing, multiply, load, store, and writes of PC against Arm's table as textbooks print it; branches but BL, LDM,
  STM, PUSH and POP (4+N with PC) against the instruction table of the assembler asm15 (taisukef.github.io/asm15).
- M0+, and BL, MRS, MSR and barriers of the M0: against the public cycle model of symex for Armv6-M, which agrees in every
  row. Arm's own text for these rows was not at hand.
The tables also list what the cores can execute: anything else is refused. Not modelled: the single-cycle I/O port.
Arm publishes no such table for the dual-issue Cortex-M7; helpers/hardware/emulator/cortex_m7 is a model of it.
"""

import re
from fractions import Fraction
from typing import NamedTuple

from capstone import CsInsn
from capstone.arm import ARM_OP_REG, ARM_REG_PC

from helpers.hardware.boards import Board


class Timing(NamedTuple):
    """Cycles of the instructions that differ between the cores."""

    branch: int  # B, B<cc> taken, BX, BLX, MOV and ADD to PC
    call: int  # BL
    pop_pc: int  # POP with PC, on top of the number of registers
    system: int  # MRS, MSR, DMB, DSB, ISB


TIMINGS = {"cortex-m0plus": Timing(2, 3, 3, 3), "cortex-m0": Timing(3, 4, 4, 4)}

CONDITIONS = ("eq", "ne", "hs", "cs", "lo", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le")
CONDITIONAL_BRANCHES = frozenset(f"b{condition}" for condition in CONDITIONS)
ARITHMETIC = ("adcs", "add", "adds", "adr", "cmn", "cmp", "rsbs", "sbcs", "sub", "subs", "mov", "movs", "mvns")
LOGIC = ("ands", "bics", "eors", "orrs", "tst", "asrs", "lsls", "lsrs", "rors")
EXTEND_AND_REVERSE = ("rev", "rev16", "revsh", "sxtb", "sxth", "uxtb", "uxth")
HINTS = ("bkpt", "cpsid", "cpsie", "nop", "sev", "svc", "yield")  # BKPT and SVC depend on what serves them
LOAD_STORE = ("ldr", "ldrb", "ldrh", "ldrsb", "ldrsh", "str", "strb", "strh")
WAITING = ("wfi", "wfe")
SYSTEM_REGISTERS = frozenset(  # of Armv6-M (DDI 0419, B5.2.2); BASEPRI, FAULTMASK and stack limits came later
    ("apsr", "iapsr", "eapsr", "xpsr", "ipsr", "epsr", "iepsr", "msp", "psp", "primask", "control")
)

HALF_CYCLE = Fraction(1, 2)  # what the Cortex-M7's costs are counted in: a slot of its two


class UnknownInstructionError(Exception):
    """An instruction that the core does not have."""

    def __init__(self, address: int, text: str):
        super().__init__(address, text)
        self.address, self.text = address, text


def mnemonic(instruction: CsInsn) -> str:
    """The instruction's name without a width suffix."""
    return instruction.mnemonic.split(".")[0]


def operands(instruction: CsInsn) -> list:
    """The instruction's operands; none for bytes that are no instruction."""
    return instruction.operands if instruction.id else []


def writes_pc(instruction: CsInsn) -> bool:
    """Whether PC is in an instruction's destination: its first operand, or the list of a POP."""
    targets = operands(instruction) if mnemonic(instruction).startswith(("pop", "ldm")) else operands(instruction)[:1]
    return any(operand.type == ARM_OP_REG and operand.reg == ARM_REG_PC for operand in targets)


class CycleTable:
    """The costs of one board's core."""

    def __init__(self, board: Board):
        self.timing = TIMINGS.get(board.core)
        if self.timing:
            self.fixed = _fixed_costs(self.timing, board.mul_cycles)

    def cycles(self, instruction: CsInsn) -> tuple[int, int]:
        """Cycles of an instruction if it does not jump, and if it does; raises UnknownInstructionError."""
        assert self.timing is not None, "the costs of a Cortex-M7 are those of blocks"
        name, count = mnemonic(instruction), len(operands(instruction))
        if name in CONDITIONAL_BRANCHES:
            return 1, self.timing.branch
        if name in ("ldm", "stm"):
            cost = count  # 1 + N: the base is an operand too
        elif name in ("push", "pop"):
            cost = count + (self.timing.pop_pc if writes_pc(instruction) else 1)
        elif name in ("mov", "add") and writes_pc(instruction):
            cost = self.timing.branch
        elif name in self.fixed and not _is_of_a_later_core(name, instruction.op_str):
            cost = self.fixed[name]
        else:
            raise UnknownInstructionError(instruction.address, f"{instruction.mnemonic} {instruction.op_str}".strip())
        return cost, cost


def _is_of_a_later_core(name: str, text: str) -> bool:
    """Whether MRS, MSR or CPS names a register or mask that Armv6-M lacks."""
    if name in ("mrs", "msr"):
        words = [re.sub(r"psr_\w+$", "psr", word) for word in text.lower().split(", ")]  # apsr_nzcvq; but not msp_ns
        return words[1 if name == "mrs" else 0] not in SYSTEM_REGISTERS
    return name in ("cpsid", "cpsie") and text != "i"


def _fixed_costs(timing: Timing, mul_cycles: int) -> dict[str, int]:
    costs = dict.fromkeys((*ARITHMETIC, *LOGIC, *EXTEND_AND_REVERSE, *HINTS), 1)
    costs |= dict.fromkeys((*LOAD_STORE, *WAITING), 2)
    costs |= dict.fromkeys(("mrs", "msr", "dmb", "dsb", "isb"), timing.system)
    costs |= dict.fromkeys(("b", "bx", "blx"), timing.branch)
    return costs | {"bl": timing.call, "muls": mul_cycles}


def scale(core: str) -> Fraction | int:
    """Cycles for each unit that costs are counted in: 1, or the M7's half."""
    return 1 if core in TIMINGS else HALF_CYCLE
