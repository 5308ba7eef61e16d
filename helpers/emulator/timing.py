"""What instructions cost: the cycle tables of Cortex-M0 and M0+, and what a basic block adds up to.

Sources: Arm DDI 0484C (Cortex-M0+ Technical Reference Manual) table 3-1 and DDI 0432C (Cortex-M0) table 3-1, both for
zero wait states; N in "1+N" and "3+N" counts every register of the list, PC and LR included. Not modelled: the single-
cycle I/O port, and waits of the peripheral bus.
Arm publishes no such table for the dual-issue Cortex-M7; there an instruction counts as one and `estimate` says how
long that may take.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from capstone import CS_ARCH_ARM, CS_GRP_CALL, CS_MODE_MCLASS, CS_MODE_THUMB, CS_MODE_V8, Cs, CsInsn
from capstone.arm import ARM_GRP_FPARMV8, ARM_GRP_VFP2, ARM_OP_IMM, ARM_OP_REG, ARM_REG_PC, ARM_REG_SP

from helpers.boards import Board


class Timing(NamedTuple):
    """Cycles of the instructions that differ between the cores; the others are in `_cycles`."""

    branch: int  # B, B<cc> taken, BX, BLX, MOV and ADD to PC
    call: int  # BL
    pop_pc: int  # POP with PC, on top of the number of registers
    system: int  # MRS, MSR, DMB, DSB, ISB


TIMINGS = {"cortex-m0plus": Timing(2, 3, 3, 3), "cortex-m0": Timing(3, 4, 4, 4)}

# The note's own Cortex-M7 figures: 0.55 ms (weights in RAM) and 0.63 ms (in flash) at 600 MHz for a bundle of 209,100
# instructions, i.e. 1.58 and 1.81 cycles an instruction. Two a cycle is the most that a dual-issue core can do.
M7_CYCLES_PER_INSTRUCTION = Fraction(8, 5)
M7_RANGE = (Fraction(1, 2), Fraction(9, 5))
M7_ASSUMPTION = (
    "Arm publishes no cycle table for the Cortex-M7: 1.6 cycles an instruction, as the note's own figures give; "
    "0.5 (always dual issue) to 1.8 (the note's slower row) is the range"
)

ONE_CYCLE = frozenset(
    "adcs add adds adr ands asrs bics cmn cmp cpsid cpsie eors lsls lsrs mov movs mvns nop orrs rev rev16 revsh "
    "rors rsbs sbcs sev sub subs sxtb sxth tst uxtb uxth yield bkpt svc".split()
)
LOAD_STORE = frozenset("ldr ldrb ldrh ldrsb ldrsh str strb strh".split())
SYSTEM = frozenset("mrs msr dmb dsb isb".split())
WAITING = frozenset(("wfi", "wfe"))
CALL, RETURN, JUMP = "call", "return", "jump"


@dataclass(slots=True)
class Block:
    """A straight run of instructions as Unicorn reports it, with its costs and how often it was left either way."""

    address: int
    size: int
    end: int
    instructions: int
    cycles: int  # if the run continues behind it
    cycles_taken: int  # if its last instruction jumps
    fetches: int  # 32-bit words read when a jump leads here
    fetches_continued: int  # the same when the run before ends here: its last word may hold our first instruction
    flow: str | None  # CALL, RETURN, JUMP or None, from the last instruction
    idle: bool  # a loop that does nothing, or a wait for an interrupt: the program has ended
    stack: int  # lowest point of the stack pointer inside, relative to its value on entry; never above 0
    moves_stack: bool  # the stack pointer is set from a register: look where it is afterwards
    offsets: dict[int, int]  # cycles before each instruction, by address
    floating: bool  # needs the FPU
    passed: int = 0
    jumped: int = 0


class UnknownInstruction(Exception):
    """An instruction that the core does not have."""

    def __init__(self, address: int, text: str):
        super().__init__(address, text)
        self.address, self.text = address, text


class Analyst:
    """Turns a block's bytes into a Block for one board's core."""

    def __init__(self, board: Board):
        self.timing = TIMINGS.get(board.core)
        self.multiplier = board.multiplier_cycles
        later = 0 if self.timing else CS_MODE_V8  # the M7's FPU has instructions that capstone files under v8
        self.disassembler = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS | later)
        self.disassembler.detail = True
        self.disassembler.skipdata = True

    def block(self, address: int, code: bytes) -> Block:
        """The Block of these bytes; raises UnknownInstruction."""
        listing = list(self.disassembler.disasm(code, address))
        offsets, total, taken = {}, 0, 0
        for instruction in listing:
            offsets[instruction.address] = total
            stays, jumps = self.cycles(instruction)
            total, taken = total + stays, total + jumps
        end, last = address + len(code), listing[-1]
        words = (end + 3) // 4 - address // 4
        stack, moves_stack = _stack_use(listing)
        return Block(
            address=address,
            size=len(code),
            end=end,
            instructions=len(listing),
            cycles=total,
            cycles_taken=taken,
            fetches=words,
            fetches_continued=words - (1 if address % 4 else 0),
            flow=_flow(last),
            idle=_is_idle(listing, address),
            stack=stack,
            moves_stack=moves_stack,
            offsets=offsets,
            floating=any(i.group(ARM_GRP_VFP2) or i.group(ARM_GRP_FPARMV8) for i in listing if i.id),
        )

    def cycles(self, instruction: CsInsn) -> tuple[int, int]:
        """Cycles of one instruction if it does not jump, and if it does; raises UnknownInstruction."""
        if self.timing is None:
            return 1, 1
        name = instruction.mnemonic.split(".")[0]
        if name.startswith("b") and _is_conditional_branch(instruction):
            return 1, self.timing.branch
        cost = self._cycles(name, instruction)
        return cost, cost

    def _cycles(self, name: str, instruction: CsInsn) -> int:
        timing, operands = self.timing, instruction.operands if instruction.id else []
        if name in ONE_CYCLE:
            writes_pc = name in ("mov", "add") and operands[0].reg == ARM_REG_PC
            return timing.branch if writes_pc else 1
        if name in LOAD_STORE:
            return 2
        if name == "muls":
            return self.multiplier
        if name == "pop" and any(operand.reg == ARM_REG_PC for operand in operands):
            return timing.pop_pc + len(operands)
        if name in ("push", "pop"):
            return 1 + len(operands)
        if name in ("ldm", "stm"):
            return len(operands)  # 1 + N; the first operand is the base
        if name in ("b", "bx", "blx"):
            return timing.branch
        if name == "bl":
            return timing.call
        if name in SYSTEM:
            return timing.system
        if name in WAITING:
            return 2
        raise UnknownInstruction(instruction.address, f"{instruction.mnemonic} {instruction.op_str}".strip())


def estimate(core: str, cycles: int) -> tuple[int, int, str]:
    """The least and most cycles a count may stand for on this core, and the assumption behind it ("" where exact)."""
    if core in TIMINGS:
        return cycles, cycles, ""
    low, high = (round(cycles / M7_CYCLES_PER_INSTRUCTION * bound) for bound in M7_RANGE)
    return low, high, M7_ASSUMPTION


def _is_conditional_branch(instruction: CsInsn) -> bool:
    name = instruction.mnemonic.split(".")[0]
    return len(name) == 3 and name not in ("bic", "bfc", "bfi", "blx")


def _flow(last: CsInsn) -> str | None:
    name = last.mnemonic.split(".")[0]
    if last.id and last.group(CS_GRP_CALL):
        return CALL
    if name == "bx" or (name.startswith(("pop", "ldm", "mov", "add", "ldr")) and _writes_pc(last)):
        return RETURN
    return JUMP


def _writes_pc(instruction: CsInsn) -> bool:
    return any(operand.type == ARM_OP_REG and operand.reg == ARM_REG_PC for operand in instruction.operands)


def _is_idle(listing: list[CsInsn], address: int) -> bool:
    last = listing[-1]
    name = last.mnemonic.split(".")[0]
    if name in WAITING:
        return True
    to_itself = name == "b" and last.operands[0].imm == address
    return to_itself and all(instruction.mnemonic.startswith("nop") for instruction in listing[:-1])


def _stack_use(listing: list[CsInsn]) -> tuple[int, bool]:
    """How far below its entry value the stack pointer goes, and whether it is set from a register."""
    depth = lowest = 0
    for instruction in listing:
        step = _stack_step(instruction)
        if step is None:
            return lowest, True
        depth += step
        lowest = min(lowest, depth)
    return lowest, False


def _stack_step(instruction: CsInsn) -> int | None:
    """Bytes that an instruction adds to the stack pointer; None if only running it tells."""
    name = instruction.mnemonic.split(".")[0]
    operands = instruction.operands if instruction.id else []
    if name in ("push", "pop", "vpush", "vpop"):
        each = 8 if name.startswith("v") and instruction.op_str.startswith("{d") else 4
        return each * len(operands) * (-1 if name.endswith("push") else 1)
    if not operands or operands[0].type != ARM_OP_REG or operands[0].reg != ARM_REG_SP:
        return None if "[sp" in instruction.op_str and _has_writeback(instruction) else 0
    if name in ("add", "sub", "addw", "subw") and operands[-1].type == ARM_OP_IMM:
        return operands[-1].imm * (1 if name.startswith("add") else -1)
    return 0 if name.startswith(("cmp", "str", "stm", "vstm", "ldm", "vldm")) and "!" not in instruction.op_str else None


def _has_writeback(instruction: CsInsn) -> bool:
    return instruction.op_str.endswith("!") or "], #" in instruction.op_str
