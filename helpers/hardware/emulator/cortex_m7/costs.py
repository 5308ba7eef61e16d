"""What a block of instructions costs on the Cortex-M7, in half cycles: once for each way out of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from capstone import Cs, CsInsn
from capstone.arm import ARM_OP_IMM

from helpers.hardware.emulator.cortex_m7.decoding import ALWAYS, operation
from helpers.hardware.emulator.cortex_m7.issue import HALVES, Pipeline
from helpers.hardware.emulator.cortex_m7.operations import Operation, Unit

ROUNDS = 2  # of a loop under way, to measure it
LOOKAHEAD = 12  # bytes of what follows that may have to wait for a block's results, or share its last cycle
WIDE = b"\xe8"  # what the second byte of an instruction of four bytes is at least
# A branch that goes another way than predicted costs 6 cycles, or 8 if the flags were set less than three cycles before
# (jnk0le; LLVM has 6). How often depends on the data and on the predictor, which Arm does not describe.
MISPREDICTED = 6 * HALVES
WORST_MISPREDICTED = 8 * HALVES
DOUBT = 1  # half cycles for each conditional branch: as if one in twelve were mispredicted

IT, PC = b"\xbf", 15
Key = tuple[
    bytes, bool, int
]  # an instruction, whether it is in an IT block, and where it lies if it reads relative to PC
KNOWN: dict[Key, Operation] = {}  # what instructions ask of the pipeline, in whatever program
MOST_KNOWN = 1 << 16


class Cost(NamedTuple):
    """Half cycles of a block: before each instruction, and in all if the run goes on behind it, or jumps."""

    before: list[int]
    staying: int
    jumping: int


class Costs:
    """Blocks in, Cost out. Each block is to be asked for once, and its Cost kept.

    code_at: reads code, from an address, at most so many bytes. Assumed: a loop of one block is predicted to go on, so that its
    end costs MISPREDICTED; jumps, calls and returns are predicted (but see blocks.Analyst.surprise); any other conditional branch
    costs DOUBT more than one that is predicted. optimistic: all branches are predicted, and see Pipeline.
    """

    def __init__(self, disassembler: Cs, code_at: Callable[[int, int], bytes], optimistic: bool = False):
        self.disassembler, self.code_at, self.optimistic = disassembler, code_at, optimistic
        self.ahead: dict[tuple[int, bytes], tuple[list[Operation], int]] = {}

    def cost(self, address: int, code: bytes, listing: Sequence[CsInsn] = ()) -> Cost:
        """The cost of a block: what it adds to the time of what follows, as far as the code tells what that is.

        listing: its disassembly, if it is at hand. A block that jumps to its own beginning costs what a round does once the loop
        is under way.
        """
        operations, pipeline = list(self._operations(code, address, listing)), Pipeline(self.optimistic)
        before = [pipeline.issue(each) for each in operations]
        last = listing[-1] if listing else self._last(code, address)
        branches = operations[-1].unit is Unit.BRANCH
        conditional = bool(last.id) and (last.cc not in ALWAYS or last.mnemonic.startswith("cb"))
        staying = self._added(pipeline.copy(), address + len(code)) if conditional or not branches else 0
        if not branches and not conditional:
            return Cost(before, staying, staying)
        target = last.operands[-1].imm if branches and last.operands[-1].type == ARM_OP_IMM else None
        loops, doubt = target == address, DOUBT if conditional and not self.optimistic else 0
        pipeline.jump()
        jumping = _round(operations, pipeline) if loops else self._added(pipeline, target)
        if loops and conditional:
            return Cost(before, staying + (0 if self.optimistic else MISPREDICTED), jumping)
        return Cost(before, (staying if conditional else jumping) + doubt, jumping + doubt)

    def _last(self, code: bytes, address: int) -> CsInsn:
        offset = following = 0
        while following < len(code):
            offset, following = following, following + (4 if code[following + 1 : following + 2] >= WIDE else 2)
        return next(self.disassembler.disasm(code[offset:], address + offset))

    def _added(self, pipeline: Pipeline, address: int | None) -> int:
        """How much later the code at `address` is done with because of what is in the pipeline."""
        operations, alone = self._following(address) if address is not None else ((), 0)
        for each in operations:
            pipeline.issue(each)
        return max(0, pipeline.position - alone)

    def _following(self, address: int) -> tuple[list[Operation], int]:
        """The first instructions at an address, to the first branch, and how long they take by themselves."""
        code = self.code_at(address, LOOKAHEAD)
        if (address, code) not in self.ahead:
            pipeline, operations = Pipeline(self.optimistic), []
            for each in self._operations(code, address):
                operations.append(each)
                pipeline.issue(each)
                if each.unit is Unit.BRANCH:
                    break
            self.ahead[address, code] = operations, pipeline.position
        return self.ahead[address, code]

    def _operations(self, code: bytes, address: int, listing: Sequence[CsInsn] = ()) -> Iterator[Operation]:
        """The Operations of code at an address; listing: its disassembly, if it is at hand."""
        offset = count = in_it = 0
        while offset < len(code):
            size = listing[count].size if listing else 4 if code[offset + 1 : offset + 2] >= WIDE else 2
            each, conditional = code[offset : offset + size], in_it > 0
            if len(each) < size:
                return  # the rest of it lies behind what was read
            literal = (size == 2 and each[1] >> 3 == 0b01001) or (size == 4 and each[0] & 15 == PC)
            key = each, conditional, literal and address + offset & 4
            if key not in KNOWN:
                self._learn(key, listing[count] if listing else next(self.disassembler.disasm(each, address + offset)))
            yield KNOWN[key]
            in_it = _it_length(each) if each[1:] == IT and each[0] & 15 else in_it - 1
            offset, count = offset + size, count + 1

    def _learn(self, key: Key, instruction: CsInsn) -> None:
        if len(KNOWN) >= MOST_KNOWN:
            KNOWN.clear()
        KNOWN[key] = operation(instruction, key[1])


def _it_length(it: bytes) -> int:
    """How many instructions an IT makes conditional: the place of the lowest set bit of its mask tells."""
    mask = it[0] & 15
    return 4 - ((mask & -mask).bit_length() - 1)


def _round(block: list[Operation], pipeline: Pipeline) -> int:
    """What another round costs where the first has just jumped back."""
    for count in range(1 + ROUNDS):
        if count == 1:
            start = pipeline.position
        for each in block:
            pipeline.issue(each)
        pipeline.jump()
    return round((pipeline.position - start) / ROUNDS)
