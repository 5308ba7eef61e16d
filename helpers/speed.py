"""The forms that the compiler can give a network for a core without FPU and SIMD: what each costs, measured."""

from dataclasses import dataclass

import numpy as np

from helpers.emulated_bundle import EmulatedBundle

# One inference of the note's network on a Cortex-M0+, in cycles. Real Glow's bundle and CMSIS-NN (random weights) were measured
# on an emulated core without flash waits; the note's is its time by its clock: 12.9 ms at 48 MHz, weights in RAM, waits included.
OTHERS = {"real Glow (2021 style)": 430_000, "CMSIS-NN": 702_953, "the note, KE16Z": 619_200}


@dataclass(frozen=True)
class Figures:
    """What one form costs: cycles of one inference without and with one flash wait state, bytes, cycles by layer."""

    form: str
    cycles: int
    cycles_one_wait: int
    flash_bytes: int
    ram_bytes: int
    stack_bytes: int
    layers: dict[str, int]


def measure(form: str, folder, image: np.ndarray, core: str = "cortex-m0plus", multiplier: int = 1) -> Figures:
    """Measure a bundle on one int8 image; core, multiplier: as for EmulatedBundle.

    flash_bytes: code and weights. ram_bytes: placeholders and activations.
    """
    bundle = EmulatedBundle(folder, multiplier, core)
    found, header = bundle.measure(image), bundle.header
    layers: dict[str, int] = {}
    for name, cycles in found.cycles_of.items():
        if layer := _layer(name):
            layers[layer] = layers.get(layer, 0) + cycles
    ram = header.mutable + header.activations
    return Figures(form, found.cycles, found.with_waits(1), bundle.flash_bytes, ram, found.stack_bytes, layers)


def _layer(function: str) -> str:
    """conv_1 from sequential_conv_1_BiasAdd__2, with or without a prefix; empty for what is no layer."""
    _, found, rest = function.partition("sequential_")
    words = rest.split("_")
    return "_".join(words[:3] if words[0] == "max" else words[:2]) if found else ""
