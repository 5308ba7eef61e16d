"""The longest time for which a bundle's code leaves no chance to an interrupt: its longest instruction, unless it masks them."""

from collections.abc import Iterator
from dataclasses import dataclass

from capstone import CsInsn

from helpers.hardware.emulator.exceptions.entry import COSTS
from helpers.hardware.emulator.timing import mnemonic, operands
from helpers.inference.emulated_bundle import EmulatedBundle
from helpers.inference.worst_case.flow import TRAP, Node

MASKS = ("cpsid", "cpsie")
LOADS = ("ldr", "ldrb", "ldrh", "ldrsb", "ldrsh")


@dataclass(frozen=True)
class Latency:
    """How long an interrupt may wait.

    instruction: the longest, as text; cycles: its own, if its code and its data wait for the flash; masks: instructions that
    mask interrupts, as text; entry: cycles from the instruction's end to the handler's first, flash waits included."""

    instruction: str
    cycles: int
    masks: tuple[str, ...]
    entry: int

    @property
    def longest(self) -> int | None:
        """Cycles from an interrupt's request to its handler's first instruction, at most; None if interrupts are masked."""
        return None if self.masks else self.cycles + self.entry


def of(bundle: EmulatedBundle, nodes: dict[int, Node], wait_states: int) -> Latency:
    """Look at every instruction that can be reached.

    An instruction that has begun is finished first, as our emulator does; Arm's
    cores give up a long LDM, STM or MULS, and answer sooner."""
    longest, text, masks = 0, "", set()
    for instruction in _instructions(bundle, nodes):
        name = mnemonic(instruction)
        if name in MASKS or (name == "msr" and "primask" in instruction.op_str.lower()):
            masks.add(f"{instruction.mnemonic} {instruction.op_str}")
        cycles = max(bundle.analyst.table.cycles(instruction)) + wait_states * _reads(bundle, instruction)
        if cycles > longest:
            longest, text = cycles, f"{instruction.mnemonic} {instruction.op_str}".strip()
    # On entry the core reads the vector and the handler's first code; the frame goes to RAM.
    return Latency(text, longest, tuple(sorted(masks)), COSTS[bundle.core].enter + 2 * wait_states)


def _instructions(bundle: EmulatedBundle, nodes: dict[int, Node]) -> Iterator[CsInsn]:
    for node in nodes.values():
        if node.kind != TRAP:
            code = bundle.code[node.address : node.end]
            yield from bundle.analyst.disassembler.disasm(code, node.address)


def _reads(bundle: EmulatedBundle, instruction: CsInsn) -> int:
    """Reads of the flash that an instruction may wait for: its own code, and what it loads."""
    name = mnemonic(instruction)
    code = -(-instruction.size // bundle.analyst.unit)
    return code + (len(operands(instruction)) - 1 if name == "ldm" else int(name in LOADS))
