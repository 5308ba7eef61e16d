"""What others have published for handwritten digits on small cores; their figures, not measured here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A published result.

    accuracy: share of MNIST's test digits, 0 to 1. flash_bytes: of the program, or of the weights alone if `weights_only`.
    milliseconds: of one inference, None if none is given for this variant.
    """

    name: str
    core: str
    accuracy: float
    flash_bytes: int
    weights_only: bool = False
    milliseconds: float | None = None


# TI: application note SDAA429, June 2026, "about 99 %"; the core alone, without the chip's neural unit. BitNetMCU: its pages at
# https://github.com/cpldcpu/BitNetMCU, images of 16 x 16 pixels. Kilobytes are taken as 1,000 bytes.
RESULTS = (
    Published("TI SDAA429", "Cortex-M0+, 80 MHz", 0.99, 68_000),
    Published("BitNetMCU, small", "RISC-V", 0.9906, 5_400, weights_only=True),
    Published("BitNetMCU, larger", "RISC-V", 0.9928, 7_300, weights_only=True, milliseconds=29.89),
)
