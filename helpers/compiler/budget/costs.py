"""About how many cycles a kernel takes: enough to rank what a layer's bytes buy, no more exact than that needs.

Each is within a fifth of what the emulator counts for MLPerf Tiny's networks on a Cortex-M0+, but for layers of few products.
"""

from helpers.compiler.backends.thumb.kernels import Kernel
from helpers.compiler.ir.kinds import SUMS

# Cycles of a product and of a result, by kind of kernel.
CYCLES = {
    "pixel": (2.6, 16), "strips": (5.0, 16), "pairs": (2.5, 18), "planes": (5.0, 16), "listed": (3.0, 25), "loop": (7.1, 0),
    "channel": (2.4, 45), "bytes": (4.9, 55), "c": (14, 90), "pool": (0, 12), "sum": (0, 17),
}  # fmt: skip
IN_LOOPS = 1.3  # times as many where lists of taps become loops, as in small-flash
ODD_BYTES = 1.5  # times as many in a kernel of bytes whose inner loop takes one tap a round
# Reads of the flash, for each cycle.
READS = {"channel": 0.54, "pixel": 0.53, "strips": 0.53, "pairs": 0.53, "listed": 0.53, "bytes": 0.49}
OTHER_READS = 0.47


def products(kernel: Kernel) -> int:
    """Return the multiplications of an inference; 0 for a kernel without weights."""
    node = kernel.nodes[0]
    if node.kind not in SUMS:
        return 0
    return node.output.type.size * (node.inputs[1].type.size // node.output.type.shape[-1])


def cycles(kernel: Kernel, small: bool, wait_states: int) -> int:
    """Estimate the cycles of a kernel, the flash's waits included; small: whether it is made as in small-flash."""
    each, result = CYCLES[kernel.kind]
    found = each * products(kernel) + result * kernel.nodes[0].output.type.size
    if kernel.kind == "bytes" and kernel.nodes[0].inputs[0].type.shape[-1] % 2:
        found *= ODD_BYTES
    if small and kernel.kind in ("pixel", "strips", "pairs", "planes", "channel", "pool"):
        found *= IN_LOOPS
    return int(found * (1 + wait_states * READS.get(kernel.kind, OTHER_READS)))
