"""Assembly text as it grows: labels, comments, literals within reach, branches that reach, and only what can be encoded."""

from collections.abc import Sequence

import numpy as np

from helpers.compiler.backends.thumb.assembler import instructions

LITERAL_REACH = 820  # bytes; the core's is 1020, and a pool in the way takes some of it
SHORT_BRANCH = 240  # bytes a conditional branch is sure to reach
LONG_BRANCH = 1960  # the same for an unconditional one
STACK_STEP = 508  # most bytes that one instruction moves sp
IMMEDIATE = 255  # largest constant that movs, adds, subs and cmp hold


class Assembly:
    """Thumb-1 code of one or more functions. `size` counts bytes so far, literal pools apart.

    mul_cycles: the cycles of a multiplication on the core that it is for.
    """

    def __init__(self, prefix: str, mul_cycles: int = 1):
        self.prefix, self.mul_cycles, self.size = prefix, mul_cycles, 0
        self.lines: list[str] = []
        self._labels = 0
        self._positions: dict[str, int] = {}
        self._first_literal: int | None = None
        self._literals = 0
        self._pools = 0  # bytes of literal pools so far, with their alignment
        self._addresses: dict[str, int] = {}  # of labels, pools included, from the start of this file's function
        self._branches: list[tuple[str, str, int]] = []  # instruction, label, address
        self._loads: list[tuple[str, int]] = []  # of literals that no pool holds yet: instruction, address

    @property
    def text(self) -> str:
        """What was emitted, ready for the assembler. Raises Unsupported for a branch out of reach."""
        for instruction, label, address in self._branches:
            if label in self._addresses:
                instructions.check_branch(instruction, address, self._addresses[label])
        return "\n".join(self.lines) + "\n"

    def emit(self, *lines: str) -> None:
        """Add instructions; a literal pool is put in between, jumped over, before the first literal gets out of reach.

        Raises Unsupported, with the instruction, where an immediate, an offset or a register cannot be encoded.
        """
        for line in lines:
            if self._first_literal is not None and self.size - self._first_literal > LITERAL_REACH:
                self._island()
            instructions.check(line)
            branch = instructions.branch(line)
            if branch:
                self._branches.append((line, branch[1], self._address))
            elif line.startswith("ldr ") and "=" in line:
                self._loads.append((line, self._address))
            self.lines.append(f"    {line}")
            self.size += 4 if line.startswith("bl ") else 2

    @property
    def _address(self) -> int:
        return self.size + self._pools

    def _place_literals(self) -> None:
        """Put the literals that are waiting here; each number once, each address of its own."""
        self.lines.append("    .ltorg\n    .balign 2")
        start = self._address + 3 & ~3
        places: dict[str, int] = {}
        for instruction, address in self._loads:
            literal = instruction.partition("=")[2]
            key = literal if literal.startswith("0x") else f"{literal} {len(places)}"
            place = places.setdefault(key, start + 4 * len(places))
            instructions.check_literal(instruction, address, place)
        self._pools += start + 4 * len(places) - self._address
        self._loads, self._first_literal, self._literals = [], None, 0

    def comment(self, text: str) -> None:
        """Add a comment on a line of its own."""
        self.lines.append(f"    @ {text}")

    def label(self) -> str:
        """A name for a place, new in this file."""
        self._labels += 1
        return f".L{self.prefix}_{self._labels}"

    def place(self, label: str) -> str:
        """Put a label here; returns it."""
        self.lines.append(f"{label}:")
        self._positions[label] = self.size
        self._addresses[label] = self._address
        return label

    def here(self) -> str:
        """A new label at this place."""
        return self.place(self.label())

    def literal(self, register: str, value: int) -> None:
        """Load a 32-bit constant: at once where it fits, else from a literal pool. Changes the flags."""
        value &= 0xFFFFFFFF
        if value <= IMMEDIATE:
            self.emit(f"movs {register}, #{value}")
            return
        self.emit(f"ldr {register}, ={value:#x}")
        self._remember_literal()

    def address(self, register: str, label: str) -> None:
        """register = the address of a label in this function, wherever the code lies."""
        here = self.label()
        self.emit(f"ldr {register}, ={label} - ({here} + 4)")
        self._remember_literal()
        self.place(here)
        self.emit(f"add {register}, pc")

    def _remember_literal(self) -> None:
        self._literals += 1
        if self._first_literal is None:
            self._first_literal = self.size

    def move_stack(self, instruction: str, count: int) -> None:
        """`sub` or `add` to sp, in as many instructions as it takes."""
        for start in range(0, count, STACK_STEP):
            self.emit(f"{instruction} sp, #{min(STACK_STEP, count - start)}")

    def table(self, label: str, words: Sequence[int] | np.ndarray) -> None:
        """Put words behind the code, where no execution comes by."""
        self.lines.append("    .balign 4")
        self.place(label)
        for first in range(0, len(words), 8):
            self.lines.append(f"    .word {', '.join(f'{int(word):#x}' for word in words[first : first + 8])}")

    def pool(self) -> None:
        """Put the literals used so far here, where no execution comes by."""
        if self._first_literal is not None:
            self._place_literals()

    def _island(self) -> None:
        self._first_literal, over = None, self.label()
        self.emit(f"b {over}")
        self._place_literals()
        self.place(over)

    def loop_back(self, condition: str, label: str) -> None:
        """Branch back to a label if a condition holds. Over a long distance this changes lr."""
        distance = self.size - self._positions[label] + 40
        if distance < SHORT_BRANCH:
            self.emit(f"b{condition} {label}")
            return
        over = self.label()
        self.emit(f"b{INVERSE[condition]} {over}")
        self.jump_back(label)
        self.place(over)

    def branch_on(self, condition: str, label: str, distance: int) -> None:
        """Branch forward to a label that comes at most `distance` bytes later, and literals, if a condition holds."""
        if distance + 4 * self._literals < SHORT_BRANCH:
            self.emit(f"b{condition} {label}")
            return
        over = self.label()
        self.emit(f"b{INVERSE[condition]} {over}", f"b {label}")
        self.place(over)

    def jump_back(self, label: str) -> None:
        """Branch back to a label; literals may come to lie behind. Over a long distance this changes lr."""
        near = (self.size - self._positions[label]) * 5 // 4 < LONG_BRANCH  # a quarter more for literal pools
        self.emit(f"{'b' if near else 'bl'} {label}")
        self.pool()

    def advance_from(self, register: str, base: str, distance: int) -> None:
        """register = base + distance, in low registers."""
        self.literal(register, distance)
        self.emit(f"adds {register}, {base}, {register}")

    def advance(self, register: str, distance: int, spare: str) -> None:
        """Add a constant to a register, changing `spare` where it is large."""
        if abs(distance) > 2 * IMMEDIATE:
            self.literal(spare, distance)
            self.emit(f"adds {register}, {register}, {spare}")
            return
        while distance:
            step = max(-IMMEDIATE, min(IMMEDIATE, distance))
            self.emit(f"{'adds' if step > 0 else 'subs'} {register}, #{abs(step)}")
            distance -= step


class Cursor:
    """A pointer register and how far it has moved from where it was; moves only when something is out of reach."""

    def __init__(self, asm: Assembly, register: str, spare: str):
        self.asm, self.register, self.spare, self.position = asm, register, spare, 0

    def reach(self, offset: int, limit: int, anchor: int | None = None) -> int:
        """The immediate for `offset`. Where 0..limit does not hold it, the register moves to `anchor`, or to `offset`."""
        if not 0 <= offset - self.position <= limit:
            self.move_to(anchor if anchor is not None and 0 <= offset - anchor <= limit else offset)
        return offset - self.position

    def move_to(self, position: int) -> None:
        """Move the register."""
        self.asm.advance(self.register, position - self.position, self.spare)
        self.position = position


INVERSE = {"ne": "eq", "eq": "ne", "cc": "cs", "cs": "cc", "pl": "mi", "mi": "pl"}
