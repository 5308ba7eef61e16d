"""Basic blocks: what a straight run of instructions costs, how it may go on, and what it does to the stack."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from capstone import CS_ARCH_ARM, CS_GRP_CALL, CS_GRP_JUMP, CS_MODE_MCLASS, CS_MODE_THUMB, CS_MODE_V8, Cs, CsInsn
from capstone.arm import ARM_CC_AL, ARM_CC_INVALID, ARM_GRP_FPARMV8, ARM_GRP_VFP2, ARM_OP_IMM, ARM_OP_REG, ARM_REG_SP

from helpers.hardware.boards import Board
from helpers.hardware.emulator.cortex_m7.costs import MISPREDICTED, Costs
from helpers.hardware.emulator.timing import (
    CONDITIONAL_BRANCHES,
    TIMINGS,
    WAITING,
    CycleTable,
    mnemonic,
    operands,
    writes_pc,
)

CALL, RETURN, JUMP = "call", "return", "jump"
EITHER = "either"  # a conditional branch to the next instruction: where the run goes does not tell whether it was taken
NOWHERE = -1
ALWAYS = (ARM_CC_AL, ARM_CC_INVALID)
STACK_STEPS: dict[bytes, int | None] = {}  # of instructions met so far, in whatever program


@dataclass(slots=True)
class Block:
    """A straight run of instructions as Unicorn reports it, with its costs and how often it was left either way."""

    address: int
    size: int
    instructions: int
    cycles: int  # if the run goes on behind it
    cycles_jumping: int  # if its last instruction jumps
    flow: str | None  # CALL, RETURN, JUMP, EITHER, or None if the last instruction cannot jump
    goes_on_at: int  # the address behind it, or NOWHERE if it always jumps
    fetches: int  # units of the board's fetch_bits to read when a jump leads here
    fetches_going_on: int  # the same when the run goes on here: the unit before may hold our first instruction
    spins: bool  # a jump to itself that does nothing else: the program has ended
    waits: bool  # ends with WFI or WFE
    stack: int  # lowest point of the stack pointer inside, relative to its value on entry; never above 0
    sets_stack: bool  # the stack pointer comes from a register: look where it is afterwards
    floating: bool  # needs the FPU
    sends_event: bool  # holds a SEV
    offsets: dict[int, int]  # cycles before each instruction, by address
    is_entry: bool = False  # a function starts here
    special: bool = False  # spins, sends an event or uses the FPU: more to do than to count
    passed: int = 0
    jumped: int = 0
    returned_to: int = field(default=NOWHERE, compare=False)  # where it went the last time, if it ends with a return
    extra: int = field(default=0, compare=False)  # cycles of returns that went elsewhere
    number: int = -1  # counting/core.py's

    @property
    def end(self) -> int:
        """The address behind the block."""
        return self.address + self.size


class _Fact(NamedTuple):
    """What an instruction adds to a block that it does not end; its bytes tell, on Armv6-M, wherever they are."""

    cycles: int
    step: int | None  # see _stack_step
    floating: bool
    sends_event: bool
    idle: bool


class Analyst:
    """Turns a block's bytes into a Block for one board's core."""

    def __init__(self, board: Board, code_at: Callable[[int, int], bytes]):
        """code_at: reads code, from an address, at most so many bytes."""
        self.table, self.unit = CycleTable(board), board.fetch_bits // 8
        later = 0 if board.core in TIMINGS else CS_MODE_V8  # capstone files some of the M7's FPU under v8
        self.disassembler = Cs(CS_ARCH_ARM, CS_MODE_THUMB | CS_MODE_MCLASS | later)
        self.disassembler.detail = True
        self.disassembler.skipdata = True
        self.costs = None if board.core in TIMINGS else Costs(self.disassembler, code_at)
        self.facts: dict[bytes, _Fact] | None = {} if board.core in TIMINGS else None  # IT says what follows on Armv7-M

    def block(self, address: int, code: bytes) -> Block:
        """The Block of these bytes; raises timing.UnknownInstructionError."""
        if self.facts is None:
            return self._analyse(address, code)
        facts, offset = [], 0
        while (size := _size(code, offset)) < len(code) - offset:
            facts.append((address + offset, self._fact(address + offset, code[offset : offset + size])))
            offset += size
        if all(fact.idle for _, fact in facts):  # it may be a program's end, which is about the block as a whole
            return self._analyse(address, code)
        return self._joined(facts, self._analyse(address + offset, code[offset:]))

    def _fact(self, address: int, encoding: bytes) -> _Fact:
        assert self.facts is not None
        if encoding not in self.facts:
            instruction = next(self.disassembler.disasm(encoding, address))
            alone, (cycles, _) = self._analyse(address, encoding), self.table.cycles(instruction)
            step, idle = _stack_step(instruction), mnemonic(instruction) == "nop"
            self.facts[encoding] = _Fact(cycles, step, alone.floating, alone.sends_event, idle)
        return self.facts[encoding]

    def _joined(self, facts: list[tuple[int, _Fact]], last: Block) -> Block:
        """The block of these instructions, by address, and a last one that is analysed."""
        address, cycles, offsets = facts[0][0], 0, {}
        for place, fact in facts:
            offsets[place] = cycles
            cycles += fact.cycles
        (stack, sets_stack), steps = _stack_use([fact.step for _, fact in facts]), [fact.step or 0 for _, fact in facts]
        if not sets_stack:
            stack, sets_stack = min(stack, sum(steps) + last.stack), last.sets_stack
        end = last.address + last.size if last.instructions else last.address
        words = -(-end // self.unit) - address // self.unit
        return replace(
            last,
            address=address,
            size=last.end - address,
            instructions=len(facts) + last.instructions,
            cycles=cycles + last.cycles,
            cycles_jumping=cycles + last.cycles_jumping,
            fetches=words,
            fetches_going_on=words - (1 if address % self.unit else 0),
            spins=False,
            stack=stack,
            sets_stack=sets_stack,
            floating=last.floating or any(fact.floating for _, fact in facts),
            sends_event=last.sends_event or any(fact.sends_event for _, fact in facts),
            offsets=offsets | {place: cycles + offset for place, offset in last.offsets.items()},
        )

    def _analyse(self, address: int, code: bytes) -> Block:
        listing = list(self.disassembler.disasm(code, address))
        last = listing[-1]
        stops = _jumps_to(last, last.address)  # the loop in which a finished program stays is no work of its
        before, cycles, jumping = self._cost(listing[:-1] if stops else listing, code[: -last.size] if stops else code)
        offsets = dict(zip([each.address for each in listing], [*before, cycles], strict=False))
        end = last.address if stops else address + len(code)
        words = -(-end // self.unit) - address // self.unit
        (stack, sets_stack), flow = _stack_use(_stack_steps(listing, code)), _flow(last)
        if mnemonic(last) in CONDITIONAL_BRANCHES and _target(last) == end:
            flow = EITHER
        return Block(
            address=address,
            size=len(code),
            instructions=len(listing) - stops,
            cycles=cycles,
            cycles_jumping=jumping,
            flow=flow,
            goes_on_at=NOWHERE if flow is EITHER or (flow and _always_jumps(last)) else end,
            fetches=words,
            fetches_going_on=words - (1 if address % self.unit else 0),
            spins=_spins(listing),
            waits=mnemonic(last) in WAITING,
            stack=stack,
            sets_stack=sets_stack,
            floating=any(i.group(ARM_GRP_VFP2) or i.group(ARM_GRP_FPARMV8) for i in listing if i.id),
            sends_event=any(mnemonic(i) == "sev" for i in listing if i.id),
            offsets=offsets,
        )

    def surprise(self, last: Block, address: int) -> int:
        """Cycles on top where block `last` returns to another address than the last time; remembers it.

        The Cortex-M7 predicts a return by where it went the last time, as any branch: its prefetch unit has a cache of targets.
        Measured CoreMarks of code with many calls are explained by it, see docs/cycles.md.
        """
        if self.costs is None or last.flow != RETURN or last.returned_to == address:
            return 0
        last.returned_to, last.extra = address, last.extra + MISPREDICTED
        return MISPREDICTED

    def _cost(self, listing: list[CsInsn], code: bytes) -> tuple[list[int], int, int]:
        """Cycles before each instruction, and of all if the run goes on behind them, and if it jumps."""
        if not listing:
            return [], 0, 0
        if self.costs:
            return self.costs.cost(listing[0].address, code, listing)
        before, cycles, jumping = [], 0, 0
        for instruction in listing:
            before.append(cycles)
            stays, jumps = self.table.cycles(instruction)
            cycles, jumping = cycles + stays, cycles + jumps
        return before, cycles, jumping


def _size(code: bytes, offset: int) -> int:
    """Bytes of the Thumb instruction at an offset: four if its first five bits are 11101, 11110 or 11111."""
    return 4 if code[offset + 1] >> 3 >= 0b11101 else 2


def _flow(last: CsInsn) -> str | None:
    if not last.id:
        return None
    if last.group(CS_GRP_CALL):
        return CALL
    if mnemonic(last).startswith("bx") or writes_pc(last):
        return RETURN
    return JUMP if last.group(CS_GRP_JUMP) or mnemonic(last) in ("tbb", "tbh") else None


def _always_jumps(last: CsInsn) -> bool:
    return last.cc in ALWAYS and not mnemonic(last).startswith("cb")


def _spins(listing: list[CsInsn]) -> bool:
    idle = all(mnemonic(instruction) == "nop" for instruction in listing[:-1])
    return idle and _jumps_to(listing[-1], listing[0].address)


def _jumps_to(instruction: CsInsn, address: int) -> bool:
    return mnemonic(instruction) == "b" and _target(instruction) == address


def _target(branch: CsInsn) -> int:
    return branch.operands[0].imm


def is_taken(branch: int, flags: int) -> bool:
    """Whether a conditional branch of 16 bits is taken with these flags, N Z C V from bit 31 down (DDI 0419, A6.3)."""
    n, z, c, v = (bool(flags >> bit & 1) for bit in (31, 30, 29, 28))
    pairs = (z, c, n, v, c and not z, n == v, n == v and not z)
    return pairs[branch >> 9 & 7] != bool(branch >> 8 & 1)


def _stack_use(steps: Iterable[int | None]) -> tuple[int, bool]:
    """How far below its entry value the stack pointer goes by these steps, and whether one sets it from a register."""
    depth = lowest = 0
    for step in steps:
        if step is None:
            return lowest, True
        depth += step
        lowest = min(lowest, depth)
    return lowest, False


def _stack_steps(listing: list[CsInsn], code: bytes) -> Iterator[int | None]:
    """What each instruction adds to the stack pointer, looked up by its encoding where it was seen before."""
    offset = 0
    for instruction in listing:
        encoding = code[offset : offset + instruction.size]
        if encoding not in STACK_STEPS:
            STACK_STEPS[encoding] = _stack_step(instruction)
        offset += instruction.size
        yield STACK_STEPS[encoding]


def _stack_step(instruction: CsInsn) -> int | None:
    """Bytes that an instruction adds to the stack pointer; None if only running it tells."""
    name, parts = mnemonic(instruction), operands(instruction)
    if name in ("push", "pop", "vpush", "vpop"):
        each = 8 if instruction.op_str.startswith("{d") else 4
        return each * len(parts) * (-1 if name.endswith("push") else 1)
    to_stack = parts and parts[0].type == ARM_OP_REG and parts[0].reg == ARM_REG_SP
    if to_stack and name in ("add", "sub", "addw", "subw") and parts[-1].type == ARM_OP_IMM:
        return parts[-1].imm * (1 if name.startswith("add") else -1)
    written = (
        any(instruction.reg_name(register) == "sp" for register in instruction.regs_access()[1]) if parts else False
    )
    return None if written else 0
