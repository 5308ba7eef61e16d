"""The least and the most that a run may take on a Cortex-M7, beside the count that assumes ordinary luck."""

from collections.abc import Callable, Iterable

from capstone import Cs

from helpers.hardware.emulator.blocks import JUMP, NOWHERE, Block
from helpers.hardware.emulator.cortex_m7.costs import MISPREDICTED, WORST_MISPREDICTED, Costs

CACHE_LINE = 32  # bytes
HARDLY = 1000  # one part in so many of a run
ASSUMPTION = (
    "Arm publishes no cycle table for the Cortex-M7: a model of its two issue slots counts, within 12 % of what others "
    "measured (docs/cycles.md). The least is with all branches predicted. The most is with each change of direction "
    "mispredicted, and with each line of the program read from the flash once"
)


def half_cycles(blocks: Iterable[Block], disassembler: Cs, code_at: Callable[[int, int], bytes]) -> tuple[int, int]:
    """The bounds of what these blocks took, in half cycles.

    Least: all branches are predicted, and loads whose banks the code does not tell never meet; of blocks that hardly count, two
    instructions a cycle. Most: as counted, and each conditional branch is mispredicted whenever it goes the rarer of its two
    ways, and again on the way back; so is each return that goes elsewhere than the last time.
    """
    luck = Costs(disassembler, code_at, optimistic=True)
    counts = [(block.passed * block.cycles + block.jumped * block.cycles_jumping, block) for block in blocks]
    total = most = sum(count for count, _ in counts)
    least = 0
    for count, block in counts:
        if block.flow == JUMP and block.goes_on_at != NOWHERE:
            most += 2 * min(block.passed, block.jumped) * WORST_MISPREDICTED
        most += block.extra * WORST_MISPREDICTED // MISPREDICTED
        if count * HARDLY < total:
            least += min(count, (block.passed + block.jumped) * block.instructions)
        elif code := code_at(block.address, block.size):
            best = luck.cost(block.address, code)  # of a block in which the run ended only a part was run
            least += min(count, block.passed * best.staying + block.jumped * best.jumping)
        else:
            least += count
    return least, most


def cold(flash_bytes: int, line_ns: int, clock_hz: int) -> int:
    """Cycles to read each line of a program out of the flash once, as far as it is ever read: the most that caches wait for."""
    return -(-flash_bytes // CACHE_LINE) * line_ns * clock_hz // 1_000_000_000
