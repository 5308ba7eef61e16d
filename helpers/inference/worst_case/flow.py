"""The control flow of a bundle's code: every block that can be reached, what it costs, and where it may go on."""

from dataclasses import dataclass

from capstone import CsInsn

from helpers.hardware.emulator.blocks import Block
from helpers.hardware.emulator.timing import CONDITIONAL_BRANCHES, UnknownInstructionError, mnemonic, writes_pc
from helpers.inference.emulated_bundle import EmulatedBundle

BRANCH, JUMP, CALL, RETURN, COMPUTED, COMPUTED_CALL, TRAP = (
    "branch", "jump", "call", "return", "computed jump", "computed call", "trap",
)  # fmt: skip


@dataclass(frozen=True)
class Node:
    """Straight code from `address` to the instruction at `last` that may jump. targets: where it may jump to."""

    address: int
    block: Block
    kind: str
    last: int
    targets: tuple[int, ...]

    @property
    def end(self) -> int:
        """The address behind it."""
        return self.block.end


def reachable(bundle: EmulatedBundle, computed: dict[int, set[int]]) -> dict[int, Node]:
    """Return all nodes that the bundle's entry leads to, by address.

    computed: the targets of each jump or call whose target is in a register, by the address of the instruction.
    """
    nodes: dict[int, Node] = {}
    left = [bundle.functions[bundle.header.name]]
    while left:
        address = left.pop()
        if address not in nodes:
            node = _node(bundle, address, computed)
            nodes[address] = node
            left += node.targets
            if node.kind in (BRANCH, CALL, COMPUTED_CALL):
                left.append(node.end)
    return nodes


def _node(bundle: EmulatedBundle, address: int, computed: dict[int, set[int]]) -> Node:
    kind, last, end = _straight(bundle, address)
    try:
        block = bundle.analyst.block(address, bundle.code[address:end])
    except UnknownInstructionError:  # an undefined instruction behind what never returns
        block = bundle.analyst.block(address, b"\x00\xbf")
        return Node(address, block, TRAP, address, ())
    if kind in (COMPUTED, COMPUTED_CALL):
        return Node(address, block, kind, last.address, tuple(sorted(computed.get(last.address, ()))))
    targets = (last.operands[0].imm,) if kind in (BRANCH, JUMP, CALL) else ()
    if kind == CALL and targets[0] not in bundle.functions.values():
        kind = JUMP  # BL reaches further than B: our assembly uses it as a jump inside a function
    return Node(address, block, kind, last.address, targets)


def _straight(bundle: EmulatedBundle, address: int) -> tuple[str, CsInsn, int]:
    """Return the kind of the first instruction that may jump, that instruction, and the address behind it."""
    for instruction in bundle.analyst.disassembler.disasm(bundle.code[address:], address):
        kind = _kind(instruction)
        if kind:
            return kind, instruction, instruction.address + instruction.size
    raise AssertionError("code ends with a jump")


def _kind(instruction: CsInsn) -> str | None:
    name = mnemonic(instruction)
    if not instruction.id or name == "udf":
        return TRAP
    if name in CONDITIONAL_BRANCHES:
        return BRANCH
    if name in ("b", "bl"):
        return JUMP if name == "b" else CALL
    if name == "blx":
        return COMPUTED_CALL
    if name == "bx":
        return RETURN if instruction.op_str == "lr" else COMPUTED
    if writes_pc(instruction):
        return RETURN if name == "pop" else COMPUTED
    return None
